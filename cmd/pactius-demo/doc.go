// Command pactius-demo shows PACTIUS to those who are new to it. It runs the
// server with a sample company, a Microsoft 365 tenant and a mailbox in one
// process, on this machine only.
//
//	pactius-demo          all of it, with a tour
//	pactius-demo tenant   the tenant alone, to rehearse "pactius serve" with it
//
// The tenant asks for no password. That is why the demo is a program of its own
// and no command of the product.
package main
