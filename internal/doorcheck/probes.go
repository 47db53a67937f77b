package doorcheck

import (
	"net/http"
	"strings"

	"github.com/pactius/pactius"
)

// Paths of the hand-over on the application's host.
const (
	startPath  = "/.pactius/start"
	finishPath = "/.pactius/finish"
)

// madeUp is a host name that is no application's (RFC 6761, section 6.4).
const madeUp = "made-up.invalid"

// probe is a request of a stranger, with the answer that a closed door gives.
type probe struct {
	name         string
	method, path string            // "" is GET, /
	header       map[string]string // sent as written
	host         string            // "" is the application's
	script       bool              // not sent as a browser that opens a page
	plain        bool              // HTTP/1.0 without Host
	unencrypted  bool              // http, where the application is https
	judge        func(*asker, probe, answer) Result
	remedy       string // if the door is open
}

// Remedies that several probes have.
const (
	remedyAsk = "Let the proxy ask PACTIUS for every path but /.pactius/; docs/applications.md has the lines."
	remedyHop = "Let the proxy set this header itself, or delete it, before it asks PACTIUS and before it decides."
	remedyRaw = "Let one rule of the proxy cover every path, and decide nothing by parts of a path."
	remedyAny = "Refuse host names that the proxy doesn't know, in its default site too (nginx: return 444). If the " +
		"answer is another site's, let that site refuse for the check to tell."
)

// probes lists the requests to a door, at most 30. The first says whether there is a door at all.
func probes(d Door) []probe {
	all := []probe{
		{name: "a person opens /", judge: person, remedy: remedyAsk},
		{name: "a script asks /", script: true, header: map[string]string{"Accept": "application/json",
			"Sec-Fetch-Mode": "cors", "X-Requested-With": "XMLHttpRequest"}, judge: script, remedy: remedyAsk},
		{name: "GET " + startPath, path: startPath + "?to=%2F", judge: start},
		{name: "GET " + finishPath, path: finishPath + "?code=x", judge: finish},
		{name: "HEAD /", method: http.MethodHead, remedy: remedyAsk},
		{name: "OPTIONS /", method: http.MethodOptions, remedy: remedyAsk},
		{name: "a CORS preflight", method: http.MethodOptions, script: true, header: preflight(), judge: preflighted},
	}
	all = append(all, forgeries(d)...)
	all = append(all, spellings()...)
	all = append(all, protocols()...)
	if d.Address == nil && d.Origin.IsSecure() && d.Origin.Host() == d.Origin.Hostname() {
		all = append(all, probe{name: "http instead of https", unencrypted: true, judge: unencrypted,
			remedy: "Let port 80 redirect to https and do nothing else."})
	}
	return all
}

// preflight returns the headers of a CORS preflight (Fetch standard, section 4.8).
func preflight() map[string]string {
	return map[string]string{"Origin": "https://" + madeUp, "Access-Control-Request-Method": "GET"}
}

// identity are the headers of the door, with what a forger would wish for.
var identity = map[string]string{
	"User": "00000000-0000-7000-8000-000000000000", "Account": "forged@" + madeUp, "Name": "Forged",
	"Email": "forged@" + madeUp, "Language": "en", "Access": "administer", "Units": "",
	"Units-Url": "https://" + madeUp, "Token": "forged",
}

// spelled returns the identity headers in a spelling.
func spelled(spell func(string) string) map[string]string {
	all := map[string]string{}
	for name, value := range identity {
		all[spell("Pactius-"+name)] = value
	}
	return all
}

// forgeries are requests for / with headers that only the proxy or PACTIUS may set.
func forgeries(d Door) []probe {
	const remedy = "Let nothing at the proxy depend on Pactius-* headers of a request; delete them all first."
	underscores := func(name string) string { return strings.ReplaceAll(name, "-", "_") }
	other := madeUp
	if d.Other != "" {
		other = d.Other.Host()
	}
	cookies := sessionCookie(d.Application.ID) + "=" + strings.Repeat("A", 43)
	method := preflight()
	for _, name := range []string{"X-Forwarded-Method", "X-Original-Method", "X-HTTP-Method-Override"} {
		method[name] = http.MethodOptions
	}
	return []probe{
		{name: "forged Pactius-*", header: spelled(func(s string) string { return s }), remedy: remedy},
		{name: "forged pactius-*", header: spelled(strings.ToLower), remedy: remedy},
		{name: "forged Pactius_*", header: spelled(underscores), remedy: remedy},
		{name: "forged X-Forwarded-Method", header: method, remedy: remedyHop},
		{name: "forged X-Forwarded-Uri", header: map[string]string{"X-Forwarded-Uri": startPath,
			"X-Original-Uri": startPath}, remedy: remedyHop},
		{name: "forged X-Original-URL", header: map[string]string{"X-Original-URL": startPath,
			"X-Rewrite-Url": startPath}, remedy: remedyHop},
		{name: "forged X-Forwarded-Host", header: map[string]string{"X-Forwarded-Host": other,
			"X-Forwarded-Proto": "https"}, remedy: remedyHop},
		{name: "forged X-Forwarded-For", header: map[string]string{"X-Forwarded-For": "127.0.0.1",
			"X-Real-Ip": "127.0.0.1", "Forwarded": "for=127.0.0.1"}, remedy: "Let no one in by a network " +
			"address that a header names."},
		{name: "a made-up session", header: map[string]string{"Cookie": "__Host-" + cookies + "; " + cookies},
			remedy: "Let PACTIUS, not the presence of a cookie, decide."},
		{name: "a made-up token", header: map[string]string{"Authorization": "Bearer forged"},
			remedy: "Let PACTIUS, not the presence of a token, decide."},
		{name: "another Host", host: madeUp, judge: stranger, remedy: remedyAny},
	}
}

// sessionCookie returns the name of the application's cookie, without the prefix of https.
func sessionCookie(id pactius.ApplicationID) string {
	return "pactius-app-" + string(id[max(0, len(id)-8):])
}

// spellings are paths that the proxy may read in one way and PACTIUS or the application in another.
func spellings() []probe {
	var all []probe
	for _, path := range []string{
		"//", "/./", "/%2e%2e/", "/.pactius/../", "/.pactius/%2e%2e/", "/.pactius%2f..%2f", "/;", "/.pactius;/..;/",
	} {
		all = append(all, probe{name: "GET " + path, path: path, remedy: remedyRaw})
	}
	return all
}

// protocols are requests to which proxies apply other rules.
func protocols() []probe {
	return []probe{
		{name: "a WebSocket", script: true, header: map[string]string{"Connection": "Upgrade", "Upgrade": "websocket",
			"Sec-Websocket-Version": "13", "Sec-Websocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="},
			remedy: "Let the proxy ask PACTIUS before it opens a WebSocket; one that is open isn't asked again."},
		{name: "HTTP/2 by upgrade", script: true, header: map[string]string{"Connection": "Upgrade, HTTP2-Settings",
			"Upgrade": "h2c", "Http2-Settings": "AAMAAABkAAQAAP__"},
			remedy: "Let the proxy pass on Upgrade for WebSockets only: behind h2c no request is looked at any more."},
		{name: "HTTP/1.0 without Host", plain: true, judge: stranger, remedy: remedyAny},
	}
}
