package scripted

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Page is an answer whose body was read.
type Page struct {
	*http.Response
	Body string
}

// Next returns where the page leads on by itself, by a redirect or a refresh, ""
// where it stays.
func (p *Page) Next() string {
	if to, err := p.Location(); err == nil {
		return to.String()
	}
	_, to, _ := strings.Cut(p.Header.Get("Refresh"), "url=")
	return to
}

// Tree parses the page. Any text is a page.
func (p *Page) Tree() *html.Node {
	tree, _ := html.Parse(strings.NewReader(p.Body)) // it fails only if reading does
	return tree
}

// Elements returns the elements of the page that match.
func (p *Page) Elements(match func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for n := range p.Tree().Descendants() {
		if n.Type == html.ElementNode && match(n) {
			found = append(found, n)
		}
	}
	return found
}

// Text returns what a person reads on the page, in one line.
func (p *Page) Text() string { return Text(p.Tree()) }

// Text returns what a person reads in a part of a page, in one line.
func Text(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
			return
		case n.Data == "script" || n.Data == "style" || n.Data == "template":
			return
		}
		apart := n.Data != "bdi" && n.Data != "wbr" // they stand within words
		if apart {
			b.WriteByte(' ')
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
		if apart {
			b.WriteByte(' ')
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// Attribute returns an attribute of an element, and whether it is there.
func Attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// Value returns an attribute of an element, "" without it.
func Value(n *html.Node, name string) string {
	value, _ := Attribute(n, name)
	return value
}

// Form returns what a browser would post of the form with an action, as it stands;
// nil where no form posts there.
func (p *Page) Form(action string) url.Values {
	forms := p.Elements(func(n *html.Node) bool {
		return n.Data == "form" && Value(n, "action") == action && Value(n, "method") != "get"
	})
	if len(forms) == 0 {
		return nil
	}
	values := url.Values{}
	for n := range forms[0].Descendants() {
		collect(values, n)
	}
	return values
}

// collect adds what a control posts (HTML, "constructing the entry list").
func collect(values url.Values, n *html.Node) {
	name, named := Attribute(n, "name")
	if _, disabled := Attribute(n, "disabled"); !named || disabled {
		return
	}
	switch n.Data {
	case "input":
		kind := Value(n, "type")
		_, checked := Attribute(n, "checked")
		if (kind != "checkbox" && kind != "radio") || checked {
			values.Add(name, Value(n, "value"))
		}
	case "textarea":
		var text strings.Builder
		for c := range n.ChildNodes() {
			text.WriteString(c.Data)
		}
		values.Add(name, strings.TrimPrefix(text.String(), "\n"))
	case "select":
		values.Add(name, selected(n))
	}
}

// selected returns the chosen option of a list, or the first.
func selected(list *html.Node) string {
	first, found := "", false
	for n := range list.Descendants() {
		if n.Data != "option" {
			continue
		}
		if _, chosen := Attribute(n, "selected"); chosen {
			return Value(n, "value")
		}
		if !found {
			first, found = Value(n, "value"), true
		}
	}
	return first
}
