package environments

import (
	"context"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/brand"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
)

// newLogo is an uploaded logo as it will be stored, or what is wrong with it.
type newLogo struct {
	pactius.Logo
	image []byte
	wrong pactius.Fields
}

// readLogo reads the uploaded logo of an actor who may set it. It is no part of the change, because other changes of
// the environment wait for that.
func (r *Rules) readLogo(ctx context.Context, actor pactius.Actor, up pactius.EnvironmentUpdate) (newLogo, error) {
	if up.Logo == nil {
		return newLogo{}, nil
	}
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(*change.Tx) error { return nil })
	if err != nil {
		return newLogo{}, err
	}
	return parseLogo(up), nil
}

// parseLogo reads an update's logo. No file and an empty one are no logo.
func parseLogo(up pactius.EnvironmentUpdate) newLogo {
	var l newLogo
	if up.Logo == nil || len(*up.Logo) == 0 {
		return l
	}
	var fault pactius.Text
	if l.Logo, l.image, fault = brand.ReadLogo(*up.Logo); !fault.IsZero() {
		l.wrong.Add("logo", fault)
	}
	return l
}

// applyBrand applies an update's accent, welcome text and logo; it returns the names of the changed fields.
func applyBrand(b *pactius.Brand, up pactius.EnvironmentUpdate, logo newLogo, wrong *pactius.Fields) []string {
	before := *b
	if up.Accent != nil {
		typed := names.Visible(*up.Accent)
		switch c, ok := brand.ParseColour(typed); {
		case ok:
			b.Accent = c.String()
		case typed == "":
			b.Accent = ""
		default:
			wrong.Add("accent",
				pactius.T("Enter the colour as # and six digits or letters from a to f, such as #0f6cbd."))
		}
	}
	if up.Welcome != nil {
		text, err := names.ParseText("welcome", *up.Welcome, pactius.MaxWelcome)
		if err == nil {
			b.Welcome = text
		} else {
			wrong.Add("welcome", fieldText(err))
		}
	}
	if up.Logo != nil && len(logo.wrong) == 0 {
		b.Logo = logo.Logo
	}
	var changed []string
	if b.Accent != before.Accent {
		changed = append(changed, "accent")
	}
	if b.Logo != before.Logo {
		changed = append(changed, "logo")
	}
	if b.Welcome != before.Welcome {
		changed = append(changed, "welcome")
	}
	return changed
}

// TryBrand returns the environment as Update would make its look, and stores nothing. With an error about fields, those
// that are right are applied. It is for those who may update: without an update it returns the environment to them.
func (r *Rules) TryBrand(
	ctx context.Context, actor pactius.Actor, up pactius.EnvironmentUpdate,
) (pactius.Environment, error) {
	logo, err := r.readLogo(ctx, actor, up)
	if err != nil {
		return pactius.Environment{}, err
	}
	var e pactius.Environment
	err = r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		e = tx.Environment
		wrong := slices.Clone(logo.wrong)
		applyBrand(&e.Brand, up, logo, &wrong)
		return wrong.Err()
	})
	return e, err
}

// Logo returns an environment's logo, a PNG image. Anyone may see it: it is on the sign-in page. Another hash than the
// present logo's is not found.
func (r *Rules) Logo(ctx context.Context, env pactius.EnvironmentID, hash string) ([]byte, error) {
	var image []byte
	err := r.DB.Read(ctx, pactius.System(env, "logo"), change.RoleUser, func(tx *change.Tx) error {
		var err error
		image, err = tx.Logo(hash)
		return err
	})
	return image, err
}
