package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
)

// flashOf is the sealed message that the browser keeps.
func flashOf(p *page) string {
	p.b.Helper()
	for _, c := range p.Cookies() {
		if c.Name == "__Host-"+flashCookie && c.MaxAge > 0 {
			return c.Value
		}
	}
	p.b.Fatal("no message was kept")
	return ""
}

// A message is put into words where it is shown: the language may have changed.
func TestAMessageSpeaksTheLanguageOfItsReader(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	a.post("/settings/units/add", url.Values{"name": {"Depot"}, "parent": {string(w.sales)}}).
		status(http.StatusSeeOther)
	a.post("/language", url.Values{"language": {"da"}, "return": {"/"}}).to("/").
		shows("Depot er tilføjet.", "Åbn denne forretningsenhed")
	a.get("/").lacks("Depot er tilføjet.")
}

// other is a character of base64 that is not c.
func other(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// A message is shown once, and a page that is only fetched ahead does not use it up.
func TestAMessageWaitsForThePageThatIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	a.post("/settings/units/add", url.Values{"name": {"Depot"}, "parent": {string(w.sales)}}).
		status(http.StatusSeeOther)
	a.Header.Set("Sec-Purpose", "prefetch")
	a.get("/").lacks("Depot")
	a.Header.Del("Sec-Purpose")
	a.get("/").shows("Depot has been added.")
	a.get("/").lacks("Depot")
}

// The words of a message come from a cookie, so only this site may have written it.
func TestOnlyThisSiteWritesMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sealed := flashOf(w.as(ada).post("/settings/units/add", url.Values{"name": {"Depot"}, "parent": {string(w.sales)}}))
	for name, value := range map[string]string{
		"plain":           `{"Message":{"Key":"Depot has been added."}}`,
		"changed":         sealed[:20] + other(sealed[20]) + sealed[21:],
		"cut":             sealed[:len(sealed)/2],
		"another purpose": w.site.Box.Seal(attemptPurpose, []byte(`{"Message":{"Key":"Depot"}}`), string(w.nord.ID)),
		"another release": w.site.Box.Seal(flashPurpose, []byte(`{"c":"unit-added","a":["1","Depot"]}`),
			string(w.nord.ID)),
		"no JSON": w.site.Box.Seal(flashPurpose, []byte(`Depot`), string(w.nord.ID)),
	} {
		t.Run(name, func(t *testing.T) {
			b := w.browser(nordHost)
			b.setCookie("__Host-"+flashCookie, value)
			b.get("/").status(http.StatusOK).lacks("Depot")
		})
	}
	syd := w.browser(sydHost)
	syd.setCookie("__Host-"+flashCookie, sealed)
	syd.get("/").status(http.StatusOK).lacks("Depot")
	nord := w.browser(nordHost)
	nord.setCookie("__Host-"+flashCookie, sealed)
	nord.get("/").shows("Depot has been added.")
}

// Browsers drop a cookie of more than 4,096 bytes, and the message with it.
func TestAMessageAboutTheLongestNamesFits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("𝔸", names.MaxName)
	username := strings.Repeat("𝔸", names.MaxLocalPart) + "@" + strings.Repeat("a", names.MaxDomain-8) + ".example"
	asking := human{vera.oid, username, long}
	request := w.request(asking, w.sales)
	answer := w.as(ada).post("/settings/requests/"+string(request)+"/same",
		url.Values{"user": {string(w.user(human{"", "old@nordhavn.example", "Old Name"}))}})
	if got := len(flashOf(answer)); got < 1000 || got > maxFlash {
		t.Errorf("the message has %d bytes", got)
	}
	answer.b.get("/").shows(long+" now has access as", asking.username)
}

// TestAnEmailThatIsNotSentIsSaid approves and takes back more often than emails are
// sent: the act happens, and the next page says that the email did not go out.
func TestAnEmailThatIsNotSentIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(lone)
	q := "/settings/requests/" + string(w.request(vera, w.north))
	grant := url.Values{"unit": {string(w.north)}, "access." + string(w.north): {"read"}}
	const said = "No email was sent to Vera Visitor because they've already received many from you today."
	for range pactius.MailsAlikeADay {
		b.get(b.post(q+"/approve", grant).status(http.StatusSeeOther).Header.Get("Location")).lacks("No email was sent")
		b.get(b.post(q+"/take-back", nil).status(http.StatusSeeOther).Header.Get("Location")).lacks("No email was sent")
	}
	b.get(b.post(q+"/approve", grant).status(http.StatusSeeOther).Header.Get("Location")).shows(said)
	b.get(q).lacks("No email was sent")
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE kind = 'request-approved'`); n != pactius.MailsAlikeADay {
		t.Errorf("%d emails, want %d", n, pactius.MailsAlikeADay)
	}
	w.as(ada).get("/settings/activity").shows("An email wasn't sent: Lone Local has triggered too many today",
		"Approved access request, to vera@nordhavn.example")
}

// An administrator learns that an email could not be sent for want of an address.
func TestAMessageSaysThatSomeoneHasNoAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	add := func(username, name string) *page {
		return w.as(ada).post("/settings/users/add", url.Values{"username": {username}, "name": {name},
			"welcome": {"1"}}).status(http.StatusSeeOther)
	}
	add("nohome#EXT#@nordhavn.example", "Gerd Guest").b.get("/").
		shows("No email was sent to Gerd Guest because we don't know their email address.")
	add("anna_partner.example#EXT#@nordhavn.example", "Anna Hansen").b.get("/").lacks("No email was sent")
}
