package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"strings"
	"sync"
	texttemplate "text/template"

	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/names"
)

// Letterhead is what every mail of an environment has around the message.
type Letterhead struct {
	EnvironmentName string          // the company
	BaseURL         string          // the environment's public address, https://host without path
	SupportContact  string          // e-mail address, web address or telephone number; "" is left out
	RecipientName   string          // for the greeting; "" is greeted without a name
	Reader          language.Reader // the recipient's language and time zone; Now is not used
}

// Rendered is a mail in the recipient's words.
type Rendered struct {
	Subject string
	Text    string // plain text, lines end in \n
	HTML    string
}

// letter is a mail before it is laid out: the same values for text and HTML.
// Every string in it is harmless by now (see oneLine).
type letter struct {
	Subject string
	Heading string   // what is needed or has happened, first
	Lead    []string // paragraphs
	Quote   quote    // what somebody wrote
	Facts   []fact
	Button  button
	After   []string // smaller paragraphs below the button
	Why     string   // why the recipient gets it

	// Filled by Render.
	Language    language.Code
	Greeting    string
	Environment string
	BaseURL     string
	Support     contact
}

type quote struct {
	Label string
	Lines []string
}

type fact struct {
	Label  string
	Values []string // each on a line of its own
}

type button struct{ Label, URL string }

// contact is how to reach Support; URL is "" where it cannot be a link.
type contact struct{ Label, URL string }

// Render puts the message into the recipient's words. An error means that the
// letterhead's BaseURL is no web address: nothing a retry would mend.
func Render(m Message, head Letterhead) (Rendered, error) {
	base, err := url.Parse(head.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return Rendered{}, fmt.Errorf("rendering mail %s: the base URL must be a web address", m.Kind())
	}
	head.BaseURL = base.Scheme + "://" + base.Host
	if !head.Reader.Language.Valid() {
		head.Reader.Language = language.English
	}
	head.EnvironmentName = oneLine(head.EnvironmentName, maxSubjectName)
	l := m.compose(head)
	l.Language = head.Reader.Language
	l.Environment = head.EnvironmentName
	l.BaseURL = head.BaseURL
	l.Support = parseContact(head.SupportContact)
	l.Greeting = head.Reader.T("Hello,")
	if name := oneLine(head.RecipientName, maxSubjectName); name != "" {
		l.Greeting = head.Reader.T("Hello %s,", name)
	}

	pair := templates()[l.Language]
	var text, html strings.Builder
	if err := pair.text.Execute(&text, l); err != nil {
		return Rendered{}, fmt.Errorf("rendering the text of mail %s: %w", m.Kind(), err)
	}
	if err := pair.html.Execute(&html, l); err != nil {
		return Rendered{}, fmt.Errorf("rendering the HTML of mail %s: %w", m.Kind(), err)
	}
	return Rendered{Subject: l.Subject, Text: text.String(), HTML: html.String()}, nil
}

// link is the address of a page of the environment.
func (h Letterhead) link(page string) string { return h.BaseURL + page }

// parseContact returns the support contact with its link. A telephone number has
// none: programs that show mail make one themselves.
func parseContact(s string) contact {
	label := oneLine(s, maxValue)
	link := names.ContactURL(label)
	if strings.HasPrefix(link, "tel:") {
		link = ""
	}
	return contact{Label: label, URL: link}
}

//go:embed templates/letter.txt templates/letter.html
var templateFiles embed.FS

type templatePair struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

// templates are parsed once per language. They are part of the program, so one
// that does not parse is a bug and panics.
var templates = sync.OnceValue(func() map[language.Code]templatePair {
	pairs := map[language.Code]templatePair{}
	for _, code := range language.Supported() {
		pairs[code] = templatePair{
			text: texttemplate.Must(texttemplate.New("letter.txt").Funcs(code.Funcs()).ParseFS(templateFiles, "templates/letter.txt")),
			html: htmltemplate.Must(htmltemplate.New("letter.html").Funcs(code.Funcs()).ParseFS(templateFiles, "templates/letter.html")),
		}
	}
	return pairs
})
