// Package environments holds the rules about environments themselves: setting
// one up, its Microsoft 365 connection, its settings, and the mails that could
// not be delivered.
//
// Setting up and the connection are Support's; the name, the support contact,
// language and time zone are the administrators' of the root. Nobody else changes
// anything here. Surfaces, the command line and package server call it.
package environments
