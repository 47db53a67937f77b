package mail

import (
	"regexp"
	"strings"
)

// firstRefusal is the lowest reply code that refuses (RFC 5321 section 4.2.1); closing
// announces the end of the connection.
const (
	firstRefusal = 400
	closing      = 421
)

// meaning is what a reply says, whichever server worded it.
type meaning struct {
	about     About
	permanent bool
	advice    string // the reason and the next step; %s is the sender's address
}

// The meanings of refusals.
var (
	signInRefused = meaning{about: AboutSender, advice: "The mail server refuses our sign-in. Check the user and the " +
		"password in PACTIUS_SMTP_URL."}
	passwordsOff = meaning{about: AboutSender, advice: "The mail server no longer takes passwords for this account. " +
		"Send with OAuth or Microsoft Graph, or let its administrator allow SMTP AUTH for the mailbox."}
	sendAsDenied = meaning{about: AboutSender, advice: "Our account isn't allowed to send as %s. Grant it the right " +
		"to send as this address (Send As), or change PACTIUS_MAIL_FROM."}
	quotaUsed = meaning{about: AboutSender, advice: "Our account has sent as many emails as the mail server allows. " +
		"Sending goes on when the limit allows it; raise the limit, or use another account."}
	senderFull = meaning{about: AboutSender, advice: "The mailbox we send from is full. Empty it, its sent items " +
		"included, or let a retention policy do so."}
	tooMany = meaning{about: AboutSender, advice: "The mail server takes fewer connections or emails at a time. " +
		"Sending goes on by itself; if this stays, let its administrator raise the limit for our account."}
	busy = meaning{about: AboutSender, advice: "The mail server is busy or out of order. " +
		"Sending goes on by itself; if this stays, ask its administrator."}
	helloRefused = meaning{about: AboutSender, advice: "The mail server refuses the name with which we introduce " +
		"ourselves. Give PACTIUS_URL a host name that is in the DNS."}
	notOurs = meaning{about: AboutSender, advice: "The mail server doesn't believe that emails of %s come from us. " +
		"Let the SPF, DKIM and DMARC records of its domain name this mail server, or change PACTIUS_MAIL_FROM."}
	addressBlocked = meaning{about: AboutSender, advice: "The mail server blocks the network address we send from. " +
		"Ask its administrator to allow it, or use another mail server."}
	senderBlocked = meaning{about: AboutSender, advice: "The mail server has blocked %s or its organization from " +
		"sending. Let its administrator release it."}
	senderRefused = meaning{about: AboutSender, advice: "The mail server refuses %s as sender. Check " +
		"PACTIUS_MAIL_FROM, and what the account in PACTIUS_SMTP_URL may send."}
	relayDenied = meaning{about: AboutPolicy, advice: "The mail server doesn't deliver to other domains for us. Give " +
		"an account in PACTIUS_SMTP_URL, or let its administrator allow us to relay."}
	helloDisliked = meaning{about: AboutPolicy, advice: helloRefused.advice}
	domainDoubted = meaning{about: AboutPolicy, advice: notOurs.advice}
	busyHere      = meaning{about: AboutPolicy, advice: busy.advice}
	forbidden     = meaning{about: AboutPolicy, advice: "A rule of the mail server forbids this email. Ask its " +
		"administrator to allow emails from %s."}
	unknownRecipient = meaning{permanent: true, advice: "The mail server doesn't know this recipient. Correct the " +
		"user's email address, then send the email again."}
	mailboxFull = meaning{advice: "The recipient's mailbox is full. Ask the person to make room."}
	putOff      = meaning{advice: "The mail server asks us to come back later with this email, as some do with " +
		"every new sender."}
	tooLarge = meaning{permanent: true, advice: "The email is too large for the mail server. Raise its limit " +
		"to 1 MB or more, then send the email again."}
	contentRefused = meaning{permanent: true, advice: "The mail server can't take the form of this email. Ask its " +
		"administrator what it objects to."}
	needsSMTPUTF8 = meaning{permanent: true, advice: "The part of the address before the @ has letters beyond a-z, " +
		"which this mail server doesn't support (SMTPUTF8). Enter an address with plain letters, then send again."}
	senderNeedsSMTPUTF8 = meaning{about: AboutSender, advice: "%s has letters beyond a-z before the @, which the " +
		"mail server doesn't support (SMTPUTF8). Change PACTIUS_MAIL_FROM."}
	noSignIn = meaning{about: AboutSender, advice: "The mail server offers no way to sign in that PACTIUS knows. Use " +
		"OAuth or Microsoft Graph, or leave the user out of PACTIUS_SMTP_URL if none is needed."}
	noToken = meaning{about: AboutSender, advice: "Microsoft gave no access token for sending emails. Check " +
		"PACTIUS_MAIL_TENANT_ID, PACTIUS_MAIL_CLIENT_ID and PACTIUS_MAIL_CLIENT_SECRET."}
	tokenRefused = meaning{about: AboutSender, advice: "The mail server refuses our access token. Grant the app " +
		"registration the permission SMTP.SendAsApp, and its service principal access to the mailbox."}
	unreachable = meaning{about: AboutSender, advice: "The mail server can't be reached. Check the host and port in " +
		"PACTIUS_SMTP_URL, the network and the mail server."}
	notEncrypted = meaning{about: AboutSender, advice: "No encrypted connection to the mail server could be made. " +
		"Check its certificate, and tls in PACTIUS_SMTP_URL."}
	brokenOff = meaning{about: AboutPolicy, advice: "The mail server broke off the conversation. Sending goes on by " +
		"itself; if this stays, look at its log."}
)

// rule gives the replies that match at some stages a meaning.
type rule struct {
	at    stage
	reply *regexp.Regexp // matches "550 5.7.60 SMTP; Client does not ...": code, enhanced code or "-", words
	means meaning
}

func on(at stage, reply string, means meaning) rule {
	return rule{at, regexp.MustCompile(`(?i)` + reply), means}
}

// rules say what the replies of mail servers mean; the first that matches counts. The
// enhanced code decides, then the code; words only where known servers use one code for
// many things. Exchange Online accepts the sender and the recipient and judges both after
// the content. Postfix answers about the sender and EHLO only to RCPT (smtpd_delay_reject).
//
// Sources:
//   - RFC 5321 sections 4.2.2 and 4.2.3, RFC 3463 (enhanced codes), RFC 4954 section 6
//     (sign-in), RFC 6531 section 3.5 (SMTPUTF8), RFC 7372 (SPF, DKIM, reverse DNS)
//   - Exchange Online: learn.microsoft.com, "Email non-delivery reports and SMTP errors in
//     Exchange Online", "Message storage and concurrent connection throttling for SMTP
//     Authenticated Submission", "Fix 'sender's submission quota exceeded' errors"; and
//     MicrosoftDocs/OfficeDocs-Support issue 1187, gophish issue 2670 (Send As after DATA)
//   - Postfix: src/smtpd/smtpd_check.c, and its postconf(5) for the codes
//   - Exim: src/acl.c and src/verify.c, which send no enhanced codes
var rules = []rule{
	// At every stage: who we are, and how much we may send.
	on(anywhere, ` 5\.7\.139 |basic authentication is disabled|SmtpClientAuthentication is disabled`, passwordsOff),
	on(anywhere, `^53[0458] | 5\.7\.(8|57) |sender address rejected: not logged in`, signInRefused),
	on(anywhere, ` 5\.7\.60 | 5\.2\.252 |SendAsDenied|rejected: not owned by user`, sendAsDenied),
	on(anywhere, `SubmissionQuotaExceeded| 5\.1\.9[0-2] | 5\.4\.5 .*sending (limit|quota)`, quotaUsed),
	on(anywhere, `STOREDRV\.Submission.*(QuotaExceeded|ShutoffQuota)`, senderFull),
	on(anywhere, `recipient thread limit`, putOff),
	on(anywhere, `^432 | 4\.7\.652 |concurrent connections? limit|sender thread limit|too many connections`, tooMany),
	on(anywhere, ` 5\.7\.(2[0-467]|509|515) `, notOurs),
	on(anywhere, ` 5\.7\.(25|511|60[6-9]|6[1-4]\d|708) |client host .* blocked using`, addressBlocked),
	on(anywhere, ` 5\.7\.(50[1-8]|7[05]\d) | [45]\.1\.8 .*bad outbound sender`, senderBlocked),
	on(atContent, ` 5\.2\.0 |STOREDRV\.Submission`, quotaUsed),

	// The greeting, EHLO and the sign-in, and MAIL: no other email can be sent either.
	on(atConnect|atSender, `^421 |^4\d\d 4\.[37]\.`, busy),
	on(atConnect|atSender, `helo command|need fully-qualified hostname|\b(EHLO|HELO)\b`, helloRefused),
	on(atConnect, `^4`, busy),
	on(atConnect, `^5`, addressBlocked),
	on(atSender, ` 5\.6\.7 `, senderNeedsSMTPUTF8),
	on(atSender, ``, senderRefused),

	// RCPT, and the same replies after the content.
	on(atRecipient, `helo command|\b(EHLO|HELO)\b|^50\d 5\.5\.2 `, helloDisliked),
	on(atRecipient, ` [45]\.1\.[78] |sender address rejected|sender verify failed`, senderRefused),
	on(atRecipient|atContent, ` 5\.7\.(54|64) |unable to relay|`+
		`relay(ing)? (access )?(is )?(denied|not (permitted|allowed)|prohibited)`, relayDenied),
	on(atRecipient|atContent, ` 5\.1\.| 5\.2\.1 `, unknownRecipient),
	on(atRecipient|atContent, ` [45]\.2\.2 |(mailbox|inbox|recipient).* (is )?(full|over quota)`, mailboxFull),
	on(atRecipient, `^552 - `, mailboxFull),
	on(atRecipient|atContent, ` 5\.6\.7 `, needsSMTPUTF8),
	on(atRecipient|atContent, ` 5\.6\.`, contentRefused),
	on(atContent, `^552 - | 5\.3\.4 | 5\.2\.3 `, tooLarge),
	on(atRecipient|atContent, `^421 |^4\d\d 4\.3\.`, busyHere),
	on(atContent, `^4\d\d 4\.7\.`, busyHere),
	on(atRecipient|atContent, `^4`, putOff),
	on(atRecipient|atContent, ` 5\.7\..*\b(SPF|Sender Policy Framework|DKIM|DMARC)\b`, domainDoubted),
	on(atRecipient, ` 5\.4\.|^55[013] - `, unknownRecipient),
	on(atRecipient|atContent, ``, forbidden),
}

// enhancedCode begins a line of a reply (RFC 2034 section 4).
var enhancedCode = regexp.MustCompile(`(?m)^([245]\.\d{1,3}\.\d{1,3})(?: |$)`)

// splitReply takes the enhanced code, "" for none, out of the lines of a reply.
func splitReply(text string) (status, words string) {
	if match := enhancedCode.FindStringSubmatch(text); match != nil {
		status = match[1]
	}
	return status, oneLine(enhancedCode.ReplaceAllString(text, ""), maxReason)
}

// understand returns the meaning of a reply at a stage.
func understand(at stage, code, status, words string) meaning {
	if status == "" {
		status = "-"
	}
	reply := strings.Join([]string{code, status, words}, " ")
	for _, r := range rules {
		if r.at&at != 0 && r.reply.MatchString(reply) {
			return r.means
		}
	}
	return forbidden
}
