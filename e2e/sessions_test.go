package e2e

import "testing"

// TestOwnSessions signs an employee without any administration in on three browsers,
// and ends the sessions from one of them: with scripts, without, and by keyboard.
func TestOwnSessions(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu())
	c.Must("user", "add", "--username", gu().Username, "--name", "Gu Berg")
	first, second, third := c.arrives(gu()), c.arrives(gu()), c.arrives(gu())

	first.Click("button", "Gu Berg , your account")
	first.Click("link", "Active sessions")
	first.At("/sessions")
	first.See("this browser")
	first.Axe()
	first.Validate()
	first.Look("sessions")
	first.Click("link", "End all other sessions")
	first.Popup("End all other sessions").See("2 other sessions end immediately.")
	first.Popup("End all other sessions").Click("button", "End all other sessions")
	first.See("2 other sessions have been ended.")
	first.HasNo("link", "End all other sessions")
	for _, gone := range []*Person{second, third} {
		gone.Open("/")
		gone.See("Your session has ended. Sign in again to continue.")
	}
	second.Click("button", "Sign in with Microsoft")
	second.See("Welcome")

	second.Scripts(false)
	second.Open("/sessions")
	second.enter("button", "End the session on Chrome on Linux")
	second.See("The session has been ended.")
	first.Open("/sessions")
	first.See("Your session has ended. Sign in again to continue.")
}
