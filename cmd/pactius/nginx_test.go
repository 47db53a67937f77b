package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/testbed/devtenant"
	"github.com/pactius/pactius/testbed/process"
	"github.com/pactius/pactius/testbed/scripted"
)

// nginxProgram finds nginx, which Debian keeps outside of a user's PATH.
func nginxProgram(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv(storetest.Require) != "" {
		t.Fatal("nginx is not on this machine")
	}
	t.Skip("SKIPPED: nginx is not on this machine, so deploy/nginx.conf is not tried")
	return ""
}

// freePort returns a port of this machine that was free a moment ago.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// startNginx starts nginx with deploy/nginx.conf before a server. Only the ports, the names of instances and files, and
// "http2 on", which is newer than Debian's nginx, are changed.
func startNginx(t testing.TB, port, upstream string) {
	t.Helper()
	program, dir := nginxProgram(t), t.TempDir()
	conf, err := os.ReadFile("../../deploy/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	text := string(conf)
	for _, change := range [][2]string{
		{"server one:8080 max_fails=1", "server " + upstream + " max_fails=1"},
		{"server two:8080 max_fails=1 fail_timeout=3s;", ""},
		{"listen 80 default_server", "listen 127.0.0.1:" + freePort(t) + " default_server"},
		{"listen 443 ssl default_server", "listen 127.0.0.1:" + port + " ssl default_server"},
		{"http2 on;", ""},
		{"/etc/nginx/tls/", dir + "/"},
		{"worker_processes auto;", "worker_processes 2; daemon off; error_log stderr; pid " + dir + "/pid;"},
		{"access_log off;", "access_log off; client_body_temp_path " + dir + "/body;" +
			" proxy_temp_path " + dir + "/proxy; fastcgi_temp_path " + dir + "/f;" +
			" uwsgi_temp_path " + dir + "/u; scgi_temp_path " + dir + "/s;"},
	} {
		if !strings.Contains(text, change[0]) {
			t.Fatalf("deploy/nginx.conf has no %q", change[0])
		}
		text = strings.Replace(text, change[0], change[1], -1)
	}
	writeCertificate(t, dir)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := process.Start(exec.Command(program, "-p", dir, "-c", file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.End(os.Interrupt, patience)
		if t.Failed() {
			t.Logf("nginx said:\n%s", p.Log)
		}
	})
	eventually(t, "nginx takes connections", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// writeCertificate writes a certificate for localhost.
func writeCertificate(t testing.TB, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"fullchain.pem": {Type: "CERTIFICATE", Bytes: der},
		"privkey.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// behindNginx starts a server behind nginx, and returns the address that people open, the database and the tenant.
func behindNginx(t *testing.T) (origin, database string, d *devtenant.Tenant) {
	t.Helper()
	nginxProgram(t)
	w, port := newWorld(t), freePort(t)
	origin = "https://localhost:" + port
	w.environ = append(w.environ[:1:1], "PACTIUS_URL="+origin, "PACTIUS_SECRET=0123456789abcdef0123456789abcdef",
		"PACTIUS_TRUSTED_PROXIES=127.0.0.1")
	d, _ = w.microsoft(origin + environments.CallbackPath)
	w.must("environment", "add", "--name", "Nordhavn", "--tenant", tenant, "--administrator", "anna@nordhavn.example")
	_, upstream := w.serve()
	startNginx(t, port, upstream)
	return origin, strings.TrimPrefix(w.environ[0], "PACTIUS_DATABASE="), d
}

// trusting does not check nginx's certificate, which is of the test.
func trusting() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 8}
}

// useUp asks until nginx refuses. It asks from several connections, and mostly for what costs the server
// little, so that a busy machine too gets more answers than the limit adds in the same time.
func useUp(ctx context.Context, t *testing.T, hammer *scripted.Browser) {
	t.Helper()
	if p, err := hammer.Send(ctx, http.MethodGet, "/", nil); err != nil || p.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", p, err) // 421 if the host were not passed
	}
	var refused atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := 0; refused.Load() < 20 && i < 5000; i++ {
				p, err := hammer.Send(ctx, http.MethodGet, "/static/none", nil)
				if err == nil && p.StatusCode == http.StatusTooManyRequests {
					refused.Add(1)
				} else if err != nil || p.StatusCode != http.StatusNotFound {
					t.Errorf("%v, %v", p, err)
					return
				}
			}
		})
	}
	all.Wait()
	if refused.Load() < 20 {
		t.Fatal("nginx refuses nothing")
	}
}

// TestTheShippedNginxHurtsOnlyTheOneWhoHammers: one machine without cookies asks until nginx refuses it. From the same
// address 40 colleagues sign in, who write addresses of their own into X-Forwarded-For.
func TestTheShippedNginxHurtsOnlyTheOneWhoHammers(t *testing.T) {
	t.Parallel()
	origin, database, d := behindNginx(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	wire := trusting()
	hammer := scripted.New(origin, wire)
	hammer.Client.Jar = nil
	useUp(ctx, t, hammer)
	on, stop := context.WithCancel(ctx)
	defer stop()
	var hammering sync.WaitGroup
	for range 2 { // the limit stays used up
		hammering.Go(func() {
			for on.Err() == nil {
				_, _ = hammer.Send(on, http.MethodGet, "/", nil)
			}
		})
	}
	once := 0 // colleagues who were shown the page that loads again
	for i := range 40 {
		id := fmt.Sprintf("0f3b6c1e-7777-4c5b-b112-%012d", i)
		name := fmt.Sprintf("colleague%d@nordhavn.example", i)
		if err := d.Put(devtenant.Person{ObjectID: id, AccountName: name, Name: "Colleague"}); err != nil {
			t.Fatal(err)
		}
		b := scripted.New(origin, wire)
		b.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i+1))
		p, err := b.Send(ctx, http.MethodGet, "/", nil)
		if err == nil && p.StatusCode == http.StatusTooManyRequests && p.Header.Get("Refresh") == "2" {
			once++
			p, err = b.Send(ctx, http.MethodGet, "/", nil)
		}
		if err != nil || p.StatusCode != http.StatusOK {
			t.Fatalf("colleague %d: %v, %v", i, p, err)
		}
		if p, err = b.Send(ctx, http.MethodPost, "/sign-in", p.Form("/sign-in")); err != nil {
			t.Fatal(err)
		}
		back, err := b.Choose(ctx, p.Next(), url.Values{"person": {id}})
		if err != nil {
			t.Fatalf("colleague %d: status %d, %v", i, p.StatusCode, err)
		}
		p, err = b.Send(ctx, http.MethodGet, back, nil)
		if err != nil || p.Header.Get("Location") != "/access" {
			t.Errorf("colleague %d is not signed in: %d, %v", i, p.StatusCode, err)
		}
	}
	stop()
	hammering.Wait()
	if once == 0 {
		t.Error("no colleague met the limit that the machine has used up")
	}
	db, err := storetest.Connect(database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var in, forged int
	err = db.QueryRow(`SELECT COUNT(*), COUNT(CASE WHEN address <> '127.0.0.1' THEN 1 END) FROM sessions`).
		Scan(&in, &forged)
	if err != nil || in != 40 || forged != 0 {
		t.Errorf("%d sessions, want 40; %d with an address that the client wrote; %v", in, forged, err)
	}
}
