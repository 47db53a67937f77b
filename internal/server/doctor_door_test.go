package server

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// TestDoctorFindsAProxyThatDropsTheHost asks through proxies that do what people have reported.
func TestDoctorFindsAProxyThatDropsTheHost(t *testing.T) {
	t.Parallel()
	address, log := listening(t, nil)
	upstream := &url.URL{Scheme: "http", Host: address}
	for _, c := range []struct {
		name   string
		proxy  http.Handler
		ok     bool
		detail string
	}{
		{"passes the host", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(upstream)
			r.Out.Host = r.In.Host
		}}, true, "shows the sign-in page"},
		{"sends the upstream's name", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(upstream)
		}}, false, "the name of another host"},
		{"reaches nothing", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
		}), false, "status 502"},
		{"another site", http.NotFoundHandler(), false, "status 404"},
	} {
		proxy := httptest.NewServer(c.proxy)
		t.Cleanup(proxy.Close)
		_, port, _ := strings.Cut(proxy.Listener.Addr().String(), ":")
		got := examineDoor(t.Context(), &url.URL{Scheme: "http", Host: "localhost:" + port}, "/",
			"shows the sign-in page")
		if got.OK != c.ok || !strings.Contains(got.Detail, c.detail) || got.OK != (got.Remedy == "") {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	nothing := &url.URL{Scheme: "http", Host: "localhost:1"}
	if got := examineDoor(t.Context(), nothing, "/", ""); !got.OK || !got.Warning ||
		!strings.Contains(got.Cause, "refused") || !strings.Contains(got.Detail, "not tried") {
		t.Errorf("an address that does not answer: %+v", got)
	}
	if text := log(); !strings.Contains(text, "host="+address) {
		t.Errorf("the log does not name the host that arrives: %s", text)
	}
}
