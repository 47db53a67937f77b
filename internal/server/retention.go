package server

import (
	"bytes"
	"encoding/json"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/retention"
	"github.com/pactius/pactius/internal/web/view"
)

// retention returns the rules of what is no longer kept.
func (s *Server) retention() *retention.Rules {
	return retention.New(retention.Config{
		DB: s.db, Folder: s.cfg.EventsArchive, Line: archivedLine, Logger: s.logger,
		Keep: retention.Keep{Events: s.cfg.KeepEvents, Requests: s.cfg.KeepRequests,
			References: s.cfg.KeepReferences, SentEmails: s.cfg.KeepSentEmails},
	})
}

// checkArchive refuses a folder that cannot hold the events that are no longer kept.
func checkArchive(cfg config.Config) error {
	if cfg.KeepEvents == 0 || cfg.EventsArchive == "" {
		return nil
	}
	return retention.CheckFolder(cfg.EventsArchive)
}

// archivedEvent is an event in the archive: as in an export, with everything that the database had of it.
type archivedEvent struct {
	view.EventRecord
	Facts  pactius.Facts `json:"facts"`
	Detail pactius.Facts `json:"personal"` // as pactius.Event.Detail
}

// archivedLine writes an event in the environment's language. IDs are those of the event, also of what is gone.
func archivedLine(env pactius.Environment, e pactius.Event, names audit.Names) ([]byte, error) {
	code := language.Code(env.Language)
	if !code.Valid() {
		code = language.English
	}
	r := view.RecordOf(language.Reader{Language: code, Zone: env.Zone()}, view.EventRow{Event: e, Names: names})
	r.ActorID, r.UserID, r.RequestID = string(e.Actor.User), string(e.User), string(e.Request)
	r.UnitID, r.ApplicationID = string(e.Unit), e.Facts[pactius.FactApplication]
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	err := w.Encode(archivedEvent{r, e.Facts, e.Detail})
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
