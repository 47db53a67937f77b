package microsoft

import (
	"context"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
)

const (
	// maxSearch bounds the accounts of one search: more make Graph slower, and a page shows fewer.
	maxSearch = 20

	// maxTyped is the longest text that is searched for, in runes; no name or address is longer (maxText).
	maxTyped = 256
)

// Search finds accounts by typed text, at most limit (1 to maxSearch): words of the name in any order, or the beginning
// of the account name or e-mail address (Microsoft Graph: "Use the $search query parameter"). An exact name or object
// ID finds only its account, even before it is in Graph's index. A text that cannot be a name finds nothing. Calls are
// sequential.
func (g *Graph) Search(ctx context.Context, c pactius.Credentials, typed string, limit int) ([]pactius.Account, error) {
	if !utf8.ValidString(typed) || utf8.RuneCountInString(typed) > maxTyped {
		return nil, nil
	}
	typed = strings.Join(strings.Fields(printable(typed)), " ")
	if typed == "" {
		return nil, nil
	}
	if canBeAccountName(typed) || id.Valid(strings.ToLower(typed)) {
		switch a, err := g.Account(ctx, c, typed); {
		case err == nil:
			return []pactius.Account{a}, nil
		case pactius.KindOf(err) != pactius.KindNotFound:
			return nil, err
		}
	}
	return g.search(ctx, c, typed, min(max(limit, 1), maxSearch))
}

// search asks Graph's index.
func (g *Graph) search(ctx context.Context, c pactius.Credentials, typed string, limit int) ([]pactius.Account, error) {
	const what = "the directory's search"
	clauses := searchClauses(typed)
	if clauses == "" {
		return nil, nil
	}
	var page struct {
		Value *[]graphUser `json:"value"`
	}
	err := g.properties(ctx, c, graphCall{
		what: what, path: "/users", header: map[string]string{"ConsistencyLevel": "eventual"},
		query: [][2]string{{"$search", clauses}, {"$top", strconv.Itoa(limit)}},
	}, &page)
	if err != nil {
		return nil, err
	}
	if page.Value == nil {
		return nil, garbledError(what, "holds no list")
	}
	var found []pactius.Account
	for _, u := range (*page.Value)[:min(len(*page.Value), limit)] {
		a, err := u.account(c.TenantID, pactius.AccountPresent)
		if err != nil {
			return nil, garbledError(what, "%w", err)
		}
		found = append(found, a)
	}
	return found, nil
}

// searchClauses writes a text as $search: each clause in double quotes, in which quotes and backslashes are escaped. A
// name is searched by its words, without ampersands, on which $search fails (Microsoft Graph: "Known issues", 18185). A
// text that no address can begin with gets no clause for addresses.
func searchClauses(typed string) string {
	var clauses []string
	add := func(property, text string) {
		text = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
		clauses = append(clauses, `"`+property+":"+text+`"`)
	}
	name := strings.Join(strings.Fields(strings.ReplaceAll(typed, "&", " ")), " ")
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.S) }) {
		add("displayName", name)
	}
	if !strings.ContainsAny(typed, ` "\&`) {
		add("mail", typed)
		add("userPrincipalName", typed)
	}
	return strings.Join(clauses, " OR ")
}
