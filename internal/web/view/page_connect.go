package view

import "github.com/pactius/pactius"

// ConnectionPath is where the Microsoft 365 connection is changed.
const ConnectionPath = EnvironmentPath + "/connection"

// Connection is where the Microsoft 365 connection is changed, or made behind a
// link of Support. It posts to Action and ConsentAction.
type Connection struct {
	Base
	Form
	Link          string // path of the link that leads here; "" is Settings
	Administrator string // behind a link: the first administrator; "" is not named yet
	RedirectURI   string // to register with the app registration, and
	SignOutURI    string // where Microsoft sends people back to who signed out
	SharedOffered bool   // the deployment has an app registration to share
	Stored        StoredSecret
	Shared        bool   // as typed, like all that follow
	TenantID      string // typed behind a link only; while typing, a domain will do
	Domain        string // by which the tenant to confirm was found, "" for its ID
	ClientID      string
	ByCertificate bool
	EndsOn        string
	Steps         Steps  // of the test that was made; empty: none was
	Confirm       bool   // the test succeeded and the tenant is to be confirmed
	Granted       bool   // the person comes back from granting permissions
	Thumbprint    string // of the stored certificate; "" is unknown
}

// StoredSecret is what an environment's app registration is proved by.
type StoredSecret string

// The stored secrets.
const (
	StoredNothing     StoredSecret = ""
	StoredKey         StoredSecret = "secret"
	StoredCertificate StoredSecret = "certificate"
)

// ConnectionTest is what the test of a stored connection found.
type ConnectionTest struct {
	Base
	Steps   Steps
	Granted bool // the person comes back from granting permissions
}

// ConnectionMade is shown behind a link when the environment is connected.
type ConnectionMade struct {
	Base
	Administrator string // the first to sign in; "" is not named yet
	Steps         Steps
}

// ConnectionDead is shown behind a link that is wrong, over or used.
type ConnectionDead struct{ Base }

func (Connection) template() string     { return "connection" }
func (ConnectionTest) template() string { return "connectiontest" }
func (ConnectionMade) template() string { return "connectionmade" }
func (ConnectionDead) template() string { return "connectiondead" }

// Action is where the form is sent.
func (p Connection) Action() string {
	if p.Link != "" {
		return p.Link
	}
	return ConnectionPath
}

// ConsentAction is where granting permissions begins.
func (p Connection) ConsentAction() string { return p.Action() + "/consent" }

// Title is the page's.
func (p Connection) Title() pactius.Text {
	if p.Link != "" {
		return pactius.T("Connect %s to Microsoft 365", p.Environment.Name)
	}
	return pactius.T("Microsoft 365 connection")
}

// Keeps is the hint of a field whose secret is stored already.
func (p Connection) Keeps(kind string) bool { return p.Stored == StoredSecret(kind) }

// Steps are the steps of a connection test.
type Steps []pactius.ConnectionStep

// Step is one of them, for showing.
type Step struct{ pactius.ConnectionStep }

// Rows are the steps.
func (s Steps) Rows() []Step {
	rows := make([]Step, len(s))
	for i, step := range s {
		rows[i] = Step{step}
	}
	return rows
}

// Failed reports whether sign-ins with the connection fail.
func (s Steps) Failed() bool { return len(s) == 0 || pactius.StepsFailed(s) }

// Complete reports whether nothing is missing.
func (s Steps) Complete() bool {
	for _, step := range s {
		if step.Outcome == pactius.StepWarning || step.Outcome == pactius.StepFailed {
			return false
		}
	}
	return len(s) > 0
}

// Advice is what the reader can do: the page is that of the customer's IT.
func (s Step) Advice() pactius.Text {
	if s.Here.IsZero() {
		return s.Remedy
	}
	return s.Here
}

// Tone is what the step's outcome means.
func (s Step) Tone() Tone {
	switch s.Outcome {
	case pactius.StepOK:
		return ToneGood
	case pactius.StepWarning:
		return ToneAttention
	case pactius.StepFailed:
		return ToneDanger
	}
	return ToneInformation
}

// Icon is the icon of the step's outcome.
func (s Step) Icon() string {
	if s.Outcome == pactius.StepSkipped {
		return "minus"
	}
	return s.Tone().Icon()
}

// SecretEnd tells that the connection's secret or certificate ends soon or has
// ended.
type SecretEnd struct {
	Tone Tone
	Text pactius.Text
}

// SecretEnd is nil while the end is unknown or further away than the first of
// pactius.SecretWarnings; from the last one on it is urgent. It is for
// administrators of the root.
func (b Base) SecretEnd() *SecretEnd {
	c := b.Environment.Connection
	if !c.Connected() || c.SecretEndsOn == "" {
		return nil
	}
	warnings := pactius.SecretWarnings()
	left := c.SecretEndsOn.DaysAfter(b.Environment.Today(b.Reader.Now))
	what, on := secretWord(c), b.Reader.Date(b.On(c.SecretEndsOn).At)
	switch {
	case left > warnings[0]:
		return nil
	case left < 0:
		return &SecretEnd{ToneDanger,
			pactius.T("The Microsoft 365 %s expired on %s, so no one can sign in.", what, on)}
	case left == 0:
		return &SecretEnd{ToneDanger,
			pactius.T("The Microsoft 365 %s expires today. After that, no one can sign in.", what)}
	}
	n := SecretEnd{ToneAttention, pactius.Plural(left,
		"%d day left until the Microsoft 365 %s expires on %s. After that, no one can sign in.",
		"%d days left until the Microsoft 365 %s expires on %s. After that, no one can sign in.", what, on)}
	if left <= warnings[len(warnings)-1] {
		n.Tone = ToneDanger
	}
	return &n
}

func secretWord(c pactius.Connection) pactius.Text {
	if c.SealedCertificate != "" {
		return pactius.T("certificate")
	}
	return pactius.T("client secret")
}

// Stored is what the environment's app registration is proved by.
func (p EnvironmentSettings) Stored() StoredSecret { return StoredOf(p.Environment.Connection) }

// StoredOf tells what a connection's app registration is proved by.
func StoredOf(c pactius.Connection) StoredSecret {
	switch {
	case c.SealedCertificate != "":
		return StoredCertificate
	case c.SealedSecret != "":
		return StoredKey
	}
	return StoredNothing
}

// MarksLeavers reports whether users who are gone are only marked.
func (p EnvironmentSettings) MarksLeavers() bool { return p.LeaverRule == pactius.LeaversMarked }

// BoundHint says what the bound of leavers does.
func (EnvironmentSettings) BoundHint() pactius.Text {
	return pactius.T("If more users leave within a day, nothing happens until an administrator decides: it may be a "+
		"mistake in Microsoft 365. Up to %d users never need a decision.", pactius.MinLeaverBound)
}
