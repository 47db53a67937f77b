package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// clickElement scrolls to an element and clicks its middle. It refuses when
// something else lies there, and tells when the click did not arrive because
// the page changed below it.
func (p *tab) clickElement(ctx context.Context, node cdp.BackendNodeID) error {
	if _, err := chromedp.Call(ctx, dom.ScrollIntoViewIfNeeded,
		dom.ScrollIntoViewIfNeededParams{BackendNodeID: node}); err != nil {
		return fmt.Errorf("it cannot be scrolled to: %w", err)
	}
	quads, err := chromedp.Call(ctx, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: node})
	if err != nil {
		return fmt.Errorf("it is not drawn: %w", err)
	}
	if len(quads.Quads) == 0 {
		return errors.New("it is not drawn")
	}
	q := quads.Quads[0]
	x, y := (q[0]+q[2]+q[4]+q[6])/4, (q[1]+q[3]+q[5]+q[7])/4
	object, err := resolve(ctx, node)
	if err != nil {
		return err
	}
	var obstacle string
	if err := apply(ctx, object, obstacleAt, &obstacle, x, y); err != nil {
		return err
	}
	if obstacle != "" {
		return fmt.Errorf("something lies over it: %s", obstacle)
	}
	if !p.plain { // listeners need scripts
		if err := apply(ctx, object, awaitClick, nil); err != nil {
			return err
		}
	}
	for _, kind := range []input.DispatchMouseEventType{chromedp.MouseMoved, chromedp.MousePressed,
		chromedp.MouseReleased} {
		event := input.DispatchMouseEventParams{Type: kind, X: x, Y: y}
		if kind != chromedp.MouseMoved {
			event.Button, event.ClickCount = input.MouseButtonLeft, 1
		}
		if _, err := chromedp.Call(ctx, input.DispatchMouseEvent, event); err != nil {
			return err
		}
	}
	var missed bool
	if !p.plain && apply(ctx, object, `function() { return this.clicked === false }`, &missed) == nil && missed {
		return errors.New("the click did not arrive")
	}
	return nil // a click that led to another page leaves no element to ask
}

// awaitClick notes on an element whether a click reaches it or its label.
const awaitClick = `function() {
	this.clicked = false;
	const arrived = (event) => {
		this.clicked ||= [this, ...(this.labels ?? [])].some((e) => e.contains(event.target));
	};
	this.ownerDocument.addEventListener('click', arrived, { once: true, capture: true });
}`

// obstacleAt tells what lies over an element at a point; nothing when it is the
// element itself, something in it, its label, or what it is in a line of.
const obstacleAt = `function(x, y) {
	const top = this.ownerDocument.elementFromPoint(x, y);
	if (!top) return 'the edge of the window';
	if (this.contains(top) || top.contains(this)) return '';
	if ([...(this.labels ?? [])].some((l) => l.contains(top))) return '';
	return top.outerHTML.slice(0, 120);
}`

// fillElement selects what a field holds and types over it. Fields for dates
// and times take their value as HTML writes it: 2026-11-22.
func fillElement(ctx context.Context, e element, text string) error {
	object, err := resolve(ctx, e.node)
	if err != nil {
		return err
	}
	if !slices.Contains(editable[:4], e.role) {
		return apply(ctx, object, `function(value) {
			this.focus();
			this.value = value;
			this.dispatchEvent(new Event('input', { bubbles: true }));
			this.dispatchEvent(new Event('change', { bubbles: true }));
		}`, nil, text)
	}
	if _, err := chromedp.Call(ctx, dom.Focus, dom.FocusParams{BackendNodeID: e.node}); err != nil {
		return fmt.Errorf("it cannot be focused: %w", err)
	}
	if err := apply(ctx, object, `function() { this.select() }`, nil); err != nil {
		return err
	}
	if text == "" {
		return chromedp.Do(ctx, chromedp.KeyEvent(kb.Delete))
	}
	_, err = chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
	return err
}

// checked reads whether something is ticked, from the state that assistive
// technology is told.
func checked(ctx context.Context, e element) (bool, error) {
	tree, err := chromedp.Call(ctx, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{
		BackendNodeID: e.node, FetchRelatives: new(false),
	})
	if err != nil {
		return false, err
	}
	for _, property := range tree.Nodes[0].Properties {
		if property.Name == accessibility.PropertyNameChecked {
			return axText(property.Value) == "true", nil
		}
	}
	return false, fmt.Errorf("the %s has no tick", e.mark)
}
