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
package main
