package torture

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/pactius/pactius/testbed/mailserver"
)

// The moods of the mail server.
var (
	takes   mailserver.Mood // as it should
	refuses = mailserver.Mood{At: mailserver.Greeting}
	busy    = mailserver.Mood{At: mailserver.Greeting, Code: 421, Text: "come back later"}
	// not the email's fault
	forbids     = mailserver.Mood{At: mailserver.Greeting, Code: 554, Text: "we do not talk to you"}
	silent      = mailserver.Mood{At: mailserver.Greeting, Silent: true}
	putsOff     = mailserver.Mood{At: mailserver.Recipient, Code: 451, Text: "greylisted"}
	rejects     = mailserver.Mood{At: mailserver.Recipient, Code: 550, Text: "no such mailbox"} // for good
	hangsUp     = mailserver.Mood{At: mailserver.Content}
	full        = mailserver.Mood{At: mailserver.Content, Code: 452, Text: "the disk is full"}
	takesMutely = mailserver.Mood{At: mailserver.Taken} // takes the email and closes before it confirms
)

// postOffice is the mail server of a site. It counts what it has taken, and
// confirms only after it has counted.
type postOffice struct {
	*mailserver.Server

	mu    sync.Mutex
	taken map[string]int // by the left part of the Message-ID: the email's ID
}

// openPostOffice starts a mail server on loopback.
func openPostOffice(ctx context.Context) (*postOffice, error) {
	p := &postOffice{taken: map[string]int{}}
	var err error
	p.Server, err = mailserver.Start(ctx, "127.0.0.1:0", mailserver.Options{Take: p.take})
	return p, err
}

// take counts a mail.
func (p *postOffice) take(m mailserver.Mail) {
	_, after, _ := strings.Cut("\r\n"+m.Source, "\r\nMessage-ID: <")
	id, _, _ := strings.Cut(after, "@")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken[id]++
}

// count returns how often an email was taken.
func (p *postOffice) count(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken[id]
}

// totals returns how many different emails were taken, and how many deliveries
// were repetitions.
func (p *postOffice) totals() (mails, duplicates int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.taken {
		mails++
		duplicates += n - 1
	}
	return mails, duplicates
}

// strangers returns the emails that were taken and are unknown.
func (p *postOffice) strangers(known map[string]bool) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ids []string
	for id := range p.taken {
		if !known[id] {
			ids = append(ids, fmt.Sprintf("%q", id))
		}
	}
	return ids
}
