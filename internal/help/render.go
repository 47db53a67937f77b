package help

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/pactius/pactius/internal/language"
)

// mark stands in rendered HTML where something follows that is not in it. Markdown replaces this sign in a text.
const mark = "\x00"

// contactURL is the destination of a link to the support contact.
const contactURL = "support:"

// render makes a topic of its file.
func render(code language.Code, slug string, source []byte) (Topic, error) {
	words, title, summary, body, err := split(source)
	if err != nil {
		return Topic{}, err
	}
	t := Topic{Title: title, Summary: summary, words: words}
	r := &partRenderer{code: code, slug: slug}
	md := goldmark.New(goldmark.WithExtensions(extension.Table),
		goldmark.WithParserOptions(parser.WithHeadingAttribute()),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(r, 1))))
	doc := md.Parser().Parse(text.NewReader(body))
	if t.text, err = anchor(doc, body, &t); err != nil {
		return Topic{}, err
	}
	var b bytes.Buffer
	if err := md.Renderer().Render(&b, body, doc); err != nil {
		return Topic{}, err
	}
	pieces := strings.Split(b.String(), mark)
	for i, piece := range pieces {
		part := Part{HTML: piece}
		if i < len(r.after) {
			part.Picture, part.Contact = r.after[i].Picture, r.after[i].Contact
		}
		t.Body = append(t.Body, part)
	}
	return t, nil
}

// stepID is the anchor at the beginning of a step.
var stepID = regexp.MustCompile(`^\{#([a-z0-9-]+)\} `)

// anchor gives the steps their anchors, lists all anchors, and returns the text of a document without markup.
func anchor(doc ast.Node, source []byte, t *Topic) (plain string, err error) {
	var b strings.Builder
	err = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.RawHTML, *ast.HTMLBlock:
			return ast.WalkStop, errors.New("raw HTML is not rendered")
		case *ast.Heading:
			id, _ := n.AttributeString("id")
			value, ok := id.([]byte)
			if !ok {
				return ast.WalkStop, errors.New("a heading has no anchor")
			}
			t.Anchors = append(t.Anchors, string(value))
		case *ast.ListItem:
			if id, ok := takeStepID(n, source); ok {
				n.SetAttributeString("id", []byte(id))
				t.Anchors = append(t.Anchors, id)
			}
		case *ast.Text:
			b.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String(), err
}

// takeStepID removes the anchor from the text of a step.
func takeStepID(item *ast.ListItem, source []byte) (id string, ok bool) {
	block := item.FirstChild()
	if block == nil {
		return "", false
	}
	first, ok := block.FirstChild().(*ast.Text)
	if !ok {
		return "", false
	}
	line := first.Segment.Value(source)
	m := stepID.FindSubmatch(line)
	if m == nil {
		return "", false
	}
	first.Segment = first.Segment.WithStart(first.Segment.Start + len(m[0]))
	return string(m[1]), true
}

// partRenderer renders links and pictures.
type partRenderer struct {
	code  language.Code
	slug  string
	after []Part // by the marks in the HTML
}

// RegisterFuncs implements renderer.NodeRenderer.
func (r *partRenderer) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(ast.KindImage, r.image)
	reg.Register(ast.KindLink, r.link)
}

// link renders a link: to another topic, to the contact of Support, or elsewhere.
func (r *partRenderer) link(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	to := string(n.(*ast.Link).Destination)
	if to == contactURL {
		if !entering {
			_, _ = w.WriteString(mark)
			r.after = append(r.after, Part{Contact: true})
		}
		return ast.WalkContinue, nil
	}
	if !entering {
		_, _ = w.WriteString("</a>")
		return ast.WalkContinue, nil
	}
	if file, fragment, _ := strings.Cut(to, "#"); strings.HasSuffix(file, ".md") {
		if to = Path + "/" + strings.TrimSuffix(file, ".md"); fragment != "" {
			to += "#" + fragment
		}
	} else if !strings.HasPrefix(to, "#") && !strings.HasPrefix(to, "https://") {
		return ast.WalkStop, fmt.Errorf("a link leads to %q", to)
	}
	_, _ = w.WriteString(`<a href="`)
	_, _ = w.Write(util.EscapeHTML(util.URLEscape([]byte(to), true)))
	_, _ = w.WriteString(`">`)
	return ast.WalkContinue, nil
}

// Path is where the help is; a topic is at the path, "/" and its slug.
const Path = "/help"

// image leaves a mark for a picture.
func (r *partRenderer) image(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	var alt strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			alt.Write(t.Segment.Value(source))
			if t.SoftLineBreak() {
				alt.WriteByte(' ')
			}
		}
	}
	name := strings.TrimSuffix(path.Base(string(n.(*ast.Image).Destination)), "-light.webp")
	p, err := picture(r.code, name, alt.String())
	if errors.Is(err, fs.ErrNotExist) {
		return ast.WalkSkipChildren, nil // a new picture, before it was taken; a test asks for it
	}
	if err != nil {
		return ast.WalkStop, err
	}
	_, _ = w.WriteString(mark)
	r.after = append(r.after, Part{Picture: &p})
	return ast.WalkSkipChildren, nil
}
