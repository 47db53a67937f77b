package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// An open page asks whether the request still waits, becomes the welcome and leads home, where the person is greeted.
func TestTheWaitingPageBecomesTheWelcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as(ada) // the sign-in gives her a name
	q := w.request(vera, w.north)
	v := w.as(vera)
	waiting := v.get("/access").status(http.StatusOK).shows("Your request is pending", "Lone Local", "Ada Root").
		lacks(lone.username, ada.username)
	if !strings.Contains(waiting.Body, "data-poll") {
		t.Error("the page does not ask for the decision")
	}
	state := func(want string) {
		t.Helper()
		p := v.get(statePath).status(http.StatusOK)
		if p.Body != want || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("the state is %q (%s), want %q", p.Body, p.Header.Get("Content-Type"), want)
		}
	}
	state("pending")
	var grants []pactius.Grant
	for _, name := range []string{"South", "East"} {
		grants = append(grants, pactius.Grant{Unit: w.unit(w.sales, name), Access: pactius.AccessRead})
	}
	grants = append(grants, pactius.Grant{Unit: w.north, Access: pactius.AccessWrite})
	_, err := w.site.Users.Approve(t.Context(), pactius.UserActor(w.nord.ID, w.users[ada.username], ""), q,
		users.Approval{Grants: grants, EndsOn: "2199-12-31"})
	w.must(err)
	state("settled")
	welcome := v.get("/access").shows("You now have access").lacks("data-poll", "on its way")
	if !strings.Contains(welcome.Body, "data-go") {
		t.Error("the welcome does not lead on by itself")
	}
	greeting := "You now have access: Sales / East (read), Sales / North (write), Sales / South (read)"
	welcome.submit("/access/enter").to("/").shows(greeting)
	v.get("/").lacks("You now have access").shows("You have access until 31 December 2199.")
	state("settled") // of a user, in a page that is still open
	w.as(vera).get("/").lacks("You now have access")
}

// Without business units Home says what is missing; the greeting promises nothing.
func TestWithoutUnitsNobodyIsGreetedWithAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as(nils).get("/").shows("You're signed in, but you " +
		"don't have any business units yet.").lacks("You now have access")
}

func TestEachEndOfARequestIsAPageOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.as(vera)
	v.get("/access").submit("/access", "message", "first")
	v.post(withdrawPath, nil).to("/access").shows("You withdrew your request", "Send a new request").
		lacks("Ask for access to", "data-poll")
	q := w.request(vera)
	_, err := w.site.Users.Decline(t.Context(), pactius.UserActor(w.nord.ID, w.users[ada.username], ""), q, "Not here")
	w.must(err)
	v.get("/access").shows("Your request was declined", "Not here").lacks("Ask for access to", "Send a new request")
	w.db.Clock.Advance(pactius.AskAgainInterval)
	v = w.as(vera)
	v.get("/access").shows("Your request was declined", "Not here", "Send a new request").lacks("Ask for access to")
	w.request(vera)
	w.db.Clock.Advance(pactius.RequestLifetime)
	w.must(w.site.Users.Expire(t.Context(), func() {}))
	w.as(vera).get("/access").shows("Your request expired", "Send a new request").lacks("Ask for access to")
}

// Without an approver the page names Support.
func TestWithoutApproversThePageNamesSupport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.request(vera)
	w.db.Exec(t, `UPDATE users SET account_state = 'disabled'`)
	w.as(vera).get("/access").shows("No one can approve this right now. Contact Support: support@pactius.example").
		lacks("Ada Root")
}
