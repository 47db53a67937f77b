package microsoft

import (
	"context"
	"net/http"

	"github.com/pactius/pactius"
)

// Exchange is the origin of Exchange Online in the public cloud. Its scope gives tokens for SMTP (Microsoft:
// "Authenticate an IMAP, POP or SMTP connection using OAuth").
const Exchange = "https://outlook.office365.com"

// MailTokens hands out the tokens with which an app registration sends emails through Exchange Online or Graph. It
// keeps a token until shortly before its end. It is safe for concurrent use.
type MailTokens struct {
	source      *Graph // for its tokens only, with Exchange's scope
	credentials pactius.Credentials
}

// NewMailTokens returns the tokens of the app registration for the resource with an origin, Exchange or that of Graph.
// It makes no call yet.
func NewMailTokens(m *Microsoft, origin string, c pactius.Credentials) *MailTokens {
	return &MailTokens{NewGraph(m, origin), c}
}

// Client returns a client for calls to Microsoft that carry tokens: answers are bounded, redirects are not followed.
func (m *Microsoft) Client() *http.Client { return m.pages }

// Token returns a cached or a new token. Its error contains no secret.
func (t *MailTokens) Token(ctx context.Context) (string, error) {
	if err := checkCredentials(t.credentials); err != nil {
		return "", err
	}
	token, err := t.source.token(ctx, t.credentials)
	if err != nil {
		return "", err
	}
	return token.value, nil
}

// Drop forgets a token that the mail server refused. A newer one stays.
func (t *MailTokens) Drop(token string) {
	g, r := t.source, registrationOf(t.credentials)
	g.mu.Lock()
	defer g.mu.Unlock()
	if kept := g.tokens[r]; kept != nil && kept.value == token {
		delete(g.tokens, r)
	}
}
