package microsoft

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/pactius/pactius"
)

const (
	// changesPage is the requested number of accounts per page. Graph takes it as a preference: $top is not supported
	// here.
	changesPage = "500"

	// maxChanges bounds the accounts of a page; Graph's own have at most 999.
	maxChanges = 5000

	// maxCursor bounds a cursor in bytes; real tokens have 200 to 2,000.
	maxCursor = 16 << 10

	changesPath       = "/users/delta"
	changesProperties = basicProperties + ",accountEnabled,userType,jobTitle,department"
)

// The two kinds of cursors, by their prefix and by Graph's name of the token.
const (
	cursorInRound    = "skip:"
	cursorAfterRound = "delta:"

	skipToken  = "$skiptoken"
	deltaToken = "$deltatoken"
)

// Changes returns one page of the changes in the directory since a cursor (Microsoft Graph: "user: delta"). The empty
// cursor begins a full round, which lists every existing account, but not those deleted before. A round continues with
// Next until that is empty; the next round begins with Cursor and lists the changes since. Graph may repeat accounts
// and has no order. A cursor lives seven days; afterwards, and whenever Microsoft says so, the trouble is CursorGone.
func (g *Graph) Changes(ctx context.Context, c pactius.Credentials, cursor string) (pactius.DirectoryChanges, error) {
	const what = "the directory's list of changes"
	query, err := readCursor(cursor)
	if err != nil {
		return pactius.DirectoryChanges{}, err
	}
	answer, err := g.call(ctx, c, graphCall{
		what: what, path: changesPath, query: [][2]string{query},
		header: map[string]string{"Prefer": "odata.maxpagesize=" + changesPage},
	})
	if err != nil {
		return pactius.DirectoryChanges{}, cursorError(err, cursor)
	}
	var page struct {
		Value *[]graphUser `json:"value"`
		Next  string       `json:"@odata.nextLink"`
		Delta string       `json:"@odata.deltaLink"`
	}
	if err := answer.read(what, &page); err != nil {
		return pactius.DirectoryChanges{}, err
	}
	if page.Value == nil || len(*page.Value) > maxChanges || (page.Next == "") == (page.Delta == "") {
		return pactius.DirectoryChanges{}, garbledError(what, "is not one page with one place to go on")
	}
	changes := pactius.DirectoryChanges{}
	for _, u := range *page.Value {
		a, err := u.account(c.TenantID, pactius.AccountUnknown)
		if err != nil {
			return pactius.DirectoryChanges{}, garbledError(what, "%w", err)
		}
		changes.Accounts = append(changes.Accounts, a)
	}
	if page.Next != "" {
		changes.Next, err = g.cursor(page.Next, skipToken, cursorInRound)
	} else {
		changes.Cursor, err = g.cursor(page.Delta, deltaToken, cursorAfterRound)
	}
	if err == nil && changes.Next != "" && changes.Next == cursor {
		err = errors.New("goes round in a circle")
	}
	if err != nil {
		return pactius.DirectoryChanges{}, garbledError(what, "%w", err)
	}
	return changes, nil
}

// readCursor returns the one query parameter of a cursor. A cursor of another form, as after a restore, counts as lost.
func readCursor(cursor string) ([2]string, error) {
	if cursor == "" {
		return [2]string{"$select", changesProperties}, nil
	}
	if token, ok := strings.CutPrefix(cursor, cursorInRound); ok && token != "" {
		return [2]string{skipToken, token}, nil
	}
	if token, ok := strings.CutPrefix(cursor, cursorAfterRound); ok && token != "" {
		return [2]string{deltaToken, token}, nil
	}
	return [2]string{}, directoryError(pactius.TroubleCursorGone, "the cursor has an unknown form")
}

// cursor returns the token in a link of Graph. It refuses a link to any other address than the one that was asked, so
// that no answer can send the app token elsewhere.
func (g *Graph) cursor(link, parameter, kind string) (string, error) {
	if len(link) > maxCursor {
		return "", errors.New("has an overlong link")
	}
	u, err := url.Parse(link)
	if err != nil {
		return "", errors.New("has a link that is no address")
	}
	path := strings.TrimSuffix(u.Path, "()")
	if u.User != nil || u.Opaque != "" || !strings.EqualFold(u.Scheme+"://"+u.Host, g.base) ||
		(path != "/v1.0/users/delta" && path != "/v1.0/users/microsoft.graph.delta") {
		return "", errors.New("has a link to another place: " + shorten(u.Scheme+"://"+u.Host+u.Path))
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", errors.New("has a link that cannot be read")
	}
	token := ""
	for name, values := range query { // Microsoft writes $skiptoken and $skipToken
		if !strings.EqualFold(name, parameter) {
			continue
		}
		if len(values) != 1 || values[0] == "" || token != "" {
			return "", errors.New("has a link with another than one token")
		}
		token = values[0]
	}
	if token == "" {
		return "", errors.New("has a link without a token")
	}
	return kind + token, nil
}

// cursorError tells a cursor that is no longer known from other refusals: 410 by
// the page "Use delta query to track changes", any other refusal of the request
// itself by experience ("40X-series error").
func cursorError(err error, cursor string) error {
	e, ok := errors.AsType[*pactius.DirectoryError](err)
	if !ok {
		return err
	}
	s := status(err)
	refused := cursor != "" && (s == http.StatusBadRequest || s == http.StatusNotFound)
	if refused || strings.EqualFold(e.Code, codeSyncState) {
		e.Trouble = pactius.TroubleCursorGone
	}
	return e
}
