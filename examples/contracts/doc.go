// Command contracts is a small contract register that stands behind PACTIUS: an example of an application that
// learns from the door which person asks, and which business units that person reads or writes.
//
//	go run ./examples/contracts -pactius https://portal.example.com -application ID -listen 127.0.0.1:8090
//
// README.md tells how to try it and what to copy. Package register does the work.
package main
