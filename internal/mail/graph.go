package mail

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	netmail "net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// GraphScheme begins the address of Microsoft Graph as the mail server: "graph:" sends from the mailbox of the sender,
// "graph:mailbox@company.com" from another one.
const GraphScheme = "graph:"

// maxGraphAnswer is the most bytes that are read of an answer; errors have about 500.
const maxGraphAnswer = 64 << 10

// Graph sends emails through Microsoft Graph (Microsoft: "user: sendMail", in MIME format, which keeps every header and
// both parts). Graph stores each email in the mailbox's sent items. It is safe for concurrent use.
type Graph struct{ o GraphOptions }

// GraphOptions are the options of NewGraph. Origin, Tokens and Client are needed.
type GraphOptions struct {
	Origin  string        // "https://graph.microsoft.com"
	Mailbox string        // that sends; "" is the sender's
	Tokens  Tokens        // of Graph, with the permission Mail.Send
	Client  *http.Client  // bounds its answers
	Timeout time.Duration // for one email; zero is a minute
}

// NewGraph returns the transport.
func NewGraph(o GraphOptions) *Graph {
	o.Timeout = cmp.Or(o.Timeout, sendTimeout)
	return &Graph{o}
}

// checkGraph reports what is wrong with the part of an address after GraphScheme.
func checkGraph(mailbox string) error {
	if mailbox == "" {
		return nil
	}
	if a, err := netmail.ParseAddress(mailbox); err != nil || a.Address != mailbox {
		return errors.New("must be graph: alone, or graph: and the mailbox that sends, like graph:access@company.com")
	}
	return nil
}

// Send gives the email to Graph. The error is always a *SendError; nil means that Graph has accepted the email.
func (g *Graph) Send(ctx context.Context, e Envelope) error {
	o, err := e.outgoing()
	if err != nil {
		return &SendError{Err: fmt.Errorf("making mail %q: %w", e.ID, err)}
	}
	var mime bytes.Buffer
	if _, err := o.msg.WriteTo(&mime); err != nil {
		return &SendError{Err: fmt.Errorf("making mail %q: %w", e.ID, err)}
	}
	body := base64.StdEncoding.EncodeToString(mime.Bytes())
	answer, err := g.post(ctx, e.ID, o.sender, body)
	if err == nil && answer.status == http.StatusAccepted {
		return nil
	}
	return g.failure(o.sender, o.recipients(), answer, err)
}

// Check asks for a token and posts something that is no email: Graph judges the token, the permission and the mailbox
// before the content. It sends nothing. Whether the mailbox may send as another address is seen only when it does.
func (g *Graph) Check(ctx context.Context, from string) error {
	sender, err := parseAddress("sender", from)
	if err != nil {
		return &SendError{About: AboutSender, Err: err}
	}
	answer, err := g.post(ctx, "check", sender.Address, "-")
	if err == nil && answer.status == http.StatusBadRequest {
		return nil
	}
	return g.failure(sender.Address, nil, answer, err)
}

// Close does nothing: the client keeps its connections.
func (g *Graph) Close() error { return nil }

// graphAnswer is an answer of Graph.
type graphAnswer struct {
	status  int
	wait    time.Duration // of Retry-After
	request string        // the ID by which Microsoft finds the request
	Error   struct{ Code, Message string }
}

// post posts an email in MIME format. A token that Graph refuses is dropped and a new one tried once.
func (g *Graph) post(ctx context.Context, id, sender, body string) (graphAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, g.o.Timeout)
	defer cancel()
	for again := false; ; again = true {
		token, err := g.o.Tokens.Token(ctx)
		if err != nil {
			return graphAnswer{}, errors.Join(errNoToken, err)
		}
		answer, err := g.postWith(ctx, token, id, sender, body)
		if err != nil {
			return answer, hideToken("", token, err)
		}
		answer.Error.Message = strings.ReplaceAll(answer.Error.Message, token, "[token]")
		if answer.status != http.StatusUnauthorized {
			return answer, nil
		}
		g.o.Tokens.Drop(token)
		if again {
			return answer, nil
		}
	}
}

func (g *Graph) postWith(ctx context.Context, token, id, sender, body string) (graphAnswer, error) {
	var a graphAnswer
	address := g.o.Origin + "/v1.0/users/" + url.PathEscape(cmp.Or(g.o.Mailbox, sender)) + "/sendMail"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	r.Header.Set("Content-Type", "text/plain") // says that the body is MIME
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("User-Agent", "PACTIUS")
	r.Header.Set("client-request-id", id)
	answered, err := g.o.Client.Do(r)
	if err != nil {
		return a, err
	}
	defer answered.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answered.Body, maxGraphAnswer))
	if err != nil {
		return a, err
	}
	_ = json.Unmarshal(text, &a) // a proxy may answer with a page: the status counts then
	a.status, a.request = answered.StatusCode, answered.Header.Get("request-id")
	if seconds, err := strconv.Atoi(answered.Header.Get("Retry-After")); err == nil && seconds > 0 {
		a.wait = min(time.Duration(seconds)*time.Second, maxGraphWait)
	}
	return a, nil
}

// maxGraphWait bounds the pause that Graph can demand.
const maxGraphWait = time.Hour

// The meanings of Graph's refusals (Microsoft: "Microsoft Graph error responses", and the codes of Exchange).
var (
	graphDenied = meaning{about: AboutSender, advice: "Microsoft Graph doesn't let the app registration send as %s. " +
		"Grant it the application permission Mail.Send with admin consent, and let its access policy include the " +
		"mailbox."}
	graphMailbox = meaning{about: AboutSender, advice: "Microsoft Graph finds no mailbox of Exchange Online for %s. " +
		"Check PACTIUS_MAIL_FROM, or name the mailbox in PACTIUS_SMTP_URL."}
	graphBusy = meaning{about: AboutSender, advice: "Microsoft Graph takes no emails right now. Sending goes on by " +
		"itself; if this stays, look at the service health of Microsoft 365."}
	graphTurnedDown = meaning{about: AboutSender, advice: "Microsoft Graph doesn't understand us. Check the address " +
		"in PACTIUS_MICROSOFT_GRAPH."}
)

// graphCodes are the codes that mean something else than their status.
var graphCodes = map[string]meaning{
	"ErrorInvalidRecipients":        unknownRecipient,
	"ErrorMessageSizeExceeded":      tooLarge,
	"ErrorQuotaExceeded":            senderFull,
	"ErrorExceededMessageLimit":     quotaUsed,
	"ErrorSendAsDenied":             graphDenied,
	"ErrorAccessDenied":             graphDenied,
	"ErrorInvalidUser":              graphMailbox,
	"MailboxNotEnabledForRESTAPI":   graphMailbox,
	"ErrorNonExistentMailbox":       graphMailbox,
	"ErrorMimeContentInvalid":       contentRefused,
	"ErrorAccountSuspend":           senderBlocked,
	"ErrorMessageSubmissionBlocked": senderBlocked,
}

// failure turns what came of a call into a SendError.
func (g *Graph) failure(sender string, recipients []string, a graphAnswer, err error) *SendError {
	means, known := graphCodes[a.Error.Code]
	switch {
	case errors.Is(err, errNoToken):
		means = noToken
	case err != nil:
		means = graphBusy
	case known:
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		means = graphDenied
	case a.status == http.StatusNotFound:
		means = graphMailbox
	case a.status == http.StatusRequestEntityTooLarge:
		means = tooLarge
	case a.status == http.StatusTooManyRequests || a.status >= 500:
		means = graphBusy
	case a.status == http.StatusBadRequest:
		means = contentRefused
	default:
		means = graphTurnedDown
	}
	said := "Graph answered " + joined(strconv.Itoa(a.status), a.Error.Code, a.Error.Message)
	if a.request != "" {
		said += " (request-id " + a.request + ")"
	}
	if err != nil {
		said = err.Error()
	}
	for _, r := range recipients {
		said = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(r)).ReplaceAllString(said, "[recipient]")
	}
	e := &SendError{About: means.about, Temporary: !means.permanent, Code: a.status, Wait: a.wait,
		Advice: strings.ReplaceAll(means.advice, "%s", sender)}
	e.Err = &redactedError{e.Advice + " " + oneLine(said, maxReason), err}
	return e
}
