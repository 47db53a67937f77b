package view

import (
	"time"

	"github.com/pactius/pactius"
)

// Plot is a bar plot of the last days, drawn as SVG with attributes only.
type Plot struct {
	Base
	Title string
	Days  []DayCount
}

// DayCount is one bar of a plot.
type DayCount struct {
	Day   time.Time // any moment of the day, in the reader's zone
	Count int
}

// Plot makes the plot of a page; the last count is of the day last. Days are
// dated at noon, so that each is the same day in every way of counting.
func (b Base) Plot(title string, last pactius.Date, counts []int) Plot {
	const noon = 12 * time.Hour
	first := b.On(last).At.AddDate(0, 0, 1-len(counts))
	days := make([]DayCount, len(counts))
	for i, n := range counts {
		days[i] = DayCount{first.AddDate(0, 0, i).Add(noon), n}
	}
	return Plot{b, title, days}
}

// Sizes of a plot in its own units; the style sheet scales it.
const (
	plotHeight = 48 // of the highest bar
	plotStep   = 10 // from bar to bar
	plotBar    = 7  // width of a bar
	plotLeast  = 2  // height of the bar of a day with anything at all: it must be seen
)

// Bar is one bar of a plot.
type Bar struct {
	X, Y, Width, Height int
}

// Bars are the bars that are higher than nothing.
func (p Plot) Bars() []Bar {
	most := p.Most()
	var bars []Bar
	for i, day := range p.Days {
		if day.Count > 0 {
			height := max(plotLeast, day.Count*plotHeight/most)
			bars = append(bars, Bar{i * plotStep, plotHeight - height, plotBar, height})
		}
	}
	return bars
}

// First is the first day.
func (p Plot) First() time.Time { return p.Days[0].Day }

// Last is the last day.
func (p Plot) Last() time.Time { return p.Days[len(p.Days)-1].Day }

// Most is the highest count.
func (p Plot) Most() int {
	most := 0
	for _, day := range p.Days {
		most = max(most, day.Count)
	}
	return most
}

// Total is the sum of the counts.
func (p Plot) Total() int {
	total := 0
	for _, day := range p.Days {
		total += day.Count
	}
	return total
}

// Width of the plot.
func (p Plot) Width() int { return max(1, len(p.Days)) * plotStep }

// Height of the plot with its base line.
func (Plot) Height() int { return plotHeight + 1 }

// Base line of the plot.
func (Plot) Floor() int { return plotHeight }
