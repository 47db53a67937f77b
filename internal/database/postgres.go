package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/pactius/pactius"
)

// Limits of the connections to PostgreSQL. A URL that sets one of them itself
// (connect_timeout, statement_timeout, ...) is left alone.
const (
	poolSize         = 20               // of one instance, unless the URL has pool_max_conns; managed servers allow 100
	poolIdle         = time.Minute      // then a connection is closed; the server starts a process for a new one
	poolReserved     = 4                // for what belongs to no environment: notices, readiness, what is due
	connectionLife   = 30 * time.Minute // so that connections move over when servers change behind a name
	connectTimeout   = 10 * time.Second
	statementTimeout = "25s" // shorter than a request may take
	lockTimeout      = "10s" // for its turn; after that the database is busy
	idleInTx         = "60s" // a transaction of a process that hangs must not hold its lock for ever
	oldestPostgres   = 130000
)

// inLine is how many changes of an environment hold a connection to PostgreSQL: one that works and one that waits for
// its lock, so that the server can hand over without the client.
const inLine = 2

// postgresEngine is for several instances behind a load balancer.
var postgresEngine = engine{
	name: Postgres,
	dialect: Dialect{
		EachJSON:   `json_array_elements_text(CAST(? AS json))`,
		InJSON:     `= ANY (ARRAY(SELECT json_array_elements_text(CAST(? AS json))))`,
		SkipLocked: ` FOR UPDATE SKIP LOCKED`,
	},
	schema:     func(text string) string { return textColumn.ReplaceAllString(text, `TEXT COLLATE "C"`) },
	snapshot:   sql.LevelRepeatableRead,
	check:      checkPostgres,
	lock:       lockEnvironment,
	schemaLock: `SELECT pg_advisory_xact_lock(` + strconv.FormatInt(schemaKey, 10) + `)`,
	// Tables of extensions are left out.
	tables: `SELECT c.relname::text FROM pg_class c WHERE c.relkind IN ('r', 'p')
		AND c.relnamespace = quote_ident(current_schema())::regnamespace
		AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1`,
	schemaColumns: `SELECT attname::text FROM pg_attribute WHERE attrelid = 'schema_steps'::regclass AND attnum > 0
		AND NOT attisdropped`,
	unhurried: UnhurriedPostgres,
	upgrade: func(ctx context.Context, db *DB, step int) error {
		db.logger.InfoContext(ctx, "the schema is being upgraded; the server's own backups are the way back", "step",
			step)
		return nil
	},
}

// UnhurriedPostgres lifts the limits that dialPostgres sets for requests, until
// the transaction ends.
const UnhurriedPostgres = `SELECT set_config('statement_timeout', '0', true),
	set_config('idle_in_transaction_session_timeout', '0', true)`

// textColumn finds text columns in a schema step. They compare byte by byte, as
// SQLite does: keys are folded before they are stored, and a range of words must
// not depend on the server's locale.
var textColumn = regexp.MustCompile(`\bTEXT\b`)

// dialPostgres opens the pool; nothing is read yet.
func dialPostgres(address string) (*DB, error) {
	limit, address := takePoolSize(address)
	c, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errPostgresAddress // without err, which may quote a part of the address
	}
	setDefault := func(name, value string) {
		if c.RuntimeParams[name] == "" {
			c.RuntimeParams[name] = value
		}
	}
	setDefault("application_name", "pactius")
	// In other modes there is a pooler between, which takes no such parameters.
	pooled := c.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement
	if !pooled {
		setDefault("synchronous_commit", "on") // whatever the server's default is: an acknowledged change must last
		setDefault("statement_timeout", statementTimeout)
		setDefault("lock_timeout", lockTimeout)
		setDefault("idle_in_transaction_session_timeout", idleInTx)
		// Statements are short: compiling one, or starting workers for it, takes longer than it does.
		setDefault("jit", "off")
		setDefault("max_parallel_workers_per_gather", "0")
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	pool := stdlib.OpenDB(*c)
	pool.SetMaxOpenConns(limit)
	pool.SetMaxIdleConns(limit)
	pool.SetConnMaxIdleTime(poolIdle)
	pool.SetConnMaxLifetime(connectionLife)
	name := net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) + "/" + c.Database
	half := max(1, (limit-poolReserved-glancers)/2) // of View, and as many of Update
	return &DB{engine: &postgresEngine, write: pool, read: pool, name: name, pooled: pooled,
		searchPath: c.RuntimeParams["search_path"], pages: readingTurns(half),
		glances: readingTurns(glancers), changes: newTurns(half, inLine, inLine),
		actions: [2]*turns{readingTurns(actors), readingTurns(actors)}}, nil
}

var errPostgresAddress = pactius.RefuseField("database",
	pactius.T("The PostgreSQL address can't be read. Write "+
		"postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=require, with special characters in the password "+
		"percent-encoded (@ as %%40)."))

// takePoolSize reads and removes pool_max_conns, which is ours and not the server's. The rest of the address stays as
// it is written: PostgreSQL reads a + as a plus sign, which net/url writes for a space.
func takePoolSize(address string) (int, string) {
	before, query, _ := strings.Cut(address, "?")
	limit, rest := poolSize, []string{}
	for _, setting := range strings.Split(query, "&") {
		size, ours := strings.CutPrefix(setting, "pool_max_conns=")
		if n, err := strconv.Atoi(size); ours && err == nil && n > 0 {
			limit = n
		}
		if !ours {
			rest = append(rest, setting)
		}
	}
	return limit, before + "?" + strings.Join(rest, "&")
}

const (
	sqlVersionPostgres    = `SELECT current_setting('server_version_num')::int`
	sqlEncodingPostgres   = `SELECT current_setting('server_encoding')`
	sqlSearchPathPostgres = `SELECT current_setting('search_path')`
	sqlCommitPostgres     = `SELECT current_setting('synchronous_commit')`
	sqlStandbyPostgres    = `SELECT pg_is_in_recovery()`
)

// checkPostgres makes sure that the server can keep what doc.go promises.
func checkPostgres(ctx context.Context, db *DB) error {
	version, err := One(ctx, db.write, Value[int], sqlVersionPostgres)
	if unsupportedSetting(err) && db.pooled && db.searchPath != "" {
		return errSearchPath(db.name, err)
	}
	if unsupportedSetting(err) {
		return &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
			Message: pactius.T("There's a connection pooler in front of the PostgreSQL server %s, and it rejects "+
				"session settings. Add default_query_exec_mode=exec to PACTIUS_DATABASE, and see \"PostgreSQL\" in "+
				"docs/operations.md.", db.name)}
	}
	if err != nil {
		return fmt.Errorf("connect to %s: %w", db.name, err)
	}
	if version < oldestPostgres {
		return pactius.Refuse(pactius.KindUnavailable,
			pactius.T("The PostgreSQL server %s is older than version 13. Upgrade it first.", db.name))
	}
	encoding, err := One(ctx, db.write, Value[string], sqlEncodingPostgres)
	if err != nil {
		return err
	}
	if encoding != "UTF8" {
		return pactius.Refuse(pactius.KindUnavailable,
			pactius.T("The database %s has the encoding %s. Create it with ENCODING 'UTF8'.", db.name, encoding))
	}
	path, err := One(ctx, db.write, Value[string], sqlSearchPathPostgres)
	if err == nil && db.searchPath != "" && path != db.searchPath {
		err = errSearchPath(db.name, nil)
	}
	if err != nil {
		return err
	}
	commit, err := One(ctx, db.write, Value[string], sqlCommitPostgres)
	if err != nil {
		return err
	}
	if commit == "off" {
		return pactius.Refuse(pactius.KindUnavailable,
			pactius.T("The database %s has synchronous_commit switched off, so acknowledged changes could be lost. "+
				"Switch it on for PACTIUS's database user.", db.name))
	}
	standby, err := One(ctx, db.write, Value[bool], sqlStandbyPostgres)
	if err == nil && standby {
		err = pactius.Refuse(pactius.KindUnavailable,
			pactius.T("The PostgreSQL server %s is a standby and can't be written to. Specify the primary, or "+
				"several hosts with target_session_attrs=read-write.", db.name))
	}
	return err
}

// errSearchPath refuses a pooler that does not pass search_path on: the tables would be in another schema.
func errSearchPath(name string, err error) error {
	return &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
		Message: pactius.T("The connection pooler in front of the PostgreSQL server %s doesn't pass search_path on. "+
			"Remove it from PACTIUS_DATABASE and set it for the database user: ALTER ROLE ... SET search_path.", name)}
}

// unsupportedSetting recognises the refusal of PgBouncer of a setting that it does not pass on.
func unsupportedSetting(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "08P01" && strings.Contains(e.Message, "unsupported startup parameter")
}

// schemaKey is the advisory lock of schema steps.
const schemaKey = 0x70616374697573 // "pactius"

const sqlLockPostgres = `SELECT pg_advisory_xact_lock($1)`

// lockEnvironment makes the writers of an environment take turns until they
// commit, as SQLite does with all writers: a rule that has looked can then act on
// what it saw. Environments do not wait for each other.
func lockEnvironment(ctx context.Context, tx *sql.Tx, env pactius.EnvironmentID) error {
	if env == "" {
		return nil
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte("environment " + env)) // never fails
	_, err := tx.ExecContext(ctx, sqlLockPostgres, int64(h.Sum64()))
	return err
}

// postgresRefusals puts the server's codes (PostgreSQL, appendix A) into words
// where a person can act on them.
var postgresRefusals = map[string]pactius.Text{
	"40001": busyText, // serialization_failure
	"40P01": busyText, // deadlock_detected
	"55P03": busyText, // lock_not_available
	"57014": busyText, // query_canceled, by statement_timeout
	"53200": busyText, // out_of_memory
	"53100": fullText, // disk_full
	"25006": readOnlyText,
	// Class 08 is the answer of a pooler that cannot reach the server, or has no connection left.
	"08000": awayText,
	"08001": awayText,
	"08003": awayText,
	"08004": awayText,
	"08006": awayText,
	"08P01": awayText,
	"57P01": awayText, // admin_shutdown
	"57P02": awayText, // crash_shutdown
	"57P03": awayText, // cannot_connect_now
	"28P01": loginText,
	"28000": loginText,
	"3D000": pactius.T("The database doesn't exist on the PostgreSQL server. Create it, or correct PACTIUS_DATABASE."),
	"3F000": pactius.T("The schema named by search_path in PACTIUS_DATABASE doesn't exist. Create it, or correct the " +
		"name; put a name with capital letters or special characters in double quotes, written as %%22."),
	"42501": pactius.T("The PACTIUS database user isn't allowed to do this. Make it the owner of its database, or " +
		"grant it CREATE on the schema."),
}

func translatePostgres(e *pgconn.PgError, err error) error {
	switch e.Code {
	case "23505": // unique_violation
		return &pactius.Error{Kind: ErrTaken.Kind, Message: ErrTaken.Message, Err: fmt.Errorf("%w: %w", ErrTaken, err)}
	case "23503": // foreign_key_violation
		return &pactius.Error{Kind: ErrInUse.Kind, Message: ErrInUse.Message, Err: fmt.Errorf("%w: %w", ErrInUse, err)}
	case "53300": // too_many_connections
		return crowded(err)
	case "22021", "22P05": // character_not_in_repertoire, untranslatable_character: a NUL, also in JSON
		return &pactius.Error{Kind: pactius.KindInvalid,
			Message: pactius.T("This contains characters that can't be stored. Remove them and try again."), Err: err}
	}
	text, ok := postgresRefusals[e.Code]
	if !ok {
		return err
	}
	switch e.Code {
	case "40001", "40P01":
		err = &undoneError{error: err}
	case "57P01", "57P02", "57P03", "08000", "08001", "08003", "08004", "08006", "08P01":
		err = &undoneError{error: err, lost: true}
	}
	return &pactius.Error{Kind: pactius.KindUnavailable, Message: text, Err: err}
}

// translateConnection recognises a server that cannot be reached, or no longer.
func translateConnection(err error) error {
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case connecting, network, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, net.ErrClosed), pgconn.SafeToRetry(err):
		return &pactius.Error{Kind: pactius.KindUnavailable, Message: awayText,
			Err: &undoneError{error: err, lost: true}}
	default:
		return err
	}
}
