package mail

import (
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/pactius/pactius/testbed/mailserver"
)

// A server without SMTPUTF8 takes every domain, and a local part in ASCII (RFC 6531 section
// 3.2). What it can't take is said in plain words, before it refuses it.
func TestAddressesFitTheServer(t *testing.T) {
	t.Parallel()
	const from = "PACTIUS <no-reply@pactius.example>"
	for _, test := range []struct {
		name, from, to string
		without        bool // SMTPUTF8
		wantFrom       string
		wantTo         string
		want           meaning // of the refusal
	}{
		{"plain addresses", from, "anna@nordhavn.example", true,
			"no-reply@pactius.example", "anna@nordhavn.example", meaning{}},
		{"a domain with letters of its own", from, "anna@münchen.example", true,
			"no-reply@pactius.example", "anna@xn--mnchen-3ya.example", meaning{}},
		{"the same in capitals", from, "Anna@MÜNCHEN.example", true,
			"no-reply@pactius.example", "Anna@xn--mnchen-3ya.example", meaning{}},
		{"the same of a sender", "PACTIUS <no-reply@zugang.münchen.example>", "anna@nordhavn.example", true,
			"no-reply@zugang.xn--mnchen-3ya.example", "anna@nordhavn.example", meaning{}},
		{"a local part in quotes", from, `"anna..h"@nordhavn.example`, true,
			"no-reply@pactius.example", "anna..h@nordhavn.example", meaning{}},
		{"a local part beyond ASCII", from, "søren@münchen.example", false,
			"no-reply@pactius.example", "søren@xn--mnchen-3ya.example", meaning{}},
		{"a local part that the server can't take", from, "søren@nordhavn.example", true, "", "", needsSMTPUTF8},
		{"a sender that the server can't take", "søren@pactius.example", "anna@nordhavn.example", true, "", "",
			senderNeedsSMTPUTF8},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, address := startServer(t, mailserver.Options{WithoutUTF8: test.without})
			s := newSMTP(t, "smtp://"+address, SMTPOptions{})
			e := envelope(t)
			e.From, e.To = test.from, test.to
			err := s.Send(t.Context(), e)
			if test.want.advice != "" {
				got, advice := sendError(t, err), strings.ReplaceAll(test.want.advice, "%s", test.from)
				if got.Advice != advice || got.Temporary == test.want.permanent || got.About != test.want.about {
					t.Errorf("got %+v, want %s", got, advice)
				}
				sendMany(t, s, 1) // the refusal is no reason to connect anew
				if got := server.Connections(); got != 1 {
					t.Errorf("%d connections, want 1", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			taken := server.Mails()[0]
			if taken.From != test.wantFrom || taken.To[0] != test.wantTo || taken.UTF8 == test.without {
				t.Errorf("MAIL FROM %s RCPT TO %s SMTPUTF8 %t", taken.From, taken.To[0], taken.UTF8)
			}
			message, err := netmail.ReadMessage(strings.NewReader(taken.Source))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"From", "To", "Message-Id"} {
				if strings.Contains(message.Header.Get(name), "ünchen") {
					t.Errorf("%s: %s, want the domain as A-labels", name, message.Header.Get(name))
				}
			}
			id, _, _ := strings.Cut(test.wantFrom, "@")
			if got := message.Header.Get("Message-Id"); !strings.HasSuffix(got, test.wantFrom[len(id):]+">") {
				t.Errorf("Message-ID: %s, want the sender's domain", got)
			}
		})
	}
}
