// Package language puts what PACTIUS says into the reader's language. English
// is the key of the catalogue, so code and templates stay readable; da.json
// holds the Danish translation of every key and is always complete.
//
// # Saying something
//
// Code that knows its reader uses a [Reader]:
//
//	reader.T("You are signed in as %s.", name)
//	reader.Plural(n, "%d user", "%d users")
//
// Code that does not know the reader (rules, errors) makes a [pactius.Text]
// with pactius.T or pactius.Plural; a surface puts it into words with
// [Reader.Text]. The key is always a string literal, because the catalogue is
// checked by reading the source. Integers are grouped as the language does it
// ("1,250", "1.250"), so a year, a port or a code is passed as a string.
//
// # Templates
//
// Templates are parsed once per language, with the functions of
// [Code.Funcs]; executing them needs no clone and no lock:
//
//	{{t "Sign in with Microsoft"}}  {{t "Hello %s" .Name}}
//	{{plural .Count "%d user" "%d users"}}
//	{{text .Message}}               a pactius.Text
//	{{number .Count}}
//
// What depends on the reader's clock and time zone takes the page's Reader as
// its first argument:
//
//	{{when $.Reader .CreatedAt}}    today 14:02
//	{{date $.Reader .EndDate}}      3 May 2026
//	{{fulldate $.Reader .At}}       Sunday 3 May 2026 at 14:02 (CEST)
//	{{ago $.Reader .LastSeen}}      3 days ago
//	{{in $.Reader .ExpiresAt}}      in 3 days
//
// A Text whose arguments may hold a time is said with {{$.Reader.Text .Message}}
// instead of text, for the same reason. The zero time is the empty string
// everywhere; the template says what it means there ("never").
//
// # The catalogue's test
//
// TestCatalogueIsComplete reads every Go file and every template of the
// repository and fails for a sentence without translation, a translation
// nothing uses, verbs that differ and keys that are no literals. After adding
// a sentence:
//
//	go test ./internal/language -run Catalogue -update
//
// writes the missing keys into da.json with an empty translation, to be filled
// in by hand, and removes the unused ones.
package language
