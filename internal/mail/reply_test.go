package mail

import (
	"strings"
	"testing"

	"github.com/pactius/pactius/testbed/mailserver"
)

// Each case is a reply of a real server, at the step at which it comes.
func TestRepliesAreUnderstood(t *testing.T) {
	t.Parallel()
	const sender, recipient, content = mailserver.Sender, mailserver.Recipient, mailserver.Content
	reply := func(step mailserver.Step, code int, status, text string) mailserver.Mood {
		return mailserver.Mood{At: step, Code: code, Status: status, Text: text}
	}
	for _, test := range []struct {
		name string
		mood mailserver.Mood
		want meaning
	}{
		{"Exchange: no right to send as, at MAIL", mailserver.SenderDenied, sendAsDenied},
		{"Exchange Online: no right to send as, after the content", mailserver.SendAsDenied, sendAsDenied},
		{"Exchange Online: the same in its old words", reply(content, 554, "5.2.0",
			"STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied"), sendAsDenied},
		{"Postfix: the sender is another's", reply(recipient, 553, "5.7.1",
			"<a@b.example>: Sender address rejected: not owned by user pactius"), sendAsDenied},
		{"Exchange Online: the quota of the day", mailserver.QuotaUsed, quotaUsed},
		{"Exchange Online: the quota in its new code", reply(content, 550, "5.1.90",
			"Your message can't be sent because you've reached your daily limit"), quotaUsed},
		{"Gmail: the quota", reply(sender, 550, "5.4.5", "Daily user sending limit exceeded"), quotaUsed},
		{"Exchange Online: our own mailbox is full", reply(content, 554, "5.2.2", "mailbox full; "+
			"STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionQuotaExceeded"), senderFull},
		{"Exchange Online: too many connections", reply(content, 432, "4.3.2",
			"Concurrent connections limit exceeded"), tooMany},
		{"Exchange Online: too many connections, at MAIL", reply(sender, 432, "4.3.2",
			"STOREDRV.ClientSubmit; sender thread limit exceeded"), tooMany},
		{"Exchange Online: nobody signed in", reply(sender, 530, "5.7.57",
			"SMTP; Client was not authenticated to send anonymous mail during MAIL FROM"), signInRefused},
		{"Exchange Online: nobody signed in, after the content", reply(content, 530, "5.7.57",
			"Client not authenticated to send mail"), signInRefused},
		{"Exchange Online: SPF", reply(content, 550, "5.7.23", "The message was rejected because of Sender Policy "+
			"Framework violation"), notOurs},
		{"Exchange Online: the network address", reply(content, 550, "5.7.606",
			"Access denied, banned sending IP [192.0.2.1]"), addressBlocked},
		{"Exchange Online: the network address of a new tenant", reply(content, 550, "5.7.708",
			"Service unavailable. Access denied, traffic not accepted from this IP"), addressBlocked},
		{"Exchange Online: a blocked sender", reply(content, 550, "5.1.8", "Access denied, bad outbound sender"),
			senderBlocked},
		{"Exchange Online: a tenant beyond its limits", reply(content, 550, "5.7.705",
			"Access denied, tenant has exceeded threshold"), senderBlocked},
		{"Exchange Online: the recipient does not exist, after the content", reply(content, 550, "5.1.10",
			"RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"), unknownRecipient},
		{"Exchange Online: the recipient does not exist, at the edge", reply(recipient, 550, "5.4.1",
			"Recipient address rejected: Access denied."), unknownRecipient},
		{"Exchange: no relaying", reply(recipient, 550, "5.7.54",
			"SMTP; Unable to relay recipient in non-accepted domain"), relayDenied},
		{"Postfix: no relaying", mailserver.RelayDenied, relayDenied},
		{"Exim: no relaying, without a code of its own", reply(recipient, 550, "", "relay not permitted"), relayDenied},
		{"Postfix: the EHLO name", mailserver.HelloRefused, helloDisliked},
		{"Postfix: the EHLO name is not in the DNS", reply(recipient, 450, "4.7.1",
			"<vm>: Helo command rejected: Host not found"), helloDisliked},
		{"Postfix: the sender's domain is not in the DNS", reply(recipient, 450, "4.1.8",
			"<a@b.example>: Sender address rejected: Domain not found"), senderRefused},
		{"a sender that is refused without a code", reply(sender, 550, "", "sender rejected"), senderRefused},
		{"a sender that is put off", reply(sender, 450, "4.1.8", "come back later"), senderRefused},
		{"a policy at MAIL", reply(sender, 554, "5.7.1", "no"), senderRefused},
		{"overloaded, at MAIL", mailserver.Overloaded, busy},
		{"closing, at MAIL", reply(sender, 421, "", "closing"), busy},
		{"a rate limit, at MAIL", reply(sender, 450, "4.7.1", "Error: too much mail from 192.0.2.1"), busy},
		{"Postfix: a block list", reply(recipient, 554, "5.7.1",
			"Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"), addressBlocked},
		{"Postfix: the recipient does not exist", reply(recipient, 550, "5.1.1",
			"<anna.hansen@nordhavn.example>: Recipient address rejected: User unknown"), unknownRecipient},
		{"the mailbox is disabled", reply(recipient, 550, "5.2.1", "mailbox disabled"), unknownRecipient},
		{"the recipient does not exist, without a code", reply(recipient, 550, "",
			"no such user <Anna.Hansen@nordhavn.example>"), unknownRecipient},
		{"the mailbox is full", mailserver.MailboxFull("anna.hansen@nordhavn.example"), mailboxFull},
		{"the mailbox is full, for good", reply(recipient, 552, "5.2.2", "over quota"), mailboxFull},
		{"the mailbox is full, without a code", reply(recipient, 552, "", "storage exceeded"), mailboxFull},
		{"greylisting", mailserver.Greylisted, putOff},
		{"greylisting as policy", reply(recipient, 451, "4.7.1", "Greylisting in action"), putOff},
		{"the server is out of space, at RCPT", reply(recipient, 452, "4.3.1",
			"Insufficient system storage"), busyHere},
		{"a policy at RCPT", reply(recipient, 550, "5.7.1", "Access denied"), forbidden},
		{"a policy about SPF in words", reply(recipient, 550, "5.7.1", "SPF check failed"), domainDoubted},
		{"554 without a code, at RCPT", reply(recipient, 554, "", "Transaction failed"), forbidden},
		{"a policy about the content", reply(content, 554, "5.7.1", "looks like spam"), forbidden},
		{"554 without a code, after the content", reply(content, 554, "", "spam"), forbidden},
		{"no space for the content", reply(content, 452, "4.3.1", "Insufficient system storage"), busyHere},
		{"the content is put off", reply(content, 451, "", "try again later"), putOff},
		{"too large", reply(content, 552, "5.3.4", "Message size exceeds fixed limit"), tooLarge},
		{"too large, without a code", reply(content, 552, "", "too big"), tooLarge},
		{"a form that is not taken", reply(content, 554, "5.6.0", "Malformed MIME"), contentRefused},
		{"the connection breaks in the content", mailserver.Mood{At: content}, brokenOff},
		{"the connection breaks at MAIL", mailserver.Mood{At: sender}, unreachable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, address := startServer(t, mailserver.Options{})
			server.Behave(test.mood)
			e := sendError(t, newSMTP(t, "smtp://"+address, SMTPOptions{Hello: "vm"}).Send(t.Context(), envelope(t)))
			advice := strings.ReplaceAll(test.want.advice, "%s", "no-reply@pactius.example")
			if e.About != test.want.about || e.Temporary == test.want.permanent ||
				e.Code != test.mood.Code || e.Status != test.mood.Status || e.Advice != advice {
				t.Errorf("got about %q, temporary %t, %d %s, want about %q, permanent %t, and %s\n%v",
					e.About, e.Temporary, e.Code, e.Status, test.want.about, test.want.permanent, advice, e)
			}
			if !strings.Contains(e.Said(), strings.Split(test.mood.Text, "<")[0]) {
				t.Errorf("the server's words are missing: %v", e)
			}
			if strings.Contains(strings.ToLower(e.Error()), "anna.hansen") {
				t.Errorf("the error names the recipient: %v", e)
			}
		})
	}
}

// A refusal about the sender or a policy can be mended without changing the email, so it
// never gives one up.
func TestOnlyWhatIsAboutAnEmailGivesItUp(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		if r.means.permanent && r.means.about != AboutEmail {
			t.Errorf("%s is permanent and about %q", r.reply, r.means.about)
		}
		if !strings.HasSuffix(r.means.advice, ".") || len(r.means.advice) < 40 {
			t.Errorf("%s has no advice: %q", r.reply, r.means.advice)
		}
	}
}
