package microsoft

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius"
)

const (
	// maxSearch bounds the accounts of one search: Graph's usual page.
	maxSearch = 100

	// maxTyped is the longest text that is searched for, in runes; no name or address is longer (maxText).
	maxTyped = 256

	// maxClauses is the most clauses that Graph joins by OR in one query.
	maxClauses = 15

	// maxSearchBytes bounds $search in the address, where Graph takes 2,048 bytes in all.
	maxSearchBytes = 1600
)

// Search finds accounts that one of the texts fits, at most limit (1 to maxSearch), with one call: words of the name in
// any order, or the beginning of the account name or e-mail address (Microsoft Graph: "Use the $search query
// parameter"). The index knows a new account after some minutes only; Account does immediately. A text that cannot be a
// name finds nothing. Of many or long texts the last are left out.
func (g *Graph) Search(ctx context.Context, c pactius.Credentials, limit int, texts ...string) (
	[]pactius.Account, error,
) {
	q := searchCall(limit, texts)
	if q.path == "" {
		return nil, nil
	}
	var page searchPage
	if err := g.properties(ctx, c, q, &page); err != nil {
		return nil, err
	}
	return page.accounts(c.TenantID, limit)
}

const searchWhat = "the directory's search"

// searchCall returns the call of a search; its path is empty where there is nothing to search for.
func searchCall(limit int, texts []string) graphCall {
	clauses := searchClauses(texts...)
	if clauses == "" {
		return graphCall{}
	}
	return graphCall{
		what: searchWhat, path: "/users", header: map[string]string{"ConsistencyLevel": "eventual"},
		query: [][2]string{{"$search", clauses}, {"$top", strconv.Itoa(min(max(limit, 1), maxSearch))}},
	}
}

// searchPage is Graph's answer to a search.
type searchPage struct {
	Value *[]graphUser `json:"value"`
}

// accounts validates and cleans the accounts of a search.
func (p searchPage) accounts(tenant string, limit int) ([]pactius.Account, error) {
	if p.Value == nil {
		return nil, garbledError(searchWhat, "holds no list")
	}
	var found []pactius.Account
	for _, u := range (*p.Value)[:min(len(*p.Value), max(limit, 1), maxSearch)] {
		a, err := u.account(tenant, pactius.AccountPresent)
		if err != nil {
			return nil, garbledError(searchWhat, "%w", err)
		}
		found = append(found, a)
	}
	return found, nil
}

// searchClauses writes texts as $search, as many as one call takes.
func searchClauses(texts ...string) string {
	var all []string
	length := 0
	for _, typed := range texts {
		if !utf8.ValidString(typed) || utf8.RuneCountInString(typed) > maxTyped {
			continue
		}
		for _, clause := range clausesOf(strings.Join(strings.Fields(printable(typed)), " ")) {
			length += len(url.QueryEscape(clause)) + len("%20OR%20")
			if len(all) == maxClauses || length > maxSearchBytes && len(all) > 0 {
				return strings.Join(all, " OR ")
			}
			if !slices.Contains(all, clause) {
				all = append(all, clause)
			}
		}
	}
	return strings.Join(all, " OR ")
}

// clausesOf writes a text as clauses, each in double quotes, in which quotes and backslashes are escaped. A name is
// searched by its words, without ampersands, on which $search fails (Microsoft Graph: "Known issues", 18185). A text
// that no address can begin with gets no clause for addresses.
func clausesOf(typed string) []string {
	var clauses []string
	add := func(property, text string) {
		text = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
		clauses = append(clauses, `"`+property+":"+text+`"`)
	}
	name := strings.Join(strings.Fields(strings.ReplaceAll(typed, "&", " ")), " ")
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.S) }) {
		add("displayName", name)
	}
	if typed != "" && !strings.ContainsAny(typed, ` "\&`) {
		add("mail", typed)
		add("userPrincipalName", typed)
	}
	return clauses
}
