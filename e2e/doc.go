// Package e2e tests PACTIUS from the outside: the built binary, a real browser,
// a certified OpenID provider and a real SMTP server.
//
// The parts of the stage are started once per run, when the first test asks for
// them, and are ended by Stage.Close or by the end of the test process:
//
//	Stage
//	├ Microsoft   provider/provider.mjs: oidc-provider at /{tid}/v2.0 with Entra's claims
//	│ └ Tenant    one per test, so that a test which misbehaves disturbs no other
//	├ Driver      oidc/driver.mjs: openid-client and oauth4webapi, clients of PACTIUS
//	├ Mailbox     mailbox.mjs: maildev, read through its REST API
//	├ Markup      validate.mjs: html-validate
//	├ Browser     one headless Chromium
//	│ └ Person    one private browser context each
//	└ Server      pactius serve, one per test, with its own SQLite file
//
// Applications are tested behind nginx and Caddy, with the files of
// deploy/applications.
//
// A test reads as what a person does: p.Open("/"), p.Click("button", "Add"),
// p.Fill("Account name", "..."), p.See("..."). Elements are found by ARIA role
// and accessible name, so a page that a screen reader cannot use fails here.
// Tests do not sleep: every step waits until it can be done, for at most
// Patience.
//
// What the tests need beyond Go is Node.js with npm and Chromium, and nginx and
// Caddy for applications. Where one is missing the tests are skipped and say
// so; with PACTIUS_TEST_REQUIRE=1 they fail. The environment variables are
//
//	PACTIUS_TEST_REQUIRE      1: missing programs are failures
//	PACTIUS_TEST_BINARY       the pactius to test; default: it is built
//	PACTIUS_TEST_CHROMIUM     the browser; default: the first known name in PATH
//	PACTIUS_TEST_SCREENSHOTS  folder for screenshots; default: none are taken
//	PACTIUS_TEST_BROWSER_LOG  1: the browser's own messages go to standard error
//
// All code is in test files, so none of it is ever part of a binary.
package e2e
