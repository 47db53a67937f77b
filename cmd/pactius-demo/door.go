package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/examples/contracts/register"
	"github.com/pactius/pactius/internal/server"
)

// door stands for the proxy of a deployment: it asks PACTIUS who each request to an application is from. Those of
// deploy/applications do the same.
type door struct {
	portal      *url.URL // where PACTIUS listens
	application pactius.ApplicationID
	upstream    http.Handler
	pages       *httputil.ReverseProxy // to PACTIUS, for its own paths on the application's host
	client      *http.Client
}

func newDoor(portal *url.URL, application pactius.ApplicationID, upstream http.Handler) *door {
	return &door{portal: portal, application: application, upstream: upstream,
		pages: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(portal)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		}},
		client: &http.Client{Timeout: askTime, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}}
}

const (
	verifyPath = "/verify"
	doorPath   = "/.pactius/" // PACTIUS's own on the application's host
	identity   = "Pactius-"   // begins the headers that only PACTIUS may set
	askTime    = 5 * time.Second
	answerMost = 64 << 10 // bytes of PACTIUS's answer
)

// ServeHTTP passes a request on if PACTIUS lets it in, and else answers as PACTIUS does.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, doorPath) {
		d.pages.ServeHTTP(w, r)
		return
	}
	answer, err := d.ask(r)
	if err != nil {
		http.Error(w, "PACTIUS can't be reached.", http.StatusServiceUnavailable)
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, io.LimitReader(answer.Body, answerMost)) // the browser has gone
		return
	}
	for name := range r.Header {
		if strings.HasPrefix(strings.ReplaceAll(strings.ToLower(name), "_", "-"), strings.ToLower(identity)) {
			delete(r.Header, name)
		}
	}
	for name, values := range answer.Header {
		if strings.HasPrefix(name, identity) {
			r.Header[name] = values
		}
	}
	d.upstream.ServeHTTP(w, r)
}

// ask asks PACTIUS who a request is from.
func (d *door) ask(r *http.Request) (*http.Response, error) {
	at := d.portal.JoinPath(verifyPath)
	at.RawQuery = url.Values{"application": {string(d.application)}}.Encode()
	q, err := http.NewRequestWithContext(r.Context(), http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"Cookie", "Accept", "Accept-Language", "Sec-Fetch-Mode", "Origin",
		"Access-Control-Request-Method"} {
		q.Header[name] = r.Header[name]
	}
	q.Header.Set("X-Forwarded-Method", r.Method)
	q.Header.Set("X-Forwarded-Proto", "http")
	q.Header.Set("X-Forwarded-Host", r.Host)
	q.Header.Set("X-Forwarded-Uri", r.URL.RequestURI())
	return d.client.Do(q)
}

// The contract register, the sample application.
const (
	registerName = "Contracts"
	registerHost = "contracts.localhost"
	registerUnit = "Sales / South"
)

// openRegister opens the contract register behind the door. PACTIUS knows it since the company was made; its port may
// be another one today.
func (d *demo) openRegister(ctx context.Context, core *server.Core) error {
	envs, err := core.Environments.List(ctx)
	if err != nil {
		return err
	}
	support := pactius.SupportActor(envs[0].ID)
	app, err := core.Applications.FindNamed(ctx, support, registerName)
	if err != nil {
		return fmt.Errorf("find the contract register: %w; it was removed from %s, so begin with another folder", err,
			d.data)
	}
	here := pactius.ApplicationUpdate{Origins: &[]string{"http://" + d.registerAddress()}}
	if _, err := core.Applications.Update(ctx, support, app.ID, 0, here); err != nil {
		return err
	}
	contracts, err := sampleContracts(ctx, core, support)
	if err != nil {
		return err
	}
	d.register, err = register.New(register.Config{Pactius: d.public.String(), Application: string(app.ID),
		Sample: contracts, Logger: d.logger})
	if err != nil {
		return fmt.Errorf("open the contract register: %w", err)
	}
	d.door = newDoor(originOf(d.pages), app.ID, d.register)
	return nil
}

// registerAddress returns the host and port of the contract register.
func (d *demo) registerAddress() string {
	return registerHost + ":" + originOf(d.applications).Port()
}

// sampleContracts are contracts of several business units: each reader sees a part of them.
func sampleContracts(ctx context.Context, core *server.Core, actor pactius.Actor) ([]register.Contract, error) {
	all := []register.Contract{
		{Unit: "Sales / South", Title: "Container freight Hamburg", Partner: "Elbe Spedition", Value: 184_000},
		{Unit: "Sales / South", Title: "Cold chain to Lyon", Partner: "Rhône Froid", Value: 96_500},
		{Unit: "Sales / North", Title: "Salmon from Tromsø", Partner: "Nordlys Sjømat", Value: 240_000},
		{Unit: "Sales", Title: "Agency agreement", Partner: "Hanse Kontor", Value: 60_000},
		{Unit: "Operations / Harbour", Title: "Crane maintenance", Partner: "Kranservice", Value: 75_000},
		{Unit: "Finance", Title: "Audit 2026 to 2028", Partner: "Revision & Co", Value: 310_000},
		{Unit: "Finance", Title: "Credit facility", Partner: "Øresund Bank", Value: 2_500_000},
	}
	var found []register.Contract
	for i, c := range all {
		u, err := core.Units.Find(ctx, actor, c.Unit)
		if pactius.KindOf(err) == pactius.KindInvalid {
			continue // renamed in a folder that is kept
		}
		if err != nil {
			return nil, err
		}
		c.Unit, c.EndsOn = string(u.ID), time.Now().AddDate(1, i*2, 0).Format(pactius.DateLayout)
		found = append(found, c)
	}
	return found, nil
}
