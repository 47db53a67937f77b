package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// reach goes to something by Tab, and fails where the focus cannot be seen on
// the way (WCAG 2.2, success criterion 2.4.7).
func (p *Person) reach(role, name string) {
	p.t.Helper()
	const enough = 120 // stops on the way; more than these pages have
	want := mark{role, fold(name)}.String()
	var passed []string
	for range enough {
		p.Press("Tab")
		got := p.Focused()
		if !p.focusShows() {
			p.t.Errorf("%s at %s: the focus cannot be seen on %s", p.name, p.address(), got)
		}
		if got == want {
			return
		}
		passed = append(passed, got)
	}
	p.t.Fatalf("%s cannot reach %s at %s by Tab; passed %s", p.name, want, p.address(), strings.Join(passed, ", "))
}

// focusShows reports whether what has the focus, or its label, is drawn with a
// ring, and is not hidden. The document itself needs none.
func (p *Person) focusShows() bool {
	p.t.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	shown, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => {
		const at = document.activeElement;
		if (!at || at === document.body || at === document.documentElement) return true;
		const ring = (e) => {
			const s = getComputedStyle(e);
			return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1) || s.boxShadow !== 'none';
		};
		const box = at.getBoundingClientRect();
		return box.width > 0 && box.height > 0 && [at, at.parentElement, ...(at.labels ?? [])].some(ring);
	})()`))
	p.must(err, "look at the focus")
	return shown
}

// enter presses Enter on something reached by Tab.
func (p *Person) enter(role, name string) {
	p.t.Helper()
	p.reach(role, name)
	p.Press("Enter")
}

// fillByKeys types into a field reached by Tab.
func (p *Person) fillByKeys(role, name, text string) {
	p.t.Helper()
	p.reach(role, name)
	p.Press("Control+a")
	p.Type(text)
}

// signInByKeys goes through Microsoft's page, whose looks are not ours.
func (p *Person) signInByKeys(a Account) {
	p.t.Helper()
	p.enter("button", "Sign in with Microsoft")
	p.pickByKeys(a)
}

// pickByKeys chooses an account on Microsoft's page.
func (p *Person) pickByKeys(a Account) {
	p.t.Helper()
	p.See("Pick an account")
	p.TabTo("button", a.Name+", "+a.Username)
	p.Press("Enter")
}

func TestWholeWayByKeyboard(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu())
	gus := c.Person("Gu")
	gus.Open("/")
	gus.signInByKeys(gu())
	gus.See("Request access to Nordhavn")
	gus.fillByKeys("textbox", "Message optional", "I start on Monday.")
	gus.reach("DisclosureTriangle", "I know which business units I need optional")
	gus.Press("Space")
	gus.reach("treeitem", "Nordhavn")
	gus.stepTo("North")
	gus.Press("Space")
	gus.enter("button", "Request access")
	gus.See("Your request is pending")
	gus.See("Sales / North")

	adas := c.Person("Ada")
	adas.follow(c.Mail(ada().Username, "Approval needed: Gu Berg"))
	adas.pickByKeys(ada())
	adas.See("I start on Monday.")
	adas.Press("Tab")
	adas.HasFocus(`link "Skip to main content"`)
	adas.Press("Enter")
	adas.reach("treeitem", "North Read") // chosen already
	adas.stepTo("Operations")
	adas.Press("Space")
	adas.reach("combobox", "Access to Operations")
	adas.Press("ArrowDown")
	adas.enter("button", "Approve")
	adas.See("Gu Berg now has access: ")

	gus.goesIn()
	gus.See("Welcome, Gu")
	gus.See("Sales / North Read")
	gus.See("Operations Write")
}

func TestSingleKeys(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for _, name := range []string{"Anna", "Bodil", "Carla"} {
		c.Must("user", "add", "--username", strings.ToLower(name)+"@nordhavn.example", "--name", name+" Lund", "--unit",
			"Sales")
	}
	adas := c.arrives(ada())
	adas.Open("/settings/users")
	at := adas.HasFocus
	adas.PressFor("/", `searchbox "Search users"`)
	adas.Type("bodil")
	adas.SeeNot("Anna Lund")
	at(`searchbox "Search users"`)
	adas.See("1 user")
	adas.Type("aj?/") // letters while one types
	adas.HasNo("dialog", "Keyboard shortcuts")
	adas.Open("/settings/users")

	adas.Press("j")
	at(`link "Ada Lind ada@nordhavn.example"`)
	adas.Press("j")
	at(`link "Anna Lund anna@nordhavn.example"`)
	adas.Press("j")
	adas.Press("k")
	at(`link "Anna Lund anna@nordhavn.example"`)
	adas.Press("Enter")
	adas.Has("heading", "Anna Lund")
	adas.Back()

	adas.Press("?")
	keys := adas.Within("dialog", "Keyboard shortcuts")
	keys.See("Next and previous row")
	adas.Look("keys")
	adas.Press("Escape")
	adas.HasNo("dialog", "Keyboard shortcuts")

	// A person can turn single keys off (WCAG 2.2, 2.1.4).
	adas.Press("?")
	keys.Uncheck("Use single-key shortcuts in this browser")
	adas.Press("Escape")
	adas.HasNo("dialog", "Keyboard shortcuts")
	adas.Reload()
	adas.Press("a")
	adas.HasNo("dialog", "Add a user")
	adas.Press("?")
	adas.HasNo("dialog", "Keyboard shortcuts")
}

func TestPopupKeepsTheFocusAndTheInput(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	adas := c.arrives(ada())
	adas.Open("/settings/users")
	adas.Press("a")
	form := adas.Within("dialog", "Add a user")
	form.Has("combobox", "Account name")
	adas.HasFocus(`combobox "Account name"`)

	// The focus goes round in the pop-up and never to the page below.
	const rounds = 45
	for range rounds {
		adas.Press("Tab")
		if got := adas.Focused(); !adas.inDialog() {
			t.Errorf("the focus left the pop-up for %s", got)
			break
		}
	}

	// Nothing typed: Escape closes, and the focus is back where it was.
	adas.Press("Escape")
	adas.HasNo("dialog", "Add a user")
	adas.HasFocus(`link "Add"`)

	// Something typed: it is asked about first.
	adas.Press("Enter")
	form.Fill("Account name", "half.typed@")
	adas.Press("Escape")
	adas.See("What you entered hasn't been saved")
	adas.Axe()
	adas.Press("Enter") // the focus is on the harmless answer
	adas.SeeNot("What you entered hasn't been saved")
	if got := form.Value("Account name"); got != "half.typed@" {
		t.Errorf("the field holds %q", got)
	}
	// The pop-up says where the mistake is, and the typed text stays.
	form.Fill("Name optional", "Half Typed")
	form.Click("button", "Add")
	form.See("Please correct the highlighted entry.")
	if got := form.Value("Name optional"); got != "Half Typed" {
		t.Errorf("the field holds %q", got)
	}
	adas.Axe()
	adas.Press("Escape")
	adas.Click("button", "Discard and close")
	adas.HasNo("dialog", "Add a user")
	if got := len(c.users()); got != 1 {
		t.Errorf("there are %d users, want Ada alone", got)
	}
}

// inDialog reports whether the focus is in an open pop-up, or on the browser's
// own controls, which come round after the last element.
func (p *Person) inDialog() bool {
	p.t.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	in, err := chromedp.Run(ctx, chromedp.Evaluate[bool](
		`document.activeElement === document.body || !!document.activeElement.closest('dialog[open]')`))
	p.must(err, "look at the focus")
	return in
}

// focusBeneath tells what covers all of what has the focus; nothing when some
// of it can be seen (WCAG 2.2, success criterion 2.4.11).
func (p *Person) focusBeneath() string {
	p.t.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	cover, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(() => {
		const at = document.activeElement, box = at?.getBoundingClientRect();
		if (!at || at === document.body || !box.width || !box.height) return '';
		let cover = 'the edge of the window';
		for (const [x, y] of [[.5, .5], [.1, .1], [.9, .1], [.1, .9], [.9, .9]]) {
			const top = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
			if (!top) continue;
			if (at.contains(top) || [...(at.labels ?? [])].some((l) => l.contains(top))) return '';
			cover = top.outerHTML.slice(0, 120);
		}
		return cover;
	})()`))
	p.must(err, "look at the focus")
	return cover
}

// Fields in a closed part of a form take no focus.
func TestAPopupStartsAtTheFirstFieldInSight(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	adas := c.arrives(ada())
	adas.Open("/settings/users")
	adas.Click("link", row(ada()))
	adas.Click("link", "Manage business units")
	form := adas.Popup("Business units for " + ada().Name)
	form.HasNo("combobox", "Name or account name of the user") // of the user whose access is copied
	adas.HasFocus(`searchbox "Find a business unit"`)
}

// The buttons of a pop-up stay in sight at its end, and Tab does not go below them.
func TestFocusInAPopupCanBeSeen(t *testing.T) {
	t.Parallel()
	c := newCompany(t, anna())
	c.asks(anna())
	for i := range 12 {
		c.Must("unit", "add", "--parents", fmt.Sprintf("Operations / Ship %d", i+1))
	}
	adas := c.arrives(ada())
	adas.Window(900, 480)
	adas.Open("/settings/users")
	adas.Click("link", "Add")
	form := adas.Popup("Add a user")
	form.Fill("Account name", mistyped)
	form.See("This looks like someone who's already here:")
	const rounds = 30 // each way: past the end of the form and round again
	for i := range 2 * rounds {
		key := "Tab"
		if i >= rounds {
			key = "Shift+Tab"
		}
		adas.Press(key)
		if cover := adas.focusBeneath(); cover != "" {
			t.Errorf("%s leads to %s, beneath %s", key, adas.Focused(), cover)
		}
	}
}
