package e2e

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// TestStoriesLookRight looks at every page in every state that the storybook of internal/web/view has: in both themes,
// on phones and enlarged to 200 %, in Danish, and with the widest names. The stories need no server, so they
// also show what is hard to arrange with one.
func TestStoriesLookRight(t *testing.T) {
	t.Parallel()
	stage.Need(t)
	dir := t.TempDir()
	write := exec.CommandContext(t.Context(), "go", "test", "./internal/web/view", "-run", "^TestStorybook$",
		"-storybook", dir)
	write.Dir = stage.root
	if out, err := write.CombinedOutput(); err != nil {
		t.Fatalf("write the storybook: %v\n%s", err, out)
	}
	book := httptest.NewServer(storybook(dir))
	t.Cleanup(book.Close)
	pages, err := filepath.Glob(filepath.Join(dir, "en", "*.html"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("the storybook is empty: %v", err)
	}
	for names := range slices.Chunk(pages, 16) {
		t.Run("from "+strings.TrimSuffix(filepath.Base(names[0]), ".html"), func(t *testing.T) {
			t.Parallel()
			reader := stage.Person(t, "The reader", book.URL)
			for _, name := range names {
				reader.story(filepath.Base(name))
			}
		})
	}
}

// storybook serves the stories. Their forms are answered with nothing, so that a page stays where it is, and the pages
// that go on by themselves do not.
func storybook(dir string) http.Handler {
	files := http.FileServer(http.Dir(dir))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet:
			w.WriteHeader(http.StatusNoContent)
		case strings.HasSuffix(r.URL.Path, ".html"):
			page, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(r.URL.Path)))
			if err != nil {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(bytes.ReplaceAll(page, []byte(" data-go"), nil)) // the browser that left needs no answer
		default:
			files.ServeHTTP(w, r)
		}
	})
}

// The windows of a story, in CSS pixels: the narrowest phone that WCAG asks for, and a common laptop at 200 %. They are
// so tall that no bar at the foot of the window covers a part of the page.
const (
	phone    = 320
	enlarged = DefaultWidth / 2
	tall     = 4000
)

// story judges one page of the storybook.
func (p *Person) story(name string) {
	p.t.Helper()
	p.Window(DefaultWidth, tall)
	p.Colours("dark")
	p.Open("/en/" + name)
	p.Validate()
	p.OnePrimary()
	p.WholeWords()
	p.axe(map[string]any{"type": "rule", "values": []string{"color-contrast"}})
	p.Window(phone, tall)
	p.Colours("light")
	p.Axe()
	for _, folder := range []string{"/en/", "/da/", "/wide/"} {
		p.Open(folder + name)
		for _, width := range []int64{phone, enlarged} {
			p.Window(width, tall)
			p.NoSideways()
			if folder != "/wide/" {
				p.WholeWords()
			}
		}
	}
}

// OnePrimary fails the test when the page shows more than one primary button: it is the one that is right for most.
func (p *Person) OnePrimary() {
	p.t.Helper()
	const shown = `[...document.querySelectorAll('main .primary')].filter((e) => e.checkVisibility())
		.map((e) => e.innerText.trim()).join(' | ')`
	if all := p.words(shown); strings.Contains(all, " | ") {
		p.t.Errorf("%s at %s: several primary buttons: %s", p.name, p.address(), all)
	}
}

// WholeWords fails the test when a line breaks inside a short word: its place is too narrow for it.
func (p *Person) WholeWords() {
	p.t.Helper()
	const broken = `(() => {
		const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
		const found = new Set();
		for (let node = all.nextNode(); node; node = all.nextNode()) {
			const { parentElement: parent, data } = node;
			if (!parent.checkVisibility() || parent.closest('.unseen, textarea, option, script')) continue;
			for (const word of data.matchAll(/(?<=^|\s)[\p{L}\p{N}]{2,14}(?=$|\s)/gu)) {
				range.setStart(node, word.index);
				range.setEnd(node, word.index + word[0].length);
				const lines = [...range.getClientRects()].filter((r) => r.width > 1).map((r) => Math.round(r.top));
				if (new Set(lines).size > 1) found.add(word[0]);
			}
		}
		return [...found].join(', ');
	})()`
	if all := p.words(broken); all != "" {
		p.t.Errorf("%s at %s: lines break inside %s", p.name, p.address(), all)
	}
}

// words is what an expression finds on the page.
func (p *Person) words(expression string) string {
	p.t.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression,
		func(e *runtime.EvaluateParams) { e.ReturnByValue = new(true) }))
	p.must(err, "read the page")
	return found
}
