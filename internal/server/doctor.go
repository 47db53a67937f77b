package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/users"
)

// Diagnosis is the state of one thing that a deployment depends on.
type Diagnosis struct {
	What   string // "database", "mail server", "Microsoft 365 of portal.nordhavn.example"
	OK     bool
	Detail string // the state in words
	Remedy string // the next step; "" if OK
}

// checkTime limits each examination.
const checkTime = 15 * time.Second

// Doctor examines everything that a deployment depends on.
func Doctor(ctx context.Context, cfg config.Config) []Diagnosis {
	core, err := Open(ctx, cfg, discard())
	all := []Diagnosis{diagnosis("database", err, cfg.Database.String()+" opens and its schema is current",
		"Check PACTIUS_DATABASE: the file and its permissions, or the server and its user.")}
	if core != nil {
		defer core.Close()
		all = append(all, examineOutbox(ctx, core))
	}
	all = append(all, examineMail(ctx, cfg))
	if core == nil {
		return all
	}
	envs, err := core.Environments.List(ctx)
	if err != nil || len(envs) == 0 {
		return append(all, diagnosis("environments", orNone(err), "", "Set one up with: pactius environment add"))
	}
	all = append(all, examineDoor(ctx, doorOf(core, cfg.URL, envs)))
	for _, e := range envs {
		all = append(all, examineConnection(ctx, core, e)...)
		all = append(all, examineLinks(ctx, core, e)...)
		all = append(all, examineZone(e)...)
	}
	return all
}

// examineLinks finds users who cannot sign in since the environment was connected to another tenant.
func examineLinks(ctx context.Context, core *Core, e pactius.Environment) []Diagnosis {
	n, err := core.Environments.CountCutOff(ctx, pactius.SupportActor(e.ID))
	if err == nil && n == 0 {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("users who are linked to accounts of an earlier tenant and can't sign in: %d", n)
	}
	return []Diagnosis{diagnosis("users of "+e.Host, err, "",
		"Link them to their accounts in the connected tenant, or deactivate those who have left: pactius environment "+
			"relink --environment "+e.Host)}
}

func orNone(err error) error {
	if err == nil {
		err = fmt.Errorf("there are none")
	}
	return err
}

func diagnosis(what string, err error, fine, remedy string) Diagnosis {
	if err != nil {
		return Diagnosis{What: what, Detail: err.Error(), Remedy: remedy}
	}
	return Diagnosis{What: what, OK: true, Detail: fine}
}

func examineOutbox(ctx context.Context, core *Core) Diagnosis {
	queue, err := core.store.MailQueue(ctx)
	if err == nil && queue.PutOff() {
		return Diagnosis{What: "outbox", Remedy: "Fix what the mail server reports. The emails are then sent " +
			"automatically, at " + queue.Until.UTC().Format(time.RFC3339) + " at the latest.",
			Detail: "no email has been sent since " + queue.Since.UTC().Format(time.RFC3339) + ": " + queue.Reason}
	}
	next, err := core.store.NextMail(ctx)
	if late := time.Since(next); err == nil && !next.IsZero() && late > checkTime {
		err = fmt.Errorf("emails have been due for %s and no server sends them", late.Round(time.Second))
	}
	return diagnosis("outbox", err, "no email is overdue", "Start the server. If it is running, look at its log.")
}

// examineMail signs in at the mail server and tries the sender, and sends nothing.
func examineMail(ctx context.Context, cfg config.Config) Diagnosis {
	const what, remedy = "mail server", "Check PACTIUS_SMTP_URL, the account and the network."
	if cfg.SMTPURL == "" {
		return Diagnosis{What: what, Detail: "none is configured, so no email is sent",
			Remedy: "Set PACTIUS_SMTP_URL and PACTIUS_MAIL_FROM."}
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	transport, err := newTransport(cfg, checkTime)
	if err != nil {
		return diagnosis(what, err, "", remedy)
	}
	defer transport.Close()
	fine := "it accepts our account, and " + cfg.MailFrom.Address + " at MAIL FROM"
	if strings.HasPrefix(string(cfg.SMTPURL), mail.GraphScheme) {
		fine = "Microsoft Graph accepts our app registration and the mailbox; no email was sent"
	}
	err = transport.Check(ctx, cfg.MailFrom.String())
	if refusal, ok := errors.AsType[*mail.SendError](err); ok && refusal.Advice != "" {
		return Diagnosis{What: what, Detail: refusal.Said(), Remedy: refusal.Advice}
	}
	return diagnosis(what, err, fine, remedy)
}

// examineConnection tests an environment's connection. It returns one diagnosis if it
// works, else one for each step with a problem.
func examineConnection(ctx context.Context, core *Core, e pactius.Environment) []Diagnosis {
	what := "Microsoft 365 of " + e.Host
	if !e.Connection.Connected() {
		return []Diagnosis{{What: what, Detail: users.ErrNotConnected.Message.String(),
			Remedy: "Let the company's IT connect it: pactius environment connect-link --environment " + e.Host}}
	}
	steps, err := core.Environments.Test(ctx, pactius.SupportActor(e.ID))
	if err != nil {
		return []Diagnosis{diagnosis(what, err, "",
			"Check PACTIUS_SECRET, PACTIUS_MICROSOFT_AUTHORITY and the network.")}
	}
	var found []Diagnosis
	for _, s := range steps {
		if s.Outcome == pactius.StepFailed || s.Outcome == pactius.StepWarning {
			found = append(found, stepDiagnosis(what, s))
		}
	}
	if len(found) > 0 {
		return found
	}
	fine := "everything that can be tested works; the redirect URI to register is " + core.Environments.RedirectURI(e)
	if day := e.Connection.SecretEndsOn; day != "" {
		fine += "; the secret or certificate expires on " + string(day)
	}
	return []Diagnosis{{What: what, OK: true, Detail: fine}}
}

// stepDiagnosis returns the diagnosis of a step. A warning is OK: the customer may want it
// so.
func stepDiagnosis(what string, s pactius.ConnectionStep) Diagnosis {
	detail := s.Name.String() + ": " + s.Text.String()
	if s.Code != "" {
		detail += " (" + s.Code + ")"
	}
	if s.Trace != "" {
		detail += " [" + s.Trace + "]"
	}
	return Diagnosis{What: what, OK: s.Outcome == pactius.StepWarning, Detail: detail, Remedy: s.Remedy.String()}
}
