package mail

import (
	"github.com/pactius/pactius"
)

// Leaver is a user whose Microsoft 365 account left or returned.
type Leaver struct {
	Name        string // as displayed
	AccountName string
	State       pactius.AccountState // in the directory
	Done        pactius.Leaving      // the action taken; "" is none yet
}

// Leavers goes to the administrators of the whole environment after a sweep of the
// directory that changed something: one email for all users.
type Leavers struct {
	Counts map[pactius.Leaving]int
	Some   []Leaver // a few of each action, by name
}

// SweepHeld goes to the administrators of the whole environment when a sweep found
// more leavers than it may act on without a decision.
type SweepHeld struct {
	Count int      // affected users
	Bound int      // percent of the users that need no decision
	Some  []Leaver // a few of the users, by name
}

// Kind is "leavers".
func (Leavers) Kind() string { return "leavers" }

// Kind is "sweep-held".
func (SweepHeld) Kind() string { return "sweep-held" }

// told returns the order of the actions in an email: those that may need attention
// first.
func told() []pactius.Leaving {
	return []pactius.Leaving{
		pactius.LeaverLast, pactius.LeaverDeactivated, pactius.LeaverMarked, pactius.LeaverKept, pactius.LeaverOff,
		pactius.ReturnedIn, pactius.ReturnedOff, pactius.ReturnedOn,
	}
}

func (m Leavers) compose(h Letterhead) letter {
	r := h.Reader
	var gone, back int
	var all []fact
	for _, done := range told() {
		n := m.Counts[done]
		switch done {
		case pactius.ReturnedIn, pactius.ReturnedOff, pactius.ReturnedOn:
			back += n
		default:
			gone += n
		}
		if n > 0 {
			all = append(all, fact{r.Text(done.Text()), h.leavers(n, m.Some, done)})
		}
	}
	subject := r.Plural(gone, "%[1]d user of %[2]s has left Microsoft 365",
		"%[1]d users of %[2]s have left Microsoft 365", h.EnvironmentName)
	page := button{r.T("See who has left"), h.link(GonePage)}
	if gone == 0 {
		page = button{r.T("Show all users"), h.link(usersPage)}
		subject = r.Plural(back, "%[1]d user of %[2]s is back in Microsoft 365",
			"%[1]d users of %[2]s are back in Microsoft 365", h.EnvironmentName)
	}
	l := letter{
		Subject: subject,
		Heading: subject,
		Lead: []string{r.T("PACTIUS compares its users with the Microsoft 365 directory. Here's what it found and " +
			"what was done.")},
		Facts:  all,
		Button: page,
		Why:    h.whyAdminister(),
	}
	if m.Counts[pactius.LeaverLast] > 0 {
		l.Lead = append(l.Lead,
			r.T("The last administrator of the whole company is never deactivated this way. Please make someone else "+
				"one, and then decide about that user."))
	}
	if m.Counts[pactius.LeaverDeactivated] > 0 {
		after := r.T("Users deactivated this way are reactivated when their Microsoft 365 account returns.")
		l.After = []string{after}
	}
	return l
}

func (m SweepHeld) compose(h Letterhead) letter {
	r := h.Reader
	return letter{
		Subject: r.Plural(m.Count, "Decision needed: %[1]d user of %[2]s seems to have left",
			"Decision needed: %[1]d users of %[2]s seem to have left", h.EnvironmentName),
		Heading: r.Plural(m.Count, "%d user seems to have left Microsoft 365",
			"%d users seem to have left Microsoft 365"),
		Lead: []string{
			r.T("Their accounts are disabled or deleted there. That's more than %d%% of the users within a day, so "+
				"PACTIUS hasn't changed any user and is waiting for your decision.", m.Bound),
			r.T("If this is right, confirm it on the page. If it's a mistake, fix it in Microsoft 365 and nothing " +
				"happens here."),
		},
		Facts:  facts(fact{r.T("Users"), h.leavers(m.Count, m.Some, "")}),
		Button: button{r.T("Review and decide"), h.link(LeaversPage)},
		After:  []string{r.T("Until someone decides, they can keep using what they're signed in to.")},
		Why:    h.whyAdminister(),
	}
}

func (h Letterhead) whyAdminister() string {
	return h.Reader.T("You're receiving this because you administer all of %s.", h.EnvironmentName)
}

// leavers lists the users with the same action and counts those that are not in
// some.
func (h Letterhead) leavers(n int, some []Leaver, done pactius.Leaving) []string {
	r := h.Reader
	var lines []string
	for _, l := range some {
		if l.Done == done && len(lines) < maxUnits {
			name := oneLine(l.Name, maxValue)
			if account := oneLine(l.AccountName, maxValue); account != "" {
				name += " (" + account + ")"
			}
			lines = append(lines, name+" – "+r.Text(l.State.Text()))
		}
	}
	switch more := n - len(lines); {
	case len(lines) == 0:
		lines = []string{r.Plural(n, "%d user", "%d users")}
	case more > 0:
		lines = append(lines, r.Plural(more, "and %d more", "and %d more"))
	}
	return lines
}
