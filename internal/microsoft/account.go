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
)

// What is asked of an account. The basic properties are all that the permission
// User.ReadBasic.All opens (Microsoft Graph permissions reference).
const (
	fullProperties  = "id,displayName,userPrincipalName,mail,otherMails,proxyAddresses,jobTitle,department,accountEnabled,userType"
	basicProperties = "id,displayName,userPrincipalName,mail"
)

// maxAddresses is how many further addresses of an answer are looked at. An
// account can have 200 proxyAddresses (Microsoft: "Exchange Online limits").
const maxAddresses = 400

// user is an account as Graph writes it ("user resource type"). What is null or
// missing stays zero.
type graphUser struct {
	ID             string   `json:"id"`
	Username       string   `json:"userPrincipalName"`
	Name           string   `json:"displayName"`
	Mail           string   `json:"mail"`
	OtherMails     []string `json:"otherMails"`
	ProxyAddresses []string `json:"proxyAddresses"`
	Title          string   `json:"jobTitle"`
	Department     string   `json:"department"`
	Enabled        *bool    `json:"accountEnabled"` // null without the permission, and in changes that do not say
	Type           string   `json:"userType"`
	Removed        *struct {
		Reason string `json:"reason"` // "changed" can be restored, "deleted" cannot
	} `json:"@removed"`
}

// account checks and cleans what Graph says. unknown is the state of an account
// of which the answer does not say whether it may sign in.
func (u graphUser) account(tenant string, unknown pactius.AccountState) (pactius.Account, error) {
	oid := strings.ToLower(u.ID)
	if !id.Valid(oid) {
		return pactius.Account{}, errors.New("names an account without an object ID")
	}
	a := pactius.Account{
		Identity: pactius.Identity{TenantID: strings.ToLower(tenant), ObjectID: oid},
		Name:     cleanText(u.Name), Email: address(u.Mail), Title: cleanText(u.Title), Department: cleanText(u.Department),
		State: unknown, Guest: strings.EqualFold(u.Type, "Guest") || (u.Type == "" && strings.Contains(strings.ToUpper(u.Username), "#EXT#")),
	}
	// As with sign-ins: a strange account name is not repaired into somebody else's.
	if canBeAccountName(u.Username) {
		a.Username = u.Username
	}
	switch {
	case u.Removed != nil:
		a.State = pactius.AccountDeleted
	case u.Enabled != nil && *u.Enabled:
		a.State = pactius.AccountPresent
	case u.Enabled != nil:
		a.State = pactius.AccountDisabled
	}
	a.OtherEmails = u.otherEmails(a.Email)
	return a, nil
}

// otherEmails are the account's further mail addresses, each once.
func (u graphUser) otherEmails(mail string) []string {
	var found []string
	add := func(s string) {
		s = address(s)
		same := func(other string) bool { return strings.EqualFold(other, s) }
		if s != "" && !same(mail) && !slices.ContainsFunc(found, same) && len(found) < pactius.MaxOtherEmails {
			found = append(found, s)
		}
	}
	for _, s := range u.OtherMails[:min(len(u.OtherMails), maxAddresses)] {
		add(s)
	}
	for _, s := range u.ProxyAddresses[:min(len(u.ProxyAddresses), maxAddresses)] {
		// "SMTP:" is the main one, "smtp:" the others; sip and x500 are no mail.
		if kind, rest, ok := strings.Cut(s, ":"); ok && strings.EqualFold(kind, "smtp") {
			add(rest)
		}
	}
	return found
}

// label cleans a text that is only shown.
func cleanText(s string) string { return truncate(strings.TrimSpace(printable(s)), maxName) }

// address cleans a mail address; one that is none is dropped.
func address(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxAccountName || s != printable(s) || !strings.Contains(s, "@") || strings.ContainsFunc(s, unicode.IsSpace) {
		return ""
	}
	return s
}

// canBeAccountName reports whether a directory can hold an account of this name.
// It is wider than what people may type here, because directories that are
// synchronised hold names from before (Microsoft: "Prepare for directory
// synchronization to Microsoft 365"); slashes are in none, and would leave the
// path of a call.
func canBeAccountName(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.Contains(domain, "@") &&
		len(s) <= maxAccountName && utf8.ValidString(s) && s == printable(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '/' || r == '\\' })
}

// userPath is the path of one account (Microsoft Graph: "Get user"). A name that
// begins with $ has to be written as a literal, and one with an apostrophe is
// written so because a literal's rule for it, to double it, is the documented one.
func userPath(nameOrID string) string {
	if strings.HasPrefix(nameOrID, "$") || strings.Contains(nameOrID, "'") {
		return "/users('" + url.PathEscape(strings.ReplaceAll(nameOrID, "'", "''")) + "')"
	}
	return "/users/" + url.PathEscape(nameOrID)
}

// Account finds one account by its exact name or its object ID. An account that
// was deleted in the last 30 days is found by its ID alone, since Microsoft
// changes its name, and only where the permission allows it.
func (g *Graph) Account(ctx context.Context, c pactius.Credentials, nameOrID string) (pactius.Account, error) {
	nameOrID = strings.TrimSpace(nameOrID)
	byID := id.Valid(strings.ToLower(nameOrID))
	if !byID && !canBeAccountName(nameOrID) {
		return pactius.Account{}, errNoAccount()
	}
	const what = "the directory's answer about an account"
	var u graphUser
	err := g.properties(ctx, c, graphCall{what: what, path: userPath(nameOrID)}, &u)
	switch s := status(err); {
	case s == http.StatusNotFound && byID:
		return g.deleted(ctx, c, nameOrID)
	case s == http.StatusNotFound, s == http.StatusBadRequest && !byID: // Graph says 400 of names that it cannot have
		return pactius.Account{}, errNoAccount()
	case err != nil:
		return pactius.Account{}, err
	}
	a, err := u.account(c.TenantID, pactius.AccountPresent)
	if err != nil || (byID && a.ObjectID != strings.ToLower(nameOrID)) {
		return pactius.Account{}, garbledError(what, "is about another one")
	}
	return a, nil
}

// deleted looks for an account among those deleted (Microsoft Graph: "Get deleted
// item"). Whoever may not look there learns that there is none.
func (g *Graph) deleted(ctx context.Context, c pactius.Credentials, id string) (pactius.Account, error) {
	const what = "the directory's answer about a deleted account"
	answer, err := g.call(ctx, c, graphCall{what: what, path: "/directory/deletedItems/" + strings.ToLower(id)})
	if s := status(err); s == http.StatusNotFound || s == http.StatusForbidden {
		return pactius.Account{}, errNoAccount()
	}
	if err != nil {
		return pactius.Account{}, err
	}
	var u graphUser
	if err := answer.read(what, &u); err != nil {
		return pactius.Account{}, err
	}
	if u.Username == "" {
		return pactius.Account{}, errNoAccount() // something else that was deleted
	}
	a, err := u.account(c.TenantID, pactius.AccountDeleted)
	if err != nil || a.ObjectID != strings.ToLower(id) {
		return pactius.Account{}, garbledError(what, "is about another one")
	}
	a.State = pactius.AccountDeleted
	return a, nil
}

// properties asks for accounts with everything we use, and once more with the
// basic properties alone where the permission opens no more.
func (g *Graph) properties(ctx context.Context, c pactius.Credentials, q graphCall, into any) error {
	asked := q.query
	q.query = append(slices.Clone(asked), [2]string{"$select", fullProperties})
	if g.basic(c) {
		q.query = append(slices.Clone(asked), [2]string{"$select", basicProperties})
	}
	answer, err := g.call(ctx, c, q)
	if e, ok := errors.AsType[*pactius.DirectoryError](err); ok && e.Code == codeDenied && !g.basic(c) {
		q.query = append(slices.Clone(asked), [2]string{"$select", basicProperties})
		basicAnswer, basicErr := g.call(ctx, c, q)
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

const (
	// maxPhoto bounds a photo of 48x48 points in bytes; real ones have 2 to 5 KB.
	maxPhoto = 64 << 10

	photoPath = "/photos/48x48/$value"
)

// Photo gives the account's picture of 48x48 points: JPEG or PNG, at most
// maxPhoto bytes. Accounts without one are NotFound.
func (g *Graph) Photo(ctx context.Context, c pactius.Credentials, objectID string) (image []byte, contentType string, err error) {
	objectID = strings.ToLower(objectID)
	if !id.Valid(objectID) {
		return nil, "", errNoPhoto()
	}
	const what = "the directory's photo"
	answer, err := g.call(ctx, c, graphCall{what: what, path: "/users/" + objectID + photoPath, header: map[string]string{"Accept": "image/jpeg, image/png"}})
	if status(err) == http.StatusNotFound {
		return nil, "", errNoPhoto()
	}
	if err != nil {
		return nil, "", err
	}
	// What is said must be what is there: pages of ours send it on.
	kind, _, err := mime.ParseMediaType(answer.kind)
	if err != nil || (kind != "image/jpeg" && kind != "image/png") || http.DetectContentType(answer.body) != kind {
		return nil, "", garbledError(what, "is no JPEG or PNG")
	}
	if len(answer.body) > maxPhoto {
		return nil, "", garbledError(what, "has %d bytes, more than %d", len(answer.body), maxPhoto)
	}
	return answer.body, kind, nil
}

func errNoPhoto() error {
	return pactius.Refuse(pactius.NotFound, pactius.T("This account has no photo in Microsoft 365."))
}
