package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius/testbed/process"
)

// proxyProgram finds a proxy, which Debian may keep outside of a user's PATH.
func proxyProgram(t testing.TB, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	if os.Getenv("PACTIUS_TEST_REQUIRE") == "1" {
		t.Fatalf("%s is not on this machine", name)
	}
	t.Skipf("SKIPPED: %s is not on this machine, so its configuration in deploy/applications is not tried", name)
	return ""
}

// proxy is a real proxy in front of applications, on one port, with the configuration that is shipped.
type proxy struct {
	name    string // nginx or caddy
	address string
	secure  bool
}

// origin is the address of an application at the proxy.
func (p proxy) origin(host string) string {
	_, port, _ := net.SplitHostPort(p.address)
	scheme := "http://"
	if p.secure {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}

// site is an application at a proxy.
type site struct {
	word    string // instead of "contracts"
	host    string
	app     string // ID
	address string // of the program
}

// shipped returns a shipped configuration with replaced words, each of which must be there.
func shipped(t testing.TB, name string, changes ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(stage.root, "deploy", "applications", name))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("deploy/applications/%s has no %q", name, changes[i])
		}
		text = strings.ReplaceAll(text, changes[i], changes[i+1])
	}
	return text
}

// startNginx starts nginx with the shipped file for each site: names, addresses, IDs and certificate are replaced. dir
// has the certificate.
func startNginx(t testing.TB, p proxy, dir, pactius string, sites []site) {
	t.Helper()
	program := proxyProgram(t, "nginx")
	conf := "worker_processes 1; daemon off; error_log stderr; pid " + dir + "/pid; events {}\n" +
		"http {\naccess_log off;\n"
	for _, part := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += part + "_temp_path " + dir + "/" + part + ";\n"
	}
	for _, s := range sites {
		conf += shipped(t, "nginx.conf",
			"set $contracts_host contracts.nordhavn.example", "set $contracts_host "+hostOf(p.origin(s.host)),
			"ssl_certificate     /etc/nginx/tls/contracts.nordhavn.example.pem", "ssl_certificate "+dir+"/pem",
			"ssl_certificate_key /etc/nginx/tls/contracts.nordhavn.example.key", "ssl_certificate_key "+dir+"/key",
			"server_name contracts.nordhavn.example", "server_name "+s.host,
			"listen 443 ssl", "listen "+p.address+" ssl",
			"127.0.0.1:8080", pactius, "127.0.0.1:8090", s.address,
			"APPLICATION-ID", s.app, "contracts_", s.word+"_")
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	startProxy(t, p, exec.Command(program, "-p", dir, "-c", file))
}

// startCaddy starts Caddy with the shipped block for each site: names, addresses and IDs are replaced.
func startCaddy(t testing.TB, p proxy, pactius string, sites []site) {
	t.Helper()
	program, dir := proxyProgram(t, "caddy"), t.TempDir()
	conf := "{\n\tadmin off\n\tauto_https off\n}\n"
	for _, s := range sites {
		conf += shipped(t, "Caddyfile", "\ncontracts.nordhavn.example {", "\n"+p.origin(s.host)+" {\nbind 127.0.0.1\n",
			"127.0.0.1:8080", pactius, "127.0.0.1:8090", s.address, "APPLICATION-ID", s.app)
	}
	file := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "run", "--adapter", "caddyfile", "--config", file)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	startProxy(t, p, cmd)
}

// startProxy starts a proxy and waits until it takes connections. It ends with the test.
func startProxy(t testing.TB, p proxy, cmd *exec.Cmd) {
	t.Helper()
	running, err := process.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = running.End(os.Interrupt, stopPatience)
		if t.Failed() {
			t.Logf("%s said:\n%s", p.name, running.Log)
		}
	})
	err = eventually(t.Context(), Patience, func() error {
		c, err := net.Dial("tcp", p.address)
		if err == nil {
			_ = c.Close()
		}
		return err
	})
	if err != nil {
		t.Fatalf("%s takes no connections: %v\n%s", p.name, err, running.Log)
	}
}

// writeCertificate writes a certificate for names below localhost, and its key.
func writeCertificate(t testing.TB, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		DNSNames: []string{"*.localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"pem": {Type: "CERTIFICATE", Bytes: der},
		"key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// send writes bytes to a proxy as they are, and returns everything that comes back until the proxy closes.
func (p proxy) send(t testing.TB, raw string) string {
	t.Helper()
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if p.secure {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	}
	if err := conn.SetDeadline(time.Now().Add(Patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("%s neither answers nor closes; so far: %.300s", p.name, answer)
	}
	return string(answer)
}

// ask sends a request with more headers and returns its status and the whole answer.
func (p proxy) ask(t testing.TB, line, host string, headers ...string) (status int, answer string) {
	t.Helper()
	head := append([]string{line + " HTTP/1.1", "Host: " + hostOf(p.origin(host)), "Connection: close"}, headers...)
	answer = p.send(t, strings.Join(head, "\r\n")+"\r\n\r\n")
	return statusOf(answer), answer
}

// statusOf reads the status of the first answer, 0 without one.
func statusOf(answer string) int {
	var minor, status int
	_, _ = fmt.Sscanf(answer, "HTTP/1.%d %d", &minor, &status)
	return status
}

// hostOf is the host of an origin, with its port.
func hostOf(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	return host
}
