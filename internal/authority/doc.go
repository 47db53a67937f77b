// Package authority finds out what an actor may do, inside the transaction in
// which it is done. Rules ask it first; pactius.Rights then answers, purely.
// It decides nothing itself beyond "this actor may act here at all". It is called
// by the packages of rules and by audit, never by a surface.
package authority
