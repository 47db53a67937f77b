// Command pactius is the front door and the user administration of a business
// application: the server and the commands that Support works with beside it.
//
// One file per subcommand, each with one constructor newXCommand(a *app), named
// in root.go. A command reads and writes through its app only, so that tests run
// it in process. It returns errors instead of printing them:
//
//	*pactius.Error, config.Problems   refused, exit code 1, with the reason
//	usageError                        used wrongly, exit code 2, with a hint
//	any other error                   exit code 1
//
// Commands beside the server sit at a desk: the rules over the open database,
// and, of commands in one environment, that environment with Support as the
// actor. They decide nothing themselves. What they print goes through printer,
// which spells out whatever a terminal would obey, and --json prints the
// records of records.go, whose fields programs depend on.
//
// The walks in testdata are transcripts of whole stories at the command line:
//
//	go test ./cmd/pactius -run Walks -update
//
// writes them anew.
package main
