package doorcheck

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/pactius/pactius"
)

// Refusals that the door itself never gives, with their usual cause.
const (
	remedyStart = "Route /.pactius/ of the application's host to PACTIUS, without asking it whether someone is " +
		"signed in, and pass on Host and X-Forwarded-Proto; docs/applications.md has the lines."
	remedyProto = "Let the proxy set X-Forwarded-Proto, and name it in PACTIUS_TRUSTED_PROXIES."
)

// refused judges an answer that must be no answer of the application.
func refused(a *asker, p probe, got answer) Result {
	switch {
	case got.err != nil && hungUp(got.err):
		return Result{Verdict: VerdictClosed, Detail: "The connection was closed."}
	case got.err != nil:
		return silent(got)
	case answered(got):
		return Result{Verdict: VerdictOpen, Detail: shown(got), Remedy: p.remedy}
	case !redirects(got):
		return Result{Verdict: VerdictClosed, Detail: status(got)}
	}
	to := a.leads(p, got)
	if to == leadsAway {
		return Result{Verdict: VerdictWrong, Detail: shown(got),
			Remedy: "A stranger is redirected, but not to the sign-in. If the application did it, it is open. " +
				p.remedy}
	}
	return Result{Verdict: VerdictClosed, Detail: fmt.Sprintf("%s, to %s", status(got), to)}
}

// elsewhere judges a redirect to another address of the application, which is asked itself.
func elsewhere(_ *asker, _ probe, got answer) Result {
	return Result{Verdict: VerdictClosed, Detail: status(got) + ", to " + leadsToOrigin}
}

// silent judges that there was no answer.
func silent(got answer) Result {
	detail, remedy := cause(got.err)
	return Result{Verdict: VerdictUnasked, Detail: detail, Remedy: remedy}
}

// person judges what someone meets who opens the application: the way to the sign-in.
func person(a *asker, p probe, got answer) Result {
	if got.err != nil {
		return silent(got)
	}
	r, to := refused(a, p, got), a.leads(p, got)
	switch {
	case r.Verdict != VerdictClosed:
		return r
	case redirects(got) && to == leadsToStart:
		return r
	case got.status == http.StatusUnauthorized && (to == leadsToStart || bytes.Contains(got.body, []byte(startPath))):
		return Result{Verdict: VerdictClosed, Detail: status(got) + ", with the way to the sign-in"}
	}
	return Result{Verdict: VerdictWrong, Detail: shown(got) + ", without a way to the sign-in", Remedy: "Let the " +
		"proxy pass on the 401 of PACTIUS, or show /.pactius/refused; docs/applications.md has the lines. 5xx means " +
		"that it can't reach PACTIUS."}
}

// script judges what a script meets, which can't follow to a sign-in page of another host.
func script(a *asker, p probe, got answer) Result {
	r := refused(a, p, got)
	if r.Verdict == VerdictClosed && got.status != http.StatusUnauthorized {
		return Result{Verdict: VerdictWrong, Detail: r.Detail, Remedy: "Scripts need 401 to notice that the session " +
			"has ended. Let the proxy pass on Accept and Sec-Fetch-Mode when it asks PACTIUS, and its 401."}
	}
	return r
}

// start judges the beginning of the hand-over: it leads to this environment, for this application at this origin.
func start(a *asker, p probe, got answer) Result {
	if got.err != nil {
		return silent(got)
	}
	wrong := func(detail, remedy string) Result {
		return Result{Verdict: VerdictWrong, Detail: detail, Remedy: remedy}
	}
	to, err := url.Parse(got.header.Get("Location"))
	switch {
	case a.stopped(p, got):
		return wrong("The proxy asks whether someone is signed in: "+status(got), remedyStart)
	case !redirects(got) || err != nil || to.Path != "/enter":
		return strange(got)
	case !strings.EqualFold(to.Host, a.door.Portal.Host):
		return wrong("It leads to "+to.Host+" instead of "+a.door.Portal.Host+".",
			"Route /.pactius/ to the deployment that has this environment.")
	}
	q := to.Query()
	switch {
	case q.Get("application") != string(a.door.Application.ID):
		return wrong("PACTIUS takes it for the application "+q.Get("application")+".",
			"Let the proxy pass on Host, or name this application's ID.")
	case q.Get("origin") != string(a.door.Origin):
		return wrong("PACTIUS believes that people are at "+q.Get("origin")+".", remedyProto)
	case len(got.header.Values("Set-Cookie")) == 0:
		return wrong("The cookie that PACTIUS sets doesn't arrive, so no one can finish a sign-in.",
			"Let the proxy pass on Set-Cookie, and cache nothing below /.pactius/.")
	}
	return Result{Verdict: VerdictClosed, Detail: fmt.Sprintf("%s, to the sign-in at %s", status(got), to.Host)}
}

// finish judges the end of the hand-over, where PACTIUS refuses a made-up code.
func finish(a *asker, p probe, got answer) Result {
	switch {
	case got.err != nil:
		return silent(got)
	case a.stopped(p, got):
		return Result{Verdict: VerdictWrong, Detail: "The proxy asks whether someone is signed in: " + status(got),
			Remedy: remedyStart}
	case !byPACTIUS(got) || got.status == http.StatusForbidden || got.status >= http.StatusInternalServerError:
		return strange(got)
	}
	return Result{Verdict: VerdictClosed, Detail: status(got) + " by PACTIUS"}
}

// stopped reports whether an answer is the refusal of someone who isn't signed in, which no path of the hand-over has.
func (a *asker) stopped(p probe, got answer) bool {
	return got.status == http.StatusUnauthorized || redirects(got) && a.leads(p, got) == leadsToStart
}

// byPACTIUS reports whether PACTIUS has answered, by a header that all its pages have and few other programs send.
func byPACTIUS(got answer) bool { return got.header.Get("Permissions-Policy") != "" }

// strange judges an answer below /.pactius/ that isn't the hand-over's.
func strange(got answer) Result {
	if byPACTIUS(got) && got.status == http.StatusForbidden {
		return Result{Verdict: VerdictWrong, Detail: "PACTIUS doesn't know the application by what it is told: " +
			status(got), Remedy: "Let the proxy pass on Host unchanged and set X-Forwarded-Proto, and name it in " +
			"PACTIUS_TRUSTED_PROXIES. The log of PACTIUS says what it was told."}
	}
	return Result{Verdict: VerdictWrong, Detail: "It isn't PACTIUS that answers: " + shown(got), Remedy: remedyStart}
}

// preflighted judges a CORS preflight, which an application may let pass.
func preflighted(a *asker, p probe, got answer) Result {
	r := refused(a, p, got)
	if r.Verdict != VerdictOpen {
		return r
	}
	if a.door.Application.Preflight {
		return Result{Verdict: VerdictClosed,
			Detail: status(got) + ", as the application is set to let preflights pass"}
	}
	r.Remedy = "Let the proxy ask PACTIUS for OPTIONS, too. If preflights shall pass, allow it: pactius application " +
		"set NAME --preflight"
	return r
}

// stranger judges a request that doesn't name the application. Some proxies answer it with an empty page.
func stranger(a *asker, p probe, got answer) Result {
	if got.err == nil && got.status == http.StatusOK && len(got.body) == 0 {
		return Result{Verdict: VerdictClosed, Detail: "200 without content"}
	}
	r := refused(a, p, got)
	if r.Verdict == VerdictWrong { // to whatever the default site is
		return Result{Verdict: VerdictClosed, Detail: r.Detail}
	}
	return r
}

// unencrypted judges a request by http, which may stay without an answer.
func unencrypted(a *asker, p probe, got answer) Result {
	if got.err != nil {
		return Result{Verdict: VerdictClosed, Detail: "No answer."}
	}
	return refused(a, p, got)
}

// Places that a redirect leads to.
const (
	leadsToStart  = "the sign-in"
	leadsToPortal = "PACTIUS"
	leadsToItself = "the same page"
	leadsToOrigin = "another address of the application"
	leadsAway     = ""
)

// leads says where the Location of an answer leads.
func (a *asker) leads(p probe, got answer) string {
	asked, err := url.Parse(string(a.door.Origin) + p.path)
	if err != nil {
		return leadsAway
	}
	to, err := asked.Parse(got.header.Get("Location"))
	if err != nil {
		return leadsAway
	}
	own := strings.EqualFold(to.Hostname(), a.door.Origin.Hostname())
	switch {
	case own && to.Path == startPath:
		return leadsToStart
	case strings.EqualFold(to.Hostname(), a.door.Portal.Hostname()):
		return leadsToPortal
	case own && path.Clean("/"+to.Path) == path.Clean("/"+asked.Path):
		return leadsToItself
	case !own && a.door.Application.Has(pactius.Origin(to.Scheme+"://"+to.Host)):
		return leadsToOrigin
	}
	return leadsAway
}

// answered reports whether an answer has content: success, or a connection that goes on in another protocol.
func answered(got answer) bool {
	return got.status/100 == 2 || got.status == http.StatusSwitchingProtocols
}

func redirects(got answer) bool { return got.status/100 == 3 && got.header.Get("Location") != "" }

// status returns the status of an answer in words.
func status(got answer) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", got.status, http.StatusText(got.status)))
}

// title is the title of a page.
var title = regexp.MustCompile(`(?i)<title[^>]*>\s*([^<]{1,80})`)

// shown returns an answer in words, so that a person recognises the page.
func shown(got answer) string {
	switch t := title.FindSubmatch(got.body); {
	case redirects(got):
		return status(got) + ", to " + shortened(got.header.Get("Location"))
	case t != nil:
		return fmt.Sprintf("%s, %d bytes, titled %q", status(got), len(got.body), bytes.TrimSpace(t[1]))
	case len(got.body) > 0:
		return fmt.Sprintf("%s, %d bytes", status(got), len(got.body))
	}
	return status(got)
}

// maxShown is the most bytes of an address that are shown.
const maxShown = 120

func shortened(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return s[:maxShown] + "..."
}
