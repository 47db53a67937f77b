package devtenant

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// options are the query options of a call by lower-case name, "$select".
type options map[string]string

// options reads the query options (OData 4.01 part 2 section 5.1) and refuses
// those that the resource does not serve.
func (c graphCall) options(served ...string) (options, error) {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, badGraph("The query could not be read.")
	}
	o := options{}
	for name, list := range values {
		lower := strings.ToLower(name)
		switch _, twice := o[lower]; {
		case twice || len(list) > 1:
			return nil, badGraph(
				"Query option '" + name + "' was specified more than once, but it must be specified at most once.",
			)
		case lower == "$skip":
			return nil, errSkip
		case strings.HasPrefix(lower, "$") && !slices.Contains(served, lower):
			return nil, badGraph("The query option '" + name + "' is not supported here.")
		}
		o[lower] = list[0]
	}
	return o, nil
}

// has reports whether an option was given.
func (o options) has(name string) bool {
	_, ok := o[name]
	return ok
}

// top is the page size.
func (o options) top() (int, error) {
	if !o.has("$top") {
		return graphPage, nil
	}
	n, err := strconv.Atoi(o["$top"])
	if err != nil || n < 1 || n > maxGraphPage {
		return 0, badGraph("Invalid page size specified: '" + o["$top"] + "'. Must be between 1 and 999 inclusive.")
	}
	return n, nil
}

// count reads $count, which the caller has to be eventual for.
func (c graphCall) counted(o options) (bool, error) {
	switch o["$count"] {
	case "", "false":
		return false, nil
	case "true":
		if !c.eventual() {
			return false, badGraph("$count is not currently supported.")
		}
		return true, nil
	}
	return false, badGraph("Invalid value '" + o["$count"] + "' for $count query option found.")
}

// defaults are the properties that Graph tells without $select.
var defaults = []string{
	"businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone", "officeLocation",
	"preferredLanguage", "surname", "userPrincipalName",
}

// basic are those that ReadBasic covers (Microsoft Graph: "Permissions reference").
var basic = []string{"id", "displayName", "givenName", "surname", "mail", "userPrincipalName", "securityIdentifier"}

// empty are properties of users that this tenant never fills in.
var empty = []string{
	"aboutMe", "ageGroup", "city", "companyName", "consentProvidedForMinor", "country", "createdDateTime",
	"deletedDateTime", "employeeHireDate", "employeeId", "employeeType", "externalUserState", "faxNumber",
	"lastPasswordChangeDateTime", "mobilePhone", "officeLocation", "onPremisesDistinguishedName",
	"onPremisesDomainName", "onPremisesImmutableId", "onPremisesSamAccountName", "onPremisesSecurityIdentifier",
	"onPremisesSyncEnabled", "onPremisesUserPrincipalName", "postalCode", "preferredDataLocation", "securityIdentifier",
	"signInSessionsValidFromDateTime", "state", "streetAddress", "usageLocation",
}

// isProperty reports whether users have a property of this name.
func isProperty(name string) bool {
	_, ok := properties(Person{})[name]
	return ok || slices.Contains(empty, name)
}

// selected are the properties that are asked for.
func (o options) selected() ([]string, error) {
	if !o.has("$select") {
		return defaults, nil
	}
	var list []string
	for name := range strings.SplitSeq(o["$select"], ",") {
		name = strings.TrimSpace(name)
		if !isProperty(name) {
			return nil, &graphError{
				400, "BadRequest",
				"Parsing OData Select and Expand failed: Could not find a property named '" + name +
					"' on type 'microsoft.graph.user'.",
			}
		}
		list = append(list, name)
	}
	return list, nil
}

// shape picks what is asked for of a person. What the application may not read is
// null: the documentation does not say so of ReadBasic, a client has to bear it.
func (c graphCall) shape(all map[string]any, selected []string) map[string]any {
	picked := map[string]any{}
	for _, name := range selected {
		picked[name] = all[name]
		if !c.mayRead() && !slices.Contains(basic, name) {
			picked[name] = nil
		}
	}
	return picked
}

// context is the @odata.context of an answer.
func (c graphCall) context(o options, end string) string {
	fields := ""
	if o.has("$select") {
		fields = "(" + o["$select"] + ")"
	}
	return c.graphAt + "/v1.0/$metadata#users" + fields + end
}
