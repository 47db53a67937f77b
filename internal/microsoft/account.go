package microsoft

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
)

// Properties of an account that are read. The basic ones are all that the permission User.ReadBasic.All allows
// (Microsoft Graph permissions reference).
const (
	basicProperties = "id,displayName,userPrincipalName,mail"
	fullProperties  = basicProperties + ",otherMails,proxyAddresses,jobTitle,department,accountEnabled,userType"
)

// maxAddresses bounds the further addresses of an answer that are read. An account can have 200 proxyAddresses
// (Microsoft: "Exchange Online limits").
const maxAddresses = 400

// graphUser is an account in Graph's JSON ("user resource type"). A missing or null property is zero.
type graphUser struct {
	ID             string   `json:"id"`
	Username       string   `json:"userPrincipalName"`
	Name           string   `json:"displayName"`
	Mail           string   `json:"mail"`
	OtherMails     []string `json:"otherMails"`
	ProxyAddresses []string `json:"proxyAddresses"`
	Title          string   `json:"jobTitle"`
	Department     string   `json:"department"`
	Enabled        *bool    `json:"accountEnabled"` // null without the permission, and in some changes
	Type           string   `json:"userType"`
	Removed        *struct {
		Reason string `json:"reason"` // "changed" can be restored, "deleted" cannot
	} `json:"@removed"`
}

// account validates and cleans an account. unknown is the state of an account when the answer does not say whether
// sign-in is enabled.
func (u graphUser) account(tenant string, unknown pactius.AccountState) (pactius.Account, error) {
	oid := strings.ToLower(u.ID)
	if !id.Valid(oid) {
		return pactius.Account{}, errors.New("names an account without an object ID")
	}
	a := pactius.Account{
		Identity: pactius.Identity{TenantID: strings.ToLower(tenant), ObjectID: oid},
		Username: accountName(u.Username),
		Name:     names.CleanName(u.Name), Email: cleanAddress(u.Mail),
		Title: cleanWork(u.Title), Department: cleanWork(u.Department),
		State: unknown, Guest: strings.EqualFold(u.Type, "Guest"),
	}
	if u.Type == "" {
		a.Guest = strings.Contains(strings.ToUpper(u.Username), "#EXT#")
	}
	switch {
	case u.Removed != nil:
		a.State = pactius.AccountDeleted
	case u.Enabled != nil && *u.Enabled:
		a.State = pactius.AccountPresent
	case u.Enabled != nil:
		a.State = pactius.AccountDisabled
	default:
		a.Assumed = true
	}
	a.OtherEmails = u.otherEmails(a.Email)
	return a, nil
}

// otherEmails returns the account's further e-mail addresses, each once.
func (u graphUser) otherEmails(mail string) []string {
	var found []string
	add := func(s string) {
		s = cleanAddress(s)
		same := func(other string) bool { return strings.EqualFold(other, s) }
		if s != "" && !same(mail) && !slices.ContainsFunc(found, same) && len(found) < pactius.MaxOtherEmails {
			found = append(found, s)
		}
	}
	for _, s := range u.OtherMails[:min(len(u.OtherMails), maxAddresses)] {
		add(s)
	}
	for _, s := range u.ProxyAddresses[:min(len(u.ProxyAddresses), maxAddresses)] {
		// "SMTP:" is the primary address, "smtp:" the others; sip and x500 are no e-mail addresses.
		if kind, rest, ok := strings.Cut(s, ":"); ok && strings.EqualFold(kind, "smtp") {
			add(rest)
		}
	}
	return found
}

// cleanText cleans a text that is only shown.
func cleanText(s string) string { return truncate(strings.TrimSpace(printable(s)), maxText) }

// cleanWork returns a title or a department, which are kept.
func cleanWork(s string) string { return truncate(cleanText(s), pactius.MaxWork) }

// cleanAddress returns an email address without spaces around it, "" where it is none that email can be sent to: a form
// that is filled in with it can be saved.
func cleanAddress(s string) string {
	address, err := names.ParseEmail("email", s)
	if err != nil {
		return ""
	}
	return address
}

// canBeAccountName reports whether a directory can be asked for an account of this name. It accepts more than people
// may type here, because synchronised directories hold older names (Microsoft: "Prepare for directory synchronization
// to Microsoft 365").
func canBeAccountName(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(domain, "@/") &&
		len(s) <= maxAccountName && utf8.ValidString(s) && s == printable(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '\\' })
}

// userPath returns the path of one account (Microsoft Graph: "Get user"). A name that begins with $ must be written as
// a literal; so is a name with an apostrophe, because only the literal has a documented escape for it.
func userPath(nameOrID string) string {
	escape := func(s string) string { return strings.ReplaceAll(url.PathEscape(s), "+", "%2B") }
	if strings.HasPrefix(nameOrID, "$") || strings.Contains(nameOrID, "'") {
		return "/users('" + escape(strings.ReplaceAll(nameOrID, "'", "''")) + "')"
	}
	return "/users/" + escape(nameOrID)
}

// Account finds one account by its exact name or its object ID. An account that was deleted in the last 30 days is
// found only by its ID, since Microsoft changes its name, and only where the permission allows it.
func (g *Graph) Account(ctx context.Context, c pactius.Credentials, nameOrID string) (pactius.Account, error) {
	nameOrID = strings.TrimSpace(nameOrID)
	byID := id.Valid(strings.ToLower(nameOrID))
	if !byID && !canBeAccountName(nameOrID) {
		return pactius.Account{}, errNoAccount
	}
	var u graphUser
	err := g.user(ctx, c, nameOrID, &u)
	if byID && status(err) == http.StatusNotFound {
		return g.deleted(ctx, c, nameOrID)
	}
	a, err := u.answered(c.TenantID, err, byID)
	if err == nil && byID && a.ObjectID != strings.ToLower(nameOrID) {
		return pactius.Account{}, garbledError(accountWhat, "is about another one")
	}
	return a, err
}

const accountWhat = "the directory's answer about an account"

// answered returns the account of an answer, or the error of asking for it by ID or name.
func (u graphUser) answered(tenant string, err error, byID bool) (pactius.Account, error) {
	switch s := status(err); {
	case s == http.StatusNotFound, s == http.StatusBadRequest && !byID: // Graph answers 400 for impossible names
		return pactius.Account{}, errNoAccount
	case err != nil:
		return pactius.Account{}, err
	}
	a, err := u.account(tenant, pactius.AccountPresent)
	if err != nil {
		return pactius.Account{}, garbledError(accountWhat, "%w", err)
	}
	return a, nil
}

// user reads an account by name or object ID; the error of an account that does not exist may be errNoAccount.
func (g *Graph) user(ctx context.Context, c pactius.Credentials, nameOrID string, u *graphUser) error {
	q, listed := accountCall(nameOrID)
	if !listed {
		return g.properties(ctx, c, q, u)
	}
	var page searchPage
	if err := g.properties(ctx, c, q, &page); err != nil {
		return err
	}
	return page.only(u)
}

// accountCall returns the call that reads an account. The answer for a name with slashes, which a path cannot hold
// safely, is a list.
func accountCall(nameOrID string) (q graphCall, listed bool) {
	if !strings.Contains(nameOrID, "/") {
		return graphCall{what: accountWhat, path: userPath(nameOrID)}, false
	}
	return graphCall{what: accountWhat, path: "/users", query: [][2]string{
		{"$filter", "userPrincipalName eq '" + strings.ReplaceAll(nameOrID, "'", "''") + "'"}}}, true
}

// only returns the only account of a list.
func (p searchPage) only(u *graphUser) error {
	if p.Value == nil || len(*p.Value) != 1 {
		return errNoAccount
	}
	*u = (*p.Value)[0]
	return nil
}

// deleted finds an account among the deleted ones (Microsoft Graph: "Get deleted item"). Without permission to read
// them it reports that there is none.
func (g *Graph) deleted(ctx context.Context, c pactius.Credentials, id string) (pactius.Account, error) {
	const what = "the directory's answer about a deleted account"
	answer, err := g.call(ctx, c, graphCall{what: what, path: "/directory/deletedItems/" + strings.ToLower(id)})
	if s := status(err); s == http.StatusNotFound || s == http.StatusForbidden {
		return pactius.Account{}, errNoAccount
	}
	if err != nil {
		return pactius.Account{}, err
	}
	var u graphUser
	if err := answer.read(what, &u); err != nil {
		return pactius.Account{}, err
	}
	if u.Username == "" {
		return pactius.Account{}, errNoAccount // another kind of object
	}
	a, err := u.account(c.TenantID, pactius.AccountDeleted)
	if err != nil || a.ObjectID != strings.ToLower(id) {
		return pactius.Account{}, garbledError(what, "is about another one")
	}
	a.State = pactius.AccountDeleted
	return a, nil
}

// properties asks for accounts with all properties that are used, and again with the basic ones alone where the
// permission does not allow more.
func (g *Graph) properties(ctx context.Context, c pactius.Credentials, q graphCall, into any) error {
	properties := fullProperties
	if g.basic(c) {
		properties = basicProperties
	}
	answer, err := g.call(ctx, c, q.selecting(properties))
	if denied(err) && properties == fullProperties {
		basicAnswer, basicErr := g.call(ctx, c, q.selecting(basicProperties))
		if basicErr == nil || status(basicErr) == http.StatusNotFound {
			g.noteBasic(c)
			answer, err = basicAnswer, basicErr
		}
	}
	if err != nil {
		return err
	}
	return answer.read(q.what, into)
}

// selecting returns the call with these properties in the answer.
func (q graphCall) selecting(properties string) graphCall {
	q.query = append(slices.Clone(q.query), [2]string{"$select", properties})
	return q
}

// denied reports whether the permission does not allow a call.
func denied(err error) bool {
	e, ok := errors.AsType[*pactius.DirectoryError](err)
	return ok && e.Code == codeDenied
}

const (
	// maxPhoto bounds a photo of 48x48 points in bytes; real ones have 2 to 5 KB.
	maxPhoto = 64 << 10

	photoPath = "/photos/48x48/$value"
)

// Photo returns the account's photo of 48x48 points and its content type: JPEG or PNG, at most maxPhoto bytes. The
// error of an account without one is NotFound.
func (g *Graph) Photo(ctx context.Context, c pactius.Credentials, objectID string) ([]byte, string, error) {
	objectID = strings.ToLower(objectID)
	if !id.Valid(objectID) {
		return nil, "", errNoPhoto
	}
	const what = "the directory's photo"
	answer, err := g.call(ctx, c, graphCall{
		what: what, path: "/users/" + objectID + photoPath,
		header: map[string]string{"Accept": "image/jpeg, image/png"},
	})
	if status(err) == http.StatusNotFound {
		return nil, "", errNoPhoto
	}
	if err != nil {
		return nil, "", err
	}
	// The declared type must be the actual one, because pages send both on.
	kind, _, err := mime.ParseMediaType(answer.kind)
	if err != nil || (kind != "image/jpeg" && kind != "image/png") || http.DetectContentType(answer.body) != kind {
		return nil, "", garbledError(what, "is no JPEG or PNG")
	}
	if len(answer.body) > maxPhoto {
		return nil, "", garbledError(what, "has %d bytes, more than %d", len(answer.body), maxPhoto)
	}
	return answer.body, kind, nil
}
