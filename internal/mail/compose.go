package mail

import (
	"cmp"
	"fmt"

	"github.com/pactius/pactius"
)

// Each message below begins with the need or the news. Names are made harmless
// here, because the sentences with them are used unchanged.

func (m RequestArrived) compose(h Letterhead) letter {
	r := h.Reader
	name := oneLine(m.Name, maxSubjectName)
	l := m.request(h)
	l.Subject = r.T("Approval needed: %[1]s requests access to %[2]s", name, h.EnvironmentName)
	l.Heading = r.T("%[1]s requests access to %[2]s", name, h.EnvironmentName)
	if m.More {
		l.Subject = r.T("Approval needed: %[1]s requests more access to %[2]s", name, h.EnvironmentName)
		l.Heading = r.T("%[1]s requests more access to %[2]s", name, h.EnvironmentName)
	}
	l.Lead = append([]string{r.T("Please approve or decline the request.")}, l.Lead...)
	return l
}

func (m RequestReminder) compose(h Letterhead) letter {
	r := h.Reader
	name := oneLine(m.Name, maxSubjectName)
	l := RequestArrived(m).request(h)
	l.Subject = r.T("Reminder: %[1]s requests access to %[2]s", name, h.EnvironmentName)
	l.Heading = r.T("%[1]s is still waiting for access to %[2]s", name, h.EnvironmentName)
	if m.More {
		l.Subject = r.T("Reminder: %[1]s requests more access to %[2]s", name, h.EnvironmentName)
		l.Heading = r.T("%[1]s is still waiting for more access to %[2]s", name, h.EnvironmentName)
	}
	l.Lead = append([]string{r.T("No one has decided on the request yet. Please approve or decline it.")}, l.Lead...)
	return l
}

// request composes the common part of both emails about a pending request.
func (m RequestArrived) request(h Letterhead) letter {
	r := h.Reader
	wishes := harmless(m.Units)
	if len(wishes) == 0 {
		wishes = []string{r.T("None requested, you choose")}
	}
	var known []string
	if m.More {
		known = []string{r.T("%s is already a user. If you approve, the new access is added to what the user already "+
			"has.",
			oneLine(m.Name, maxSubjectName))}
	}
	if m.Known {
		known = []string{r.T("This is probably someone who has already been added. The page shows who, and you can " +
			"confirm it with one click.")}
	}
	return letter{
		Lead:  known,
		Quote: quote{Label: r.T("Message"), Lines: quoted(m.Message)},
		Facts: facts(fact{r.T("Name"), []string{oneLine(m.Name, maxValue)}},
			fact{r.T("Account name"), []string{cmp.Or(oneLine(m.AccountName, maxValue), r.T("No account name"))}},
			fact{r.T("Title"), []string{oneLine(m.Title, maxValue)}},
			fact{r.T("Department"), []string{oneLine(m.Department, maxValue)}},
			fact{r.T("Requested business units"), h.atMost(wishes)},
			fact{r.T("Requested"), []string{r.FullDate(m.Since)}},
			fact{r.T("Expires"), []string{r.FullDate(m.Expires)}}),
		Button: button{r.T("Open the request"), h.link(requestPage(m.Request))},
		After:  []string{r.T("If someone else has already decided, the page tells you who.")},
		Why:    r.T("You're receiving this because you approve access requests for %s.", h.EnvironmentName),
	}
}

func (m RequestApproved) compose(h Letterhead) letter {
	r := h.Reader
	by := oneLine(m.By, maxSubjectName)
	given := facts(fact{r.T("Business units"), h.unitsWithAccess(m.Units)},
		fact{r.T("End date"), []string{h.day(m.EndsOn)}}, fact{r.T("Approved by"), []string{by}})
	if m.More {
		return letter{
			Subject: r.T("You now have more access to %s", h.EnvironmentName),
			Heading: r.T("You now have more access to %s", h.EnvironmentName),
			Lead: []string{r.T("Your request was approved. You now also have access to the business units below. You " +
				"keep the access you had before.")},
			Quote:  h.note(by, m.Note),
			Facts:  given,
			Button: button{r.T("Go to Home"), h.link(StartPage)},
			Why:    h.whyAsked(),
		}
	}
	l := letter{
		Subject: r.T("You now have access to %s", h.EnvironmentName),
		Heading: r.T("You now have access to %s", h.EnvironmentName),
		Lead: []string{r.T("Your request was approved. Sign in with your Microsoft 365 account, as you did when you " +
			"sent the request.")},
		Quote:  h.note(by, m.Note),
		Facts:  given,
		Button: button{r.T("Sign in"), h.link(StartPage)},
		Why:    h.whyAsked(),
	}
	if len(m.Units) == 0 {
		l.Lead = append(l.Lead,
			r.T("Your business units are still being assigned. We'll email you when they're ready."))
	}
	return l
}

func (m RequestDeclined) compose(h Letterhead) letter {
	r := h.Reader
	by := oneLine(m.By, maxSubjectName)
	l := letter{
		Subject: r.T("Your request for access to %s was declined", h.EnvironmentName),
		Heading: r.T("Your request for access to %s was declined", h.EnvironmentName),
		Lead: []string{r.T("If you think you should have access, " +
			"talk to your manager or to the person who declined it.")},
		Quote: h.note(by, m.Note),
		Facts: facts(fact{r.T("Declined by"), []string{by}},
			fact{r.T("You can send a new request from"), []string{r.FullDate(m.AskAgain)}}),
		Button: button{r.T("See your request"), h.link(StartPage)},
		Why:    h.whyAsked(),
	}
	if m.More {
		l.Subject = r.T("Your request for more access to %s was declined", h.EnvironmentName)
		l.Heading, l.Button.URL = l.Subject, h.link(MorePage)
		l.Lead = []string{r.T("The access you have stays as it is. If you think you should have more, " +
			"talk to your manager or to the person who declined it.")}
	}
	return l
}

func (m RequestExpired) compose(h Letterhead) letter {
	r := h.Reader
	l := letter{
		Subject: r.T("Your request for access to %s has expired", h.EnvironmentName),
		Heading: r.T("Your request for access to %s has expired", h.EnvironmentName),
		Lead: []string{
			r.T("We're sorry: no one decided on it in time. You can send a new request; it takes a minute."),
			r.T("It helps to tell a local administrator that you're waiting."),
		},
		Facts: facts(fact{r.T("Requested"), []string{r.FullDate(m.Since)}},
			fact{r.T("Expired"), []string{r.FullDate(m.Expired)}}),
		Button: button{r.T("Send a new request"), h.link(StartPage)},
		Why:    h.whyAsked(),
	}
	if m.More {
		l.Subject = r.T("Your request for more access to %s has expired", h.EnvironmentName)
		l.Heading, l.Button.URL = l.Subject, h.link(MorePage)
	}
	return l
}

func (m Welcome) compose(h Letterhead) letter {
	r := h.Reader
	by := oneLine(m.By, maxSubjectName)
	lead := r.T("You've been added to %s. Sign in with your Microsoft 365 account; there's no new password.",
		h.EnvironmentName)
	if by != "" {
		lead = r.T("%[1]s has added you to %[2]s. Sign in with your Microsoft 365 account; there's no new password.",
			by, h.EnvironmentName)
	}
	return letter{
		Subject: r.T("Welcome to %s", h.EnvironmentName),
		Heading: r.T("Welcome to %s", h.EnvironmentName),
		Lead:    []string{lead},
		Facts: facts(fact{r.T("Sign in as"), []string{oneLine(m.AccountName, maxValue)}},
			fact{r.T("Business units"), h.unitsWithAccess(m.Units)}, fact{r.T("End date"), []string{h.day(m.EndsOn)}}),
		Button: button{r.T("Sign in"), h.link(StartPage)},
		Why:    r.T("You're receiving this because you were given access to %s.", h.EnvironmentName),
	}
}

func (m ApprovalTakenBack) compose(h Letterhead) letter {
	r := h.Reader
	l := letter{
		Subject: r.T("Your access to %s was removed", h.EnvironmentName),
		Heading: r.T("Your access to %s was removed", h.EnvironmentName),
		Lead: []string{
			r.T("The approval of your request was undone, so you no longer have access. Your request is pending " +
				"again."),
			r.T("You don't need to do anything: we'll email you as soon as there's a decision."),
		},
		Facts:  facts(fact{r.T("Approval undone by"), []string{oneLine(m.By, maxSubjectName)}}),
		Button: button{r.T("See your request"), h.link(StartPage)},
		Why:    h.whyAsked(),
	}
	if m.More {
		l.Subject = r.T("Your additional access to %s was removed", h.EnvironmentName)
		l.Heading, l.Button.URL = l.Subject, h.link(MorePage)
		l.Lead = []string{r.T("The approval of your request was undone, so you have the same access as before. Your " +
			"request is pending again. You don't need to do anything: we'll email you as soon as there's a decision.")}
	}
	return l
}

func (m AccessAssigned) compose(h Letterhead) letter {
	r := h.Reader
	return letter{
		Subject: r.T("Your business units in %s are ready", h.EnvironmentName),
		Heading: r.T("Your business units in %s are ready", h.EnvironmentName),
		Lead:    []string{r.T("You can start working in them now.")},
		Facts: facts(fact{r.T("Business units"), h.unitsWithAccess(m.Units)},
			fact{r.T("Assigned by"), []string{oneLine(m.By, maxSubjectName)}}),
		Button: button{r.T("Sign in"), h.link(StartPage)},
		Why:    r.T("You're receiving this because you were given access to %s.", h.EnvironmentName),
	}
}

func (m AccountNameChanged) compose(h Letterhead) letter {
	r := h.Reader
	title := r.T("Your account name in %s was changed", h.EnvironmentName)
	if m.AccountName == "" {
		title = r.T("Your email address in %s was changed", h.EnvironmentName)
	}
	lead := r.T("We no longer send emails about %s to this address.", h.EnvironmentName)
	if m.Email == "" {
		lead = r.T("You now sign in to %s with a different Microsoft 365 account name.", h.EnvironmentName)
	}
	return letter{
		Subject: title,
		Heading: title,
		Lead:    []string{lead, r.T("If you didn't expect this, tell a local administrator.")},
		Facts: facts(fact{r.T("Previous account name"), []string{oneLine(m.AccountName, maxValue)}},
			fact{r.T("Previous email address"), []string{oneLine(m.Email, maxValue)}},
			fact{r.T("Changed by"), []string{oneLine(m.By, maxSubjectName)}}),
		Button: button{r.T("Sign in"), h.link(StartPage)},
		Why:    r.T("You're receiving this because this address belonged to a user of %s.", h.EnvironmentName),
	}
}

func (m SameProposed) compose(h Letterhead) letter {
	r := h.Reader
	name, of := oneLine(m.Name, maxSubjectName), oneLine(m.Of, maxSubjectName)
	return letter{
		Subject: r.T("Confirmation needed: is this request from %s?", of),
		Heading: r.T("Is this the same person?"),
		Lead: []string{r.T("%s thinks an access request is from someone you manage. Confirm this only if you know "+
			"it's true: the person will then sign in as that user.", oneLine(m.By, maxSubjectName))},
		Facts: facts(fact{r.T("Request from"), []string{name, oneLine(m.AccountName, maxValue)}},
			fact{r.T("Existing user"), []string{of, oneLine(m.OfAccountName, maxValue)}},
			fact{r.T("Expires"), []string{r.FullDate(m.Expires)}}),
		Button: button{r.T("Review"), h.link(samePage(m.Request, m.User))},
		Why:    r.T("You're receiving this because you manage this user of %s.", h.EnvironmentName),
	}
}

func (m SameRefused) compose(h Letterhead) letter {
	r := h.Reader
	name := oneLine(m.Name, maxSubjectName)
	return letter{
		Subject: r.T("Not the same person: %s", name),
		Heading: r.T("Not the same person: %s", name),
		Lead: []string{r.T("You suggested that the request from %s is from an existing user. That was rejected, so "+
			"the request is still pending.", name)},
		Facts:  facts(fact{r.T("Rejected by"), []string{oneLine(m.By, maxSubjectName)}}),
		Button: button{r.T("Open the request"), h.link(requestPage(m.Request))},
		Why:    r.T("You're receiving this because you approve access requests for %s.", h.EnvironmentName),
	}
}

func (h Letterhead) whyAsked() string {
	return h.Reader.T("You're receiving this because you requested access to %s.", h.EnvironmentName)
}

// note quotes the approver's note.
func (h Letterhead) note(by, note string) quote {
	label := h.Reader.T("Note")
	if by != "" {
		label = h.Reader.T("Note from %s", by)
	}
	return quote{Label: label, Lines: quoted(note)}
}

// unitsWithAccess lists business units as "Sales (Write)".
func (h Letterhead) unitsWithAccess(units []UnitAccess) []string {
	var lines []string
	for _, u := range units {
		unit := oneLine(u.Unit, maxValue)
		if u.Access == pactius.AccessNone {
			lines = append(lines, unit)
			continue
		}
		lines = append(lines, fmt.Sprintf("%s (%s)", unit, h.Reader.Text(u.Access.Text())))
	}
	return h.atMost(lines)
}

// atMost cuts a list to maxUnits lines and counts the rest.
func (h Letterhead) atMost(lines []string) []string {
	if len(lines) <= maxUnits {
		return lines
	}
	more := len(lines) - maxUnits
	return append(lines[:maxUnits:maxUnits], h.Reader.Plural(more, "and %d more", "and %d more"))
}

func harmless(values []string) []string {
	var lines []string
	for _, v := range values {
		lines = append(lines, oneLine(v, maxValue))
	}
	return lines
}

// facts drops the facts without a value.
func facts(all ...fact) []fact {
	var some []fact
	for _, f := range all {
		if len(f.Values) > 0 && f.Values[0] != "" {
			some = append(some, f)
		}
	}
	return some
}
