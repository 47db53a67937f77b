package mail

import (
	"mime"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/testbed/mailserver"
)

// encodedWords are spellings of "Evil" that mail programs decode.
var encodedWords = []string{
	"=?utf-8?q?Evil?=", "=?UTF-8?B?RXZpbA==?=", "=?iso-8859-1?Q?=45vil?=", "=?utf-8*en?q?Evil?=",
	"Ærlig =?utf-8?q?Evil?= Ægte", "=?utf-8?q?Ev?= =?utf-8?q?il?=", "x=?utf-8?q?Evil?=y",
	"=\u200b?utf-8?q?Evil?=", "=\r\n?utf-8?q?Evil?=", "=?utf-8?q?\u202eEvil?=", "==?utf-8?q?Evil?=",
	strings.Repeat("=?utf-8?q?Evil?= ", 3),
}

// decoded decodes a header as often as a mail program might.
func decoded(t *testing.T, header string) string {
	t.Helper()
	for range 3 {
		text, err := new(mime.WordDecoder).DecodeHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		header = text
	}
	return header
}

// Each header that is built from data is read back: no encoded word in it is decoded.
func TestNoEncodedWordOfAPersonIsDecoded(t *testing.T) {
	t.Parallel()
	for _, word := range encodedWords {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			head := letterhead(language.English)
			head.EnvironmentName = word
			rendered, err := Render(RequestArrived{Name: word, AccountName: word, Message: word}, head)
			if err != nil {
				t.Fatal(err)
			}
			e := envelope(t)
			e.ToName, e.Rendered = word, rendered
			e.From = (&netmail.Address{Name: word, Address: "no-reply@pactius.example"}).String()
			server, address := startServer(t, mailserver.Options{})
			if err := newSMTP(t, "smtp://"+address, SMTPOptions{}).Send(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			message, err := netmail.ReadMessage(strings.NewReader(server.Mails()[0].Source))
			if err != nil {
				t.Fatal(err)
			}
			for name, values := range message.Header {
				for _, raw := range values {
					shown := decoded(t, raw)
					if strings.Contains(shown, "=?") {
						t.Errorf("%s holds the start of an encoded word: %q, raw %q", name, shown, raw)
					}
				}
			}
			if got := decoded(t, message.Header.Get("Subject")); !strings.Contains(got, "?") {
				t.Errorf("the subject was decoded: %q", got)
			}
		})
	}
}
