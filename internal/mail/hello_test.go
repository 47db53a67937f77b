package mail

import (
	"net/url"
	"testing"

	"github.com/pactius/pactius/testbed/mailserver"
)

func TestTheNameForEHLOIsTheHostOfThePublicURL(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ url, want string }{
		{"https://access.nordhavn.example", "access.nordhavn.example"},
		{"https://Access.Nordhavn.example:8443", "access.nordhavn.example"},
		{"https://zugang.münchen.example", "zugang.xn--mnchen-3ya.example"},
		{"https://192.0.2.7", "[192.0.2.7]"},
		{"https://[2001:db8::7]:8443", "[IPv6:2001:db8::7]"},
		{"https://[::ffff:192.0.2.7]", "[192.0.2.7]"},
		{"http://localhost:8080", "localhost"},
	} {
		public, err := url.Parse(test.url)
		if err != nil {
			t.Fatal(err)
		}
		got := HelloName(public)
		if got != test.want {
			t.Errorf("HelloName(%s) = %s, want %s", test.url, got, test.want)
		}
		server, address := startServer(t, mailserver.Options{})
		if err := newSMTP(t, "smtp://"+address, SMTPOptions{Hello: got}).Send(t.Context(), envelope(t)); err != nil {
			t.Errorf("with the name %s: %v", got, err)
			continue
		}
		if said := server.Mails()[0].Hello; said != test.want {
			t.Errorf("EHLO %s, want %s", said, test.want)
		}
	}
	if got := HelloName(nil); got != "" {
		t.Errorf("without a public URL the name is %q", got)
	}
}
