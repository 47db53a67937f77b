// Command pactius is the front door and the user administration of business
// applications: the server and the commands of Support.
//
// Each subcommand has a file with a constructor newXCommand(a *app), which root.go
// calls, and a section in help.txt. A command reads and writes through its app
// only, so that tests run it in process. It returns errors instead of printing them:
//
//	*pactius.Error, config.Problems   refused, exit code 1, with the reason
//	usageError                        used wrongly, exit code 2, with a hint
//	any other error                   exit code 1
//
// Commands that use the database get a desk with the rules. They decide and
// validate nothing themselves. They print through printer, which escapes control
// characters, and with --json the records of records.go, whose fields programs
// depend on.
//
// The walks in testdata are transcripts of command lines and their output, which
//
//	go test ./cmd/pactius -run Walks -update
//
// rewrites.
package main
