// Package environments holds the rules about environments themselves: setting
// one up, its Microsoft 365 connection, its settings, and the mails that could
// not be delivered.
//
// Setting up, the host and the tenant are Support's; the name, the support
// contact, language, time zone, the rule for leavers and how the app registration
// is proved are the administrators' of the root. Nobody else changes anything here.
//
// A connection is tested before it is stored (Connect), outside of any
// transaction; the first one is made behind a link of Support (ConnectByLink).
// Why, and who is trusted with what, is in docs/decisions/0013-connecting.md.
// What is asked of Microsoft goes through the interface Microsoft.
//
// Surfaces, the command line, package jobs (WarnOfEnds) and package server call it.
package environments
