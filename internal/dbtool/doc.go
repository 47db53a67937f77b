// Package dbtool works on whole databases: Check verifies one, Copy moves a deployment
// to another database of either engine, Backup copies a SQLite file and Restore puts a
// backup in place. It derives the tables from the schema steps, so none is left out.
package dbtool
