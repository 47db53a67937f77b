package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The size of the window a person starts with, in CSS pixels: a common laptop.
const (
	DefaultWidth  = 1366
	DefaultHeight = 768
)

// browser is the one Chromium of a run.
type browser struct {
	ctx context.Context
}

// chromium finds the browser, first the one without a user interface: it takes half the
// work of the whole browser, and draws and runs pages with the same engine.
func chromium() (string, error) {
	if path := os.Getenv("PACTIUS_TEST_CHROMIUM"); path != "" {
		return exec.LookPath(path)
	}
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
		"google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium in PATH")
}

func (s *Stage) startBrowser() (*browser, error) {
	path, err := chromium()
	if err != nil {
		return nil, err
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(s.dir, "browser")),
		chromedp.DisableGPU,
		// The last two keep processes ready: for toolbars that are not there, and for each
		// person's next page, which mostly does not come.
		chromedp.Flag("disable-features",
			"Translate,BlinkGenPropertyTrees,PreloadTopChromeWebUI,SpareRendererForSitePerProcess"),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-pings", true),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses to run as root
	}
	if os.Getenv("PACTIUS_TEST_BROWSER_LOG") == "1" {
		options = append(options, chromedp.CombinedOutput(os.Stderr))
	}
	allocator, end := chromedp.NewExecAllocator(s.ctx, options...)
	s.atClose(end)
	// chromedp tells of protocol messages it does not know; the tests do not need them.
	quiet := func(string, ...any) {}
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet))
	s.atClose(cancel)
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	return &browser{ctx: ctx}, nil
}

// Person is someone with a browser of their own: cookies of their own, a
// window of DefaultWidth x DefaultHeight, light colours, little motion. Every
// method waits until the step can be done and ends the test when it cannot.
type Person struct {
	*tab
	scope []mark // where Within looks; outermost first
}

// tab is shared by the persons that Within makes.
type tab struct {
	t      testing.TB
	stage  *Stage
	ctx    context.Context
	name   string
	origin string // of the paths given to Open
	plain  bool   // scripts are off

	mu      sync.Mutex
	loading bool                       // a navigation has begun and not ended
	scripts map[network.RequestID]bool // on their way
	status  int64                      // of the newest document
	newest  network.RequestID          // of the newest document
	visited []string                   // addresses of documents, those that led on included
	changes int                        // pages under origin that were shown
	weight  int64                      // bytes that came for the newest document and all it loads
	faults  []string                   // complaints of the console
	late    string                     // the end of the address of a script that holds keeps from coming
	held    chan fetch.RequestID       // its request
}

// Person opens a private browser for someone. The name appears in failures;
// origin is the scheme and host that Open adds to paths. When the test ends, it
// fails if a page under origin reported an error of a script or of the content
// security policy.
func (s *Stage) Person(t testing.TB, name, origin string) *Person {
	t.Helper()
	s.Need(t)
	b, err := s.browser()
	if err != nil {
		t.Fatal(err)
	}
	p := &tab{t: t, stage: s, name: name, origin: origin, scripts: map[network.RequestID]bool{}}
	var cancel context.CancelFunc
	p.ctx, cancel = chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.notice))
	t.Cleanup(func() {
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, fault := range p.faults {
			t.Errorf("%s's console: %s", name, fault)
		}
	})
	person := &Person{tab: p}
	person.Window(DefaultWidth, DefaultHeight)
	person.Colours("light")
	return person
}

// notice keeps what the browser tells between two steps. It must be quick and
// must not send commands.
func (p *tab) notice(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *page.EventFrameRequestedNavigation, *page.EventFrameStartedLoading:
		p.loading = true
	case *page.EventFrameStoppedLoading:
		p.loading = false
	case *page.EventFrameNavigated:
		if e.Frame.ParentID != "" {
			break
		}
		clear(p.scripts) // the page before may have asked until now, and no one tells that these requests have ended
		if strings.HasPrefix(e.Frame.URL, p.origin) {
			p.changes++
		}
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			p.visited = append(p.visited, e.Request.URL)
			clear(p.scripts) // of the page before
			p.weight = 0
		}
		if e.Type == network.ResourceTypeScript && (p.late == "" || !strings.HasSuffix(e.Request.URL, p.late)) {
			p.scripts[e.RequestID] = true
		}
	case *fetch.EventRequestPaused:
		p.held <- e.RequestID
	case *network.EventLoadingFinished:
		delete(p.scripts, e.RequestID)
		p.weight += int64(e.EncodedDataLength)
	case *network.EventLoadingFailed:
		delete(p.scripts, e.RequestID)
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			p.status, p.newest = e.Response.Status, e.RequestID
		}
	case *log.EventEntryAdded:
		// The source "network" tells of statuses such as 404, which tests ask for.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork && p.ours(e.Entry.URL) {
			p.faults = append(p.faults, fmt.Sprintf("%s: %s", e.Entry.URL, e.Entry.Text))
		}
	case *runtime.EventExceptionThrown:
		if d := e.ExceptionDetails; p.ours(d.URL) {
			text := d.Text
			if d.Exception != nil {
				text += " " + d.Exception.Description
			}
			p.faults = append(p.faults, fmt.Sprintf("%s:%d: %s", d.URL, d.LineNumber+1, text))
		}
	}
}

// ours reports whether an address is the application's; some messages have none.
func (p *tab) ours(address string) bool {
	return address == "" || (len(address) >= len(p.origin) && address[:len(p.origin)] == p.origin)
}

// Visited returns the addresses of the documents the person has been sent to,
// oldest first, those that led on at once included.
func (p *Person) Visited() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.visited)
}

// Changes counts the pages of the application that the person has been shown. A pop-up over a page is none.
func (p *Person) Changes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changes
}

// Weight is the bytes that came for the page and all it loads, as compressed, with headers.
func (p *Person) Weight() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.weight
}

// Faults returns what the console complained about so far and forgets it, so
// that a test can expect a complaint.
func (p *Person) Faults() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	faults := p.faults
	p.faults = nil
	return faults
}

// Window changes the size of the window, in CSS pixels.
func (p *Person) Window(width, height int64) {
	p.t.Helper()
	p.must(chromedp.Do(p.ctx, chromedp.EmulateViewport(width, height)), "resize the window")
}

// Colours sets what the person prefers: "light" or "dark". Motion is always
// reduced, so that steps need not wait for animations.
func (p *Person) Colours(scheme string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		}})
	p.must(err, "choose colours")
}

// Language sets the languages the person's browser asks for: "da, en;q=0.5".
func (p *Person) Language(accept string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
		Headers: network.Headers{"Accept-Language": accept},
	})
	p.must(err, "choose the language")
}

// TimeZone sets the person's time zone: "Europe/Copenhagen".
func (p *Person) TimeZone(id string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: id})
	p.must(err, "choose the time zone")
}

// Scripts switches JavaScript on or off, from the next page on.
func (p *Person) Scripts(on bool) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: !on})
	p.must(err, "switch scripts")
	p.plain = !on
}

// holds keeps a script from coming, as a slow line does, until release is called. It is asked for once.
func (p *Person) holds(script string) (release func()) {
	p.t.Helper()
	p.mu.Lock()
	p.late, p.held = "/"+script, make(chan fetch.RequestID, 1)
	p.mu.Unlock()
	pattern := &fetch.RequestPattern{URLPattern: "*/" + script}
	_, err := chromedp.Call(p.ctx, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{pattern}})
	p.must(err, "hold %s", script)
	return func() {
		p.t.Helper()
		_, err := chromedp.Call(p.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: <-p.held})
		p.must(err, "let %s come", script)
	}
}

// Cookies returns the cookies the browser would send to the current page.
func (p *Person) Cookies() []*network.Cookie {
	p.t.Helper()
	result, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{})
	p.must(err, "read the cookies")
	return result.Cookies
}

// settle waits until the navigation that a step may have begun has ended, and
// the scripts of the page are there. A script may ask for others when it runs,
// so the page has to be quiet at two looks in a row.
func (p *tab) settle() error {
	quiet := 0
	return eventually(p.ctx, Patience, func() error {
		// The browser tells of a navigation before it answers the next command.
		if _, err := chromedp.Call(p.ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "0"}); err != nil &&
			p.ctx.Err() != nil {
			return err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.loading || len(p.scripts) > 0 {
			quiet = 0
			return errors.New("the page is still loading")
		}
		if quiet++; quiet < 2 {
			return errors.New("the page may still be loading")
		}
		return nil
	})
}

// bounded gives one protocol command, or one group of them, its time.
func (p *tab) bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, Patience)
}
