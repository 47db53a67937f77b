package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

const (
	// lateAfter is how long work may be due before it counts as late: a crash costs five minutes.
	lateAfter = 10 * time.Minute

	clockRemedy = "The clock was wrong when this was planned. Set the clock of every machine. The server makes it " +
		"due within a minute, if it believes the clock: see its log."
	workRemedy = "Start the server. If it is running, look at its log."
)

// environment examines an environment.
func (d *doctor) environment(ctx context.Context, e pactius.Environment, k known) examined {
	r := examined{whole: true}
	for _, examine := range []func() []Diagnosis{
		func() []Diagnosis { return d.connection(ctx, e) },
		func() []Diagnosis { return examineLinks(ctx, d.core, e) },
		func() []Diagnosis { return examineZone(e) },
		func() []Diagnosis { return examineAdministrators(e, k.administrators[e.ID]) },
		func() []Diagnosis { return d.sealed(ctx, e) },
		func() []Diagnosis { return d.backlog(e, k.backlogs[e.ID]) },
	} {
		if ctx.Err() != nil {
			r.whole = false
			return r
		}
		found := examine()
		if ctx.Err() != nil { // the interruption may be all that was found
			r.whole = false
			return r
		}
		r.found = append(r.found, found...)
	}
	return r
}

// connection tests an environment's connection. It returns one diagnosis if it works, else one for each step with a
// problem.
func (d *doctor) connection(ctx context.Context, e pactius.Environment) []Diagnosis {
	what := "Microsoft 365 of " + e.Host
	if !e.Connection.Connected() {
		return []Diagnosis{{What: what, Detail: users.ErrNotConnected.Message.String(),
			Remedy: "Let the company's IT connect it: pactius environment connect-link --environment " + e.Host}}
	}
	steps, err := d.core.Environments.TestFor(ctx, pactius.SupportActor(e.ID), d.patience.limit())
	if err != nil {
		found := diagnosis(what, err, "", "Check PACTIUS_SECRET, PACTIUS_MICROSOFT_AUTHORITY and the network.")
		if refusal, ok := errors.AsType[*pactius.Error](err); ok && refusal.Kind != pactius.KindInternal {
			found.Detail = refusal.Message.String()
			found.Cause, _ = Cause(refusal.Err)
		}
		return []Diagnosis{found}
	}
	var found []Diagnosis
	silent := false
	for _, s := range steps {
		silent = silent || isTimeout(s.Err)
		if s.Outcome == pactius.StepFailed || s.Outcome == pactius.StepWarning {
			found = append(found, stepDiagnosis(what, s, d.cfg.DirectorySweep != 0))
		}
	}
	d.patience.note(silent)
	if len(found) > 0 {
		return found
	}
	fine := "everything that can be tested works; the redirect URI to register is " +
		d.core.Environments.RedirectURI(e)
	if day := e.Connection.SecretEndsOn; day != "" {
		fine += "; the secret or certificate expires on " + string(day)
	}
	return []Diagnosis{{What: what, OK: true, Detail: fine}}
}

// stepDiagnosis returns the diagnosis of a step. A warning is OK, because the customer may want it so, unless leavers
// should be noticed and the permission for it is missing: they would stay signed in.
func stepDiagnosis(what string, s pactius.ConnectionStep, sweeps bool) Diagnosis {
	d := Diagnosis{What: what, OK: s.Outcome == pactius.StepWarning, Detail: s.Name.String() + ": " + s.Text.String()}
	if s.Code != "" {
		d.Detail += " (" + s.Code + ")"
	}
	if s.Trace != "" {
		d.Detail += " [" + s.Trace + "]"
	}
	refused, ok := errors.AsType[*pactius.DirectoryError](s.Err)
	if ok && refused.Trouble == pactius.TroubleNoPermission && sweeps {
		d.OK, d.Detail = false, d.Detail+" People who leave the company aren't noticed."
	}
	d.Cause, d.Remedy = StepAdvice(s)
	d.Warning = d.OK
	return d
}

// StepAdvice returns why a step of a connection test failed, "" where Microsoft answered, and what to do about it, for
// the command line.
func StepAdvice(s pactius.ConnectionStep) (cause, remedy string) {
	cause, remedy = Cause(s.Err)
	switch refused, ok := errors.AsType[*pactius.DirectoryError](s.Err); {
	case remedy != "":
		return cause, remedy
	case s.Code != "", ok && refused.Trouble != pactius.TroubleAway:
		return "", s.Remedy.String()
	}
	return cause, s.Remedy.String()
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

// examineAdministrators finds an environment that no administrator of the whole company cares for.
func examineAdministrators(e pactius.Environment, there []pactius.User) []Diagnosis {
	what := "administrators of " + e.Host
	switch {
	case !e.Connection.Connected():
		return nil
	case len(there) == 0:
		return []Diagnosis{{What: what, Detail: "no administrator of the whole company can sign in: each is " +
			"deactivated, past the end date, disabled or deleted in Microsoft 365, or there is none. Requests for " +
			"access wait",
			Remedy: "Reactivate one (pactius user reactivate), or give a user administer access to the company: " +
				"pactius user assign ACCOUNT_NAME --unit COMPANY --access administer --environment " + e.Host}}
	case !reached(there):
		return []Diagnosis{{What: what, Detail: "no administrator of the whole company has an email address, so no " +
			"one is told of requests, leavers and secrets that expire",
			Remedy: "Give one an address: pactius user set ACCOUNT_NAME --email ADDRESS --environment " + e.Host}}
	}
	return nil
}

// reached reports whether one of the users can receive email.
func reached(all []pactius.User) bool {
	for _, u := range all {
		if u.MailAddress() != "" {
			return true
		}
	}
	return false
}

// sealed finds secrets of an environment that only an older value of PACTIUS_SECRET opens, or none.
func (d *doctor) sealed(ctx context.Context, e pactius.Environment) []Diagnosis {
	if d.core.box == nil {
		return nil
	}
	what := "stored secrets of " + e.Host
	stored, err := d.core.Environments.Reseal(ctx, pactius.SupportActor(e.ID), true)
	var found []Diagnosis
	if err != nil {
		return []Diagnosis{diagnosis(what, err, "", "Check the database.")}
	}
	if len(stored.Lost) > 0 {
		found = append(found, Diagnosis{What: what, Detail: "they can't be read, probably because PACTIUS_SECRET has " +
			"changed, so that no one can sign in, or applications can't be told who a request is from: " +
			strings.Join(stored.Lost, ", "),
			Remedy: "Set the old value in PACTIUS_OLD_SECRETS. If it is lost: pactius environment set " +
				"--client-secret-file FILE for the connection, and pactius application rotate --now for signing " +
				"keys, both with --environment " + e.Host})
	}
	if stored.Old > 0 {
		found = append(found, warning(what, fmt.Sprintf("%d are encrypted with a value in PACTIUS_OLD_SECRETS and are "+
			"lost without it", stored.Old),
			"Encrypt them with the present one: pactius environment reseal --environment "+e.Host))
	}
	return found
}

// backlog examines the work in the background that an environment has before it: what is late, has failed, or is due
// so far ahead that no pause explains it.
func (d *doctor) backlog(e pactius.Environment, b *store.Backlog) []Diagnosis {
	if b == nil {
		return nil
	}
	var found []Diagnosis
	now := d.core.now()
	add := func(what, detail, remedy string) {
		found = append(found, Diagnosis{What: what + " of " + e.Host, Detail: detail, Remedy: remedy})
	}
	emails := func() {
		switch late := now.Sub(b.Mails.First); {
		case b.Mails.Count == 0:
		case b.Mails.Last.Sub(now) > store.FarAhead:
			add("emails", "one is due "+inFuture(b.Mails.Last), clockRemedy)
		case late > lateAfter:
			add("emails", fmt.Sprintf("%d are waiting; one has been due for %s", b.Mails.Count,
				late.Round(time.Second)), workRemedy)
		}
		if b.Dead > 0 {
			found = append(found, warning("emails of "+e.Host, fmt.Sprintf("%d were given up", b.Dead),
				"See why with pactius email list --environment "+e.Host+", fix it, and send them again with pactius "+
					"email retry"))
		}
	}
	clients := func() {
		switch waited := now.Sub(b.Clients.Since); {
		case b.Clients.Count == 0:
		case b.Clients.Last.Sub(now) > store.FarAhead:
			add("sign-outs", "one is due "+inFuture(b.Clients.Last), clockRemedy)
		case waited > lateAfter:
			add("sign-outs", fmt.Sprintf("%d applications' sessions have ended and the applications couldn't be "+
				"told; the first has waited for %s", b.Clients.Count, waited.Round(time.Second)),
				"The server's log and the activity log say why. Check the sign-out addresses of the applications: "+
					"pactius application list --environment "+e.Host)
		}
	}
	emails()
	clients()
	if b.Profile.Sub(now) > store.ProfileAhead {
		add("profiles", "one is due "+inFuture(b.Profile), clockRemedy)
	}
	if d.cfg.DirectorySweep != 0 && e.Connection.Connected() {
		found = append(found, examineSweep(e, b.Sweep, now)...)
	}
	return found
}

// examineSweep examines when an environment's users were last compared with the directory.
func examineSweep(e pactius.Environment, s store.Sweep, now time.Time) []Diagnosis {
	what, last := "leavers of "+e.Host, "never"
	if !s.FinishedAt.IsZero() {
		last = s.FinishedAt.UTC().Format(time.RFC3339)
	}
	switch late := now.Sub(s.DueAt); {
	case s.DueAt.IsZero():
		return nil // the server has not begun
	case -late > store.FarAhead:
		return []Diagnosis{{What: what, Detail: "the next look is due " + inFuture(s.DueAt) + "; the last " +
			"ended: " + last,
			Remedy: clockRemedy + " Until then: pactius sweep --environment " + e.Host}}
	case s.Trouble != "":
		return []Diagnosis{{What: what, Detail: "since " + s.TroubleAt.UTC().Format(time.RFC3339) + ": " +
			leavers.TroubleText(s.Trouble).String(), Remedy: "Fix what the test of the connection finds, then: " +
			"pactius sweep --environment " + e.Host}}
	case late > lateAfter:
		return []Diagnosis{{What: what, Detail: fmt.Sprintf("the next look has been due for %s; the last ended: %s",
			late.Round(time.Second), last), Remedy: workRemedy}}
	case !s.HeldAt.IsZero():
		return []Diagnosis{warning(what, "more have left than the limit allows; they wait for a decision since "+
			s.HeldAt.UTC().Format(time.RFC3339), "An administrator decides under Settings > Users > Left Microsoft "+
			"365.")}
	}
	return nil
}

// inFuture names a moment that is too far ahead.
func inFuture(t time.Time) string {
	return "only at " + t.UTC().Format(time.RFC3339) + ", later than any pause"
}
