package mail

import (
	"context"
	"encoding/base64"
	"errors"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// Tokens hands out access tokens for the mail server, instead of a password. It is used concurrently.
type Tokens interface {
	// Token returns a token that has not ended, a cached or a new one. Its error contains no secret.
	Token(context.Context) (string, error)
	// Drop forgets a token that the server refused, so that the next Token is a new one.
	Drop(token string)
}

// errNoToken is the failure to get a token, before the mail server is asked.
var errNoToken = errors.New("no access token")

// authRefused is the reply to a token that ended, was withdrawn or lacks a permission (RFC 4954 section 6).
const authRefused = 535

// tokenError hides a token in the text of a failure: a server can repeat it.
type tokenError struct {
	err    error
	hidden *strings.Replacer
}

func hideToken(user, token string, err error) error {
	encode := base64.StdEncoding.EncodeToString
	return &tokenError{err, strings.NewReplacer(
		token, "[token]",
		encode([]byte("user="+user+"\x01auth=Bearer "+token+"\x01\x01")), "[token]",
		encode([]byte(token)), "[token]",
	)}
}

func (e *tokenError) Error() string { return e.hidden.Replace(e.err.Error()) }
func (e *tokenError) Unwrap() error { return e.err }

// checkToken reports what keeps a server from being used with tokens, as words that follow the URL's name.
func (s server) checkToken() error {
	switch {
	case s.user == "":
		return errors.New("names no user: with tokens it is the sending mailbox, like pactius%40contoso.com")
	case s.password != "":
		return errors.New("has a password, and tokens are set up too: leave one of them out")
	case !s.implicit && s.policy != gomail.TLSMandatory && !isLoopback(s.host):
		return errors.New("would send a token to another machine unencrypted: leave tls out")
	}
	return nil
}

// dialWithToken signs in with a token (SASL XOAUTH2; Microsoft: "Authenticate an IMAP, POP or SMTP connection using
// OAuth"). A refused token is dropped and a new one tried once: it may have ended on the way, or have been fetched
// before a permission was granted. A connection that is signed in stays so when its token ends.
func (s *SMTP) dialWithToken(ctx context.Context) (*connection, error) {
	for again := false; ; again = true {
		token, err := s.tokens.Token(ctx)
		if err != nil {
			return nil, &stageError{atConnect, errors.Join(errNoToken, err)}
		}
		c, err := s.dialAs(ctx, token)
		if err == nil {
			return c, nil
		}
		reply, ok := errors.AsType[*textproto.Error](err)
		if refused := ok && reply.Code == authRefused; !refused {
			return nil, hideToken(s.server.user, token, err)
		}
		s.tokens.Drop(token)
		if again {
			return nil, hideToken(s.server.user, token, err)
		}
	}
}
