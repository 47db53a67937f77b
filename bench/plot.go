package main

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"
)

// shown are the pages that the plots show.
var shown = []string{"home", "users, by name", "users, active", "search: a common word", "search: two common words",
	"one user", "one request", "business units", "activity of one user"}

// Size of a plot. The labels of the lines stand on the right.
const (
	plotWidth, plotHeight   = 640, 340
	plotLeft, plotRight     = 56, 240
	plotTop, plotBottom     = 34, 44
	plotLowest, plotHighest = 0.1, 100_000 // milliseconds
	labelHeight             = 14
)

// plotStyle is readable on light and dark ground.
const plotStyle = `text{font:12px system-ui,sans-serif;fill:#333}.h{font-weight:600}.g{stroke:#8884;fill:none}
.l{fill:none;stroke-width:2}@media(prefers-color-scheme:dark){text{fill:#ddd}}`

// colours are told apart on light and dark ground.
var colours = []string{"#0f7bd1", "#d1660f", "#2f9e44", "#c2255c", "#7b5cd6", "#0c8599", "#a07d00", "#868e96",
	"#e03131"}

// plot draws how long pages take at the sizes, both axes logarithmic.
func plot(engine string, sizes []result, visitor int) string {
	var b strings.Builder
	title := fmt.Sprintf("%s, %s: p50 of pages in ms by users", engine, sizes[0].Visitors[visitor].Name)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img"><title>%s</title>`+
		"\n<style>%s</style>\n"+`<text class="h" x="8" y="18">%s</text>`+"\n", plotWidth, plotHeight, title,
		plotStyle, title)
	for ms := plotLowest; ms <= plotHighest; ms *= 10 {
		y := heightOf(time.Duration(ms * float64(time.Millisecond)))
		fmt.Fprintf(&b, `<path class="g" d="M%d %.0fH%d"/><text x="%d" y="%.0f" text-anchor="end">%s</text>`+"\n",
			plotLeft, y, plotWidth-plotRight, plotLeft-6, y+4, axis(ms))
	}
	for i, r := range sizes {
		fmt.Fprintf(&b, `<text x="%.0f" y="%d" text-anchor="middle">%s</text>`+"\n", place(i, len(sizes)),
			plotHeight-plotBottom+20, thousands(r.Users))
	}
	at, all := math.Inf(-1), lines(sizes, visitor)
	for i, l := range all {
		lowest := float64(plotHeight - plotBottom - (len(all)-1-i)*labelHeight) // leaves room for the labels below
		at = min(max(l.ys[len(l.ys)-1]+4, at+labelHeight), lowest)
		fmt.Fprintf(&b, `<path class="l" stroke="%s" d="`, l.colour)
		for j, y := range l.ys {
			fmt.Fprintf(&b, "%s%.0f %.0f", string("ML"[min(j, 1)]), place(j, len(sizes)), y)
		}
		fmt.Fprintf(&b, `"/><text x="%d" y="%.0f"><tspan style="fill:%s">&#9632;</tspan> %s (%s)</text>`+"\n",
			plotWidth-plotRight+8, at, l.colour, html.EscapeString(l.page), l.last)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// axis writes a number of the axis.
func axis(ms float64) string {
	if ms < 1 {
		return fmt.Sprint(ms)
	}
	return thousands(int(ms))
}

// line is a page in a plot.
type line struct {
	page, colour, last string
	ys                 []float64
}

// lines are the pages to show, the slowest at the last size first, as their labels stand.
func lines(sizes []result, visitor int) []line {
	var all []line
	for i, page := range shown {
		l := line{page: page, colour: colours[i%len(colours)]}
		for _, r := range sizes {
			f, ok := find(r, visitor, page)
			if !ok {
				break
			}
			l.ys, l.last = append(l.ys, heightOf(f.P50)), short(f.P50)
		}
		if len(l.ys) == len(sizes) {
			all = append(all, l)
		}
	}
	sortBy(all, func(l line) float64 { return l.ys[len(l.ys)-1] })
	return all
}

// heightOf is the y of a duration.
func heightOf(d time.Duration) float64 {
	ms := min(max(inMilliseconds(d), plotLowest), plotHighest)
	share := math.Log10(ms/plotLowest) / math.Log10(plotHighest/plotLowest)
	return plotHeight - plotBottom - share*(plotHeight-plotBottom-plotTop)
}

// place is the x of a size.
func place(i, n int) float64 {
	const margin = 24.0
	wide := float64(plotWidth-plotLeft-plotRight) - 2*margin
	return plotLeft + margin + wide*float64(i)/float64(max(1, n-1))
}
