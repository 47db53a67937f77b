package language

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	gocmp "github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write missing keys into da.json, empty, and remove unused ones")

// repository is the folder with go.mod, seen from this package.
const repository = "../.."

func TestCatalogueIsComplete(t *testing.T) {
	used := scanSource(t, repository)
	for _, wrong := range slices.Sorted(slices.Values(used.wrong)) {
		t.Error(wrong)
	}
	translated := Danish.locale().sentences()
	if *update {
		translated = updateCatalogue(t, used, translated)
	}
	for _, key := range slices.Sorted(maps.Keys(used.keys)) {
		switch translation := translated[key]; {
		case translation == "":
			t.Errorf("no Danish for %q (%s)", key, used.keys[key])
		case !sameVerbs(key, translation):
			t.Errorf("other verbs in the Danish %q for %q (%s)", translation, key, used.keys[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(translated)) {
		if _, ok := used.keys[key]; !ok {
			t.Errorf("nothing uses %q", key)
		}
	}
}

func TestCatalogueIsSorted(t *testing.T) {
	t.Parallel()
	want := encodeCatalogue(t, Danish.locale().sentences())
	if diff := gocmp.Diff(string(danishJSON), string(want)); diff != "" {
		t.Errorf("da.json is not sorted and indented; run with -update (-got +want):\n%s", diff)
	}
}

// updateCatalogue rewrites da.json to hold exactly the keys in use.
func updateCatalogue(t *testing.T, used usage, old map[string]string) map[string]string {
	t.Helper()
	fresh := map[string]string{}
	for key := range used.keys {
		fresh[key] = old[key]
		if wordless := !strings.ContainsFunc(verb.ReplaceAllString(key, ""), unicode.IsLetter); wordless {
			fresh[key] = cmp.Or(old[key], key)
		}
	}
	if err := os.WriteFile("da.json", encodeCatalogue(t, fresh), 0o644); err != nil {
		t.Fatalf("writing da.json: %v", err)
	}
	return fresh
}

func encodeCatalogue(tb testing.TB, sentences map[string]string) []byte {
	tb.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(sentences); err != nil {
		tb.Fatalf("encoding the catalogue: %v", err)
	}
	return b.Bytes()
}

// verb is a fmt verb with its optional argument index; %% is matched so that
// it is not taken for one.
var verb = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0-9.]*([a-zA-Z%])`)

// sameVerbs reports whether both sentences use the same arguments in the same
// way, in whatever order.
func sameVerbs(a, b string) bool { return slices.Equal(verbs(a), verbs(b)) }

// verbs lists "argument number, verb", sorted and without repetition: a
// translation may name an argument twice.
func verbs(sentence string) []string {
	var found []string
	next := 1
	for _, match := range verb.FindAllStringSubmatch(sentence, -1) {
		if match[2] == "%" {
			continue
		}
		if match[1] != "" {
			next, _ = strconv.Atoi(match[1])
		}
		found = append(found, fmt.Sprintf("%d%s", next, match[2]))
		next++
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func TestVerbsAreComparedByArgument(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		a, b string
		want bool
	}{
		{"the same verbs in the same order", "%s asks %s", "%s spørger %s", true},
		{"the other order by number", "%s asks %s", "%[2]s bliver spurgt af %[1]s", true},
		{"a missing argument", "%s asks %s", "%s spørger", false},
		{"a number turned into a string", "%d users", "%s brugere", false},
		{"a percent sign is no verb", "100%% of %d", "%d af 100%%", true},
		{"an argument said twice", "%s asks", "%[1]s spørger, og %[1]s venter", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := sameVerbs(test.a, test.b); got != test.want {
				t.Errorf("sameVerbs(%q, %q) = %t, want %t", test.a, test.b, got, test.want)
			}
		})
	}
}

func TestTheScanFindsEveryWayToSaySomething(t *testing.T) {
	t.Parallel()
	u := usage{keys: map[string]string{}}
	u.scanGo("x.go", []byte(`package x
var a = pactius.T("one %s", 1)
var b = r.Plural(3, "two", "many " + "twos")
var c = t("three")
var d = pactius.Text{Key: "four"}
var e = pactius.T(variable)
func (x X) T() int { return x.T() }
`))
	u.scanTemplate("x.html", `{{define "a"}}{{if eq .A 1}}{{t "five" .X}}{{else}}{{plural .N "six" "sixes"}}{{end}}
{{end}}<p title="{{template "a" (t "seven")}}">{{with .B}}{{range .C}}{{printf "%s" (t "eight")}}{{end}}{{end}}
{{t .Variable}}{{$x := t "nine"}}`)
	got := slices.Sorted(maps.Keys(u.keys))
	want := []string{"eight", "five", "four", "many twos", "nine", "one %s", "seven", "six", "sixes", "three", "two"}
	if diff := gocmp.Diff(got, want); diff != "" {
		t.Errorf("keys (-got +want):\n%s", diff)
	}
	wantWrong := []string{"x.go:6: the key must be a string literal", "x.html:3: the key must be a string literal"}
	if diff := gocmp.Diff(u.wrong, wantWrong); diff != "" {
		t.Errorf("faults (-got +want):\n%s", diff)
	}
}

func TestNoTranslationIsLeftWithBlanksAround(t *testing.T) {
	t.Parallel()
	for key, translation := range Danish.locale().sentences() {
		if strings.TrimSpace(translation) != translation {
			t.Errorf("the Danish for %q begins or ends with a blank", key)
		}
	}
}
