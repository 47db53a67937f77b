package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/users"
)

// searchStories are the search over everything, as its own page.
func searchStories() []story {
	search := func(name string, change func(*Search)) story {
		page := Search{Base: baseOf(AtSearch)}
		page.Finds = Finds{Reader: page.Reader, Typed: "an", Units: searchedFor(false, "sales", "dock").Part}
		page.Finds.People = users.Found{Administrator: true, RootAdministrator: true, Today: today}
		page.Finds.People.Users = pactius.UserPage{Users: userList(FoundOfEach).Users, Total: 12}
		page.Finds.People.Requests = pactius.RequestPage{Next: "more", Requests: []pactius.AccessRequest{
			request(pactius.StatePending),
			{ID: "r2", Person: evilAsks, State: pactius.StateDeclined, CreatedAt: lastMonth}}}
		for _, c := range cards().Open {
			page.Finds.Applications = append(page.Finds.Applications, c.Openable)
		}
		change(&page)
		return story{"search" + name, page}
	}
	return []story{
		search("", func(*Search) {}),
		search("-danish", func(p *Search) {
			p.Base = in(p.Base, language.Danish)
			p.Finds.Reader = p.Reader
		}),
		search("-nothing", func(p *Search) { p.Finds = Finds{Reader: p.Reader, Typed: hostile} }),
		search("-places", func(p *Search) {
			p.Finds = Finds{Reader: p.Reader, People: users.Found{Administrator: true, RootAdministrator: true}}
		}),
		search("-user", func(p *Search) {
			p.Menu, p.User = Menu{Current: AtSearch}, &anna
			p.Finds = Finds{Reader: p.Reader, Applications: p.Finds.Applications[:1], Typed: "a"}
		}),
		search("-cut", func(p *Search) {
			p.Finds = Finds{Reader: p.Reader, Typed: "an bo", People: users.Found{Administrator: true,
				Users: pactius.UserPage{Cut: true, More: true}}}
		}),
	}
}
