package web

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"log/slog"
	"net/netip"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/incidents"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/web/view"
)

// noteTime bounds the writing of an incident: the person waits for the page, and
// what has failed may be the database.
const noteTime = time.Second

// note has an incident kept when the page has been read, so that its reference can
// be looked up.
func (s *Site) note(v *visit, i pactius.Incident) {
	if v.env.ID == "" {
		return // without an environment it could not be looked up
	}
	if i.Reference == "" {
		i.Reference = v.reference
	}
	i.Identity, i.Username, i.Name, i.Route = v.vouched.Identity, v.vouched.Username, v.vouched.Name, v.r.Pattern
	if v.isUser() {
		i.Source = pactius.FromUser
	}
	v.notes = append(v.notes, i)
}

// keepNotes stores the incidents of a request. The log has their lines in any case,
// so a note that fails is worth no more than another line.
func (s *Site) keepNotes(v *visit) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), noteTime)
	defer cancel()
	for _, i := range v.notes {
		if err := s.Incidents.Record(ctx, v.env.ID, i, v.sender()); err != nil {
			s.Logger.LogAttrs(ctx, slog.LevelWarn, "an incident was not kept",
				slog.String("request", v.reference), slog.Any("error", err))
		}
	}
}

// sender says what is known of the sender of a request without an identity.
func (v *visit) sender() incidents.Sender {
	if v.env.ID == "" {
		return incidents.Sender{Address: v.addressKey()}
	}
	k := v.site.browser(v)
	return incidents.Sender{Address: v.addressKey(), Browser: k.ID, Known: k.User}
}

// addressKey stands for a client without an identity. One customer of a provider
// has many addresses of IPv6.
func (v *visit) addressKey() string {
	a, err := netip.ParseAddr(v.address)
	if err != nil {
		return v.address
	}
	return edge.AddressKey(a)
}

// noteFault keeps a fault of ours.
func (s *Site) noteFault(v *visit) { s.note(v, pactius.Incident{Kind: pactius.IncidentFault}) }

// noteFailure keeps a sign-in that Microsoft did not vouch for, if it began in this browser: any other address can be
// written by anyone.
func (s *Site) noteFailure(v *visit, f *microsoft.Failure) {
	if !v.begun {
		return
	}
	s.note(v, pactius.Incident{Kind: pactius.IncidentSignIn, Reason: string(f.Reason), Code: f.Code})
}

// noteNoAccess keeps that an authenticated person has no access, once for each
// session.
func (s *Site) noteNoAccess(v *visit, session pactius.SessionID) {
	s.note(v, pactius.Incident{Kind: pactius.IncidentNoAccess, Reference: sessionReference(session)})
}

// sessionReference is the reference of a visitor's session, in the form of those of
// requests. It does not show the session's ID.
func sessionReference(id pactius.SessionID) string {
	sum := sha256.Sum256([]byte("reference of a session " + id))
	return base32.StdEncoding.EncodeToString(sum[:])[:referenceLength]
}

const referenceLength = 26 // crypto/rand.Text, which makes those of requests

// ticket is what the person at the screen may send to Support about this request.
func (v *visit) ticket(problem pactius.Text, code string) view.Ticket {
	return view.Ticket{At: v.reader.Now, Reference: v.reference, Problem: problem, Code: code, Person: v.vouched}
}

// visitorTicket is the ticket of a person without access.
func (v *visit) visitorTicket(problem pactius.Text) view.Ticket {
	t := v.ticket(problem, "")
	t.At, t.Reference = v.signed.Session.CreatedAt, sessionReference(v.signed.Session.ID)
	return t
}

// noteBroken keeps a fault after a panic, whose environment is not known. If it
// panics again, nothing is kept.
func (s *Site) noteBroken(v *visit) {
	defer func() {
		if cause := recover(); cause != nil {
			s.Logger.LogAttrs(v.r.Context(), slog.LevelWarn, "an incident was not kept",
				slog.String("request", v.reference), slog.Any("panic", cause))
		}
	}()
	if env, err := s.Environments.ByHost(v.r.Context(), v.r.Host); err == nil {
		v.env = env
		s.noteFault(v)
		s.keepNotes(v)
	}
}
