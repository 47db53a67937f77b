package storetest

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver called pgx
)

// postgres is the engine of a temporary cluster on this machine.
func postgres() engine {
	return engine{
		name:    "postgres",
		address: postgresDatabase,
		tables:  `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
		connect: func(address string) (*sql.DB, error) { return sql.Open("pgx", address) },
	}
}

// Require says that a missing engine is a failure: CI sets it.
const Require = "PACTIUS_TEST_REQUIRE"

// errNoPostgres says that the server's programs are not on this machine.
var errNoPostgres = errors.New("PostgreSQL's server programs (initdb, postgres) are not on this machine; install the package postgresql")

// cluster is a PostgreSQL server that this process has started. It ends with
// the process: a shell holds it and waits for the end of our pipe.
type cluster struct {
	url  func(database string) string
	hold io.Closer // our end of the pipe: as long as it is open the server lives
	next atomic.Int64
}

// theCluster starts the cluster once for all tests of a process.
var theCluster = sync.OnceValues(startCluster)

// postgresDatabase makes an empty database and gives its address. Without the
// server's programs the test skips, or fails where CI requires them.
func postgresDatabase(t testing.TB) string {
	t.Helper()
	c, err := theCluster()
	if errors.Is(err, errNoPostgres) && os.Getenv(Require) == "" {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test%d", c.next.Add(1))
	admin, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		t.Fatal(err)
	}
	return c.url(name)
}

// programs finds the folder with initdb and postgres.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // where Debian puts them
	if err != nil || len(found) == 0 {
		return "", errNoPostgres
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// startCluster makes a cluster in a temporary folder and starts it on a free
// port of loopback, without durability: it lives as long as the tests. Run as
// root it works as another user, because PostgreSQL refuses root.
func startCluster() (*cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pactius-postgres-")
	if err != nil {
		return nil, err
	}
	attributes, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata="+data, "--username=pactius", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attributes, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	// The shell lives until our end of the pipe closes, which it does however this process ends.
	script := `"$0"/postgres -D "$1" -p "$2" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=300 2>"$3/log" &
server=$!; read -r _; kill -INT $server; wait $server; rm -rf "$3"`
	shell := exec.Command("/bin/sh", "-c", script, bin, data, strconv.Itoa(port), dir)
	shell.SysProcAttr, shell.Dir = attributes, dir
	hold, err := shell.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := shell.Start(); err != nil {
		return nil, err
	}
	c := &cluster{hold: hold, url: func(database string) string {
		return fmt.Sprintf("postgres://pactius@127.0.0.1:%d/%s?sslmode=disable", port, database)
	}}
	return c, c.await(filepath.Join(dir, "log"))
}

// unprivileged gives the process attributes of a user who is not root, and
// makes the folder theirs.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return nil, fmt.Errorf("run PostgreSQL as another user than root: %w", err)
		}
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// startTime bounds the start of the cluster, which takes about a second.
const startTime = 30 * time.Second

// await waits until the server takes connections.
func (c *cluster) await(log string) error {
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	end := time.Now().Add(startTime)
	for {
		err := db.Ping()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("PostgreSQL does not start: %w\n%s", err, tail(log))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// tail gives the last lines of a log.
func tail(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}
