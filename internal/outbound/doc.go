// Package outbound calls addresses that customers have chosen, such as the sign-out address of an application. Without
// it, a customer could let PACTIUS ask the network that PACTIUS runs in (server-side request forgery): the database's
// port, a neighbour's pages without sign-in, the credentials that clouds hand out to their machines.
//
// A Dialer decides by the address that a connection is about to be made to, after the name was looked up. A check of
// the URL, or of the name beforehand, would not hold: the name may have another address a moment later (DNS
// rebinding). All ranges in special.go are refused. The operator opens private ones with PACTIUS_ALLOWED_NETWORKS.
//
// A Caller posts a form through a Dialer, within limits of time and size, without following redirects. Its errors are
// sentences for administrators.
//
// The package knows neither applications nor tokens. Package clients calls it to sign people out of applications.
package outbound
