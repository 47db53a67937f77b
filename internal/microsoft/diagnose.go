package microsoft

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/pactius/pactius"
)

// Application permissions of Microsoft Graph for the directory (Microsoft Graph permissions reference). userReadAll is
// the one to grant.
const (
	userReadAll  = "User.Read.All"
	userReadSome = "User.ReadBasic.All"
)

// Test tests a connection without any cache, in the order in which its parts are needed: discovery, signing keys, a
// token, the redirect address, a look-up in the directory, its changes. A failed step prevents sign-in; a warning
// affects the directory only. It changes nothing, neither here nor at Microsoft, and takes callTimeout per step at
// most.
func (g *Graph) Test(ctx context.Context, c pactius.Credentials, redirectURI string) []pactius.ConnectionStep {
	d := &diagnosis{g: g, c: c, redirect: redirectURI}
	d.signIn(ctx)
	for i := range d.steps {
		d.steps[i].Needed = i < neededSteps
	}
	d.directory(ctx)
	return d.steps
}

// neededSteps is the number of first steps that sign-in needs: the service, its keys, the credential. Whether the
// redirect address is registered cannot always be determined.
const neededSteps = 3

// diagnosis is one run of the connection test.
type diagnosis struct {
	g        *Graph
	c        pactius.Credentials
	redirect string
	steps    []pactius.ConnectionStep
	token    *appToken // nil: none was given
}

// add appends a step.
func (d *diagnosis) add(name pactius.Text, outcome pactius.StepOutcome, text pactius.Text) *pactius.ConnectionStep {
	d.steps = append(d.steps, pactius.ConnectionStep{Name: name, Outcome: outcome, Text: text})
	return &d.steps[len(d.steps)-1]
}

// fail appends a step that failed on the side of sign-in.
func (d *diagnosis) fail(name pactius.Text, f *Failure) {
	s := d.add(name, pactius.StepFailed, f.meaning())
	s.Code, s.Trace, s.Err = f.Code, f.Trace, f
	if f.cloud != nil {
		s.Text = pactius.T("The tenant is in %[1]s, but PACTIUS is set up for %[2]s.", f.cloud.name, f.authority)
		s.Remedy = pactius.T("Support needs to set PACTIUS_MICROSOFT_AUTHORITY to %[1]s and PACTIUS_MICROSOFT_GRAPH "+
			"to %[2]s. One installation serves one cloud.", f.cloud.authority, f.cloud.graph)
		return
	}
	if n, ok := f.Number(); ok {
		s.Text, s.Remedy, s.Here = n.Cause, n.Next, n.Here
		return
	}
	switch f.Reason {
	case ReasonUnreachable:
		s.Remedy = pactius.T("Try again in a minute. If it keeps happening, Support needs to check whether the " +
			"server can reach Microsoft: a firewall or proxy may be in the way.")
	case ReasonClock:
		s.Remedy = pactius.T("Support needs to set the server's clock.")
	default:
		s.Remedy = pactius.T("Compare the tenant ID and the application (client) ID with the Overview page of the " +
			"app registration in the Microsoft Entra admin centre.")
	}
}

// meaning says what a failure without a number of its own means here.
func (f *Failure) meaning() pactius.Text {
	switch f.Reason {
	case ReasonUnreachable:
		return pactius.T("Microsoft isn't responding.")
	case ReasonMisconfigured:
		return pactius.T("Microsoft refused, or part of the connection is missing.")
	default:
		return pactius.T("Microsoft's response made no sense, so it wasn't used.")
	}
}

// signIn runs the steps of sign-in.
func (d *diagnosis) signIn(ctx context.Context) {
	service, keys, proof, redirect := pactius.T("Sign-in service"), pactius.T("Signing keys"),
		pactius.T("Client secret"), pactius.T("Redirect address")
	if len(d.c.Certificate) > 0 {
		proof = pactius.T("Certificate")
	}
	err := checkCredentials(d.c)
	if err == nil {
		_, err = d.g.m.tenantOf(d.c).endpoints.refresh(ctx)
	}
	if f, ok := errors.AsType[*Failure](err); ok {
		d.fail(service, f)
		for _, name := range []pactius.Text{keys, proof, redirect} {
			d.skip(name)
		}
		return
	}
	d.add(service, pactius.StepOK, pactius.T("Microsoft recognises the tenant."))
	_, err = d.g.m.tenantOf(d.c).keys.refresh(ctx)
	if f, ok := errors.AsType[*Failure](err); ok {
		d.fail(keys, f)
	} else {
		d.add(keys, pactius.StepOK, pactius.T("The keys for checking sign-ins are available."))
	}
	d.proof(ctx, proof)
	d.redirectAddress(ctx, redirect)
}

// skip appends a step that an earlier one made impossible.
func (d *diagnosis) skip(name pactius.Text) {
	d.add(name, pactius.StepSkipped, pactius.T("Not tested, because of the previous step."))
}

// proof requests a new token.
func (d *diagnosis) proof(ctx context.Context, name pactius.Text) {
	if wait := d.g.waitLeft(d.c); wait > 0 {
		d.add(name, pactius.StepSkipped, pactius.T("Not tested: Microsoft has asked us to wait a moment."))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	token, err := d.g.fetchToken(ctx, d.c)
	if f, ok := errors.AsType[*Failure](err); ok {
		d.fail(name, f)
		return
	}
	d.token = token
	d.g.keep(d.c, token)
	if token.former {
		d.add(name, pactius.StepWarning, pactius.T("Microsoft doesn't accept the new client secret yet, so the "+
			"previous one is used.")).Remedy = pactius.T("Wait two minutes and test again. If it's still not "+
			"accepted, enter the secret's value again: the previous one is used for %d minutes only.",
			int(pactius.FormerSecretTime.Minutes()))
		return
	}
	d.add(name, pactius.StepOK, pactius.T("Microsoft accepted it and issued a token."))
}

// redirectAddress requests a sign-in that may not show a page: Microsoft redirects such a browser back when the
// redirect address is registered, and shows an error page when it is not (OpenID Connect Core section 3.1.2.6). Any
// other answer proves nothing.
func (d *diagnosis) redirectAddress(ctx context.Context, name pactius.Text) {
	attempt, c := NewAttempt(), Connection{Credentials: d.c, RedirectURL: d.redirect}
	address, err := d.g.m.SignInURL(ctx, c, attempt, SignInOptions{})
	if f, ok := errors.AsType[*Failure](err); ok {
		d.fail(name, f)
		return
	}
	to, page := d.g.m.firstAnswer(ctx, address+"&prompt=none")
	if strings.HasPrefix(to, d.redirect+"?") && strings.Contains(to, attempt.State) {
		d.add(name, pactius.StepOK, pactius.T("It's registered, so people come back from Microsoft."))
		return
	}
	if f := (&Failure{Reason: ReasonMisconfigured, Code: numberForm.FindString(page)}); f.Code != "" {
		d.fail(name, f)
		return
	}
	s := d.add(name, pactius.StepSkipped,
		pactius.T("This can't be determined from here: Microsoft didn't respond as expected."))
	s.Remedy = pactius.T("Check that exactly this address is listed in the app registration under Authentication, as "+
		"a Web address: %s", d.redirect)
}

// firstAnswer opens a page as a browser does, without following a redirect. It returns where the redirect leads, or
// the page; both are empty where there was no answer.
func (m *Microsoft) firstAnswer(ctx context.Context, address string) (location, page string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", ""
	}
	r.Header.Set("Accept", "text/html")
	resp, err := m.pages.Do(r)
	if err != nil {
		return "", ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body) // cannot fail: see boundedTransport
	return resp.Header.Get("Location"), string(body)
}

// directory runs the steps of the directory.
func (d *diagnosis) directory(ctx context.Context) {
	lookUp, changes := pactius.T("Directory lookup"), pactius.T("Changes in the directory")
	if d.token == nil {
		d.skip(lookUp)
		d.skip(changes)
		return
	}
	d.lookUp(ctx, lookUp)
	_, err := d.g.Changes(ctx, d.c, "")
	if err == nil {
		d.add(changes, pactius.StepOK, pactius.T("Accounts that are disabled, deleted or renamed will be noticed."))
		return
	}
	d.warn(changes, err)
}

// lookUp reads one account. With the smaller permission the other properties than names are null or refused.
func (d *diagnosis) lookUp(ctx context.Context, name pactius.Text) {
	var page struct {
		Value *[]graphUser `json:"value"`
	}
	q := graphCall{what: "the directory's list", path: "/users", query: [][2]string{{"$top", "1"}}}
	err := d.g.properties(ctx, d.c, q, &page)
	if err == nil && page.Value == nil {
		err = garbledError(q.what, "holds no list")
	}
	switch {
	case err != nil:
		d.warn(name, err)
	case len(*page.Value) > 0 && (*page.Value)[0].Enabled == nil:
		s := d.add(name, pactius.StepWarning, pactius.T("Names can be looked up, but not whether an account is "+
			"disabled or a guest: the permission is only %s.", userReadSome))
		s.Remedy, s.Here, s.Code = d.permissionRemedy(), numbers()[codeDenied].Here, codeDenied
		s.Err = directoryError(pactius.TroubleNoPermission, "the permission is only %s", userReadSome)
	default:
		d.add(name, pactius.StepOK, pactius.T("Accounts can be looked up."))
	}
}

// warn appends a step of the directory that did not work.
func (d *diagnosis) warn(name pactius.Text, err error) {
	e, ok := errors.AsType[*pactius.DirectoryError](err)
	if !ok {
		e = &pactius.DirectoryError{Trouble: pactius.TroubleGarbled}
	}
	s := d.add(name, pactius.StepWarning, e.Trouble.Text())
	s.Code, s.Trace, s.Err = e.Code, e.Trace, e
	switch e.Trouble {
	case pactius.TroubleNoPermission:
		s.Text, s.Remedy, s.Here = d.missingPermission(), d.permissionRemedy(), numbers()[codeDenied].Here
		if n, ok := number(e.Code); ok && e.Code != codeDenied {
			s.Text, s.Remedy, s.Here = n.Cause, n.Next, n.Here
		}
	case pactius.TroubleThrottled, pactius.TroubleSlow, pactius.TroubleAway:
		s.Remedy = pactius.T("Try again in a minute.")
	default:
		s.Remedy = pactius.T("Support needs to compare PACTIUS_MICROSOFT_GRAPH with the tenant's cloud.")
	}
}

// missingPermission names the permission that the token lacks, as far as it can be read.
func (d *diagnosis) missingPermission() pactius.Text {
	roles, readable := d.token.roles()
	opens := func(r string) bool {
		return r == userReadAll || r == "User.ReadWrite.All" || strings.HasPrefix(r, "Directory.Read")
	}
	switch {
	case slices.ContainsFunc(roles, opens):
		return pactius.T("The permission is there, but Microsoft still refuses. After consent this can take up to an " +
			"hour; some organisations don't allow reading the directory.")
	case slices.Contains(roles, userReadSome):
		return pactius.T("The permission is only %[1]s; %[2]s is missing.", userReadSome, userReadAll)
	case len(roles) > 0:
		return pactius.T("The permission %[1]s is "+
			"missing. Granted permissions: %[2]s.", userReadAll, strings.Join(roles, ", "))
	case readable:
		return pactius.T("The permission %s is missing: no application permission is granted.", userReadAll)
	default:
		return pactius.T("The permission %s is missing, or no one has consented to it.", userReadAll)
	}
}

// permissionRemedy says where the permission is granted and which administrator can grant it.
func (d *diagnosis) permissionRemedy() pactius.Text {
	return pactius.T("A Microsoft 365 administrator (Privileged Role Administrator or Global Administrator) needs to "+
		"open the Microsoft Entra admin centre > App registrations > the PACTIUS application > API permissions > Add "+
		"a permission > Microsoft Graph > Application permissions, select %s, and choose Grant admin consent. For "+
		"the shared registration, giving consent from Settings > Environment is enough.", userReadAll)
}

// maxRoles bounds the permissions that are shown.
const maxRoles = 10

// roles returns the token's permissions; false where it cannot be read. The token is meant for Graph and not verified:
// it decides only which words are shown (Microsoft: "Access tokens").
func (t *appToken) roles() ([]string, bool) {
	parts := strings.Split(t.value, ".")
	if len(parts) != 3 {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, false
	}
	var claims struct {
		Roles []string `json:"roles"`
	}
	if json.Unmarshal(raw, &claims) != nil {
		return nil, false
	}
	var roles []string
	for _, r := range claims.Roles[:min(len(claims.Roles), maxRoles)] {
		if codeForm.MatchString(r) {
			roles = append(roles, r)
		}
	}
	return roles, true
}
