package server

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
)

// doorOf returns the address of an environment's sign-in page: of the one at the public URL, else of the first.
func doorOf(core *Core, public *url.URL, envs []pactius.Environment) *url.URL {
	for _, e := range envs {
		if e.Host == environments.CleanHost(public.Host) {
			return public
		}
	}
	return core.Environments.BaseURL(envs[0])
}

// examineDoor opens an environment's sign-in page as a browser does, through whatever proxy stands in front. An address
// that does not answer here is no problem: the server may not run yet, and the address may be for other networks.
func examineDoor(ctx context.Context, door *url.URL) Diagnosis {
	d := Diagnosis{What: "the way to " + door.Host}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, door.JoinPath("/").String(), nil)
	if err != nil {
		return diagnosis(d.What, err, "", "Check PACTIUS_URL.")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		d.OK, d.Detail = true, fmt.Sprintf("not tried, because it can't be reached from this machine: %v", err)
		return d
	}
	defer answer.Body.Close()
	switch {
	case answer.Header.Get("X-Request-Id") == "" || answer.StatusCode >= http.StatusInternalServerError:
		d.Detail = fmt.Sprintf("%s answers with status %d, but not from a working PACTIUS", r.URL,
			answer.StatusCode)
		d.Remedy = "Point the address to the proxy and the proxy to PACTIUS, and look at the logs of both."
	case answer.StatusCode == http.StatusMisdirectedRequest:
		d.Detail = fmt.Sprintf("%s reaches PACTIUS with the name of another host", r.URL)
		d.Remedy = "Make the proxy pass the browser's Host header: in nginx \"proxy_set_header Host $http_host;\", " +
			"in Apache \"ProxyPreserveHost On\". The server's log names the host that arrives."
	default:
		d.OK, d.Detail = true, fmt.Sprintf("%s shows the sign-in page", r.URL)
	}
	return d
}
