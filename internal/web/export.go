package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/web/view"
)

const (
	// exportBatch is how many events of an export are read, and kept in memory, at a time.
	exportBatch = 500

	// exportPatience is how long a client may take to receive one batch.
	exportPatience = time.Minute
)

// errExporting refuses a second export of the same user. Each instance allows one.
var errExporting = pactius.Refuse(pactius.KindTooMany,
	pactius.T("You're already exporting activity. Wait until that download is complete, or cancel it, and try again."))

// exportActivity sends all events of a filter as a file. It is a POST, because it records that they were exported.
//
// POST /settings/activity/export; local administrators.
func (s *Site) exportActivity(v *visit) error {
	page := activityOf(v.posted)
	f, status := v.filterEvents(&page.EventChoice)
	x := export{site: s, visit: v, format: v.form.text("format"), ctx: edge.Untimed(v.r.Context())}
	switch {
	case newEncoder(x.format, &x.part) == nil:
		return errMalformed
	case status != http.StatusOK:
		return s.showActivity(v, page, f, status)
	}
	if err := s.subject(v, &page); err != nil {
		return err
	}
	switch {
	case page.Of != nil:
		f.User = page.Of.ID
	case page.Search != "": // several people match, or none: that is not everything
		return s.showActivity(v, page, f, http.StatusOK)
	}
	key := string(v.env.ID) + " " + string(v.actor.User)
	if _, busy := s.exporting.LoadOrStore(key, true); busy {
		return errExporting
	}
	defer s.exporting.Delete(key)
	f.Unit, f.Limit = page.In, exportBatch
	x.filter = f
	first, err := x.read()
	if errors.Is(err, audit.ErrNoUnit) {
		return s.showActivity(v, page, f, http.StatusOK) // says so
	}
	if err != nil {
		return err
	}
	days := ""
	if page.From+page.To != "" {
		days = page.From + "/" + page.To
	}
	if err := s.Log.Export(v.r.Context(), v.actor, audit.Export{Filter: f, Format: x.format, Days: days}); err != nil {
		return err
	}
	v.endTurn() // each batch takes its own
	x.send(first, page)
	return nil
}

// export is a file under way.
type export struct {
	site   *Site
	visit  *visit
	ctx    context.Context // ends when the client hangs up
	format string
	filter pactius.EventFilter // of the next batch
	part   bytes.Buffer        // not sent yet
	events int
}

// read reads the next batch on one snapshot, as a page is: with the session and the rights of that moment.
func (x *export) read() (audit.Page, error) {
	var page audit.Page
	ctx, cancel := context.WithTimeout(x.ctx, edge.RequestTimeout)
	defer cancel()
	v := x.visit
	err := x.site.Environments.Page(ctx, v.r.Host, func(ctx context.Context, env pactius.Environment) error {
		signed, err := x.site.Users.Session(ctx, env.ID, v.token)
		if err != nil {
			return err
		}
		if env.ID != v.env.ID || signed.User.ID != v.actor.User {
			return errNotSignedIn
		}
		page, err = x.site.Log.Events(ctx, v.actor, x.filter)
		return err
	})
	return page, err
}

// send sends the file, beginning with a batch. A file that cannot be finished ends without the line that says it is
// complete, and its connection is cut, so that browsers report a failed download.
func (x *export) send(page audit.Page, list view.Activity) {
	header := x.visit.w.Header()
	header.Set("Content-Type", mediaTypes[x.format])
	header.Set("Content-Disposition", mime.FormatMediaType("attachment",
		map[string]string{"filename": x.fileName(list)}))
	w := x.visit.w.(*heldAnswer).stream()
	encoder := newEncoder(x.format, &x.part)
	encoder.begin()
	for {
		for _, e := range page.Events {
			encoder.event(view.RecordOf(x.visit.reader, view.EventRow{Event: e, Names: page.Names}))
		}
		x.events += len(page.Events)
		x.filter.After = page.Next
		if page.Next == "" {
			encoder.end(x.events)
		}
		if err := x.flush(w); err != nil {
			x.abort(err)
		}
		if page.Next == "" {
			return
		}
		var err error
		if page, err = x.read(); err != nil {
			x.abort(err)
		}
	}
}

// flush sends what has been written.
func (x *export) flush(w http.ResponseWriter) error {
	control := http.NewResponseController(w)
	err := control.SetWriteDeadline(time.Now().Add(exportPatience)) // the deadline is the operating system's
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := x.part.WriteTo(w); err != nil {
		return err
	}
	if err := control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return x.ctx.Err()
}

// abort cuts the connection.
func (x *export) abort(err error) {
	v, level := x.visit, slog.LevelInfo
	if x.ctx.Err() == nil && pactius.KindOf(err) == pactius.KindInternal {
		level = slog.LevelWarn
	}
	x.site.Logger.LogAttrs(x.ctx, level, "an export was cut", slog.String("environment", string(v.env.ID)),
		slog.String("request", v.reference), slog.Int("events", x.events), slog.Any("error", err))
	panic(http.ErrAbortHandler)
}

// fileName names the file by the environment's host and the days in it.
func (x *export) fileName(list view.Activity) string {
	today := x.site.Now().In(x.visit.env.Zone()).Format(pactius.DateLayout)
	parts := []string{"activity", environments.CleanHost(x.visit.env.Host)}
	if list.From != "" {
		parts = append(parts, list.From)
	}
	if list.To != "" {
		today = list.To
	}
	return strings.Join(append(parts, today), "_") + "." + x.format
}

// mediaTypes are the formats of exports, with their media types (RFC 4180 for CSV).
var mediaTypes = map[string]string{"csv": "text/csv; charset=utf-8; header=present", "ndjson": "application/x-ndjson"}

// encoder writes events in a format to a buffer, which never fails.
type encoder interface {
	begin()
	event(view.EventRecord)
	end(events int)
}

// newEncoder makes the encoder of a format, nil for an unknown one.
func newEncoder(format string, to *bytes.Buffer) encoder {
	switch format {
	case "csv":
		w := csv.NewWriter(to)
		w.UseCRLF = true
		return csvEncoder{to, w}
	case "ndjson":
		w := json.NewEncoder(to)
		w.SetEscapeHTML(false)
		return jsonEncoder{w}
	}
	return nil
}

// csvEncoder writes UTF-8 with a byte order mark, without which Excel reads another encoding.
type csvEncoder struct {
	to *bytes.Buffer
	w  *csv.Writer
}

func (c csvEncoder) begin() {
	c.to.WriteString("\ufeff")
	c.write(view.RecordFields)
}

func (c csvEncoder) event(r view.EventRecord) { c.write(r.Cells()) }

func (c csvEncoder) end(events int) {
	last := make([]string, len(view.RecordFields))
	last[0], last[1] = "complete", strconv.Itoa(events)
	c.write(last)
}

func (c csvEncoder) write(cells []string) {
	safe := make([]string, len(cells))
	for i, cell := range cells {
		safe[i] = safeCell(cell)
	}
	_ = c.w.Write(safe)
	c.w.Flush()
}

// formula matches what a spreadsheet takes for a formula at the beginning of a cell (OWASP, "CSV Injection"). Excel in
// many countries begins a new cell at a semicolon and a new row at a line break, also within the quotes of CSV, and
// reads what follows a pair of quotes as if it began the cell.
var formula = regexp.MustCompile(`(^|[;\t\r\n])([\s\pZ"]*)([=+\-@＝＋－＠])`)

// safeCell makes a text one that no spreadsheet calculates: an apostrophe stands right before what would be a formula,
// so that none of the breaks before it comes in between.
func safeCell(s string) string {
	s = formula.ReplaceAllString(s, "${1}${2}'${3}")
	if s != "" && strings.ContainsRune("\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}

// jsonEncoder writes one JSON object a line.
type jsonEncoder struct{ w *json.Encoder }

func (jsonEncoder) begin() {}

func (j jsonEncoder) event(r view.EventRecord) { _ = j.w.Encode(r) }

func (j jsonEncoder) end(events int) {
	_ = j.w.Encode(struct {
		Complete bool `json:"complete"`
		Events   int  `json:"events"`
	}{true, events})
}
