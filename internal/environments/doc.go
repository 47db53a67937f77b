// Package environments holds the rules about environments: setting one up, its
// Microsoft 365 connection, its settings, and its undelivered emails.
//
// Only Support sets up environments and changes the host and the tenant.
// Administrators of the root change the name, the support contact, language, time
// zone, the rule for leavers and the credentials of the app registration.
//
// A connection is tested before it is stored (Connect), outside of any transaction;
// the first one can be made through a link from Support (ConnectByLink). The reasons
// and the trust involved are in docs/decisions/0013-connecting.md. Requests to
// Microsoft go through the interface Microsoft.
//
// Environments that share the deployment's app registration share one callback host, on
// which Microsoft sends people back; a sealed state leads them on (callback.go,
// docs/decisions/0040-one-callback-host.md).
//
// After a move to another tenant, Support links the users to their accounts there
// (PlanRelink, Relink, UndoRelink), by the new tenant's directory.
//
// Surfaces, the command line, package jobs (WarnOfEnds) and package server call it.
package environments
