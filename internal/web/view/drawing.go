package view

import "github.com/pactius/pactius"

// Drawing is a simplified picture of a page of the Microsoft Entra admin centre, in the words that it has in the
// reader's language. People who can't see it read Alt.
type Drawing struct {
	Alt   pactius.Text
	Menu  []pactius.Text // of the app registration; nil has none
	At    int            // the entry of Menu that is open
	Title pactius.Text
	Rows  []DrawnRow
	Press pactius.Text // the button to press
}

// DrawnRow is a line of a drawing.
type DrawnRow struct {
	Label, Value pactius.Text
	Mark         bool // the line is the one to look for
}

// Shown is a drawing on a page.
type Shown struct {
	Drawing
	Open bool // the reader connects for the first time
}

// Shows puts a drawing on the page.
func (p Connection) Shows(d Drawing) Shown { return Shown{d, p.Link != ""} }

// The entries of an app registration's menu, as far as connecting needs them.
const (
	atOverview = iota
	atAuthentication
	atSecrets
	atPermissions
)

// inRegistration draws a page of an app registration.
func inRegistration(at int, alt, press pactius.Text, rows ...DrawnRow) Drawing {
	menu := []pactius.Text{pactius.T("Overview"), pactius.T("Authentication"), pactius.T("Certificates & secrets"),
		pactius.T("API permissions")}
	return Drawing{Alt: alt, Menu: menu, At: at, Title: menu[at], Rows: rows, Press: press}
}

// as is a value that has no translation.
func as(value string) pactius.Text { return pactius.T("%s", value) }

// DrawRegister draws where an application is registered.
func (p Connection) DrawRegister() Drawing {
	return Drawing{Title: pactius.T("Register an application"), Press: pactius.T("Register"),
		Alt: pactius.T("The form for a new registration: a name, the account type of a single tenant, and the " +
			"platform Web beside the redirect URI."),
		Rows: []DrawnRow{{Label: pactius.T("Name"), Value: as("PACTIUS")},
			{Label: pactius.T("Supported account types"), Value: pactius.T("Accounts in this organizational " +
				"directory only")},
			{Label: pactius.T("Redirect URI"), Value: as("Web ▾  " + p.RedirectURI), Mark: true}}}
}

// DrawSignOut draws where the address for signing out is added.
func (p Connection) DrawSignOut() Drawing {
	return inRegistration(atAuthentication, pactius.T("The registration's addresses for the platform Web: the "+
		"redirect URI from before, and the address for signing out below it."), pactius.T("Save"),
		DrawnRow{Label: as("Web"), Value: as(p.RedirectURI)},
		DrawnRow{Label: pactius.T("Add URI"), Value: as(p.SignOutURI), Mark: true})
}

// DrawPermissions draws where permissions are granted.
func (Connection) DrawPermissions() Drawing {
	return inRegistration(atPermissions, pactius.T("The registration's permissions: User.Read.All for the "+
		"application, three delegated ones, and the button that grants admin "+
		"consent."), pactius.T("Grant admin consent"),
		DrawnRow{Label: as("User.Read.All"), Value: pactius.T("Application"), Mark: true},
		DrawnRow{Label: as("openid, profile, email"), Value: pactius.T("Delegated")})
}

// DrawSecret draws where a client secret is shown.
func (Connection) DrawSecret() Drawing {
	return inRegistration(atSecrets, pactius.T("The registration's client secrets: the value is the one to copy, not "+
		"the secret's ID beside it."), pactius.T("New client secret"),
		DrawnRow{Label: pactius.T("Value"), Value: as("x7Q8Q~…"), Mark: true},
		DrawnRow{Label: pactius.T("Secret ID"), Value: as("5b1e…")})
}

// DrawOverview draws where the IDs are shown.
func (Connection) DrawOverview() Drawing {
	return inRegistration(atOverview, pactius.T("The registration's overview: the application (client) ID is on top, "+
		"above the object ID and the directory (tenant) ID."), pactius.Text{},
		DrawnRow{Label: pactius.T("Application (client) ID"), Value: as("2a7d3c55-…"), Mark: true},
		DrawnRow{Label: pactius.T("Object ID"), Value: as("b0c4…")},
		DrawnRow{Label: pactius.T("Directory (tenant) ID"), Value: as("8d3c1f6e-…")})
}
