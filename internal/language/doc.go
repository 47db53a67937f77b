// Package language translates and formats text for a reader. The keys of the
// catalogue are English sentences, so code and templates stay readable. All that
// differs between languages is in locale.go, and the Danish sentences are in da.json,
// which always has every key.
//
// # Text
//
// Code that knows its reader uses a [Reader]:
//
//	reader.T("You are signed in as %s.", name)
//	reader.Plural(n, "%d user", "%d users")
//
// Code that does not know the reader (rules, errors) makes a [pactius.Text] with
// pactius.T or pactius.Plural; a surface formats it with [Reader.Text]. The key is
// always a string literal, because the catalogue's test reads the source. Integers
// get separators ("1,250", "1.250"), so pass a year, a port or a code as a string.
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
// The functions that depend on the reader's clock and time zone take the page's
// Reader as their first argument:
//
//	{{when $.Reader .CreatedAt}}    today 14:02
//	{{date $.Reader .EndDate}}      3 May 2026
//	{{fulldate $.Reader .At}}       Sunday 3 May 2026 at 14:02 (CEST)
//	{{ago $.Reader .LastSeen}}      3 days ago
//	{{in $.Reader .ExpiresAt}}      in 3 days
//
// For the same reason, format a Text whose arguments may hold a time with
// {{$.Reader.Text .Message}} instead of text. The zero time is always the empty
// string; the template says what it means there ("never").
//
// # The catalogue's test
//
// TestCatalogueIsComplete reads every Go file and every template of the repository.
// It fails for a sentence without translation, an unused translation, verbs that
// differ and keys that are not literals. After adding a sentence, this command
//
//	go test ./internal/language -run Catalogue -update
//
// writes the missing keys into da.json with an empty translation, to be filled in by
// hand, and removes the unused ones.
package language
