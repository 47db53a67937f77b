package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/brand"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/names"
)

// Letterhead holds the values around the message in every email of an environment.
type Letterhead struct {
	EnvironmentName string          // the company
	BaseURL         string          // the environment's public address, https://host without path
	SupportContact  string          // email address, web address or telephone number; "" is left out
	RecipientName   string          // the greeting has its first name; may be empty
	Reader          language.Reader // the recipient's language and time zone; Now is not used
	Brand           pactius.Brand   // with a logo the HTML shows Envelope.Logo
}

// Rendered is an email in the recipient's language.
type Rendered struct {
	Subject string
	Text    string // plain text, lines end in \n
	HTML    string
}

// letter holds the values of an email, the same for text and HTML. Every string is
// harmless (see oneLine).
type letter struct {
	Subject string
	Heading string   // the need or the news
	Lead    []string // paragraphs
	Quote   quote    // a person's message
	Facts   []fact
	Button  button
	After   []string // smaller paragraphs below the button
	Why     string   // reason why the recipient gets it

	// Filled by Render.
	Language    language.Code
	Greeting    string
	Environment string
	BaseURL     string
	Support     contact
	Accent      brand.Pair
	Logo        picture // no URL: it is part of the email
}

// picture is the size of the logo in pixels; the zero picture is none.
type picture struct{ Width, Height int }

type quote struct {
	Label string
	Lines []string
}

type fact struct {
	Label  string
	Values []string // each on a line of its own
}

type button struct{ Label, URL string }

// contact is the support contact; URL is "" if it cannot be a link.
type contact struct{ Label, URL string }

// Render renders the message in the recipient's language. An error means that the
// letterhead's BaseURL is no web address, which a retry would not fix.
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
	l.Accent = brand.ShadesOf(head.Brand.Accent).Accent
	l.Logo.Width, l.Logo.Height = head.Brand.Logo.Within(logoWidth, logoHeight)
	l.Support = parseContact(head.SupportContact)
	l.Greeting = head.Reader.T("Hi,")
	if name := oneLine(names.First(head.RecipientName), maxSubjectName); name != "" {
		l.Greeting = head.Reader.T("Hi %s,", name)
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

// The box of the logo in the head, in pixels: half of what is stored, for fine screens.
const (
	logoWidth  = 240
	logoHeight = 48
)

// link returns the URL of a page of the environment.
func (h Letterhead) link(page string) string { return h.BaseURL + page }

// day returns a date in the reader's words, "" for none.
func (h Letterhead) day(d pactius.Date) string {
	zone := h.Reader.Zone
	if zone == nil {
		zone = time.UTC
	}
	return h.Reader.Date(d.Time(zone))
}

// parseContact returns the support contact with its link. A telephone number has
// none: programs that show email make one themselves.
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

// templates parses the templates once for each language. They are part of the
// program, so one that does not parse is a bug and panics.
var templates = sync.OnceValue(func() map[language.Code]templatePair {
	pairs := map[language.Code]templatePair{}
	for _, code := range language.Supported() {
		text := texttemplate.New("letter.txt").Funcs(code.Funcs())
		html := htmltemplate.New("letter.html").Funcs(code.Funcs())
		pairs[code] = templatePair{text: texttemplate.Must(text.ParseFS(templateFiles, "templates/letter.txt")),
			html: htmltemplate.Must(html.ParseFS(templateFiles, "templates/letter.html"))}
	}
	return pairs
})
