package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestAColleagueGetsInBesideAMachineThatHammers: behind one address a machine uses up the sign-ins of browsers without
// a cookie. A colleague signs in as always, and one whose browser has lost the cookie with one more click.
func TestAColleagueGetsInBesideAMachineThatHammers(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t)
		c.plain = plain
		refused, stop := hammer(t, c.URL)
		<-refused
		colleague := func(name string) *Person {
			p := c.Person(name)
			_, err := chromedp.Call(p.ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
				Headers: network.Headers{"X-Forwarded-For": "203.0.113.7"}})
			p.must(err, "stand behind a proxy")
			return p
		}
		first := colleague("first")
		first.Open("/")
		first.signIn(ada())
		first.See("Welcome, Ada")

		second, noticed := colleague("second"), false
		for try := 0; try < 20 && !noticed; try++ { // now and then there is room for one more
			second.Open("/")
			_, err := chromedp.Call(second.ctx, network.ClearBrowserCookies, cdp.Empty{})
			second.must(err, "lose the cookies")
			second.Click("button", "Sign in with Microsoft")
			second.try(func(ctx context.Context) error {
				text, err := second.text(ctx)
				noticed = strings.Contains(text, "Many sign-ins are coming from your network right now.")
				if err == nil && !noticed && !strings.Contains(text, "Pick an account") {
					err = errStillThere
				}
				return err
			}, "be answered")
		}
		stop()
		second.See("Many sign-ins are coming from your network right now.")
		if !plain {
			second.Axe()
			second.Validate()
		}
		second.signIn(ada())
		second.See("Welcome, Ada")
	})
}

// hammer begins sign-ins behind a proxy, without a cookie and without pause, until stop is called or the test ends.
// refused is closed when the limit is used up; it stays so.
func hammer(t *testing.T, origin string) (refused <-chan struct{}, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	used, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for first := true; ctx.Err() == nil; {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, origin+"/sign-in", nil)
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("X-Forwarded-For", "203.0.113.7")
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				continue
			}
			answer.Body.Close()
			if first && answer.StatusCode == http.StatusTooManyRequests {
				close(used)
				first = false
			}
		}
	}()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return used, stop
}
