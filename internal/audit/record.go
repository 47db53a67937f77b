package audit

import (
	"fmt"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

// Record appends an event to the log of the transaction's environment. The
// event brings kind, subject and facts; ID, time and actor are filled in here.
func Record(tx *store.Tx, now time.Time, actor pactius.Actor, e pactius.Event) error {
	e.ID, e.At, e.Actor = pactius.EventID(id.New()), now, actor
	if err := tx.InsertEvent(e); err != nil {
		return fmt.Errorf("record %s: %w", e.Kind, err)
	}
	return nil
}
