package mailbox

import (
	"bufio"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"
)

// Message is an email the mailbox has taken.
type Message struct {
	ID         int       `json:"id"` // rises by one with every email
	ReceivedAt time.Time `json:"received_at"`
	From       string    `json:"from"` // envelope sender
	To         []string  `json:"to"`   // envelope recipients
	ToName     string    `json:"to_name"`
	Subject    string    `json:"subject"`
	Headers    []Header  `json:"headers"` // in the order of the email, decoded
	Text       string    `json:"text"`    // the plain text part, decoded
	HTML       string    `json:"html"`    // the HTML part, decoded
	Source     string    `json:"source"`  // as it came over the wire

	Images map[string]string `json:"-"` // that the HTML shows, as data URLs by the address in the HTML: cid:ID
}

// Header is one line of an email's head.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Header is the first value of the header, "" without one.
func (m Message) Header(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// maxNesting bounds multiparts within multiparts.
const maxNesting = 5

// parse takes an email apart. It never fails: what cannot be read is empty, and
// the source shows what came.
func parse(from string, to []string, source string) Message {
	m := Message{From: from, To: to, Source: source}
	head, _, _ := strings.Cut(source, "\r\n\r\n")
	m.Headers = parseHeaders(head)
	m.Subject = m.Header("Subject")
	if address, err := netmail.ParseAddress(m.Header("To")); err == nil {
		m.ToName = address.Name
	}
	reader := textproto.NewReader(bufio.NewReader(strings.NewReader(source)))
	if header, err := reader.ReadMIMEHeader(); err == nil {
		m.take(header, reader.R, maxNesting)
	}
	return m
}

// parseHeaders keeps the order, which net/mail does not. Folded lines are
// joined (RFC 5322 section 2.2.3), encoded words decoded (RFC 2047).
func parseHeaders(head string) []Header {
	var headers []Header
	for line := range strings.SplitSeq(head, "\r\n") {
		if line != "" && (line[0] == ' ' || line[0] == '\t') && len(headers) > 0 {
			headers[len(headers)-1].Value += " " + strings.TrimSpace(line)
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			headers = append(headers, Header{name, strings.TrimSpace(value)})
		}
	}
	for i, h := range headers {
		if decoded, err := new(mime.WordDecoder).DecodeHeader(h.Value); err == nil {
			headers[i].Value = decoded
		}
	}
	return headers
}

// take finds the first plain text and the first HTML in a part and in those
// within it.
func (m *Message) take(header textproto.MIMEHeader, body io.Reader, nesting int) {
	kind, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	switch {
	case strings.HasPrefix(kind, "multipart/") && nesting > 0:
		parts := multipart.NewReader(body, parameters["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err != nil {
				return
			}
			m.take(part.Header, part, nesting-1)
		}
	case kind == "text/plain" && m.Text == "":
		m.Text = decode(header, body)
	case kind == "text/html" && m.HTML == "":
		m.HTML = decode(header, body)
	case kind == "image/png" && strings.EqualFold(header.Get("Content-Transfer-Encoding"), "base64"):
		if m.Images == nil {
			m.Images = map[string]string{}
		}
		encoded, _ := io.ReadAll(body)
		m.Images["cid:"+strings.Trim(header.Get("Content-Id"), "<>")] = "data:image/png;base64," +
			strings.Join(strings.Fields(string(encoded)), "")
	}
}

// decode reads a part's text. What cannot be decoded to its end is kept as far
// as it went.
func decode(header textproto.MIMEHeader, body io.Reader) string {
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, _ := io.ReadAll(body)
	return strings.ReplaceAll(strings.ToValidUTF8(string(text), "\uFFFD"), "\r\n", "\n")
}
