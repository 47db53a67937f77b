package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/pactius/pactius/internal/help"
)

var update = flag.Bool("update", false, "take the pictures of the guides again")

// guide is a guide of the help whose steps a test walks.
type guide struct {
	t        *testing.T
	code     string            // of the language
	texts    map[string]string // Danish texts of the screen by the English ones; nil in English
	ids      []string          // of the steps, in the order of the text
	names    map[string][]string
	pictures map[string][]string // names of pictures by step
	walked   []string
}

var (
	guideStep    = regexp.MustCompile(`(?m)^\d+\. \{#([a-z0-9-]+)\} `)
	guideEnd     = regexp.MustCompile(`\n\S`)
	guideName    = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	guidePicture = regexp.MustCompile(`pictures/\w+/([a-z-]+)-light\.webp`)
)

// readGuide reads the steps of a topic.
func readGuide(t *testing.T, code, slug string) *guide {
	t.Helper()
	read := func(path ...string) []byte {
		b, err := os.ReadFile(filepath.Join(append([]string{stage.root, "internal"}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	g := &guide{t: t, code: code, names: map[string][]string{}, pictures: map[string][]string{}}
	if code != "en" {
		if err := json.Unmarshal(read("language", code+".json"), &g.texts); err != nil {
			t.Fatal(err)
		}
	}
	source := string(read("help", "content", code, slug+".md"))
	for _, at := range guideStep.FindAllStringSubmatchIndex(source, -1) {
		id, step := source[at[2]:at[3]], source[at[1]:]
		if end := guideEnd.FindStringIndex(step); end != nil {
			step = step[:end[0]]
		}
		g.ids = append(g.ids, id)
		for _, m := range guideName.FindAllStringSubmatch(step, -1) {
			g.names[id] = append(g.names[id], fold(m[1]))
		}
		for _, m := range guidePicture.FindAllStringSubmatch(step, -1) {
			g.pictures[id] = append(g.pictures[id], m[1])
		}
	}
	return g
}

// text is a text of the screen in the language of the guide.
func (g *guide) text(english string) string {
	g.t.Helper()
	if g.texts == nil {
		return english
	}
	if g.texts[english] == "" {
		g.t.Fatalf("%q is not in the catalogue", english)
	}
	return g.texts[english]
}

// done compares the steps that were walked with those of the text.
func (g *guide) done() {
	g.t.Helper()
	if !slices.Equal(g.walked, g.ids) {
		g.t.Errorf("the test walked %q, the text has %q", g.walked, g.ids)
	}
}

// step walks one step. Every name in bold must be found on the page, and every picture taken, by do.
func (g *guide) step(id string, do func(s *guideWalk)) {
	g.t.Helper()
	g.walked = append(g.walked, id)
	s := &guideWalk{guide: g, id: id, names: slices.Clone(g.names[id]), pictures: slices.Clone(g.pictures[id])}
	do(s)
	if len(s.names) > 0 || len(s.pictures) > 0 {
		g.t.Errorf("step %s names %q and shows %q, which the test has not seen", id, s.names, s.pictures)
	}
}

// guideWalk is a step that is being walked: what is left to be seen.
type guideWalk struct {
	*guide
	id              string
	names, pictures []string
}

// named takes a name from the step's text.
func (s *guideWalk) named(english string) string {
	s.t.Helper()
	name := s.text(english)
	i := slices.Index(s.names, name)
	if i < 0 {
		s.t.Fatalf("step %s does not name %q", s.id, name)
	}
	s.names = slices.Delete(s.names, i, i+1)
	return name
}

// everything are the roles of what a text names.
var everything = slices.Concat(editable,
	[]string{"button", "link", "checkbox", "heading", "group", "tree", "StaticText"})

// whole finds an element whose name is, or begins with, a name, and returns its whole name.
func (p *Person) whole(name string, roles ...string) string {
	p.t.Helper()
	whole := ""
	p.try(func(ctx context.Context) error {
		all, err := p.elements(ctx, roles...)
		if err != nil {
			return err
		}
		for _, e := range all {
			if e.name == name || (whole == "" && strings.HasPrefix(e.name, name+" ")) {
				whole = e.name
			}
		}
		if whole == "" {
			return fmt.Errorf("there is no %q; there are: %s", name, list(all))
		}
		return nil
	}, "find %q", name)
	return whole
}

func (s *guideWalk) sees(p *Person, english string) {
	s.t.Helper()
	p.whole(s.named(english), everything...)
}

func (s *guideWalk) clicks(p *Person, role, english string) {
	s.t.Helper()
	p.Click(role, p.whole(s.named(english), role))
}

func (s *guideWalk) fills(p *Person, english, text string) {
	s.t.Helper()
	p.Fill(p.whole(s.named(english), editable...), text)
}

func (s *guideWalk) ticks(p *Person, english string) {
	s.t.Helper()
	p.Check(p.whole(s.named(english), "checkbox"))
}

// guideWidth is the window in which pictures are taken: with the menu of icons, and text that is read in a column.
const guideWidth, guideHeight = 760, 900

// shows takes a picture of an element, at most most CSS pixels high, if pictures are to be taken.
func (s *guideWalk) shows(p *Person, picture, selector string, most float64) {
	s.t.Helper()
	i := slices.Index(s.pictures, picture)
	if i < 0 {
		s.t.Fatalf("step %s does not show %s", s.id, picture)
	}
	s.pictures = slices.Delete(s.pictures, i, i+1)
	if !*update {
		return
	}
	folder := filepath.Join(stage.root, "internal", "help", "pictures", s.code)
	for _, scheme := range []string{"light", "dark"} {
		p.Colours(scheme)
		file := filepath.Join(folder, picture+"-"+scheme+".webp")
		p.must(os.WriteFile(file, p.clip(selector, most), 0o644), "write the picture")
	}
	p.Colours("light")
}

// clip is a picture of an element, as WebP with three pixels for two of CSS, and whole numbers of both.
func (p *Person) clip(selector string, most float64) []byte {
	p.t.Helper()
	const scale, quality = float64(help.PixelsPerTwo) / 2, 10
	ctx, cancel := p.bounded()
	defer cancel()
	box, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(`(() => {
		document.activeElement?.blur();
		scrollTo(0, 0);
		document.querySelector('.skip')?.remove(); // it would slide out of the picture for a moment
		const r = document.querySelector(%q).getBoundingClientRect();
		const even = n => 2 * Math.floor(n / 2);
		return [r.x + scrollX, r.y + scrollY, even(r.width), even(Math.min(r.height, %f))].map(Math.round);
	})()`, selector, most), chromedp.EvalAsValue))
	p.must(err, "find %s", selector)
	shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "webp",
		Quality: new(int64(quality)), CaptureBeyondViewport: new(true),
		Clip: &page.Viewport{X: box[0], Y: box[1], Width: box[2], Height: box[3], Scale: scale}})
	p.must(err, "take a picture")
	return shot.Data
}
