package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
)

// TestCausesAreNamed makes calls that fail as they do behind firewalls, through package microsoft.
func TestCausesAreNamed(t *testing.T) {
	t.Parallel()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	denies := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	t.Cleanup(denies.Close)
	via := func(proxy string) *http.Transport {
		u, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Transport{Proxy: http.ProxyURL(u)}
	}
	nowhere := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "login.example",
			IsNotFound: true}}
	}}
	otherName := untrusted.Client().Transport.(*http.Transport).Clone()
	otherName.TLSClientConfig.ServerName = "login.example"
	for _, c := range []struct {
		name, address string
		transport     *http.Transport
		cause, remedy string
	}{
		{"a firewall that reads along", untrusted.URL, &http.Transport{}, "certificate", "SSL_CERT_FILE"},
		{"the certificate of another name", untrusted.URL, otherName, "certificate", "for this name"},
		{"a proxy that is away", "https://login.example", via("http://ada:hush@127.0.0.1:1"), "proxy of HTTPS_PROXY",
			"NO_PROXY"},
		{"a proxy that wants a password", "https://login.example", via(denies.URL), "demands a user", "USER:PASSWORD"},
		{"no DNS", "https://login.example", nowhere, "login.example can't be resolved", "DNS servers"},
		{"a closed port", "http://127.0.0.1:1", &http.Transport{}, "refused", "Nothing listens"},
	} {
		ms := microsoft.New(microsoft.Options{Authority: c.address, Transport: c.transport})
		steps := microsoft.NewGraph(ms, c.address).Test(t.Context(), pactius.Credentials{TenantID: mailTenant,
			ClientID: "app", ClientSecret: "hush"}, "https://a.example/back")
		got := stepDiagnosis("x", steps[0], true)
		if got.OK || !strings.Contains(got.Cause, c.cause) || !strings.Contains(got.Remedy, c.remedy) ||
			strings.Contains(got.Cause, "hush") {
			t.Errorf("%s: %+v", c.name, got)
		}
		for _, s := range steps { // no page shows what its words hold
			for _, text := range []pactius.Text{s.Name, s.Text, s.Remedy, s.Here} {
				if strings.Contains(text.String(), "127.0.0.1") || strings.Contains(text.String(), "x509") {
					t.Errorf("%s: a page would say %q", c.name, text)
				}
			}
		}
		c.transport.CloseIdleConnections()
	}
	for err, want := range map[error]string{
		&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}: "Renew",
		context.DeadlineExceeded: "firewall that drops", errors.New("else"): "",
	} {
		if _, remedy := Cause(err); !strings.Contains(remedy, want) || want == "" && remedy != "" {
			t.Errorf("%v: %q", err, remedy)
		}
	}
	bad := errors.New(`invalid proxy address "http://ada:hush@proxy:3128"`)
	if cause, _ := Cause(bad); strings.Contains(cause, "hush") {
		t.Errorf("the password of a proxy is told: %s", cause)
	}
}

// TestTheServerTellsDoctorAloneWhatItSaw asks through proxies, and as a stranger.
func TestTheServerTellsDoctorAloneWhatItSaw(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite", "PACTIUS_TRUSTED_PROXIES=127.0.0.1")
	db.Ground(t, "localhost")
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	upstream, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, header string // the proxy sends it as X-Forwarded-For
		keeps        bool   // the host
		ok           bool
		detail       string
	}{
		{"as it should be", "203.0.113.9", true, true, "from 203.0.113.9"},
		{"drops the host", "203.0.113.9", false, false, "arrive for the host " + upstream.Host},
		{"passes on what clients say", "", true, false, "invent its address"},
	} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			out := r.Clone(r.Context())
			out.URL.Scheme, out.URL.Host, out.RequestURI = upstream.Scheme, upstream.Host, ""
			if !c.keeps {
				out.Host = upstream.Host
			}
			if c.header != "" {
				out.Header.Set("X-Forwarded-For", c.header)
			}
			answer, err := http.DefaultTransport.RoundTrip(out)
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			defer answer.Body.Close()
			w.WriteHeader(answer.StatusCode)
			_, _ = io.Copy(w, answer.Body)
		}))
		t.Cleanup(proxy.Close)
		_, port, _ := strings.Cut(proxy.Listener.Addr().String(), ":")
		got := examineSeen(t.Context(), &url.URL{Scheme: "http", Host: "localhost:" + port}, s.box, s.now())
		if len(got) != 1 || got[0].OK != c.ok || got[0].Warning || !strings.Contains(got[0].Detail, c.detail) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	ask := func(sealed string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, "http://localhost"+seenPath, nil)
		r.Header.Set(seenHeader, sealed)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	sealed, word := question(s.box, s.now())
	for range 2 { // overhearing the question does not help to read the answer
		status, body := ask(sealed)
		_, stranger := question(s.box, s.now())
		if status != http.StatusOK || strings.Contains(body, "localhost") {
			t.Errorf("the answer is readable: %d %s", status, body)
		}
		if _, err := s.box.Open(answerPurpose, strings.TrimSpace(body), word); err != nil {
			t.Errorf("doctor cannot read the answer: %v", err)
		}
		if _, err := s.box.Open(answerPurpose, strings.TrimSpace(body), stranger); err == nil {
			t.Error("another question opens the answer")
		}
	}
	late, _ := question(s.box, s.now().Add(-seenFor-time.Second))
	early, _ := question(s.box, s.now().Add(seenFor+time.Second))
	for name, sealed := range map[string]string{"nothing": "", "invented": "v1.AAAA", "late": late, "early": early,
		"of another purpose": s.box.Seal(answerPurpose, []byte(word+s.now().Format(time.RFC3339)), "")} {
		if status, body := ask(sealed); status != http.StatusNotFound || strings.HasPrefix(body, "v1.") {
			t.Errorf("%s: %d", name, status)
		}
	}
}
