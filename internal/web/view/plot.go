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
	top := p.Top()
	var bars []Bar
	for i, day := range p.Days {
		if day.Count > 0 {
			height := max(plotLeast, day.Count*plotHeight/top)
			bars = append(bars, Bar{i * plotStep, plotHeight - height, plotBar, height})
		}
	}
	return bars
}

// Top is the number at the top of the axis: the next of 1, 2, 5, 10, 20, 50 and so on.
func (p Plot) Top() int {
	most := p.Most()
	for unit := 1; ; unit *= 10 {
		for _, n := range []int{1, 2, 5} {
			if n*unit >= most {
				return n * unit
			}
		}
	}
}

// Lines are the heights of the lines across the plot: the top, the middle and the base.
func (Plot) Lines() []int { return []int{0, plotHeight / 2, plotHeight} }

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

// Week is the sum of the last seven days.
func (p Plot) Week() int { return p.sum(len(p.Days)-week, len(p.Days)) }

// WeekBefore is the sum of the seven days before these.
func (p Plot) WeekBefore() int { return p.sum(len(p.Days)-2*week, len(p.Days)-week) }

// week is the number of days of a week.
const week = 7

func (p Plot) sum(from, upTo int) int {
	total := 0
	for _, day := range p.Days[max(0, from):max(0, upTo)] {
		total += day.Count
	}
	return total
}

// Width of the plot.
func (p Plot) Width() int { return max(1, len(p.Days)) * plotStep }

// Height of the plot with its base line.
func (Plot) Height() int { return plotHeight + 1 }
