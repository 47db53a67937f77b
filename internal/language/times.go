package language

import (
	"strconv"
	"strings"
	"time"
)

// The limits at which a span gets another unit.
const (
	day            = 24 * time.Hour
	monthsFrom     = 60 * day  // below, days are what people count in
	yearsFrom      = 730 * day // "18 months" is clearer than "1 year"
	averageMonth   = 30 * day  // exact enough for "5 months"
	averageYear    = 365 * day // exact enough for "3 years"
	underOneMinute = time.Minute
)

// When returns a moment as people say it: "today 14:02", "yesterday 14:02",
// "tomorrow 14:02", "3 May 14:02" in the reader's year and "3 May 2025" in others.
// Without a clock it returns date and time in full. The zero time is "".
func (r Reader) When(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if r.Now.IsZero() {
		return r.FullDate(t)
	}
	t, now := r.local(t), r.local(r.Now)
	switch days := daysBetween(now, t); {
	case days == 0:
		return r.T("today %s", r.clock(t))
	case days == -1:
		return r.T("yesterday %s", r.clock(t))
	case days == 1:
		return r.T("tomorrow %s", r.clock(t))
	case t.Year() == now.Year():
		return r.T("%[1]s %[2]s", r.dayOfMonth(t, &r.Language.locale().shortMonths), r.clock(t))
	}
	return r.dayOfMonth(t, &r.Language.locale().shortMonths) + " " + t.Format("2006")
}

// Date returns the day: "3 May 2026". The zero time is "".
func (r Reader) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = r.local(t)
	return r.dayOfMonth(t, &r.Language.locale().months) + " " + t.Format("2006")
}

// FullDate returns a moment in full: "Sunday 3 May 2026 at 14:02 (CEST)". The zero
// time is "".
func (r Reader) FullDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = r.local(t)
	zone, _ := t.Zone()
	if strings.ContainsAny(zone[:min(1, len(zone))], "+-") {
		zone = "UTC" + zone // zones without a name of their own, such as "+03"
	}
	l := r.Language.locale()
	return r.T("%[1]s %[2]s at %[3]s (%[4]s)", l.weekdays[t.Weekday()], r.Date(t), t.Format(l.clock), zone)
}

// Duration returns a span in its largest fitting unit, rounded to the nearest: "20
// minutes", "5 hours", "3 days". It ignores the sign.
func (r Reader) Duration(d time.Duration) string {
	d = d.Abs()
	if d < underOneMinute {
		return r.T("less than a minute")
	}
	if n := count(d, time.Minute); n < 60 {
		return r.Plural(n, "%d minute", "%d minutes")
	}
	if n := count(d, time.Hour); n < 24 {
		return r.Plural(n, "%d hour", "%d hours")
	}
	switch {
	case d < monthsFrom:
		return r.Plural(count(d, day), "%d day", "%d days")
	case d < yearsFrom:
		return r.Plural(count(d, averageMonth), "%d month", "%d months")
	}
	return r.Plural(count(d, averageYear), "%d year", "%d years")
}

// Ago returns how long ago t is: "3 days ago", "just now". For a moment in the
// future it returns what In does. The zero time is "".
func (r Reader) Ago(t time.Time) string { return r.distance(t) }

// In returns how long it is until t: "in 3 days". For a moment in the past it
// returns what Ago does. The zero time is "".
func (r Reader) In(t time.Time) string { return r.distance(t) }

func (r Reader) distance(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if r.Now.IsZero() {
		return r.FullDate(t)
	}
	switch d := t.Sub(r.Now); {
	case d.Abs() < underOneMinute && d <= 0:
		return r.T("just now")
	case d < 0:
		return r.T("%s ago", r.Duration(d))
	default:
		return r.T("in %s", r.Duration(d))
	}
}

// local returns the moment in the reader's zone.
func (r Reader) local(t time.Time) time.Time {
	if r.Zone == nil {
		return t.UTC()
	}
	return t.In(r.Zone)
}

// clock returns the time of day within a sentence.
func (r Reader) clock(t time.Time) string {
	l := r.Language.locale()
	return l.clockLead + t.Format(l.clock)
}

func (r Reader) dayOfMonth(t time.Time, months *[12]string) string {
	return strconv.Itoa(t.Day()) + r.Language.locale().afterDay + months[t.Month()-1]
}

// daysBetween returns the number of midnights from a to b, both in the same zone. A
// day of 23 hours counts as a day.
func daysBetween(a, b time.Time) int {
	midnight := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(b).Sub(midnight(a)) / day)
}

// count returns how many units d is, rounded to the nearest.
func count(d, unit time.Duration) int { return int((d + unit/2) / unit) }
