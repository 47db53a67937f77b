package scripted

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

const onePage = `<!doctype html><title>T</title><style>a{}</style><script>b</script><template>c</template>
<form method="get" action="/to"><input name="q" value="x"></form>
<form method="post" action="/to">
<input type="hidden" name="version" value="3"><input name="off" value="1" disabled>
<input type="checkbox" name="unit" value="a" checked><input type="checkbox" name="unit" value="b">
<input type="radio" name="way" value="l"><input type="radio" name="way" value="r" checked>
<textarea name="note">
first
second</textarea>
<select name="zone"><option value="utc">UTC<option value="cph" selected>Copenhagen</select>
<select name="first"><option value="1">One<option value="2">Two</select>
<button name="press" value="me">Press <b>me</b></button></form>`

func TestAPageIsRead(t *testing.T) {
	t.Parallel()
	p := &Page{Body: onePage}
	want := url.Values{
		"version": {"3"}, "unit": {"a"}, "way": {"r"}, "note": {"first\nsecond"}, "zone": {"cph"}, "first": {"1"},
	}
	if diff := cmp.Diff(p.Form("/to"), want); diff != "" {
		t.Errorf("the form (-got +want)\n%s", diff)
	}
	if p.Form("/elsewhere") != nil {
		t.Error("a form that is not there was read")
	}
	if got, want := p.Text(), "T first second UTC Copenhagen One Two Press me"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	buttons := p.Elements(func(n *html.Node) bool { return n.Data == "button" })
	if len(buttons) != 1 || Text(buttons[0]) != "Press me" || Value(buttons[0], "value") != "me" {
		t.Errorf("got %d buttons", len(buttons))
	}
}

// A site in this process: it keeps a cookie, leads on, and refuses.
func TestABrowserKeepsCookiesAndGoesOn(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /begin", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "__Host-s", Value: "v", Path: "/", Secure: true})
		http.Redirect(w, r, "/end", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /end", func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie("__Host-s")
		fmt.Fprint(w, r.Host, " ", r.Header.Get("X-A"), " ", c, err)
	})
	mux.HandleFunc("GET /circle", func(w http.ResponseWriter,
		r *http.Request) {
		http.Redirect(w, r, "/circle", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /waits", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Refresh", "0; url=/end")
	})
	mux.HandleFunc("POST /chosen", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("person") == "" || r.FormValue("state") != "s" {
			http.Error(w, "choose", http.StatusUnprocessableEntity)
			return
		}
		http.Redirect(w, r, "/end?code="+r.FormValue("person"), http.StatusFound)
	})
	b := New("https://site.example", Serving(mux))
	b.Header.Set("X-A", "a")
	page, err := b.Travel(t.Context(), http.MethodGet, "/begin", nil)
	if err != nil || page.Body != "site.example a __Host-s=v <nil>" || b.Cookie("__Host-s") != "v" {
		t.Errorf("%v: %+v", err, page)
	}
	if _, err := b.Travel(t.Context(), http.MethodGet, "/circle", nil); err == nil {
		t.Error("redirects without end were followed")
	}
	if page, err := b.Send(t.Context(), http.MethodGet, "/waits", nil); err != nil || page.Next() != "/end" {
		t.Errorf("%v: a page with a refresh leads to %q", err, page.Next())
	}
	back, err := b.Choose(t.Context(), b.Origin+"/chosen?state=s", url.Values{"person": {"p"}})
	if err != nil || back != b.Origin+"/end?code=p" {
		t.Errorf("%v: back to %q", err, back)
	}
	_, err = b.Choose(t.Context(), b.Origin+"/chosen?state=s", url.Values{})
	if err == nil || !strings.Contains(err.Error(), "choose") {
		t.Errorf("a choice that is refused: %v", err)
	}
}
