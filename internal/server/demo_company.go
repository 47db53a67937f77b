package server

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/testbed/devtenant"
)

// The sample company. Everything about it is invented.
const (
	demoCompany      = "Nordhavn Shipping"
	demoDomain       = "nordhavn.example"
	demoTenantID     = "5b1c7f5e-6a0d-4a5c-9d3e-2f8b1a7c4e90"
	demoClientID     = "c0de1a5e-77aa-4b0b-8f3d-91e2d6a4b3c2"
	demoClientSecret = "only-for-the-demo-tenant-in-this-process"
)

// demoUnits are the business units as paths, parents first.
var demoUnits = []string{
	"Sales", "Sales / North", "Sales / South", "Sales / Key accounts",
	"Operations", "Operations / Harbour", "Operations / Fleet", "Operations / Warehouse",
	"Finance", "Finance / Accounting", "Finance / Payroll",
	"IT", "IT / Service desk", "IT / Development",
	"People and culture",
}

// stage is how far somebody is when the demo begins.
type stage int

const (
	unknown  stage = iota // in Microsoft 365 only
	active                // a user who has signed in
	invited               // added, never signed in
	mistyped              // added under another account name, so not recognised, and has asked for access
	asking                // has asked for access
	declined              // asked and was declined
	left                  // a user who was deactivated
)

// demoPerson is somebody of the sample company.
type demoPerson struct {
	name    string
	title   string
	unit    string // path; "" has none, "/" is the company itself
	access  pactius.Access
	stage   stage
	note    string // shown on the tenant's page
	flags   string // guest, alternate, disabled, unassigned
	account string // account name before the @, where it is not made of the name
	mail    string // where it is not the account name
	added   string // mistyped: what was typed before the @ instead of the account name
	maiden  string // mistyped: the name they were added with, where it was another one
}

// username is the account name: first and last name, folded, at the company.
func (p demoPerson) username() string {
	fields := strings.Fields(names.Fold(p.name))
	return cmp.Or(p.account, fields[0]+"."+fields[len(fields)-1]) + "@" + demoDomain
}

// email is the mail address.
func (p demoPerson) email() string { return cmp.Or(p.mail, p.username()) }

// objectID is the same every time, so that a kept demo recognises people again.
func (p demoPerson) objectID() string {
	h := sha256.Sum256([]byte(p.username()))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80 // a UUID of version 8 (RFC 9562, section 5.8)
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// demoPeople are everybody in the company's Microsoft 365.
var demoPeople = []demoPerson{
	{name: "Ada Lund", title: "Head of IT", unit: "/", access: pactius.Administer, stage: active, note: "The administrator of the whole company. Decides requests, adds users."},
	{name: "Bo Berg", title: "Sales director", unit: "Sales", access: pactius.Administer, stage: active, note: "Local administrator of Sales: sees and decides what concerns Sales."},
	{name: "Clara Dahl", title: "Harbour manager", unit: "Operations / Harbour", access: pactius.Administer, stage: active, note: "Local administrator of one unit."},
	{name: "Freja Holm", title: "Account manager", stage: unknown, note: "Unknown to PACTIUS: asks for access."},
	{name: "Gustav Friis", title: "Deck officer", stage: unknown, note: "Unknown to PACTIUS: add him before he signs in."},
	{name: "Anna Hansen", title: "Controller", unit: "Finance / Accounting", access: pactius.Write, stage: mistyped, added: "anna.hanson", maiden: "Anna Hanson",
		note: "Was added as anna.hanson, so she is not recognised, and has asked for access."},
	{name: "Søren Nørregaard", title: "Shipbroker", unit: "Sales / South", access: pactius.Write, stage: mistyped, account: "soren.norregaard", added: "soeren.noerregaard",
		note: "Was added with oe for ø; Microsoft 365 writes o."},
	{name: "Katrine Noer", title: "Lawyer", unit: "People and culture", access: pactius.Read, stage: mistyped, account: "kan", mail: "katrine.noer@" + demoDomain, added: "katrine.noer",
		note: "Was added with her e-mail address; her account name is kan."},
	{name: "Mette Krag", title: "Harbour planner", unit: "Operations / Harbour", access: pactius.Write, stage: mistyped, mail: "mette.lund@" + demoDomain, added: "mette.lund", maiden: "Mette Lund",
		note: "Was added as Mette Lund and has married since; her e-mail address is the old one."},
	{name: "Ida Østergaard", title: "Payroll specialist", unit: "Finance / Payroll", access: pactius.Write, stage: invited, note: "Was added and has never signed in: goes straight in."},
	{name: "Viggo Nørgaard", title: "Trainee", stage: asking, unit: "Sales / North", note: "Has asked for access and waits."},
	{name: "Sofie Lindqvist", title: "Fleet planner", stage: asking, unit: "Operations / Fleet", note: "Has asked for access and waits."},
	{name: "Emil Kowalski", title: "Consultant", stage: asking, note: "Has asked for access without wishing for a unit."},
	{name: "Karl Winther", title: "Former broker", stage: declined, note: "Asked and was declined."},
	{name: "Laura Bech", title: "Purchaser", unit: "Operations / Warehouse", access: pactius.Write, stage: left, note: "Was deactivated: is told so."},
	{name: "Mads Juhl", title: "Dispatcher", stage: unknown, note: "Blocked in Microsoft 365.", flags: "disabled"},
	{name: "Nanna Krogh", title: "Driver", stage: unknown, note: "Not assigned to the application in Microsoft 365.", flags: "unassigned"},
	{name: "Petra Novak", title: "Auditor", stage: unknown, note: "A guest from another company: signs in by the name she has there.", flags: "guest"},
	{name: "Troels Riis", title: "Surveyor", stage: unknown, account: "nh0713", mail: "troels.riis@" + demoDomain, note: "Signs in with his e-mail address; his account name is nh0713.", flags: "alternate"},
	{name: "Oskar Vestergaard-Christoffersen", title: "Regional manager for the Baltic and the North Sea", unit: "Sales / Key accounts", access: pactius.Write, stage: active, note: "A long name."},
	{name: "Rasmus Toft", title: "Sales", unit: "Sales / North", access: pactius.Write, stage: active, note: "Rename him in Microsoft 365: he signs in as before, and his account name follows."},
	{name: "Signe Møller", title: "Sales", unit: "Sales / North", access: pactius.Write, stage: active, note: "Block or delete her in Microsoft 365: within two minutes her access ends."},
	{name: "Thomas Skov", title: "Sales", unit: "Sales / North", access: pactius.Read, stage: active},
	{name: "Ulla Kjær", title: "Sales", unit: "Sales / South", access: pactius.Write, stage: active},
	{name: "Victor Lange", title: "Sales", unit: "Sales / South", access: pactius.Read, stage: active},
	{name: "Winnie Bruun", title: "Sales assistant", unit: "Sales / South", access: pactius.Read, stage: active},
	{name: "Xenia Poulsen", title: "Key accounts", unit: "Sales / Key accounts", access: pactius.Write, stage: active},
	{name: "Yusuf Demir", title: "Key accounts", unit: "Sales / Key accounts", access: pactius.Write, stage: active},
	{name: "Zofia Wójcik", title: "Analyst", unit: "Sales", access: pactius.Read, stage: active},
	{name: "Aksel Brandt", title: "Crane operator", unit: "Operations / Harbour", access: pactius.Read, stage: active},
	{name: "Birgit Holst", title: "Harbour planner", unit: "Operations / Harbour", access: pactius.Write, stage: active},
	{name: "Christian Ravn", title: "Pilot", unit: "Operations / Harbour", access: pactius.Read, stage: active},
	{name: "Ditte Lauridsen", title: "Shift leader", unit: "Operations / Harbour", access: pactius.Write, stage: active},
	{name: "Erik Sand", title: "Captain", unit: "Operations / Fleet", access: pactius.Write, stage: active},
	{name: "Frida Åkesson", title: "First officer", unit: "Operations / Fleet", access: pactius.Write, stage: active},
	{name: "Georg Thygesen", title: "Engineer", unit: "Operations / Fleet", access: pactius.Read, stage: active},
	{name: "Helle Bang", title: "Fleet manager", unit: "Operations / Fleet", access: pactius.Administer, stage: active},
	{name: "Ivan Petrov", title: "Engineer", unit: "Operations / Fleet", access: pactius.Read, stage: active},
	{name: "Jette Munk", title: "Warehouse manager", unit: "Operations / Warehouse", access: pactius.Write, stage: active},
	{name: "Kasper Dam", title: "Warehouse", unit: "Operations / Warehouse", access: pactius.Read, stage: active},
	{name: "Line Fog", title: "Warehouse", unit: "Operations / Warehouse", access: pactius.Read, stage: active},
	{name: "Morten Gade", title: "Warehouse", unit: "Operations / Warehouse", access: pactius.Read, stage: invited},
	{name: "Nina Hald", title: "Chief financial officer", unit: "Finance", access: pactius.Administer, stage: active},
	{name: "Ole Iversen", title: "Accountant", unit: "Finance / Accounting", access: pactius.Write, stage: active},
	{name: "Pia Jacobsen", title: "Accountant", unit: "Finance / Accounting", access: pactius.Write, stage: active},
	{name: "Quentin Leroy", title: "Accountant", unit: "Finance / Accounting", access: pactius.Read, stage: active},
	{name: "Rikke Vinther", title: "Payroll", unit: "Finance / Payroll", access: pactius.Write, stage: active},
	{name: "Søren Ulrik", title: "Payroll", unit: "Finance / Payroll", access: pactius.Read, stage: active},
	{name: "Trine Worm", title: "Service desk", unit: "IT / Service desk", access: pactius.Write, stage: active},
	{name: "Uffe Yde", title: "Service desk", unit: "IT / Service desk", access: pactius.Write, stage: active},
	{name: "Vera Zachariassen", title: "Service desk", unit: "IT / Service desk", access: pactius.Read, stage: active},
	{name: "William Ágústsson", title: "Developer", unit: "IT / Development", access: pactius.Write, stage: active},
	{name: "Minh Nguyễn", title: "Developer", unit: "IT / Development", access: pactius.Write, stage: active},
	{name: "Layla Haddad", title: "Developer", unit: "IT / Development", access: pactius.Write, stage: active},
	{name: "Jonas Keller", title: "Developer", unit: "IT / Development", access: pactius.Read, stage: active},
	{name: "Astrid Munch", title: "Head of people and culture", unit: "People and culture", access: pactius.Write, stage: active},
	{name: "Bente Rosenkrantz", title: "People partner", unit: "People and culture", access: pactius.Write, stage: active},
	{name: "Carl Steen", title: "Recruiter", unit: "People and culture", access: pactius.Read, stage: invited},
	{name: "Dorthe Thorup", title: "Recruiter", stage: active},
	{name: "Esben Udsen", title: "Trainee", stage: active},
	{name: "Flemming Vang", title: "Project manager", unit: "Operations", access: pactius.Write, stage: active},
	{name: "Gitte Westh", title: "Quality manager", unit: "Operations", access: pactius.Read, stage: active},
	{name: "Hanne Yding", title: "Board secretary", unit: "/", access: pactius.Read, stage: active},
	{name: "Inger Zeuthen", title: "Lawyer", stage: unknown},
	{name: "Jakob Ørsted", title: "Lawyer", stage: unknown},
}

// everyThird has a photo in Microsoft 365.
const everyThird = 3

// demoAccounts are the people as Microsoft 365 knows them.
func demoAccounts() []devtenant.Person {
	accounts := make([]devtenant.Person, len(demoPeople))
	for i, p := range demoPeople {
		a := devtenant.Person{
			ObjectID: p.objectID(), AccountName: p.username(), Name: p.name, Mail: p.email(), JobTitle: p.title, Department: p.department(), Note: p.note,
			Admin: i == 0, Photo: i%everyThird == 0, Disabled: p.flags == "disabled", NotAssigned: p.flags == "unassigned",
		}
		switch {
		case p.flags == "guest":
			a.Guest = true
			a.Mail, a.SignInName = "petra.novak@revision.example", "petra.novak@revision.example"
			a.AccountName = "petra.novak_revision.example#EXT#@" + demoDomain
		case p.flags == "alternate":
			a.SignInName = a.Mail
		}
		accounts[i] = a
	}
	return accounts
}

// department is the last part of the unit's path.
func (p demoPerson) department() string {
	path := strings.Split(p.unit, pactius.PathSeparator)
	return strings.TrimPrefix(path[len(path)-1], "/")
}
