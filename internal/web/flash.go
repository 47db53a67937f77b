package web

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

const (
	// flashTime is how long a message waits for its page: a slow redirect, not
	// tomorrow's visit.
	flashTime = 2 * time.Minute

	// maxFlash bounds a sealed message in bytes: browsers refuse a cookie of more
	// than 4,096 with its name and attributes (RFC 6265bis section 5.6). Messages
	// about the longest names that the rules accept fit.
	maxFlash = 3900

	flashPurpose = "flash message"
)

// done is a message that something has been done.
func done(message pactius.Text) view.Flash { return view.Flash{Tone: view.ToneGood, Message: message} }

// warn is a message that something needs attention.
func warn(message pactius.Text) view.Flash {
	return view.Flash{Tone: view.ToneAttention, Message: message}
}

// linked adds a link to a message.
func linked(f view.Flash, to string, label pactius.Text) view.Flash {
	f.Link, f.Label = to, label
	return f
}

// say leaves a message for the next page, which translates it for its reader. The
// cookie is sealed, so that only this site can put words on its pages.
func (s *Site) say(v *visit, f view.Flash) {
	if to := v.unsent.Without(); len(to) > 0 {
		f.Tone, f.Also = view.ToneAttention, withoutText(to)
	}
	if to := v.unsent.To(); len(to) > 0 {
		f.Tone, f.Also = view.ToneAttention, unsentText(to)
	}
	plain, err := json.Marshal(f)
	sealed := s.Box.Seal(flashPurpose, plain, string(v.env.ID))
	if err != nil || len(sealed) > maxFlash {
		s.Logger.WarnContext(v.r.Context(), "a message cannot be kept for the next page",
			"message", f.Message.Key, "bytes", len(sealed), "error", err)
		return
	}
	s.setCookie(v, flashCookie, sealed, flashTime)
}

// unsentText says that emails were not sent.
func unsentText(to []string) pactius.Text {
	if len(to) > 1 {
		return pactius.T("No email was sent to %d people because they've already received many from you today. Tell "+
			"them yourself.", len(to))
	}
	return pactius.T("No email was sent to %s because they've already received many from you today. Tell them "+
		"yourself.", to[0])
}

// withoutText says that no email could be sent.
func withoutText(to []string) pactius.Text {
	if len(to) > 1 {
		return pactius.T("No email was sent to %d people because we don't know their email addresses. Tell them "+
			"yourself.", len(to))
	}
	return pactius.T("No email was sent to %s because we don't know their email address. Tell them yourself.", to[0])
}

// readFlash finds the message for the page that is requested.
func (s *Site) readFlash(v *visit) {
	c, err := v.r.Cookie(s.cookieName(flashCookie))
	if err != nil || ahead(v.r) {
		return
	}
	plain, err := s.Box.Open(flashPurpose, c.Value, string(v.env.ID))
	var f view.Flash
	if err != nil || json.Unmarshal(plain, &f) != nil || f.Message.IsZero() {
		return
	}
	v.flash, v.flashed = &f, true
}

// ahead reports whether the browser fetches a page before the person opens it.
func ahead(r *http.Request) bool {
	return r.Header.Get("X-Purpose") == "prefetch" || r.Header.Get("Sec-Purpose") != ""
}
