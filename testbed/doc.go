// Package testbed holds no code. The packages below it stand in for what
// surrounds PACTIUS, each exactly once:
//
//	devtenant   a Microsoft 365 tenant: sign-in, consent, directory
//	mailbox     a mail server with a page that shows every mail
//
// The demo, the end-to-end tests, the torture and the tests of the packages use
// them. The product never does: internal/shape has a test for that.
package testbed
