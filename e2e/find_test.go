package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// mark names an element as a person with a screen reader hears it.
type mark struct{ role, name string }

func (m mark) String() string { return fmt.Sprintf("%s %q", m.role, m.name) }

// element is something found on the page.
type element struct {
	mark
	node cdp.BackendNodeID
}

// editable are the roles of fields that take text, as Chromium names them.
var editable = []string{"textbox", "searchbox", "combobox", "spinbutton", "Date", "DateTime", "InputTime"}

// find returns the visible element with one of the roles and exactly this name
// within p's scope.
func (p *Person) find(ctx context.Context, name string, roles ...string) (element, error) {
	all, err := p.elements(ctx, roles...)
	if err != nil {
		return element{}, err
	}
	for _, e := range all {
		if e.name == fold(name) {
			return e, nil
		}
	}
	return element{}, fmt.Errorf("there is no %s %q; there are: %s", strings.Join(roles, " or "), name, list(all))
}

// findTick returns the element with this name that can be ticked. The name of a row of a tree ends with the access that
// is chosen or inherited there, which need not be given.
func (p *Person) findTick(ctx context.Context, name string) (element, error) {
	e, err := p.find(ctx, name, "checkbox", "radio", "switch", "treeitem")
	if err == nil {
		return e, nil
	}
	rows, _ := p.elements(ctx, "treeitem")
	for _, row := range rows {
		rest, ok := strings.CutPrefix(row.name, fold(name)+" ")
		word, _, _ := strings.Cut(strings.ReplaceAll(rest, ",", " "), " ")
		if ok && slices.Contains([]string{"Read", "Write", "Administer"}, word) {
			return row, nil
		}
	}
	return e, err
}

// elements returns the elements of p's scope that assistive technology sees and
// that have one of the roles, in the order of the page.
func (p *Person) elements(ctx context.Context, roles ...string) ([]element, error) {
	root, err := p.root(ctx)
	if err != nil {
		return nil, err
	}
	params := accessibility.QueryAXTreeParams{ObjectID: root}
	if len(roles) == 1 {
		params.Role = roles[0]
	}
	result, err := chromedp.Call(ctx, accessibility.QueryAXTree, params)
	if err != nil {
		return nil, fmt.Errorf("read the accessibility tree: %w", err)
	}
	var found []element
	for _, n := range result.Nodes {
		role := axText(n.Role)
		if n.Ignored || n.BackendDOMNodeID == 0 || !slices.Contains(roles, role) {
			continue
		}
		found = append(found, element{mark{role, fold(axText(n.Name))}, n.BackendDOMNodeID})
	}
	return found, nil
}

// root returns the innermost element of p's scope, or the document.
func (p *Person) root(ctx context.Context) (runtime.RemoteObjectID, error) {
	document, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
	if err != nil {
		return "", err
	}
	if document.Result == nil || document.Result.ObjectID == "" {
		return "", fmt.Errorf("the page has no document yet")
	}
	object := document.Result.ObjectID
	for i, m := range p.scope {
		outer := *p
		outer.scope = p.scope[:i]
		if object, err = outer.container(ctx, m); err != nil {
			return "", err
		}
	}
	return object, nil
}

// container finds the element of a role whose name or text contains m's name.
func (p *Person) container(ctx context.Context, m mark) (runtime.RemoteObjectID, error) {
	all, err := p.elements(ctx, m.role)
	if err != nil {
		return "", err
	}
	for _, e := range all {
		object, err := resolve(ctx, e.node)
		if err != nil {
			return "", err
		}
		if strings.Contains(e.name, fold(m.name)) {
			return object, nil
		}
		var text string
		if err := apply(ctx, object, `function() { return this.innerText }`, &text); err == nil &&
			strings.Contains(fold(text), fold(m.name)) {
			return object, nil
		}
	}
	return "", fmt.Errorf("there is no %s; there are: %s", m, list(all))
}

// resolve makes an element usable from scripts.
func resolve(ctx context.Context, node cdp.BackendNodeID) (runtime.RemoteObjectID, error) {
	result, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: node})
	if err != nil {
		return "", err
	}
	return result.Object.ObjectID, nil
}

// apply calls a function on an element and decodes its result into out, if that
// is not nil. It works with scripts switched off, too.
func apply(ctx context.Context, object runtime.RemoteObjectID, function string, out any, args ...any) error {
	params := runtime.CallFunctionOnParams{FunctionDeclaration: function, ObjectID: object, ReturnByValue: new(true)}
	for _, arg := range args {
		value, err := json.Marshal(arg)
		if err != nil {
			return err
		}
		params.Arguments = append(params.Arguments, &runtime.CallArgument{Value: jsonv2.Value(value)})
	}
	result, err := chromedp.Call(ctx, runtime.CallFunctionOn, params)
	if err != nil {
		return err
	}
	if result.ExceptionDetails != nil {
		return fmt.Errorf("the page's script: %s", result.ExceptionDetails.Text)
	}
	if out == nil || len(result.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(result.Result.Value, out)
}

// axText reads a property of the accessibility tree that holds text.
func axText(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var text string
	_ = json.Unmarshal(v.Value, &text) // other kinds of value have no text
	return text
}

// fold makes all white space alike, as it looks to a reader.
func fold(text string) string { return strings.Join(strings.Fields(text), " ") }

func list(all []element) string {
	const enough = 60 // elements named in a failure
	names := make([]string, 0, len(all))
	for _, e := range all[:min(len(all), enough)] {
		names = append(names, e.mark.String())
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
