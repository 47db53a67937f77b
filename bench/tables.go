package main

import (
	"fmt"
	"strings"
	"time"
)

// pageTables writes the tables of all pages: one for each engine and visitor, with a column for each size.
func pageTables(all []result) string {
	var b strings.Builder
	for _, engine := range []string{onSQLite, onPostgres} {
		sizes := of(all, engine)
		if len(sizes) == 0 {
			continue
		}
		for i := range sizes[len(sizes)-1].Visitors {
			pageTable(&b, engine, sizes, i)
		}
	}
	return b.String()
}

// of are the results of an engine, the smallest size first.
func of(all []result, engine string) []result {
	var some []result
	for _, r := range all {
		if r.Engine == engine {
			some = append(some, r)
		}
	}
	return some
}

func pageTable(b *strings.Builder, engine string, sizes []result, visitor int) {
	last := sizes[len(sizes)-1]
	fmt.Fprintf(b, "### %s, %s\n\n| page, p50 ms with so many users |", engine, last.Visitors[visitor].Name)
	for _, r := range sizes {
		fmt.Fprintf(b, " %s |", thousands(r.Users))
	}
	b.WriteString(" p95 | CPU ms | KB | statements | to a read | to an empty page | growth | limited by |\n| --- |")
	b.WriteString(strings.Repeat(" ---: |", len(sizes)+7) + " --- |\n")
	for _, f := range last.Visitors[visitor].Pages {
		fmt.Fprintf(b, "| %s |", f.Page)
		for _, r := range sizes {
			if g, ok := find(r, visitor, f.Page); ok {
				fmt.Fprintf(b, " %s |", short(g.P50))
			} else {
				b.WriteString(" - |")
			}
		}
		growth := "-"
		if g, ok := find(sizes[0], visitor, f.Page); ok && g.cost(engine) > 0 {
			growth = fmt.Sprintf("%.1f", f.cost(engine)/g.cost(engine))
		}
		fmt.Fprintf(b, " %s | %s | %.0f | %d | %.0f | %.1f | %s | %s |\n", short(f.P95), short(f.CPU),
			float64(f.Bytes)/1000, f.Statements, f.cost(engine)/last.Read.Seconds(),
			f.cost(engine)/last.Empty.cost(engine), growth, f.limit())
	}
	b.WriteString("\n")
}

// find is the same page of another size.
func find(r result, visitor int, page string) (figures, bool) {
	if visitor < len(r.Visitors) {
		for _, f := range r.Visitors[visitor].Pages {
			if f.Page == page {
				return f, true
			}
		}
	}
	return figures{}, false
}

// limit names what a page mostly waits for.
func (f figures) limit() string {
	share := func(s float64) string { return fmt.Sprintf(" %.0f %%", 100*s) }
	switch {
	case f.Wrong != 0:
		return fmt.Sprintf("answers %d", f.Wrong)
	case f.Database < 0:
		return ""
	case f.Rendering < 0:
		return "waiting" + share(f.Database)
	case f.Database >= f.Rendering:
		return "database" + share(f.Database) + ", rendering" + share(f.Rendering)
	default:
		return "rendering" + share(f.Rendering) + ", database" + share(f.Database)
	}
}

// otherTables writes the baselines, the mixed load and the start.
func otherTables(all []result) (baselines, loads, starts string) {
	var base, load, start strings.Builder
	base.WriteString("| engine | users | business units | events | one row by its key, ms | sign-in page, ms |\n" +
		"| --- | ---: | ---: | ---: | ---: | ---: |\n")
	load.WriteString("| engine | users | pages a second | p50 ms | p95 ms | p99 ms | failed |\n" +
		"| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	start.WriteString("| users | start to ready, ms | memory when idle, MB |\n| ---: | ---: | ---: |\n")
	for _, r := range all {
		fmt.Fprintf(&base, "| %s | %s | %s | %s | %.3f | %.3f |\n", r.Engine, thousands(r.Users), thousands(r.Units),
			thousands(r.Events), inMilliseconds(r.Read), inMilliseconds(r.Empty.Serial))
		for _, m := range r.Mixed {
			fmt.Fprintf(&load, "| %s | %s | %.0f | %s | %s | %s | %d of %d |\n", r.Engine, thousands(r.Users), m.Rate,
				short(m.P50), short(m.P95), short(m.P99), m.Failed, m.Count)
		}
		if r.Ready > 0 {
			fmt.Fprintf(&start, "| %s | %s | %.0f |\n", thousands(r.Users), short(r.Ready), float64(r.Memory)/(1<<20))
		}
	}
	return base.String(), load.String(), start.String()
}

func inMilliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// short writes milliseconds with as many digits as mean something.
func short(d time.Duration) string {
	switch ms := inMilliseconds(d); {
	case ms < 10:
		return fmt.Sprintf("%.1f", ms)
	default:
		return thousands(int(ms + 0.5))
	}
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
