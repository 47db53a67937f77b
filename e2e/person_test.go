package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/pactius/pactius/internal/names"
)

// Open goes to a path of the application, or to a whole address, and waits
// until the page is loaded.
func (p *Person) Open(path string) {
	p.t.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = p.origin + path
	}
	p.load(chromedp.Navigate(address), "open %s", address)
}

// Reload loads the page again.
func (p *Person) Reload() {
	p.t.Helper()
	p.load(chromedp.Reload(), "reload")
}

// load loads a page. It begins again where a script of the page went elsewhere at the same moment, as the page of a
// pending request does after the decision.
func (p *Person) load(action chromedp.Action[chromedp.Void], what string, args ...any) {
	p.t.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	err := chromedp.Do(ctx, action)
	if err != nil && (strings.Contains(err.Error(), "net::ERR_ABORTED") ||
		strings.Contains(err.Error(), "Not attached to an active page")) {
		p.must(p.settle(), what, args...)
		err = chromedp.Do(ctx, action)
	}
	p.must(err, what, args...)
	p.must(p.settle(), what, args...)
}

// Back goes to the page before.
func (p *Person) Back() { p.t.Helper(); p.travel(-1, "go back") }

// Forward goes to the page that Back has left.
func (p *Person) Forward() { p.t.Helper(); p.travel(1, "go forward") }

// travel goes to a page of the history.
func (p *Person) travel(by int, what string) {
	p.t.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	history, err := chromedp.Call(ctx, page.GetNavigationHistory, struct{}{})
	p.must(err, "read the history")
	to := history.Entries[int(history.CurrentIndex)+by]
	_, err = chromedp.Call(ctx, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: to.ID})
	p.must(err, "%s", what)
	// A page kept in memory comes back without loading.
	p.try(func(ctx context.Context) error {
		now, err := chromedp.Call(ctx, page.GetNavigationHistory, struct{}{})
		if err == nil && now.Entries[now.CurrentIndex].ID != to.ID {
			err = errors.New("still at the same page")
		}
		return err
	}, "%s to %s", what, to.URL)
	p.must(p.settle(), "%s", what)
}

// Within returns the same person, looking only at the element of a role whose
// name or text contains a text: p.Within("dialog", "Add a user").
func (p *Person) Within(role, text string) *Person {
	return &Person{tab: p.tab, scope: append(slices.Clone(p.scope), mark{role, text})}
}

// Popup returns the same person, looking only at the pop-up with this title.
// With scripts off it waits for the page that has the title instead.
func (p *Person) Popup(title string) *Person {
	p.t.Helper()
	if p.plain {
		p.Has("heading", title)
		return p
	}
	return p.Within("dialog", title)
}

// Unfold opens a part of the page that is folded.
func (p *Person) Unfold(name string) { p.t.Helper(); p.Click("DisclosureTriangle", name) }

// Click clicks the element with this ARIA role and accessible name, where
// nothing else covers it, and waits for the page it leads to.
func (p *Person) Click(role, name string) {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		e, err := p.find(ctx, name, role)
		if err != nil {
			return err
		}
		return p.clickElement(ctx, e.node)
	}, "click the %s %q", role, name)
	p.must(p.settle(), "click the %s %q", role, name)
}

// Fill replaces the text of the field with this label.
func (p *Person) Fill(label, text string) {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		e, err := p.find(ctx, label, editable...)
		if err != nil {
			return err
		}
		return fillElement(ctx, e, text)
	}, "fill in %q", label)
}

// Value returns the text of the field with this label.
func (p *Person) Value(label string) string {
	p.t.Helper()
	var value string
	p.try(func(ctx context.Context) error {
		e, err := p.find(ctx, label, editable...)
		if err != nil {
			return err
		}
		object, err := resolve(ctx, e.node)
		if err != nil {
			return err
		}
		return apply(ctx, object, `function() { return this.value }`, &value)
	}, "read the field %q", label)
	return value
}

// Choose picks the option with this text in the select with this label.
func (p *Person) Choose(label, option string) {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		e, err := p.find(ctx, label, "combobox", "listbox")
		if err != nil {
			return err
		}
		object, err := resolve(ctx, e.node)
		if err != nil {
			return err
		}
		var offered []string
		err = apply(ctx, object, `function(wanted) {
			const names = [...this.options].map((o) => o.text.trim());
			const i = names.indexOf(wanted);
			if (i < 0) return names;
			this.focus();
			this.selectedIndex = i;
			this.dispatchEvent(new Event('input', { bubbles: true }));
			this.dispatchEvent(new Event('change', { bubbles: true }));
			return null;
		}`, &offered, option)
		if err == nil && offered != nil {
			err = fmt.Errorf("there is no option %q; there are: %q", option, offered)
		}
		return err
	}, "choose %q for %q", option, label)
	p.must(p.settle(), "choose %q for %q", option, label)
}

// Check ticks the checkbox or radio button with this name; done already is fine.
func (p *Person) Check(name string) { p.t.Helper(); p.setChecked(name, true) }

// Uncheck removes the tick of the checkbox with this name; done already is fine.
func (p *Person) Uncheck(name string) { p.t.Helper(); p.setChecked(name, false) }

func (p *Person) setChecked(name string, want bool) {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		e, err := p.findTick(ctx, name)
		if err != nil {
			return err
		}
		got, err := checked(ctx, e)
		if err != nil || got == want {
			return err
		}
		if err := p.clickElement(ctx, e.node); err != nil {
			return err
		}
		if got, err = checked(ctx, e); err == nil && got != want {
			err = errors.New("the click changed nothing")
		}
		return err
	}, "set the %q tick to %t", name, want)
	p.must(p.settle(), "set the %q tick to %t", name, want)
}

// Checked reports whether the checkbox or radio button with this name is ticked.
func (p *Person) Checked(name string) bool {
	p.t.Helper()
	var got bool
	p.try(func(ctx context.Context) error {
		e, err := p.findTick(ctx, name)
		if err != nil {
			return err
		}
		got, err = checked(ctx, e)
		return err
	}, "read the tick %q", name)
	return got
}

// Has waits until there is an element with this role and name.
func (p *Person) Has(role, name string) {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		_, err := p.find(ctx, name, role)
		return err
	}, "find the %s %q", role, name)
}

// HasNo waits until there is no element with this role and name.
func (p *Person) HasNo(role, name string) {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		if _, err := p.find(ctx, name, role); err == nil {
			return fmt.Errorf("there is a %s %q", role, name)
		}
		return ctx.Err()
	}, "not find the %s %q", role, name)
}

// See waits until the text can be read on the page. White space is all alike.
func (p *Person) See(text string) {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		if got, err := p.text(ctx); err != nil {
			return err
		} else if !strings.Contains(got, fold(text)) {
			return errors.New("the text is not there")
		}
		return nil
	}, "see %q", text)
}

// Greeted waits for the home page of the user with a name, which greets by the first name and shows the whole one.
func (p *Person) Greeted(name string) {
	p.t.Helper()
	p.Has("heading", "Welcome, "+names.First(name))
	p.See(name)
}

// SeeNot waits until the text cannot be read on the page.
func (p *Person) SeeNot(text string) {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		if got, err := p.text(ctx); err != nil {
			return err
		} else if strings.Contains(got, fold(text)) {
			return errors.New("the text is there")
		}
		return nil
	}, "not see %q", text)
}

// Text returns what can be read now, with single spaces.
func (p *Person) Text() string {
	p.t.Helper()
	var got string
	p.try(func(ctx context.Context) (err error) {
		got, err = p.text(ctx)
		return err
	}, "read the page")
	return got
}

func (p *Person) text(ctx context.Context) (string, error) {
	root, err := p.root(ctx)
	if err != nil {
		return "", err
	}
	var text string
	err = apply(ctx, root, `function() { return (this.body ?? this).innerText ?? '' }`, &text)
	return fold(text), err
}

// At waits until the page's path, with query, is the one given.
func (p *Person) At(path string) {
	p.t.Helper()
	p.try(func(context.Context) error {
		if got := p.address(); strings.TrimPrefix(got, p.origin) != path {
			return fmt.Errorf("the address is %s", got)
		}
		return nil
	}, "be at %s", path)
}

// Address returns the address of the page.
func (p *Person) Address() string { p.t.Helper(); return p.address() }

func (p *tab) address() string {
	ctx, cancel := p.bounded()
	defer cancel()
	address, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return "unknown: " + err.Error()
	}
	return address
}

// Title returns the page's title.
func (p *Person) Title() string {
	p.t.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	title, err := chromedp.Run(ctx, chromedp.Title())
	p.must(err, "read the title")
	return title
}

// Status returns the HTTP status of the newest page.
func (p *Person) Status() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return int(p.status)
}

// PickAccount chooses an account on Microsoft's page, by its account name.
func (p *Person) PickAccount(username string) {
	p.t.Helper()
	p.See("Pick an account")
	p.try(func(ctx context.Context) error {
		all, err := p.elements(ctx, "button")
		if err != nil {
			return err
		}
		for _, e := range all {
			if strings.HasSuffix(e.name, ", "+username) {
				return p.clickElement(ctx, e.node)
			}
		}
		return fmt.Errorf("the account is not offered; there are: %s", list(all))
	}, "pick the account %s", username)
	p.must(p.settle(), "pick the account %s", username)
}

// try repeats a step until it succeeds, and ends the test when it does not.
func (p *Person) try(step func(ctx context.Context) error, what string, args ...any) {
	p.t.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	p.must(eventually(ctx, Patience, func() error { return step(ctx) }), what, args...)
}

// must ends the test when a step failed, and tells what the person saw.
func (p *Person) must(err error, what string, args ...any) {
	p.t.Helper()
	if err == nil {
		return
	}
	const enough = 3000 // characters of the page in a failure
	whole := Person{tab: p.tab}
	ctx, cancel := p.bounded()
	defer cancel()
	seen, _ := whole.text(ctx)
	p.t.Fatalf("%s could not %s: %v\nat %s (status %d), seeing: %s", p.name, fmt.Sprintf(what, args...), err,
		p.address(), p.Status(), seen[:min(len(seen), enough)])
}
