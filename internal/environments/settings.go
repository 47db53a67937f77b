package environments

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/units"
)

// View holds the values for an environment's settings page.
type View struct {
	Environment    pactius.Environment
	SharedClient   bool // the deployment's app registration is used
	CanEdit        bool // administrators of the root, and Support
	Administrators []pactius.User
	Undelivered    Undelivered          // the first page; only with CanEdit
	Delay          *Delay               // of all emails; only with CanEdit, nil where they are sent
	Certificate    *pactius.Certificate // only with CanEdit; nil if there is none or it cannot be read
	FormerUntil    time.Time            // only with CanEdit: the client secret before is a fallback; zero for none
}

// View returns the environment for an administrator.
func (r *Rules) View(ctx context.Context, actor pactius.Actor) (View, error) {
	var v View
	err := r.DB.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		v.Environment, v.CanEdit = tx.Environment, tx.Rights.AdministersAll()
		v.SharedClient = tx.Environment.Connection.ClientID == ""
		if v.Administrators, err = tx.RootAdministrators(); err != nil || !v.CanEdit {
			return err
		}
		v.Certificate, v.FormerUntil = r.certificate(v.Environment), r.formerUntil(v.Environment)
		if v.Undelivered, err = undelivered(tx, ""); err != nil {
			return err
		}
		v.Delay, err = delay(tx)
		return err
	})
	return v, err
}

// Update changes the environment's settings; version is that of the form, 0 is not
// checked. Only Support changes host and connection, untested; others change the
// connection with Connect. A change of the tenant that cuts off more users than
// up.CutOff is refused with a *CutOffError.
func (r *Rules) Update(
	ctx context.Context, actor pactius.Actor, version int, up pactius.EnvironmentUpdate,
) (pactius.Environment, error) {
	logo, err := r.readLogo(ctx, actor, up)
	if err != nil {
		return pactius.Environment{}, err
	}
	var e pactius.Environment
	err = r.DB.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		if actor.Kind != pactius.ActorSupport && (up.Host != nil || connects(up)) {
			return errSupportOnly
		}
		e = tx.Environment
		if version != 0 && version != e.Version {
			return store.ErrStale
		}
		wrong := slices.Clone(logo.wrong)
		changed := slices.Concat(r.apply(&e, up, &wrong), applyBrand(&e.Brand, up, logo, &wrong))
		if err := wrong.Err(); err != nil || len(changed) == 0 {
			return err
		}
		if err := checkCutOff(tx, e.Connection, up.CutOff); err != nil {
			return err
		}
		if slices.Contains(changed, "logo") {
			if err := tx.SetLogo(e.Brand.Logo.Hash, logo.image); err != nil {
				return err
			}
		}
		first := !tx.Environment.Connection.Connected() && e.Connection.Connected()
		if err := save(tx, &e, changed); err != nil || !first {
			return err
		}
		return tx.MailRoot(mail.ConnectedBy(e.Connection.TenantID, nil))
	})
	return e, err
}

// CutOffError asks before a change of the tenant cuts off users who are linked to accounts of the one before.
type CutOffError struct {
	Users    int
	Connects bool // to another tenant; otherwise the environment is disconnected
}

// Error returns the refusal in English.
func (e *CutOffError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the refusal as every surface shows it.
func (e *CutOffError) Unwrap() error {
	if !e.Connects {
		return pactius.Refuse(pactius.KindConflict, pactius.Plural(e.Users,
			"%d linked user can't sign in while the environment has no Microsoft 365 connection.",
			"%d linked users can't sign in while the environment has no Microsoft 365 connection."))
	}
	return pactius.Refuse(pactius.KindConflict, pactius.Plural(e.Users,
		"%d user is linked to an account in the current tenant and won't be able to sign in after the change until "+
			"linked to an account in the new one with: pactius environment relink",
		"%d users are linked to accounts in the current tenant and won't be able to sign in after the change until "+
			"linked to accounts in the new one with: pactius environment relink"))
}

// checkCutOff refuses a connection that cuts off more users than most.
func checkCutOff(tx *change.Tx, next pactius.Connection, most int) error {
	if next.TenantID == tx.Environment.Connection.TenantID {
		return nil
	}
	n, err := tx.CountLinkedElsewhere(next.TenantID, tx.Environment.Connection.TenantID)
	if err == nil && n > most {
		err = &CutOffError{Users: n, Connects: next.Connected()}
	}
	return err
}

// save stores a changed environment with its event.
func save(tx *change.Tx, e *pactius.Environment, changed []string) error {
	if e.Host != tx.Environment.Host {
		if err := checkHost(tx, e.Host); err != nil {
			return err
		}
	}
	if err := tx.UpdateEnvironment(*e); err != nil {
		return hostTaken(err, e.Host)
	}
	e.Version++
	if err := units.RenameRoot(tx, tx.Environment.Name, e.Name); err != nil {
		return err
	}
	tx.Record(pactius.Event{Kind: pactius.EnvironmentChanged,
		Facts: pactius.Facts{pactius.FactFields: strings.Join(changed, ",")}})
	return nil
}

// apply checks an update and applies it to e; it returns the names of the changed
// fields.
func (r *Rules) apply(e *pactius.Environment, up pactius.EnvironmentUpdate, wrong *pactius.Fields) []string {
	var changed []string
	before := e.Connection
	set := func(field string, to *string, value *string, parse func(string) (string, pactius.Text)) {
		if value == nil {
			return
		}
		clean, fault := parse(*value)
		if !fault.IsZero() {
			wrong.Add(field, fault)
			return
		}
		if *to != clean {
			*to = clean
			changed = append(changed, field)
		}
	}
	set("name", &e.Name, up.Name, parseName)
	set("host", &e.Host, up.Host, r.parseHost)
	set("tenant", &e.Connection.TenantID, up.TenantID, parseID)
	set("client_id", &e.Connection.ClientID, up.ClientID, parseID)
	if up.ClientID != nil && e.Connection.ClientID != "" && e.Connection.ClientID == e.Connection.TenantID {
		wrong.Add("client_id", pactius.T("This is the directory (tenant) ID. The overview page of the app "+
			"registration shows the application (client) ID as well."))
	}
	changed = append(changed, r.applySecret(e, before, up, wrong)...)
	set("support_contact", &e.SupportContact, up.SupportContact, parseContact)
	set("language", &e.Language, up.Language, parseLanguage)
	set("time_zone", &e.TimeZone, up.TimeZone, parseZone)
	return append(changed, applyLeavers(e, up, wrong)...)
}

// applyLeavers applies an update's rule and bound for leavers.
func applyLeavers(e *pactius.Environment, up pactius.EnvironmentUpdate, wrong *pactius.Fields) []string {
	var changed []string
	if rule := up.LeaverRule; rule != nil && *rule != e.LeaverRule {
		if !slices.Contains([]pactius.LeaverRule{pactius.LeaversDeactivated, pactius.LeaversMarked}, *rule) {
			wrong.Add("leaver_rule", pactius.T("Choose what happens to users who have left Microsoft 365."))
		}
		e.LeaverRule, changed = *rule, append(changed, "leaver_rule")
	}
	if bound := up.LeaverBound; bound != nil {
		if *bound < 1 || *bound > maxLeaverBound {
			wrong.Add("leaver_bound", pactius.T("Enter a whole number from 1 to %d.", maxLeaverBound))
		}
		stored := *bound
		if stored == pactius.DefaultLeaverBound {
			stored = 0 // the default
		}
		if stored != e.LeaverBound {
			e.LeaverBound, changed = stored, append(changed, "leaver_bound")
		}
	}
	return changed
}

// maxLeaverBound is the highest pactius.Environment.LeaverBound: all users.
const maxLeaverBound = 100

func parseName(s string) (string, pactius.Text) {
	clean, err := names.ParseName("name", s)
	if err != nil {
		return "", fieldText(err)
	}
	return clean, pactius.Text{}
}

func (r *Rules) parseHost(s string) (string, pactius.Text) {
	host := CleanHost(names.TrimMark(s)) // a port selects no environment
	if _, ok := names.ParseHost(host); !ok || strings.Contains(s, "/") {
		return "", pactius.T("Enter only the host name, for example portal.nordhavn.example.")
	}
	if r.IsCallbackHost(host) {
		return "", pactius.T("%s is the callback host of the shared app registration. An environment needs its own "+
			"host name.", host)
	}
	return host, pactius.Text{}
}

func parseID(s string) (string, pactius.Text) {
	clean := strings.ToLower(names.Visible(s))
	if clean != "" && !id.Valid(clean) {
		return "", pactius.T("Copy the ID from the Microsoft Entra admin centre; " +
			"it looks like 8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e.")
	}
	return clean, pactius.Text{}
}

func parseContact(s string) (string, pactius.Text) {
	contact, err := names.ParseContact("support_contact", s)
	if err != nil {
		return "", fieldText(err)
	}
	return contact, pactius.Text{}
}

func parseLanguage(s string) (string, pactius.Text) {
	if s != "" && !language.Code(s).Valid() {
		return "", pactius.T("Choose one of the available languages.")
	}
	return s, pactius.Text{}
}

func parseZone(s string) (string, pactius.Text) {
	if s == "" {
		return "", pactius.Text{}
	}
	if _, err := time.LoadLocation(s); err != nil || s == "Local" {
		return "", pactius.T("There's no time zone %s. Enter one like Europe/Copenhagen.", s)
	}
	return s, pactius.Text{}
}
