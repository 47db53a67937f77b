package microsoft

import "github.com/pactius/pactius"

// Number is one of Microsoft's error numbers in words.
type Number struct {
	Code   string // "AADSTS50105", or Graph's "Authorization_RequestDenied"
	Reason Reason
	Title  pactius.Text // what happened, in a few words
	Cause  pactius.Text // why
	Who    Helper       // who can mend it
	Next   pactius.Text // what to do, and what to ask of whom
}

// LookUp finds the first known error number in whatever somebody pasted.
func LookUp(pasted string) (Number, bool) { return Number{}, false }
