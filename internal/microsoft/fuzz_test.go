package microsoft

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzCursor: the cursor of any link leads only to our own address.
func FuzzCursor(f *testing.F) {
	g := NewGraph(New(Options{}), "")
	for _, s := range []string{
		DefaultGraph + "/v1.0/users/delta?$skiptoken=abc", DefaultGraph +
			"/v1.0/users/delta()?$skipToken=a%2Bb&$select=id",
		"https://graph.microsoft.com@evil.example/v1.0/users/delta?$skiptoken=a",
		"//graph.microsoft.com/v1.0/users/delta?$skiptoken=a",
		"https://graph.microsoft.com/v1.0/users/delta?$skiptoken=a%26b%00",
		"https:graph.microsoft.com/v1.0/users/delta?$skiptoken=a",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, link string) {
		cursor, err := g.cursor(link, skipToken, cursorInRound)
		if err != nil {
			return
		}
		query, err := readCursor(cursor)
		if err != nil {
			t.Fatalf("%q is not read again: %v", cursor, err)
		}
		u, err := url.Parse(graphCall{path: changesPath, query: [][2]string{query}}.address(g.base))
		if err != nil || u.Host != "graph.microsoft.com" || u.Path != "/v1.0"+changesPath || len(u.Query()) != 1 ||
			u.Query().Get(skipToken) != query[1] {
			t.Errorf("%q leads to %v, %v", link, u, err)
		}
	})
}

// FuzzUserPath: a name stays one segment of the path and unchanged.
func FuzzUserPath(f *testing.F) {
	for _, s := range []string{"anna@x.example", "$a@b", "o'n@b", "a%2fb@c", "a?b#c@d", "a;b=c@d", "é🦀@x", "..@x",
		"a&b+c@d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !canBeAccountName(name) {
			return
		}
		u, err := url.Parse(graphCall{path: userPath(name)}.address(DefaultGraph))
		if err != nil || u.Host != "graph.microsoft.com" || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q: %v, %v", name, u, err)
		}
		rest, ok := strings.CutPrefix(u.Path, "/v1.0/users/")
		if literal, isLiteral := strings.CutPrefix(u.Path, "/v1.0/users('"); isLiteral {
			rest, ok = strings.CutSuffix(literal, "')")
			rest = strings.ReplaceAll(rest, "''", "'")
		}
		if !ok || rest != name || strings.Count(u.EscapedPath(), "/") > 3 {
			t.Errorf("%q became %q", name, u.EscapedPath())
		}
	})
}

// FuzzSearchClauses: typed text stays inside the quotes of its clause.
func FuzzSearchClauses(f *testing.F) {
	for _, s := range []string{"gu", `a"b`, `\`, `\"`, `" OR "mail:x`, "R & D", "a:b", "(x)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		inside, escaped := false, false
		var outside strings.Builder
		for _, r := range searchClauses(typed) {
			switch {
			case escaped:
				escaped = false
			case inside && r == '\\':
				escaped = true
			case r == '"':
				inside = !inside
			case !inside:
				outside.WriteRune(r)
			}
		}
		if inside || escaped || strings.Trim(strings.ReplaceAll(outside.String(), " OR ", ""), " ") != "" {
			t.Errorf("%q became %s", typed, searchClauses(typed))
		}
	})
}
