package devtenant

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func FuzzSearch(f *testing.F) {
	for _, s := range []string{
		`"displayName:a"`, `"displayName:a" OR "mail:b\"\\"`, `("displayName:a" AND "mail:b") OR "givenName:ø"`, `((((`,
		`"`, `"displayName:\`, `"displayName:李四(David"`,
	} {
		f.Add(s, "李四(David Li)")
	}
	f.Fuzz(func(t *testing.T, search, name string) {
		fits, names, err := parseSearch(search)
		if err != nil {
			return
		}
		if len(names) == 0 {
			t.Errorf("%q names no property", search)
		}
		fits(map[string]any{"displayName": name})
		// A search for the whole name finds its owner.
		whole := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name)
		if fits, _, err := parseSearch(`"displayName:` + whole + `"`); err == nil &&
			!fits(map[string]any{"displayName": name}) {
			t.Errorf("%q does not find itself", name)
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{
		`mail eq 'a''b'`, `startswith(mail,'a') or endsWith(mail,'b')`, `accountEnabled eq true and id eq ''`,
		`mail eq '`, `mail eq 'a' and`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseFilter(text)
		if err != nil {
			return
		}
		if len(parsed.names) == 0 {
			t.Errorf("%q names no property", text)
		}
		parsed.fits(map[string]any{"mail": "a'b", "accountEnabled": true})
	})
}

func FuzzTokens(f *testing.F) {
	t, err := New(Config{
		URL: "http://x.example", TenantID: "0f3b6c1e-1111-4c5b-b112-000000000001", ClientID: "c", ClientSecret: "s",
	})
	if err != nil {
		f.Fatal(err)
	}
	whole := t.seal(cursor{Kind: "delta", From: 7})
	f.Add(whole)
	f.Add(strings.Replace(whole, ".", "A.", 1))
	f.Add("")
	f.Add(".")
	want, _ := t.open("delta", whole)
	f.Fuzz(func(tt *testing.T, token string) {
		if c, ok := t.open("delta", token); ok && !reflect.DeepEqual(c, want) {
			tt.Errorf("%q stands for %+v, which nobody sealed", token, c)
		}
	})
}

func TestTokensEndAndKeepTheirKind(t *testing.T) {
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	tenant, err := New(Config{
		URL: "http://x.example", TenantID: "0f3b6c1e-1111-4c5b-b112-000000000001", ClientID: "c", ClientSecret: "s",
		Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	token := tenant.seal(cursor{Kind: "delta", From: 7})
	if c, ok := tenant.open("delta", token); !ok || c.From != 7 {
		t.Errorf("got %+v, %v", c, ok)
	}
	if _, ok := tenant.open("skip", token); ok {
		t.Error("a delta token was taken as a skip token")
	}
	now = now.Add(deltaFor)
	if _, ok := tenant.open("delta", token); !ok {
		t.Error("the token ended early")
	}
	now = now.Add(time.Second)
	if _, ok := tenant.open("delta", token); ok {
		t.Error("the token did not end")
	}
}
