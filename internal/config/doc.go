// Package config reads the configuration of a deployment. The settings are one table
// (settings.go); the result is one struct (Config).
//
// Every setting has one name in four spellings: the flag --mail-from, the
// environment variable PACTIUS_MAIL_FROM, the variable PACTIUS_MAIL_FROM_FILE with
// the path of a file that holds the value, and the keys mail_from and
// mail_from_file of a TOML file (--config or PACTIUS_CONFIG). Other users of a machine
// can read command lines, so a secret has no flag for its value but one for a file, such
// as --secret-file. The first of these wins:
//
//	flag > environment > environment's _FILE > TOML > TOML's _file > default
//
// An empty value counts as not given. Unknown TOML keys, unknown PACTIUS_ variables and
// the settings of earlier versions are problems: a setting without effect must not look
// as if it had one. Load reports all problems together.
//
// No problem, no Dump and no formatted Config shows a secret. Package main calls Load and
// passes the result to package server.
package config
