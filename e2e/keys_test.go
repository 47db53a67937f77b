package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keys are the names Press knows besides single characters.
var keys = map[string]string{
	"Tab": kb.Tab, "Enter": kb.Enter, "Escape": kb.Escape, "Space": " ", "Backspace": kb.Backspace, "Delete": kb.Delete,
	"ArrowUp": kb.ArrowUp, "ArrowDown": kb.ArrowDown, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight,
	"Home": kb.Home, "End": kb.End, "PageUp": kb.PageUp, "PageDown": kb.PageDown,
}

// Press presses one key: "Tab", "Shift+Tab", "Enter", "a", "Control+k".
func (p *Person) Press(key string) {
	p.t.Helper()
	parts := strings.Split(key, "+")
	stroke := parts[len(parts)-1]
	if known, ok := keys[stroke]; ok {
		stroke = known
	}
	var modifiers []chromedp.Modifier
	for _, m := range parts[:len(parts)-1] {
		modifiers = append(modifiers, map[string]chromedp.Modifier{
			"Shift": chromedp.ModifierShift, "Control": chromedp.ModifierCtrl, "Alt": chromedp.ModifierAlt,
			"Meta": chromedp.ModifierMeta,
		}[m])
	}
	ctx, cancel := p.bounded()
	defer cancel()
	p.must(chromedp.Do(ctx, chromedp.KeyEvent(stroke, chromedp.KeyModifiers(modifiers...))), "press %s", key)
	p.must(p.settle(), "press %s", key)
}

// Type types a text key by key into what has the focus.
func (p *Person) Type(text string) {
	p.t.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	p.must(chromedp.Do(ctx, chromedp.KeyEvent(text)), "type")
	p.must(p.settle(), "type")
}

// TabTo presses Tab until the element with this role and name has the focus.
func (p *Person) TabTo(role, name string) {
	p.t.Helper()
	const enough = 200 // stops on the way; more than any page has
	want := mark{role, fold(name)}.String()
	var passed []string
	for range enough {
		p.Press("Tab")
		got := p.Focused()
		if got == want {
			return
		}
		passed = append(passed, got)
	}
	p.must(fmt.Errorf("passed %s", strings.Join(slices.Compact(passed), ", ")), "reach the %s by keyboard", want)
}

// Focused tells what has the focus: `button "Approve"`.
func (p *Person) Focused() string {
	p.t.Helper()
	var focused mark
	p.try(func(ctx context.Context) error {
		active, err := chromedp.Call(ctx, runtime.Evaluate,
			runtime.EvaluateParams{Expression: "document.activeElement"})
		if err != nil {
			return err
		}
		if active.Result == nil || active.Result.ObjectID == "" {
			return errors.New("nothing has the focus")
		}
		tree, err := chromedp.Call(ctx, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{
			ObjectID: active.Result.ObjectID, FetchRelatives: new(false),
		})
		if err != nil {
			return err
		}
		if len(tree.Nodes) > 0 {
			focused = mark{axText(tree.Nodes[0].Role), fold(axText(tree.Nodes[0].Name))}
		}
		return nil
	}, "find the focus")
	return focused.String()
}

// HasFocus waits until an element has the focus, written as Focused tells it. A script may move the focus after the
// element is there.
func (p *Person) HasFocus(want string) {
	p.t.Helper()
	p.try(func(context.Context) error {
		if got := p.Focused(); got != want {
			return fmt.Errorf("it is on %s", got)
		}
		return nil
	}, "have the focus on %s", want)
}

// PressFor presses a key that moves the focus, again if the page did not know the key yet: a browser loads what
// handles keys after the page.
func (p *Person) PressFor(key, want string) {
	p.t.Helper()
	p.try(func(context.Context) error {
		if got := p.Focused(); got != want {
			p.Press(key)
			return fmt.Errorf("it was on %s", got)
		}
		return nil
	}, "come with %s to %s", key, want)
}
