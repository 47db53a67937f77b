package applications

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
)

// applyClient changes how an application speaks OpenID Connect. Its addresses are judged after its origins.
func (r *Rules) applyClient(
	tx *change.Tx, others []pactius.Application, a *pactius.Application, up pactius.ApplicationUpdate,
) error {
	var wrong pactius.Fields
	c, was := &a.Client, a.Client.Kind
	if up.ClientKind != nil {
		if c.Kind = *up.ClientKind; c.Kind != pactius.ClientNone && !slices.Contains(pactius.ClientKinds(), c.Kind) {
			return pactius.RefuseField("client", pactius.T("Choose how the application uses OpenID Connect."))
		}
	}
	if c.Kind == pactius.ClientNone {
		*c = pactius.Client{} // also the addresses: they are judged by the kind
		if was == pactius.ClientNone && asksForClient(up) {
			return pactius.RefuseField("client", pactius.T("Choose how the application uses OpenID Connect."))
		}
		return nil
	}
	if c.Kind != pactius.ClientWeb {
		c.SecretHash, c.OldSecretHash, c.OldSecretUntil = "", "", time.Time{}
	}
	if up.Groups != nil {
		c.Groups = *up.Groups
	}
	if up.RedirectURIs != nil {
		c.RedirectURIs = cleanURIs(*up.RedirectURIs)
	}
	if up.ReturnURIs != nil {
		c.ReturnURIs = cleanURIs(*up.ReturnURIs)
	}
	if up.BackChannel != nil {
		c.BackChannel = strings.TrimSpace(*up.BackChannel)
	}
	if up.RedirectURIs != nil || up.ClientKind != nil {
		wrong.Collect(r.judgeURIs(tx, others, *a, "redirect", c.RedirectURIs))
		if len(c.RedirectURIs) == 0 {
			wrong.Add("redirect", pactius.T("Enter the address that sign-ins lead back to. The application's "+
				"documentation calls it redirect URI or callback URL."))
		}
	}
	if up.ReturnURIs != nil || up.ClientKind != nil {
		wrong.Collect(r.judgeURIs(tx, others, *a, "return", c.ReturnURIs))
	}
	if up.BackChannel != nil && c.BackChannel != "" {
		wrong.Collect(r.judgeBackChannel(tx, c.BackChannel))
	}
	return wrong.Err()
}

// asksForClient reports whether an update has what only an application with OpenID Connect has.
func asksForClient(up pactius.ApplicationUpdate) bool {
	some := func(all *[]string) bool { return all != nil && len(cleanURIs(*all)) > 0 }
	return some(up.RedirectURIs) || some(up.ReturnURIs) || up.Groups != nil && *up.Groups ||
		up.BackChannel != nil && strings.TrimSpace(*up.BackChannel) != ""
}

// cleanURIs returns addresses without the empty ones, in the order typed, each once.
func cleanURIs(typed []string) []string {
	var all []string
	for _, s := range typed {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// judgeURIs says what is wrong with addresses that a browser is sent to with an answer. An address on the host of
// PACTIUS or of another application would give that one the answer.
func (r *Rules) judgeURIs(
	tx *change.Tx, others []pactius.Application, a pactius.Application, field string, all []string,
) error {
	if len(all) > pactius.MaxClientURIs {
		return pactius.RefuseField(field, pactius.T("Enter at most %d addresses.", pactius.MaxClientURIs))
	}
	for _, s := range all {
		u, err := parseURI(field, s)
		if err != nil {
			return err
		}
		if a.Client.Kind == pactius.ClientNative && strings.Contains(u.Scheme, ".") {
			continue // a private-use scheme (RFC 8252, section 7.1)
		}
		host, err := hostOf(field, s, u)
		if err != nil {
			return err
		}
		if names.IsThisMachine(host) && !strings.HasSuffix(host, ".localhost") {
			continue // the person's own machine (RFC 8252, section 7.3)
		}
		if err := r.judgeHost(tx, others, a, field, host); err != nil {
			return err
		}
	}
	return nil
}

// parseURI reads an absolute address without a fragment (RFC 6749, section 3.1.2).
func parseURI(field, s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case len(s) > pactius.MaxClientURI:
		return nil, pactius.RefuseField(field, pactius.T("Use at most %d characters.", pactius.MaxClientURI))
	case err != nil || u.Scheme == "" || names.Visible(s) != s || strings.ContainsAny(s, " \\\"<>`{}|^*"):
		return nil, incomplete(field, s)
	case u.User != nil || strings.Contains(s, "#"):
		return nil, pactius.RefuseField(field, pactius.T("%s must have neither a user name nor a part after #.", s))
	}
	return u, nil
}

// hostOf returns the host of an https address, or of an http one on this machine.
func hostOf(field, s string, u *url.URL) (string, error) {
	host, ok := names.ParseHost(u.Hostname())
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return "", pactius.RefuseField(field, pactius.T("%s must begin with https://.", s))
	case u.Hostname() == "":
		return "", incomplete(field, s)
	case !ok:
		return "", pactius.RefuseField(field, pactius.T("%s isn't a valid host name.", u.Hostname()))
	case !validPort(u.Port()):
		return "", pactius.RefuseField(field, pactius.T("The port must be a number from 1 to 65535."))
	case u.Scheme == "http" && !names.IsThisMachine(host):
		return "", pactius.RefuseField(field, pactius.T("%s must begin with https://. http works only on this "+
			"machine (localhost).", s))
	}
	return host, nil
}

// validPort reports whether a port is none, or one of TCP without needless zeros.
func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0 && strconv.FormatUint(n, 10) == port
}

func incomplete(field, s string) error {
	return pactius.RefuseField(field, pactius.T("%s isn't a complete address. Copy it from the application's "+
		"documentation or settings.", s))
}

// judgeHost refuses hosts of PACTIUS and of other applications, of any environment.
func (r *Rules) judgeHost(
	tx *change.Tx, others []pactius.Application, a pactius.Application, field, host string,
) error {
	if own, err := r.isOwn(tx, host); err != nil {
		return err
	} else if own {
		return pactius.RefuseField(field, pactius.T("%s is the address of PACTIUS itself.", host))
	}
	foreign, err := tx.HostOfApplication(host, true)
	if err != nil {
		return err
	}
	at := func(o pactius.Origin) bool { return o.Hostname() == host }
	if !slices.ContainsFunc(a.Origins, at) {
		foreign = foreign || slices.ContainsFunc(others, func(other pactius.Application) bool {
			return slices.ContainsFunc(other.Origins, at)
		})
	}
	if foreign {
		return pactius.RefuseField(field, pactius.T("%s belongs to another application, which would receive the "+
			"sign-ins.", host))
	}
	return nil
}

// judgeBackChannel says what is wrong with the address that is told of the ends of sessions. Whether it may be
// connected to is judged when it is (package outbound): names lead elsewhere tomorrow.
func (r *Rules) judgeBackChannel(tx *change.Tx, s string) error {
	const field = "back_channel"
	u, err := parseURI(field, s)
	if err != nil {
		return err
	}
	host, err := hostOf(field, s, u)
	if err != nil {
		return err
	}
	return r.judgeOwn(tx, field, host)
}

// judgeOwn refuses a host of PACTIUS for what PACTIUS itself calls. This machine may have other programs as well.
func (r *Rules) judgeOwn(tx *change.Tx, field, host string) error {
	own, err := r.isOwn(tx, host)
	if err == nil && own && !names.IsThisMachine(host) {
		err = pactius.RefuseField(field, pactius.T("%s is the address of PACTIUS itself.", host))
	}
	return err
}

// applyUpstream changes where PACTIUS finds an application whose proxy it is. Support alone does: with it one could
// read what is reachable from the servers of the deployment.
func (r *Rules) applyUpstream(tx *change.Tx, a *pactius.Application, typed string) error {
	typed = strings.TrimSpace(typed)
	if a.Upstream = ""; typed == "" {
		return nil
	}
	const field = "upstream"
	u, err := url.Parse(strings.TrimSuffix(typed, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.Path != "" ||
		strings.ContainsAny(typed, "?#") {
		return pactius.RefuseField(field, pactius.T("Enter http:// or https:// and the host with its port, for "+
			"example http://127.0.0.1:8090."))
	}
	host, ok := names.ParseHost(u.Hostname())
	switch {
	case !ok:
		return pactius.RefuseField(field, pactius.T("%s isn't a valid host name.", u.Hostname()))
	case !validPort(u.Port()):
		return pactius.RefuseField(field, pactius.T("The port must be a number from 1 to 65535."))
	}
	a.Upstream = names.NewOrigin(u.Scheme, host, u.Port())
	return r.judgeOwn(tx, field, host)
}

// judgeCircle refuses that an application's proxy would find itself: requests would go round in circles.
func judgeCircle(a pactius.Application) error {
	if a.Upstream == "" || !a.Has(a.Upstream) {
		return nil
	}
	return pactius.RefuseField("upstream", pactius.T("This is where people open the application, so requests would go "+
		"round in circles. Enter the address where the application itself listens."))
}

var errUpstream = pactius.Refuse(pactius.KindForbidden,
	pactius.T("Only PACTIUS Support can set the internal address of an application."))

// errServedHost keeps administrators from choosing what PACTIUS itself answers at: all paths of such a host are the
// application's, also those that load balancers ask by an address, and its upstream gets the host's name.
var errServedHost = pactius.RefuseField("origin", pactius.T("PACTIUS itself is the proxy of this application, so only "+
	"PACTIUS Support can change where people open it."))

// NewSecret makes the secret of a web client and returns it, with the client. The one before stays valid for
// pactius.SecretKept, unless the change is to count now. Only a hash is stored. version is the one that the form
// showed; 0 skips the check. A form that is sent twice must not make two secrets, because the second ends the one that
// the client uses.
func (r *Rules) NewSecret(
	ctx context.Context, actor pactius.Actor, id pactius.ApplicationID, version int, now bool,
) (pactius.Application, string, error) {
	secret := seal.NewToken()
	var a pactius.Application
	err := r.DB.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) (err error) {
		if a, err = tx.Application(id); err != nil {
			return err
		}
		c := &a.Client
		switch {
		case version != 0 && version != a.Version:
			return store.ErrStale
		case c.Kind != pactius.ClientWeb:
			return errNoWebClient
		}
		c.OldSecretHash, c.OldSecretUntil = c.SecretHash, tx.Now.Add(pactius.SecretKept)
		if now || c.SecretHash == "" {
			c.OldSecretHash, c.OldSecretUntil = "", time.Time{}
		}
		c.SecretHash = TokenHash(secret)
		Record(tx, pactius.ClientSecretMade, a, nil)
		return taken(tx.UpdateApplication(a))
	})
	if err != nil {
		secret = ""
	}
	return a, secret, err
}

var errNoWebClient = pactius.Refuse(pactius.KindConflict, pactius.T("This application has no client secret. Choose "+
	"that it signs people in with OpenID Connect on a server first."))
