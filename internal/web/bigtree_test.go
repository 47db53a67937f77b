package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/web/view"
)

// forest is a world with a tree of a given size: one unit with most of the others directly below it, and a chain of
// pactius.MaxDepth units, each with others beside it.
type forest struct {
	*world
	wide, first, last pactius.UnitID // the unit with many below, and two of these
	deep              pactius.UnitID // the end of the chain
	rich              pactius.UserID // has memberships all over the tree
	filled            pactius.UnitID // one of their units
	request           pactius.RequestID
}

const (
	pageLimit = 100_000 // bytes of any page, uncompressed
	crowd     = 20_000  // members of one unit
)

func newForest(t *testing.T, size int) *forest {
	t.Helper()
	f := &forest{world: newWorld(t)}
	var grants []pactius.Grant
	var n int
	f.must(f.db.Store.Update(t.Context(), f.nord.ID, func(tx *store.Tx) error {
		n, grants, f.first = 0, nil, ""
		add := func(parent pactius.UnitID, name string) pactius.UnitID {
			u := pactius.Unit{ID: pactius.UnitID(id.New()), ParentID: parent, Name: name, CreatedAt: f.db.Clock.Now(),
				Version: 1}
			f.must(tx.InsertUnit(u))
			if n++; len(grants) < pactius.MaxGrants && (size <= pactius.MaxGrants || n%(size/pactius.MaxGrants) == 0) {
				grants = append(grants, pactius.Grant{Unit: u.ID, Access: pactius.Access(1 + n%3)})
			}
			return u.ID
		}
		f.deep = f.root
		beside := min(60, size/40)
		for level := 2; level <= pactius.MaxDepth; level++ {
			for i := range beside {
				add(f.deep, fmt.Sprintf("Beside %d on level %d", i+1, level))
			}
			f.deep = add(f.deep, fmt.Sprintf("Level %d", level))
		}
		f.wide = add(f.sales, "Wide")
		return nil
	}))
	departments := make([]pactius.UnitID, max(size-n, 3))
	for i := range departments {
		departments[i] = pactius.UnitID(id.New())
		if n++; len(grants) < pactius.MaxGrants && (size <= pactius.MaxGrants || n%(size/pactius.MaxGrants) == 0) {
			grants = append(grants, pactius.Grant{Unit: departments[i], Access: pactius.Access(1 + n%3)})
		}
	}
	f.widen(departments)
	f.first, f.last = departments[0], departments[len(departments)-1]
	f.filled = grants[len(grants)-1].Unit
	f.rich = f.user(human{username: "rich@nordhavn.example", name: "Rich"}, grants...)
	f.request = f.world.request(walt, f.last, f.deep)
	return f
}

// widen adds units below the wide one, as the store does, but many at a time.
func (f *forest) widen(departments []pactius.UnitID) {
	var units, words [][]any
	for i, unit := range departments {
		name := fmt.Sprintf("Department of terminal %d", i+1)
		units = append(units, []any{f.nord.ID, unit, f.wide, name, names.Fold(name), names.OrderKey(name), 1})
		for _, word := range store.UnitWords(name) {
			words = append(words, []any{f.nord.ID, unit, word})
		}
	}
	f.insert(`units (environment_id, id, parent_id, name, name_key, order_key, created_at)`, units)
	f.insert(`unit_words (environment_id, unit_id, word)`, words)
	f.db.Exec(f.world, `INSERT INTO unit_above (environment_id, unit_id, above_id)
		SELECT u.environment_id, u.id, a.above_id FROM units u
		JOIN unit_above a ON a.environment_id = u.environment_id AND a.unit_id = u.parent_id WHERE u.parent_id = $1
		UNION ALL SELECT environment_id, id, id FROM units WHERE parent_id = $1`, f.wide)
}

// insert inserts many rows.
func (f *forest) insert(into string, rows [][]any) {
	for some := range slices.Chunk(rows, 100) {
		var values []string
		var args []any
		for _, row := range some {
			var places []string
			for range row {
				places = append(places, fmt.Sprintf("$%d", len(args)+len(places)+1))
			}
			values, args = append(values, `(`+strings.Join(places, `, `)+`)`), append(args, row...)
		}
		f.db.Exec(f.world, `INSERT INTO `+into+` VALUES `+strings.Join(values, `, `), args...)
	}
}

// fill gives a unit many members.
func (f *forest) fill(unit pactius.UnitID) {
	f.db.Exec(f.world, `INSERT INTO users (environment_id, id, username, username_key, name, name_key, created_at,
		created_by, unit_count)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
		SELECT $1, '0f3b6c1e-5555-4c5b-b112-' || CAST(100000000000 + i AS TEXT), 'm' || i || '@nordhavn.example',
		'm' || i || '@nordhavn.example', 'Member ' || i, 'member ' || i, 1, 'add', 1 FROM n`, f.nord.ID, crowd)
	f.db.Exec(f.world, `INSERT INTO memberships (environment_id, user_id, unit_id, access, created_at)
		SELECT environment_id, id, $2, 1, 1 FROM users WHERE environment_id = $1 AND username LIKE 'm%'`,
		f.nord.ID, unit)
}

// pages are the pages that show a part of the tree, for an administrator of the whole company.
func (f *forest) pages() []string {
	rich := userPath(f.rich)
	all := []string{"/", view.UsersPath, view.UsersPath + "/add", rich, rich + "/units", requestPath(f.request),
		view.UsersPath + "/" + string(f.users[nils.username]) + "/merge?with=" + string(f.rich),
		view.UnitsPath + "/add", unitPath(f.sales) + "/move", unitPath(f.wide), unitPath(f.root), unitPath(f.deep),
		unitPath(f.last) + "/archive", unitPath(f.filled) + "/archive", unitPath(f.wide) + "/archive",
		unitPath(f.deep) + "/members/add", unitPath(f.filled), unitPath(f.filled) + "/members/people?q=rich",
		unitPath(f.filled) + "/members/" + string(f.rich) + "/remove"}
	for _, list := range []string{view.UnitsPath + "?archived=1&", view.UnitsPath + "?", view.UnitFilterPath + "?",
		view.PartPath + "?", view.PartPath + "?for=list&", view.PartPath + "?for=filter&",
		view.PartPath + "?for=place&"} {
		for _, part := range []string{
			"", "open=" + string(f.wide), "open=" + string(f.root), "after=" + string(f.first), "see=" + string(f.last),
			"see=" + string(f.deep), "find=t", "find=department+terminal", "find=a+b+c+d+e",
			"find=" + strings.Repeat("de+", 66),
		} {
			all = append(all, list+part)
		}
	}
	for _, unit := range []pactius.UnitID{f.wide, f.root, f.deep, f.last} {
		all = append(all, view.UsersPath+"?unit="+string(unit))
	}
	return all
}

// TestPagesDoNotGrowWithTheTree opens every page with trees of three sizes.
func TestPagesDoNotGrowWithTheTree(t *testing.T) {
	onceOnly(t)
	t.Parallel()
	const slow = 25 * time.Millisecond
	ran := map[string]int64{}
	for _, size := range []int{20, 1000, 10_000} {
		f := newForest(t, size)
		b := f.as(ada)
		paths := f.pages()
		for i, path := range paths {
			before, start := f.db.Statements(), time.Now()
			page := b.get(path).status(http.StatusOK)
			statements, took := f.db.Statements()-before, time.Since(start)
			if len(page.Body) >= pageLimit {
				t.Errorf("%d units: %s has %d bytes", size, path, len(page.Body))
			}
			if took > slow || len(page.Body) > pageLimit*3/4 {
				t.Logf("%d units: %s took %v, %d statements, %d bytes", size, path, took, statements, len(page.Body))
			}
			name := fmt.Sprint(i)
			if size == 10_000 && (statements > ran[name] || statements > mostStatements) {
				t.Errorf("%s runs %d statements with %d units, %d with fewer", path, statements, size, ran[name])
			}
			ran[name] = max(ran[name], statements)
		}
	}
}

// TestTheBorderOfATreeIsShown has as many of everything as there can be.
func TestTheBorderOfATreeIsShown(t *testing.T) {
	onceOnly(t)
	t.Parallel()
	f := newForest(t, 10_000)
	f.fill(f.wide)
	b := f.as(ada)
	for _, path := range f.pages() {
		if page := b.get(path).status(http.StatusOK); len(page.Body) >= pageLimit {
			t.Errorf("%s has %d bytes", path, len(page.Body))
		}
	}
	b.get(unitPath(f.wide)).shows("1,000+", "Search for them in the list of users")
	b.get(unitPath(f.first)).shows("There are too many to show on a page.")

	// Without scripts the forms show other parts, keep everything, and save the same.
	units := userPath(f.rich) + "/units"
	before := f.access(f.rich)
	page := b.get(units)
	for _, button := range []string{"", view.TreeChips + "20", view.TreeOpen + string(f.wide),
		view.TreeAfter + string(f.first), view.TreeSee + string(f.deep), view.TreeOpen + string(f.deep)} {
		page = page.submit(units, view.FieldTree, button).status(http.StatusOK)
		if len(page.Body) >= pageLimit {
			t.Errorf("%s: %d bytes", button, len(page.Body))
		}
	}
	page = page.submit(units, view.FieldFind, "wide").status(http.StatusOK).shows("Wide")
	if got := f.access(f.rich); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Error("looking at the tree has changed the access")
	}
	page.submit(units).to(userPath(f.rich))
	if got := f.access(f.rich); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("saving what was not touched has changed the access from\n%v to\n%v", before, got)
	}

	// A request, with what another user has.
	request := requestPath(f.request)
	page = b.get(request).submit(request+"/approve", "copy", "typed", "like", "rich@nordhavn.example")
	for _, button := range []string{"", view.TreeSee + string(f.deep)} {
		if page = page.submit(request+"/approve", view.FieldTree, button); len(page.Body) >= pageLimit {
			t.Errorf("the request: %s: %d bytes", button, len(page.Body))
		}
	}

	// The visitor's form has the same parts, as small.
	v := f.as(vera)
	for _, path := range []string{"/access", view.WishPath, view.WishPath + "?find=t", view.WishPath + "?open=" +
		string(f.wide), view.WishPath + "?see=" + string(f.deep)} {
		if page := v.get(path).status(http.StatusOK); len(page.Body) >= pageLimit {
			t.Errorf("%s has %d bytes", path, len(page.Body))
		}
	}
	asking := v.get("/access").submit("/access", view.FieldFind, "Terminal 7999", "message", "typed").
		status(http.StatusOK)
	asking.submit("/access", view.FieldTree, view.TreeOpen+string(f.wide), view.FieldUnit, string(f.deep)).
		status(http.StatusOK).submit("/access").to("/access").shows("Level 20", "typed")
}

// access is the access of a user, by unit.
func (f *forest) access(user pactius.UserID) map[pactius.UnitID]pactius.Access {
	u, err := f.site.Users.User(f.Context(), pactius.SupportActor(f.nord.ID), user)
	f.must(err)
	return chosenOf(u.Memberships)
}

// TestOnlyTheSearchedPartIsAnswered asks for parts that are out of reach, gone or no units at all.
func TestOnlyTheSearchedPartIsAnswered(t *testing.T) {
	t.Parallel()
	f := newForest(t, 1000)
	b, lone := f.as(ada), f.as(lone)
	for _, part := range []string{"open=nothing", "after=" + id.New(), "see=" + id.New(), "find=%00%ff", "find=///",
		"open=" + id.New() + "&after=" + string(f.first), "archived=x&find=" + strings.Repeat("%F0%9F%98%80", 500)} {
		b.get(view.PartPath + "?" + part).status(http.StatusOK)
		b.get(view.UnitsPath + "?" + part).status(http.StatusOK)
	}
	// A local administrator sees the whole tree, and can tick only what is theirs.
	page := lone.get(view.PartPath + "?find=IT").status(http.StatusOK).shows("IT")
	if !strings.Contains(page.Body, "disabled") {
		t.Error("a unit of others can be ticked")
	}
	lone.get(view.PartPath + "?find=department").lacks("disabled")
	// The units are hidden from a visitor who has asked.
	v := f.as(vera)
	v.get(view.WishPath + "?find=department").status(http.StatusOK).shows("Department of terminal")
	v.post("/access", url.Values{"message": {"Let me in"}}).to("/access")
	v.get(view.WishPath + "?find=department").status(http.StatusForbidden).lacks("Department")
}
