package server

import (
	"context"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/microsoft"
)

// mailTransport is a way to a mail server.
type mailTransport interface {
	Send(context.Context, mail.Envelope) error
	Check(ctx context.Context, from string) error // tries all but sending an email
	Close() error
}

// newTransport returns the way to the configured mail server. The timeout is that of one email; 0 is the default.
func newTransport(cfg config.Config, timeout time.Duration) (mailTransport, error) {
	ms := microsoft.New(microsoft.Options{Authority: origin(cfg.MicrosoftAuthority)})
	credentials := pactius.Credentials{
		TenantID: cfg.MailTenantID, ClientID: cfg.MailClientID, ClientSecret: string(cfg.MailClientSecret),
	}
	if mailbox, ok := strings.CutPrefix(string(cfg.SMTPURL), mail.GraphScheme); ok {
		graph := origin(cfg.MicrosoftGraph)
		return mail.NewGraph(mail.GraphOptions{
			Origin: graph, Mailbox: mailbox, Tokens: microsoft.NewMailTokens(ms, graph, credentials),
			Client: ms.Client(), Timeout: timeout,
		}), nil
	}
	options := mail.SMTPOptions{Timeout: timeout, Hello: mail.HelloName(cfg.URL)}
	if cfg.MailTenantID != "" {
		options.Tokens = microsoft.NewMailTokens(ms, microsoft.Exchange, credentials)
	}
	return mail.NewSMTP(string(cfg.SMTPURL), options)
}
