package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/pactius/pactius/internal/server"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// measurePages times whole pages over HTTP on loopback, as an administrator,
// against the smallest answer there is and against a company of 100.
func measurePages(ctx context.Context, out io.Writer, dir string, users, rounds int) error {
	small, err := newCompany(ctx, sqlite(dir, "small.db"), 100)
	if err != nil {
		return err
	}
	defer small.core.Close()
	start := time.Now()
	large, err := newCompany(ctx, sqlite(dir, "large.db"), users)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Made a company of %d users and %d units in %s.\n\n",
		users, units, time.Since(start).Round(time.Millisecond))
	defer large.core.Close()
	smallPages, err := serve(small)
	if err != nil {
		return err
	}
	defer smallPages.Close()
	largePages, err := serve(large)
	if err != nil {
		return err
	}
	defer largePages.Close()
	fmt.Fprint(out, "| page | median ms | p95 ms | to /readyz | to 100 users |\n"+
		"| --- | ---: | ---: | ---: | ---: |\n")
	base, err := timePage(largePages.URL, large, "/readyz", rounds)
	if err != nil {
		return err
	}
	for _, p := range pages(large, small) {
		big, err := timePage(largePages.URL, large, p.large, rounds)
		if err != nil {
			return err
		}
		little, err := timePage(smallPages.URL, small, p.small, rounds)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "| %s | %s | %s | %.1f | %.2f |\n",
			p.name, milliseconds(big.at(.5)), milliseconds(big.at(.95)),
			ratio(big, base), ratio(big, little))
	}
	fmt.Fprintln(out)
	return nil
}

func ratio(a, b times) float64 { return a.at(.5).Seconds() / b.at(.5).Seconds() }

// page is something to look at in both companies.
type page struct{ name, large, small string }

func pages(large, small *company) []page {
	same := func(name, path string) page { return page{name, path, path} }
	return []page{
		same("sign-in (signed out)", "/?signed-out"),
		same("home", "/"),
		same("users, by name", "/settings/users"),
		same("users, search a rare word", "/settings/users?q=bench+"+familyName(77)),
		same("users, search a common word", "/settings/users?q=an"),
		same("users, signed in last", "/settings/users?sort=seen"),
		same("users, without business units", "/settings/users?status=unassigned"),
		{"one user", "/settings/users/" + string(large.some), "/settings/users/" + string(small.some)},
		same("business units", "/settings/units"),
		same("access requests", "/settings/requests"),
		same("activity", "/settings/activity"),
	}
}

// serve puts a company behind a loopback port.
func serve(c *company) (*httptest.Server, error) {
	s, err := server.New(c.core, c.cfg, quiet())
	if err != nil {
		return nil, err
	}
	return httptest.NewServer(s.Handler()), nil
}

// timePage asks for a page as the administrator.
func timePage(base string, c *company, path string, rounds int) (times, error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	return measure(rounds, func() error {
		r, err := http.NewRequest(http.MethodGet, base+path, nil)
		if err != nil {
			return err
		}
		r.Host = c.cfg.URL.Host
		if path != "/?signed-out" {
			r.AddCookie(&http.Cookie{Name: "pactius", Value: c.token})
		}
		answer, err := client.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answered %d", path, answer.StatusCode)
		}
		return nil
	})
}
