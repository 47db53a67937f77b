package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/pactius/pactius/testbed/process"
)

// axeRules are the rules of axe-core that a page must keep: WCAG 2.2 levels A
// and AA with all before, and what the makers of axe call best practice.
var axeRules = []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"}

// violation is one finding of axe-core.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML           string `json:"html"`
		FailureSummary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Axe fails the test for every violation that axe-core finds on the page as it
// is now: in this size and these colours, with this dialog open. The browser's
// own tools put axe-core into the page, so the content security policy stays on.
// Scripts must be on.
func (p *Person) Axe() {
	p.t.Helper()
	p.axe(map[string]any{"type": "tag", "values": axeRules})
}

// axe is Axe with some of the rules, as axe-core's option runOnly names them. A
// page gets the source of axe-core once.
func (p *Person) axe(rules any) {
	p.t.Helper()
	options, err := json.Marshal(map[string]any{"runOnly": rules, "resultTypes": []string{"violations"}})
	p.must(err, "set axe-core up")
	ctx, cancel := p.bounded()
	defer cancel()
	missing, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("typeof axe !== 'object'"))
	p.must(err, "look for axe-core")
	if missing {
		source, err := os.ReadFile(filepath.Join(p.stage.root, "e2e", "node_modules", "axe-core", "axe.min.js"))
		p.must(err, "read axe-core")
		_, err = chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](string(source)+";0"))
		p.must(err, "load axe-core")
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](
		fmt.Sprintf("axe.run(document, %s).then((r) => r.violations)", options), chromedp.EvalAwaitPromise,
		chromedp.EvalAsValue))
	p.must(err, "run axe-core")
	for _, v := range found {
		var places strings.Builder
		for _, n := range v.Nodes {
			fmt.Fprintf(&places, "\n  %s\n    %s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n    "))
		}
		p.t.Errorf("%s at %s: axe-core finds %s (%s): %s%s", p.name, p.address(), v.ID, v.Impact, v.Help, &places)
	}
}

// Validate fails the test for everything html-validate finds in the page's HTML
// as the server sent it.
func (p *Person) Validate() {
	p.t.Helper()
	judge, err := p.stage.markup()
	p.must(err, "start html-validate")
	html, err := p.source()
	p.must(err, "read the page's source")
	findings, err := judge.validate(p.address(), html)
	p.must(err, "validate the page")
	lines := strings.Split(html, "\n")
	for _, f := range findings {
		line := ""
		if f.Line >= 1 && f.Line <= len(lines) {
			line = strings.TrimSpace(lines[f.Line-1])
		}
		p.t.Errorf(
			"%s at %s: html-validate finds %s in line %d: %s\n  %s", p.name, p.address(), f.Rule, f.Line, f.Message,
			line,
		)
	}
}

// source returns the HTML of the page as it came.
func (p *Person) source() (string, error) {
	ctx, cancel := p.bounded()
	defer cancel()
	p.mu.Lock()
	id := p.newest
	p.mu.Unlock()
	got, err := chromedp.Call(ctx, network.GetResponseBody, network.GetResponseBodyParams{RequestID: id})
	return string(got.Body), err
}

// Screenshot writes the whole page to NAME.png in the folder that
// PACTIUS_TEST_SCREENSHOTS names; without it nothing happens.
func (p *Person) Screenshot(name string) {
	p.t.Helper()
	dir := os.Getenv("PACTIUS_TEST_SCREENSHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := p.bounded()
	defer cancel()
	const lossless = 100 // chromedp writes PNG for this quality
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(lossless))
	p.must(err, "take a screenshot")
	p.must(os.MkdirAll(dir, 0o755), "make the folder for screenshots")
	p.must(os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644), "write the screenshot")
}

// Look takes the page in all the ways a person may see it, NAME-light, NAME-dark
// and NAME-narrow (360 pixels wide), and asks axe-core about each. The dark page
// differs from the light one in its colours alone, so contrast is its one rule.
func (p *Person) Look(name string) {
	p.t.Helper()
	const narrow, tall = 360, 740 // a small phone, in CSS pixels
	p.Axe()
	p.Screenshot(name + "-light")
	p.Colours("dark")
	p.axe(map[string]any{"type": "rule", "values": []string{"color-contrast"}})
	p.Screenshot(name + "-dark")
	p.Colours("light")
	p.Window(narrow, tall)
	p.Axe()
	p.NoSideways()
	p.Screenshot(name + "-narrow")
	p.Window(DefaultWidth, DefaultHeight)
}

// NoSideways fails the test when the page is wider than its window (WCAG 2.2,
// success criterion 1.4.10).
func (p *Person) NoSideways() {
	p.t.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	over, err := chromedp.Run(ctx, chromedp.Evaluate[int](
		"Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)",
		func(e *runtime.EvaluateParams) { e.ReturnByValue = new(true) }))
	p.must(err, "measure the page")
	if over > 0 {
		p.t.Errorf("%s at %s: the page is %d pixels wider than its window", p.name, p.address(), over)
	}
}

// finding is one message of html-validate.
type finding struct {
	Rule    string `json:"rule"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// markup is html-validate in a process of its own.
type markup struct {
	mu   sync.Mutex // one question at a time
	part *process.Dialog
}

func (s *Stage) startMarkup() (*markup, error) {
	part, err := s.startNode(&struct{}{}, "validate.mjs")
	return &markup{part: part}, err
}

func (m *markup) validate(name, html string) ([]finding, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.part.Say(map[string]string{"name": name, "html": html}); err != nil {
		return nil, err
	}
	var answer struct {
		Findings []finding `json:"findings"`
	}
	if err := m.part.Hear(&answer); err != nil {
		return nil, err
	}
	return answer.Findings, nil
}

// mailHabits are rules of html-validate that an email must break: mail programs
// know no style sheets and lay out by tables and their old attributes.
var mailHabits = []string{"no-inline-style", "no-deprecated-attr", "prefer-tbody"}

// ValidateMail fails the test for everything html-validate finds in the HTML of
// an email, except what emails are written with.
func (s *Stage) ValidateMail(t testing.TB, name, html string) {
	t.Helper()
	s.Need(t)
	judge, err := s.markup()
	if err != nil {
		t.Fatal(err)
	}
	findings, err := judge.validate(name, html)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if slices.Contains(mailHabits, f.Rule) {
			continue
		}
		t.Errorf("%s: html-validate finds %s at %d:%d: %s", name, f.Rule, f.Line, f.Column, f.Message)
	}
}
