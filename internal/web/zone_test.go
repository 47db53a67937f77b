package web

import (
	"net/http"
	"testing"
)

// TestALostTimeZoneIsShown on the page where it can be mended.
func TestALostTimeZoneIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const says = "The time zone Europe/Atlantis can't be loaded."
	b := w.as(ada)
	b.get("/settings/environment").status(http.StatusOK).lacks(says)
	w.db.Exec(t, `UPDATE environments SET time_zone = 'Europe/Atlantis'`)
	b.get("/settings/environment").status(http.StatusOK).shows(says).
		submit("/settings/environment", "time_zone", "Europe/Copenhagen").to("/settings/environment").lacks(says)
}
