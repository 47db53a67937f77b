// Package process runs programs for tests: it builds the commands of this module,
// starts them, keeps what they print, waits for a line of it, and ends them. A
// process never outlives the tests on Linux, however they end.
package process
