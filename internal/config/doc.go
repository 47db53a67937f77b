// Package config reads the configuration of a deployment: one table of
// settings (settings.go), one struct that comes out of it (Config).
//
// Every setting has one name in four spellings: the flag --mail-from, the
// environment variable PACTIUS_MAIL_FROM, the variable PACTIUS_MAIL_FROM_FILE with
// the path of a file that holds the value, and the keys mail_from and
// mail_from_file of a TOML file (--config or PACTIUS_CONFIG). Secrets have no
// flag of their own, since other users of a machine can read command lines, but
// --secret-file and the like. The first of these wins:
//
//	flag > environment > environment's _FILE > TOML > TOML's _file > default
//
// An empty value counts as not given. Unknown TOML keys and unknown PACTIUS_
// variables are problems, with the probable name, because a setting that is
// misspelt must not silently be the default. All problems are reported at once.
//
// The package only reads. Nothing in it, neither problem nor Dump nor a
// formatted Config, shows a secret. Package main calls it; package server is handed
// the result.
package config
