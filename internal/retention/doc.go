// Package retention deletes what a deployment no longer keeps: old events of the activity log, which it writes into an
// archive first, settled access requests, references and sent emails. What has an end of its own, such as a session,
// is deleted by others; docs/operations.md has the table of all.
//
// The archive is a folder with one file of NDJSON for each environment and day (UTC). An event is deleted once its line
// is on the disk: after a crash it may be in both, and is in neither never. A file that is there is continued, without
// the events that it has.
//
// Package jobs calls Run, package server says how an event is written. See docs/decisions/0041-retention.md.
package retention
