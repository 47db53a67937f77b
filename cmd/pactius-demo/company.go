package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/testbed/devtenant"
)

// The sample company. Everything about it is invented.
const (
	company      = "Nordhavn Shipping"
	domain       = "nordhavn.example"
	tenantID     = "5b1c7f5e-6a0d-4a5c-9d3e-2f8b1a7c4e90"
	clientID     = "c0de1a5e-77aa-4b0b-8f3d-91e2d6a4b3c2"
	clientSecret = "only-for-the-demo-tenant-in-this-process"
)

// unitPaths are the business units as paths, parents first.
var unitPaths = []string{
	"Sales", "Sales / North", "Sales / South", "Sales / Key accounts",
	"Operations", "Operations / Harbour", "Operations / Fleet", "Operations / Warehouse",
	"Finance", "Finance / Accounting", "Finance / Payroll",
	"IT", "IT / Service desk", "IT / Development",
	"People and culture",
}

// stage says how far a person is when the demo begins.
type stage string

const (
	stageUnknown  stage = ""         // in Microsoft 365 only
	stageActive   stage = "active"   // a user who has signed in
	stageInvited  stage = "invited"  // added, never signed in
	stageMistyped stage = "mistyped" // added under another account name, so not recognised, and has asked for access
	stageAsking   stage = "asking"   // has asked for access
	stageDeclined stage = "declined" // asked and was declined
	stageLeft     stage = "left"     // a user who was deactivated
)

// person is an employee of the sample company: the account in Microsoft 365 and
// the part in the demo.
type person struct {
	devtenant.Person
	Unit       string // path; "" is no unit, "/" is the company itself
	Access     string // to the unit, as pactius.ParseAccess reads it
	Stage      stage
	AddedAs    string // mistyped: the account name that was typed
	MaidenName string // mistyped: the name they were added with, if it was another one
	Message    string // of the access request
}

//go:embed people.json
var peopleJSON []byte

// everyThird person has a photo in Microsoft 365.
const everyThird = 3

// samplePeople returns everyone in the company's Microsoft 365; the first
// administers the company. The file leaves out what follows from the name.
func samplePeople() ([]person, error) {
	var people []person
	d := json.NewDecoder(bytes.NewReader(peopleJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&people); err != nil {
		return nil, fmt.Errorf("read the people of the sample company: %w", err)
	}
	for i := range people {
		p := &people[i]
		fields := strings.Fields(names.Fold(p.Name))
		p.AccountName = cmp.Or(p.AccountName, fields[0]+"."+fields[len(fields)-1]+"@"+domain)
		p.Mail = cmp.Or(p.Mail, p.AccountName)
		p.ObjectID = objectID(p.AccountName)
		path := strings.Split(p.Unit, pactius.PathSeparator)
		p.Department = strings.TrimPrefix(path[len(path)-1], "/")
		p.Photo = i%everyThird == 0
	}
	for i, p := range people {
		people[i].Manager = managerOf(p, people)
	}
	return people, nil
}

// managerOf returns the object ID of who manages a person: the first local administrator of the person's unit, or of
// the nearest above it. A person without a unit has no manager in Microsoft 365.
func managerOf(p person, people []person) string {
	for unit := p.Unit; unit != ""; {
		for _, m := range people {
			if m.Unit == unit && m.Access == "administer" && m.ObjectID != p.ObjectID {
				return m.ObjectID
			}
		}
		above := strings.LastIndex(unit, pactius.PathSeparator)
		switch {
		case unit == "/":
			return ""
		case above < 0:
			unit = "/"
		default:
			unit = unit[:above]
		}
	}
	return ""
}

// objectID makes an object ID from an account name. It is the same every time,
// so that a demo whose state was kept recognises its people again.
func objectID(account string) string {
	h := sha256.Sum256([]byte(account))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80 // a UUID of version 8 (RFC 9562, section 5.8)
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// accounts returns the people as Microsoft 365 knows them.
func accounts(people []person) []devtenant.Person {
	list := make([]devtenant.Person, len(people))
	for i, p := range people {
		list[i] = p.Person
	}
	return list
}
