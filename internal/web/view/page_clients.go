package view

import (
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
)

// ClientForm is the part of an application's form about OpenID Connect.
type ClientForm struct {
	Kind        pactius.ClientKind
	Redirects   string // as typed, one per line
	Returns     string // as typed, one per line
	BackChannel string
	Groups      bool
}

// ClientFormOf fills the part with a client as it is.
func ClientFormOf(c pactius.Client) ClientForm {
	return ClientForm{Kind: c.Kind, Redirects: strings.Join(c.RedirectURIs, "\n"),
		Returns: strings.Join(c.ReturnURIs, "\n"), BackChannel: c.BackChannel, Groups: c.Groups}
}

// UsesClient reports whether the part is open: it is in use, or something in it is wrong.
func (f AppForm) UsesClient() bool {
	return f.Client != ClientForm{} || f.Failed("client") || f.Failed("redirect") || f.UsesSignOut()
}

// UsesSignOut reports whether the part about signing out is open.
func (f AppForm) UsesSignOut() bool {
	return f.Client.Returns != "" || f.Client.BackChannel != "" || f.Failed("return") || f.Failed("back_channel")
}

// ClientKinds are the choices of how an application uses OpenID Connect.
func (f AppForm) ClientKinds() []ClientChoice {
	none := ClientChoice{Text: pactius.T("Not used"), Hint: pactius.T("The proxy in front of the application signs " +
		"people in.")}
	if f.Saved != pactius.ClientNone {
		none.Hint = pactius.T("Saving this deletes the addresses and the client secret of this application.")
	}
	all := []ClientChoice{none,
		{Kind: pactius.ClientWeb, Text: pactius.T("On a server, with a client secret"),
			Hint: pactius.T("Websites and cloud services. Choose this if in doubt.")},
		{Kind: pactius.ClientNative, Text: pactius.T("On people's devices, without a secret"),
			Hint: pactius.T("Programs for computers and phones, which can't keep a secret.")},
	}
	for i := range all {
		all[i].Chosen = all[i].Kind == f.Client.Kind
	}
	return all
}

// ClientChoice is a choice of how an application uses OpenID Connect.
type ClientChoice struct {
	Kind       pactius.ClientKind
	Text, Hint pactius.Text
	Chosen     bool
}

// Provider has the addresses of an environment that applications with OpenID Connect are told.
type Provider struct {
	Issuer string // address of the environment's pages, without a slash at its end
}

// Discovery is where a client reads the others (OpenID Connect Discovery 1.0, section 4).
func (p Provider) Discovery() string { return p.Issuer + clients.DiscoveryPath }

// Addresses are the others, for software that doesn't read them itself.
func (p Provider) Addresses() []Copied {
	return []Copied{
		{pactius.T("Authorization"), p.Issuer + clients.AuthorizePath},
		{pactius.T("Token"), p.Issuer + clients.TokenPath},
		{pactius.T("User information"), p.Issuer + clients.UserinfoPath},
		{pactius.T("Signing keys"), p.Issuer + applications.KeysPath},
		{pactius.T("Sign-out"), p.Issuer + clients.LogoutPath},
		{pactius.T("Revocation"), p.Issuer + clients.RevokePath},
	}
}

// Copied is a value with a button that copies it.
type Copied struct {
	Label pactius.Text
	Value string
}

// At is the discovery address with its label.
func (p Provider) At() Copied { return Copied{pactius.T("Discovery address"), p.Discovery()} }

// ForClient are the values that the settings of every client ask for.
func (p Provider) ForClient(id pactius.ApplicationID) []Copied {
	return []Copied{{pactius.T("Issuer"), p.Issuer}, {pactius.T("Client ID"), string(id)}}
}

// SecretPath is where a secret of an application is made.
func SecretPath(id pactius.ApplicationID) string {
	return ApplicationsPath + "/" + string(id) + "/secret"
}

// ReplaceSecret asks before the secret of a client is replaced.
type ReplaceSecret struct {
	Base
	App applications.Listed
	Now time.Time
}

// First reports whether there is no secret yet.
func (p ReplaceSecret) First() bool { return p.App.Client.SecretHash == "" }

// Ends is until when the secret before the current one would be valid, if it still is.
func (p ReplaceSecret) Ends() time.Time { return oldSecretUntil(p.App.Client, p.Now) }

// Action is where the form goes.
func (p ReplaceSecret) Action() string { return SecretPath(p.App.ID) }

// NewSecret shows a secret, once.
type NewSecret struct {
	Base
	Provider
	App    pactius.Application
	Secret string
	Now    time.Time
}

// Values are what the settings of the client ask for.
func (p NewSecret) Values() []Copied {
	return append(p.ForClient(p.App.ID), Copied{pactius.T("Client secret"), p.Secret}, p.At())
}

// Ends is until when the secret before is valid; zero: there is none.
func (p NewSecret) Ends() time.Time { return oldSecretUntil(p.App.Client, p.Now) }

func oldSecretUntil(c pactius.Client, now time.Time) time.Time {
	if c.OldSecretHash == "" || !c.OldSecretUntil.After(now) {
		return time.Time{}
	}
	return c.OldSecretUntil
}

// Values are what the settings of the client ask for, but its secret.
func (p OneApplication) Values() []Copied { return p.ForClient(p.App.ID) }

// IsClient reports whether the application uses OpenID Connect.
func (p OneApplication) IsClient() bool { return p.App.Client.Kind != pactius.ClientNone }

// HasSecret reports whether a client secret was made.
func (p OneApplication) HasSecret() bool { return p.App.Client.SecretHash != "" }

// NeedsSecret reports whether the application has a client secret, made or not.
func (p OneApplication) NeedsSecret() bool { return p.App.Client.Kind == pactius.ClientWeb }

// Ends is until when the secret before the current one is valid; zero: there is none.
func (p OneApplication) Ends() time.Time { return oldSecretUntil(p.App.Client, p.Now) }

// Folded reports whether the way by a reverse proxy is folded, because the application signs people in itself.
func (p OneApplication) Folded() bool { return p.IsClient() && p.App.Upstream == "" }

// SecretAction is where a client secret is made.
func (p OneApplication) SecretAction() string { return SecretPath(p.App.ID) }
