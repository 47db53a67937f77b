package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/testbed/process"
)

// startVisitors starts the example in Node.js beside the parts that are installed here, and returns its origin. It ends
// with the test.
func (o *openid) startVisitors(t *testing.T) (origin, secret string, _ *process.Process) {
	t.Helper()
	listen, dir := freePort(t), t.TempDir()
	_, port, _ := net.SplitHostPort(listen)
	origin = "http://visitors.localhost:" + port
	c := o.register(t, "localhost", "Visitors", "Sales", pactius.ClientWeb, pactius.ApplicationUpdate{
		Origins: &[]string{origin}, RedirectURIs: &[]string{origin + "/signed-in"},
		ReturnURIs: &[]string{origin + "/signed-out"}, BackChannel: new("http://" + listen + "/logged-out")})
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte(c.Secret+"\n"), 0o600); err != nil {
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
	cmd.Env = append(process.Environ("PACTIUS_URL="+o.URL), "CLIENT_ID="+c.ID, "CLIENT_SECRET_FILE="+file,
		"VISITORS_URL="+origin, "LISTEN="+listen)
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
	return origin, c.Secret, running
}

// visitors goes through the example as a person does: both kinds of sign-out end both sessions.
func (o *openid) visitors(t *testing.T) {
	origin, secret, running := o.startVisitors(t)
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

	said := running.Log.String()
	for what, text := range map[string]string{"the client secret": secret, "a token": "eyJ", "a code": "code=",
		"the name of a person": "Gu Berg"} {
		if strings.Contains(said, text) {
			t.Errorf("the log of the visitor list has %s", what)
		}
	}
	if status, err := http.Post(strings.Replace(origin, "visitors.localhost", "127.0.0.1", 1)+"/logged-out",
		"application/x-www-form-urlencoded", strings.NewReader("logout_token=eyJ.e30.")); err != nil ||
		status.StatusCode != http.StatusBadRequest {
		t.Errorf("a forged logout token is answered with %v, %v", status, err)
	}
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
