package server

import (
	"context"
	"fmt"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/mail"
)

// Finding is one thing the doctor looked at.
type Finding struct {
	What   string // "database", "mail server", "Microsoft 365 of portal.nordhavn.example"
	OK     bool
	Detail string // what was found
	Remedy string // what to do; "" where it is OK
}

// checkTime bounds each look at something outside.
const checkTime = 15 * time.Second

// Doctor looks at everything a deployment depends on and reports it all.
func Doctor(ctx context.Context, cfg config.Config) []Finding {
	core, err := Open(ctx, cfg, discard())
	findings := []Finding{finding("database", err, cfg.Database.String()+" opens and its schema is current", "Check PACTIUS_DATABASE: the file and who may read and write it, or the server and its user.")}
	if core != nil {
		defer core.Close()
		findings = append(findings, examineOutbox(ctx, core))
	}
	findings = append(findings, examineMail(ctx, cfg))
	if core == nil {
		return findings
	}
	envs, err := core.Environments.List(ctx)
	if err != nil || len(envs) == 0 {
		return append(findings, finding("environments", orNone(err), "", "Set one up with: pactius environment add"))
	}
	for _, e := range envs {
		findings = append(findings, examineConnection(ctx, core, e)...)
	}
	return findings
}

func orNone(err error) error {
	if err == nil {
		err = fmt.Errorf("there are none")
	}
	return err
}

func finding(what string, err error, fine, remedy string) Finding {
	if err != nil {
		return Finding{What: what, Detail: err.Error(), Remedy: remedy}
	}
	return Finding{What: what, OK: true, Detail: fine}
}

func examineOutbox(ctx context.Context, core *Core) Finding {
	next, err := core.store.NextMail(ctx)
	if late := time.Since(next); err == nil && !next.IsZero() && late > checkTime {
		err = fmt.Errorf("mail has been due for %s and nobody sends it", late.Round(time.Second))
	}
	return finding("outbox", err, "no mail is overdue", "Start the server; if it runs, look at its log.")
}

func examineMail(ctx context.Context, cfg config.Config) Finding {
	const what, remedy = "mail server", "Check PACTIUS_SMTP_URL, the account and the network."
	if cfg.SMTPURL == "" {
		return Finding{What: what, Detail: "none is configured, so no mail leaves", Remedy: "Set PACTIUS_SMTP_URL and PACTIUS_MAIL_FROM."}
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	transport, err := mail.NewSMTP(string(cfg.SMTPURL), mail.SMTPOptions{Timeout: checkTime})
	if err == nil {
		err = transport.Check(ctx)
	}
	return finding(what, err, "it answers and takes our account", remedy)
}

// examineConnection tests an environment's connection: one finding if it works,
// else one for each step that found something.
func examineConnection(ctx context.Context, core *Core, e pactius.Environment) []Finding {
	what := "Microsoft 365 of " + e.Host
	if !e.Connection.Connected() {
		return []Finding{{What: what, Detail: admission.ErrNotConnected.Message.String(),
			Remedy: "Let the customer's IT connect it: pactius environment connect-link --environment " + e.Host}}
	}
	steps, err := core.Environments.Test(ctx, pactius.SupportActor(e.ID))
	if err != nil {
		return []Finding{finding(what, err, "", "Check PACTIUS_SECRET, PACTIUS_MICROSOFT_AUTHORITY and the network.")}
	}
	var found []Finding
	for _, s := range steps {
		if s.Outcome == pactius.StepFailed || s.Outcome == pactius.StepWarning {
			found = append(found, stepFinding(what, s))
		}
	}
	if len(found) > 0 {
		return found
	}
	fine := "everything a test can try works; the redirect URI to register is " + core.Environments.RedirectURI(e)
	if day := e.Connection.SecretEndsOn; day != "" {
		fine += "; the secret or certificate ends on " + string(day)
	}
	return []Finding{{What: what, OK: true, Detail: fine}}
}

// stepFinding tells of a step. What is only missing is no problem: a customer
// may want it so.
func stepFinding(what string, s pactius.ConnectionStep) Finding {
	detail := s.Name.String() + ": " + s.Text.String()
	if s.Code != "" {
		detail += " (" + s.Code + ")"
	}
	return Finding{What: what, OK: s.Outcome == pactius.StepWarning, Detail: detail, Remedy: s.Remedy.String()}
}
