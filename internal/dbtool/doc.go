// Package dbtool works on whole databases: Check looks at everything that must be
// true of one, Copy moves a deployment to another database of either engine,
// Backup copies a SQLite file and Restore puts a backup in place. It reads the
// parts of the schema from the schema steps, so a new table is never left out.
package dbtool
