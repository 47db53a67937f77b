package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/testbed/process"
)

// startVisitors starts the example in Node.js beside the parts that are installed here, and returns its origin and
// what it is for PACTIUS. It ends with the test.
func (o *openid) startVisitors(t *testing.T) (origin string, c client, _ *process.Process) {
	t.Helper()
	listen, dir := freePort(t), t.TempDir()
	_, port, _ := net.SplitHostPort(listen)
	origin = "http://visitors.localhost:" + port
	here := []string{"--environment", "localhost"}
	o.Must(append([]string{"application", "add", "Visitors", "--origin", origin, "--unit", "Sales", "--access", "read",
		"--client", "web", "--redirect", origin + "/signed-in", "--return", origin + "/signed-out",
		"--back-channel", "http://" + listen + "/logged-out"}, here...)...)
	made := o.Must(append([]string{"application", "secret", "Visitors", "--json"}, here...)...)
	var known struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal([]byte(made), &known); err != nil {
		t.Fatal(err)
	}
	c = client{Library: libraries[0], Issuer: o.URL, ID: known.ID, Secret: known.Secret, Auth: "basic",
		redirect: origin + "/signed-in", driver: o.driver}
	file := filepath.Join(dir, "client.json")
	if err := os.WriteFile(file, []byte(made), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(stage.root, "examples", "visitors")
	if err := os.CopyFS(filepath.Join(dir, "visitors"), os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	parts := filepath.Join(dir, "visitors", "node_modules")
	if err := os.RemoveAll(parts); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(stage.root, "e2e", "node_modules"), parts); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "main.mjs")
	cmd.Dir = filepath.Join(dir, "visitors")
	cmd.Env = process.Environ("PACTIUS_CLIENT="+file, "VISITORS_URL="+origin, "LISTEN="+listen)
	running, err := process.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = running.End(os.Interrupt, stopPatience)
		if t.Failed() {
			t.Logf("the visitor list said:\n%s", running.Log)
		}
	})
	if _, err := running.Await(t.Context(), "Visitors is open at"); err != nil {
		t.Fatal(err)
	}
	return origin, c, running
}

// visitors goes through the example as a person does: both kinds of sign-out end both sessions.
func (o *openid) visitors(t *testing.T) {
	origin, c, running := o.startVisitors(t)
	gus, evas := stage.Person(t, "Gu", origin), stage.Person(t, "Eva", origin)
	gus.enters("/", gu())
	gus.See("Sales / South Your access: write")
	gus.SeeNot("Operations")
	gus.Axe()
	gus.Fill("Visitor", "Kai <b>Holm</b>")
	gus.Choose("Business unit", "Sales / South")
	gus.Click("button", "Announce")
	gus.See("Kai <b>Holm</b> visits Gu Berg")

	evas.enters("/", eva())
	evas.See("You don't have access to Visitors")

	// Signed out at PACTIUS: the visitor list is told, and asks at the next click.
	gus.Open(o.URL + "/")
	gus.Click("button", "Gu Berg , your account")
	gus.Click("button", "Sign out")
	gus.See("Sign in with Microsoft")
	if _, err := running.Await(t.Context(), "PACTIUS ended 1 sessions"); err != nil {
		t.Fatal(err)
	}
	gus.Open(origin + "/")
	if gus.atMicrosoft() {
		gus.PickAccount(gu().Username)
	}
	gus.See("Kai <b>Holm</b> visits Gu Berg")

	// Signed out here: PACTIUS has no session either.
	gus.Click("button", "Sign out")
	gus.See("You’re signed out")
	gus.At("/signed-out")
	gus.Open(o.URL + "/")
	gus.See("Sign in with Microsoft")

	o.attacksVisitors(t, origin, c)
	said := running.Log.String()
	for what, text := range map[string]string{"the client secret": c.Secret, "a token": "eyJ", "a code": "code=",
		"the name of a person": "Gu Berg"} {
		if strings.Contains(said, text) {
			t.Errorf("the log of the visitor list has %s", what)
		}
	}
}

// attacksVisitors sends what the example must refuse: a sign-in that another browser has begun, other tokens of the
// same sign-in as logout tokens, and forms of another site.
func (o *openid) attacksVisitors(t *testing.T, origin string, c client) {
	account, w, other := gu(), newWire(t, origin), newWire(t, origin)
	at := w.walks(t, origin+"/", c.redirect, &account)
	other.get(strings.TrimPrefix(at, origin)).wants(t, "another browser", http.StatusBadRequest, "The sign-in didn")
	w.travel(http.MethodGet, at, nil).wants(t, "the browser that began", http.StatusOK, "Sales / South")
	w.travel(http.MethodGet, at, nil).wants(t, "the code once more", http.StatusBadRequest, "The sign-in didn")

	same := o.again(t, w, c, nil) // the same session at the same client, so the same sid
	for what, token := range map[string]string{"an ID token": same.Tokens.ID, "an access token": same.Tokens.Access,
		"none": "", "an unsigned one": "eyJhbGciOiJub25lIn0.e30."} {
		got := other.post("/logged-out", url.Values{"logout_token": {token}})
		got.wants(t, what+" as a logout token", http.StatusBadRequest, "")
	}
	w.Header.Set("Origin", "http://evil.localhost")
	for _, path := range []string{"/", "/sign-out"} {
		w.post(path, url.Values{}).wants(t, "a form of another site to "+path, http.StatusNotFound, "Page not found")
	}
	w.get("/").wants(t, "after all that", http.StatusOK, "Sales / South")
}

// The example is tried with the parts that are installed for these tests, so both must want the same.
func TestVisitorsWantsTheSameParts(t *testing.T) {
	t.Parallel()
	var ours, its struct{ Dependencies map[string]string }
	for path, into := range map[string]any{"package.json": &ours, "../examples/visitors/package.json": &its} {
		b, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, version := range its.Dependencies {
		if diff := cmp.Diff(ours.Dependencies[name], version); diff != "" {
			t.Errorf("%s (-e2e +examples/visitors): %s", name, diff)
		}
	}
}
