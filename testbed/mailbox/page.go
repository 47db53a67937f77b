package mailbox

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pactius/pactius/internal/language"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// templates are parsed once per language; they are part of the program.
var templates = sync.OnceValue(func() map[language.Code]*template.Template {
	all := map[language.Code]*template.Template{}
	for _, code := range language.Supported() {
		all[code] = template.Must(template.New("").Funcs(code.Funcs()).ParseFS(templateFiles, "templates/*.html"))
	}
	return all
})

// Policies of the page and of an email's HTML within it.
const (
	pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
		"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	// Styles and images stand in the email itself. Everything else stays away:
	// PACTIUS sends none.
	bodyPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; " +
		"frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox " +
		"allow-top-navigation-by-user-activation"
)

// Handler serves the page; the package comment lists what it answers.
func (m *Mailbox) Handler() http.Handler {
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic(err) // the name is a constant that exists
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", m.list)
	mux.HandleFunc("GET /mail/{id}", m.open)
	mux.HandleFunc("GET /mail/{id}/body", m.body)
	mux.HandleFunc("GET /api/messages", m.apiMessages)
	mux.HandleFunc("GET /api/count", m.apiCount)
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.HandleFunc("/", m.missing)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// page is everything on the screen.
type page struct {
	Reader     language.Reader
	Title      string
	To         string   // the recipient shown, "" for all
	Recipients []string // to choose from
	Items      []item
	Open       *opened // nil: none chosen
	Missing    bool    // asked for what is not here
	ListURL    string  // this page without the open email
	Newest     int     // the newest email's ID, for the script
}

// item is one email in the list.
type item struct {
	URL        string
	Current    bool
	To         string // the recipient, by name where there is one
	Subject    string
	ReceivedAt time.Time
}

// opened is the chosen mail.
type opened struct {
	Message
	View    string // html, text or source
	Tabs    []tab
	BodyURL string
}

type tab struct {
	Label   string
	URL     string
	Current bool
}

// list shows the mails: GET /
func (m *Mailbox) list(w http.ResponseWriter, r *http.Request) {
	m.render(w, http.StatusOK, m.page(r, 0))
}

// open shows one email beside the list: GET /mail/{id}
func (m *Mailbox) open(w http.ResponseWriter, r *http.Request) {
	message, ok := m.fromPath(r)
	if !ok {
		m.missing(w, r)
		return
	}
	p := m.page(r, message.ID)
	p.Title = message.Subject
	p.Open = &opened{Message: message, View: view(r, message), BodyURL: mailURL(message.ID) + "/body"}
	for _, t := range []struct{ view, label string }{
		{"html", p.Reader.T("Preview")},
		{"text", p.Reader.T("Plain text")},
		{"source", p.Reader.T("Source")},
	} {
		query := url.Values{"view": {t.view}}
		if p.To != "" {
			query.Set("to", p.To)
		}
		p.Open.Tabs = append(p.Open.Tabs,
			tab{t.label, mailURL(message.ID) + "?" + query.Encode(), t.view == p.Open.View})
	}
	m.render(w, http.StatusOK, p)
}

// view is the part to show: the one asked for, else the HTML where there is one.
func view(r *http.Request, message Message) string {
	if v := r.FormValue("view"); v == "html" || v == "text" || v == "source" {
		return v
	}
	if message.HTML == "" {
		return "text"
	}
	return "html"
}

// missing answers everything else.
func (m *Mailbox) missing(w http.ResponseWriter, r *http.Request) {
	p := m.page(r, 0)
	p.Missing = true
	p.Title = p.Reader.T("This email isn't here")
	m.render(w, http.StatusNotFound, p)
}

// page fills what every screen has.
func (m *Mailbox) page(r *http.Request, current int) page {
	reader := language.Reader{Language: language.Match(r.Header.Get("Accept-Language")), Zone: time.Local, Now: m.now()}
	p := page{Reader: reader, Title: reader.T("Mailbox"), To: r.FormValue("to"), ListURL: "/"}
	query := ""
	if p.To != "" {
		query = "?" + url.Values{"to": {p.To}}.Encode()
		p.ListURL += query
	}
	all := m.Messages()
	if len(all) > 0 {
		p.Newest = all[0].ID
	}
	for _, message := range all {
		p.Recipients = append(p.Recipients, message.To...)
	}
	slices.Sort(p.Recipients)
	p.Recipients = slices.Compact(p.Recipients)
	for _, message := range filter(all, p.To) {
		to := message.ToName
		if to == "" {
			to = strings.Join(message.To, ", ")
		}
		p.Items = append(p.Items,
			item{mailURL(message.ID) + query, message.ID == current, to, message.Subject, message.ReceivedAt})
	}
	return p
}

// filter keeps one recipient's emails, all for "".
func filter(all []Message, to string) []Message {
	if to == "" {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(message Message) bool {
		return !slices.ContainsFunc(message.To, func(one string) bool { return strings.EqualFold(one, to) })
	})
}

func mailURL(id int) string { return "/mail/" + strconv.Itoa(id) }

func (m *Mailbox) fromPath(r *http.Request) (Message, bool) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return Message{}, false
	}
	return m.find(id)
}

func (m *Mailbox) render(w http.ResponseWriter, status int, p page) {
	var b bytes.Buffer
	if err := templates()[p.Reader.Language].ExecuteTemplate(&b, "page.html", p); err != nil {
		m.logger.Error("showing the mailbox", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// headTag is where a page's head begins.
var headTag = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)

// newTab makes the links of an email open in a tab of their own: within the frame
// they would meet pages that refuse to be framed.
const newTab = `<base target="_blank">`

// body serves the HTML part: GET /mail/{id}/body
func (m *Mailbox) body(w http.ResponseWriter, r *http.Request) {
	message, ok := m.fromPath(r)
	if !ok || message.HTML == "" {
		m.missing(w, r)
		return
	}
	html := newTab + message.HTML
	if at := headTag.FindStringIndex(message.HTML); at != nil {
		html = message.HTML[:at[1]] + newTab + message.HTML[at[1]:]
	}
	for address, image := range message.Images {
		html = strings.ReplaceAll(html, address, image)
	}
	w.Header().Set("Content-Security-Policy", bodyPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(html))
}

// apiMessages gives the emails as JSON, newest first: GET /api/messages
func (m *Mailbox) apiMessages(w http.ResponseWriter, r *http.Request) {
	messages := filter(m.Messages(), r.FormValue("to"))
	if messages == nil {
		messages = []Message{}
	}
	m.json(w, messages)
}

// apiCount tells whether something is new: GET /api/count
func (m *Mailbox) apiCount(w http.ResponseWriter, _ *http.Request) {
	m.mu.RLock()
	answer := struct {
		Count  int `json:"count"`
		Newest int `json:"newest"`
	}{len(m.messages), m.last}
	m.mu.RUnlock()
	m.json(w, answer)
}

func (m *Mailbox) json(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		m.logger.Debug("sending the mailbox's JSON", "error", err)
	}
}
