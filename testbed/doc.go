// Package testbed holds no code. The packages below it stand in for what
// surrounds PACTIUS, each exactly once:
//
//	devtenant   a Microsoft 365 tenant: sign-in, consent, directory
//	mailserver  a mail server of many moods
//	mailbox     a page that shows every email that a mail server took
//	scripted    a browser without a screen, with cookies, forms and a sign-in
//	process     builds and runs programs, above all pactius itself
//
// The demo, the end-to-end tests, the torture and the tests of the packages use
// them. The product never does: internal/shape has a test for that.
package testbed
