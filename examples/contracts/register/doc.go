// Package register is a contract register behind the door of PACTIUS, written as an outside engineer would write it:
// it imports nothing of PACTIUS and trusts one header, the signed token.
//
//	GET  /                  the contracts of the units that the person reads
//	GET  /contracts/new     the form for a new contract
//	POST /contracts/new     adds it: write access to its unit
//	GET  /contracts/{id}    the form of a contract: write access to its unit
//	POST /contracts/{id}    saves it: write access to its unit, before and after
//	GET  /style.css         for everyone, because the page without a person needs it, too
//
// identity.go answers which person asks, units.go what that person may reach. These two are what to copy. store.go
// and pages.go are any small web application.
package register
