package e2e

import "testing"

// The decision is in sight without scrolling, on a small laptop and on a phone, and nothing is hidden behind it.
func TestTheDecisionOnARequestIsInSight(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.asks("Gustav Friis")
	adas := o.comes("Ada Lind")
	adas.Open("/settings/requests")
	adas.clicksOne("link", "Gustav Friis")
	for name, size := range map[string][2]int64{"laptop": {1280, 800}, "phone": {360, 740}} {
		adas.Window(size[0], size[1])
		if got := adas.run(`(async () => {
			const bar = document.querySelector('.held').getBoundingClientRect();
			const before = bar.top >= 0 && bar.bottom <= innerHeight + 1;
			document.activeElement.blur();
			document.querySelector('[name=note]').focus();
			const field = document.activeElement.getBoundingClientRect();
			const at = document.querySelector('.held').getBoundingClientRect();
			return before + ' ' + (field.bottom <= at.top + 1);
		})()`); got != "true true" {
			t.Errorf("on a %s, the bar is in sight and the focused field above it: %s", name, got)
		}
		adas.Screenshot("decision-" + name)
		adas.run(`Promise.resolve('').then(() => { scrollTo(0, 0); return ''; })`)
	}
	adas.Window(DefaultWidth, DefaultHeight)
	adas.Axe()
	adas.enter("button", "Approve without business units")
	adas.See("Gustav Friis now has access")
}
