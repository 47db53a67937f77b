package mailbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/mail"
)

var now = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

func open(t *testing.T) *Mailbox {
	t.Helper()
	m := New(Config{Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	if err := m.Listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// send sends a welcome mail as PACTIUS does.
func send(t *testing.T, m *Mailbox, to, name string) {
	t.Helper()
	rendered, err := mail.Render(mail.Welcome{By: "Ida Lund", AccountName: to}, mail.Letterhead{
		EnvironmentName: "Nordhavn", BaseURL: "https://nordhavn.example", RecipientName: name,
		Reader: language.Reader{Language: language.Danish},
	})
	if err != nil {
		t.Fatal(err)
	}
	server, err := mail.NewSMTP("smtp://"+m.SMTPAddr(), mail.SMTPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	err = server.Send(t.Context(), mail.Envelope{
		ID: "1", To: to, ToName: name, From: "PACTIUS <no-reply@pactius.example>",
		Rendered: rendered, Language: language.Danish, Date: now,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, m *Mailbox, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

func TestAMailIsKeptAsItsRecipientSeesIt(t *testing.T) {
	t.Parallel()
	m := open(t)
	send(t, m, "soren@nordhavn.example", "Søren Ærø")
	send(t, m, "bo@nordhavn.example", "")
	all := m.Messages()
	if len(all) != 2 || all[0].ID != 2 {
		t.Fatalf("got %d mails, the first with ID %d, want 2 with the newest first", len(all), all[0].ID)
	}
	first := all[1]
	type seen struct{ From, To, ToName, Subject, Language string }
	got := seen{first.From, first.To[0], first.ToName, first.Subject, first.Header("content-language")}
	want := seen{
		"no-reply@pactius.example", "soren@nordhavn.example", "Søren Ærø", "Velkommen til Nordhavn", "da",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("mail (-got +want):\n%s", diff)
	}
	if !strings.Contains(first.Text, "Hej Søren") || !strings.Contains(first.HTML, "Hej Søren") {
		t.Errorf("the parts are not decoded:\n%s\n%s", first.Text, first.HTML)
	}
}

func TestThePages(t *testing.T) {
	t.Parallel()
	full, empty := open(t), open(t)
	send(t, full, "anna@nordhavn.example", "Anna Hansen")
	send(t, full, "bo@nordhavn.example", "")
	for _, test := range []struct {
		name    string
		mailbox *Mailbox
		path    string
		status  int
		want    []string
		without string
	}{
		{"no mail yet", empty, "/", 200, []string{"No emails yet", "0 emails"}, "<iframe"},
		{"the list", full, "/", 200, []string{"2 emails", "Anna Hansen", `href="/mail/2"`}, "<iframe"},
		{
			"one recipient's mails", full, "/?to=bo%40nordhavn.example", 200,
			[]string{"1 email<", `href="/mail/2?to=bo%40nordhavn.example"`}, `href="/mail/1`,
		},
		{
			"a recipient without mail", full, "/?to=%3Cscript%3E", 200, []string{"No emails for &lt;script&gt; yet."},
			"<script>",
		},
		{
			"a mail as it looks", full, "/mail/1", 200,
			[]string{`<iframe src="/mail/1/body"`, `aria-current="true"`, "Sunday 3 May 2026"}, "<pre",
		},
		{"its plain text", full, "/mail/1?view=text", 200, []string{`<pre class="text"`, "Hej Anna"}, "<iframe"},
		{"its source", full, "/mail/1?view=source", 200, []string{"<pre", "Auto-Submitted: auto-generated"}, "<iframe"},
		{"a view there is not", full, "/mail/1?view=x", 200, []string{"<iframe"}, ""},
		{"a mail that is gone", full, "/mail/99", 404, []string{"This email isn&#39;t here"}, ""},
		{"no number", full, "/mail/x", 404, []string{"This email isn&#39;t here"}, ""},
		{"the body of a mail that is gone", full, "/mail/99/body", 404, []string{"This email isn&#39;t here"}, ""},
		{"another page", full, "/favicon.ico", 404, []string{"This email isn&#39;t here"}, ""},
		{"the script", full, "/static/mailbox.js", 200, []string{"async function look"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := get(t, test.mailbox, test.path)
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
			for _, want := range test.want {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("the page lacks %q:\n%s", want, w.Body)
				}
			}
			if test.without != "" && strings.Contains(w.Body.String(), test.without) {
				t.Errorf("the page has %q", test.without)
			}
			if got := w.Header().Get("Content-Security-Policy"); got != pagePolicy {
				t.Errorf("policy %q, want %q", got, pagePolicy)
			}
		})
	}
}

func TestAMailsHTMLIsSandboxedAndItsLinksLeaveTheFrame(t *testing.T) {
	t.Parallel()
	m := open(t)
	send(t, m, "anna@nordhavn.example", "Anna")
	w := get(t, m, "/mail/1/body")
	if got := w.Header().Get("Content-Security-Policy"); got != bodyPolicy {
		t.Errorf("policy %q, want %q", got, bodyPolicy)
	}
	if !strings.Contains(w.Body.String(), "<head>"+newTab) {
		t.Errorf("the links stay in the frame:\n%.300s", w.Body)
	}
}

func TestTheAPI(t *testing.T) {
	t.Parallel()
	m := open(t)
	if got := strings.TrimSpace(get(t, m, "/api/messages").Body.String()); got != "[]" {
		t.Errorf("an empty mailbox answers %s, want []", got)
	}
	send(t, m, "anna@nordhavn.example", "Anna")
	send(t, m, "bo@nordhavn.example", "Bo")
	var messages []Message
	if err := json.Unmarshal(get(t, m, "/api/messages?to=ANNA@nordhavn.example").Body.Bytes(), &messages); err != nil {
		t.Fatal(err)
	}
	if len(messages) != 1 || messages[0].ToName != "Anna" {
		t.Errorf("got %+v, want Anna's mail only", messages)
	}
	if got, want := strings.TrimSpace(get(t, m, "/api/count").Body.String()), `{"count":2,"newest":2}`; got != want {
		t.Errorf("count %s, want %s", got, want)
	}
}

func TestTheOldestMailsGoFirst(t *testing.T) {
	t.Parallel()
	m := New(Config{Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	for i := range maxMessages + 5 {
		m.add(parse("a@x.example", []string{"b@x.example"}, fmt.Sprintf("Subject: %d\r\n\r\n", i+1)))
	}
	all := m.Messages()
	if got, oldest := len(all), all[len(all)-1].Subject; got != maxMessages || oldest != "6" {
		t.Errorf("%d mails, the oldest is %s, want %d and 6", got, oldest, maxMessages)
	}
	if _, ok := m.find(5); ok {
		t.Error("mail 5 is still here")
	}
	if one, ok := m.find(6); !ok || one.Subject != "6" {
		t.Errorf("mail 6 is %+v", one)
	}
	m.add(parse("a@x.example", nil, strings.Repeat("x", maxTotalBytes)))
	if got := len(m.Messages()); got != 1 {
		t.Errorf("%d mails beside one that fills the mailbox, want 1", got)
	}
}

func TestTheMailboxClosesWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	m := New(Config{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if got := m.SMTPAddr(); got != "" {
		t.Errorf("SMTPAddr before Listen = %q, want none", got)
	}
	if err := m.Listen(ctx, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := m.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, source        string
		subject, text, html string
	}{
		{"plain text without type", "Subject: hi\r\n\r\nhello\r\n", "hi", "hello\n", ""},
		{"a folded, encoded subject", "Subject: =?utf-8?q?s=C3=B8?=\r\n =?utf-8?q?n?=\r\n\r\n", "søn", "", ""},
		{
			"base64", "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+aGk8L2I+\r\n", "", "",
			"<b>hi</b>",
		},
		{"nested parts", "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" +
			"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n" +
			"--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--\r\n--a--\r\n", "", "text", "<p>"},
		{"a boundary that never comes", "Content-Type: multipart/mixed; boundary=a\r\n\r\nnothing", "", "", ""},
		{"nothing at all", "", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := parse("a@x.example", []string{"b@x.example"}, test.source)
			got, want := [3]string{m.Subject, m.Text, m.HTML}, [3]string{test.subject, test.text, test.html}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("subject, text, HTML (-got +want):\n%s", diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\ntext\r\n--a--\r\n")
	f.Add("Subject: =?x\r\n folded\r\n\r\n")
	f.Fuzz(func(t *testing.T, source string) {
		if got := parse("", nil, source); got.Source != source {
			t.Error("the source is not kept")
		}
	})
}
