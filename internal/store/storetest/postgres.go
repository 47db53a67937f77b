package storetest

import (
	"bufio"
	"context"
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
		address: func(t testing.TB) string { t.Helper(); return postgresDatabase(t, copyOf+template) },
		empty:   func(t testing.TB) string { t.Helper(); return postgresDatabase(t, emptyDatabase) },
		tables:  `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
		connect: Connect,
	}
}

// Require says that a missing engine is a failure: CI sets it.
const Require = "PACTIUS_TEST_REQUIRE"

// ErrNoPostgres says that the server's programs are not on this machine.
var ErrNoPostgres = errors.New("PostgreSQL's server programs (initdb, postgres) are not on this machine; install the " +
	"package postgresql")

// Cluster is a PostgreSQL server that this process has started, reached on
// loopback as the superuser pactius. It ends with the process: a shell holds it
// and waits for the end of our pipe.
type Cluster struct {
	port int
	log  string
	hold io.WriteCloser // our end of the pipe: as long as it is open the server lives
	next atomic.Int64
}

// theCluster starts the cluster once for all tests of a process.
var theCluster = sync.OnceValues(StartShortCluster)

// StartShortCluster is StartCluster for a cluster that need not survive the loss of power:
// it lies in memory where there is room. A database is some 300 files, and making them
// costs several times as much on a disk as all that a test does with them.
func StartShortCluster() (*Cluster, error) {
	return startCluster(memory(),
		"fsync=off", "full_page_writes=off",
		"autovacuum=off", // a database is too short-lived for it
		"jit=off")        // compiling a query takes longer than running it
}

// memory returns a folder in memory with room for some clusters, or "" for the usual
// temporary folder: Linux has /dev/shm, which containers often make small.
func memory() string {
	const folder, room = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	if syscall.Statfs(folder, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < room {
		return ""
	}
	return folder
}

// postgresDatabase makes a database with options of CREATE DATABASE and returns its address. Without
// the server's programs the test skips, or fails where CI requires them.
func postgresDatabase(t testing.TB, options string) string {
	t.Helper()
	c, err := theCluster()
	if errors.Is(err, ErrNoPostgres) && os.Getenv(Require) == "" {
		t.Skip("SKIPPED: ", err)
	}
	if err == nil {
		err = postgresTemplate()
	}
	if err != nil {
		t.Fatal(err)
	}
	name, err := c.newDatabase(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return c.URL(name)
}

// template is the database with the present schema that the others are copies of.
const template = "template"

// postgresTemplate makes the template, once for all tests of a process.
var postgresTemplate = sync.OnceValue(func() error {
	c, err := theCluster()
	if err != nil {
		return err
	}
	if err := c.Exec(context.Background(), "CREATE DATABASE "+template+emptyDatabase); err != nil {
		return err
	}
	return migrate(c.URL(template))
})

// URL is the address of a database of the cluster.
func (c *Cluster) URL(database string) string {
	return fmt.Sprintf("postgres://pactius@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}

// Options of CREATE DATABASE.
const (
	emptyDatabase = " TEMPLATE template0 ENCODING 'UTF8'"
	copyOf        = " STRATEGY file_copy TEMPLATE "
)

// NewDatabase makes an empty database and returns its address.
func (c *Cluster) NewDatabase(ctx context.Context) (string, error) {
	name, err := c.newDatabase(ctx, emptyDatabase)
	return c.URL(name), err
}

// newDatabase makes a database with options of CREATE DATABASE and returns its name.
func (c *Cluster) newDatabase(ctx context.Context, options string) (string, error) {
	name := fmt.Sprintf("test%d", c.next.Add(1))
	return name, c.Exec(ctx, "CREATE DATABASE "+name+options)
}

// Exec runs a statement as the superuser, outside any database of the tests.
func (c *Cluster) Exec(ctx context.Context, statement string) error {
	admin, err := Connect(c.URL("postgres"))
	if err != nil {
		return err
	}
	defer admin.Close()
	_, err = admin.ExecContext(ctx, statement)
	return err
}

// The ways a server stops (PostgreSQL, section "Shutting Down the Server").
const (
	StopFast      = "INT"  // connections are cut, what is committed is written
	StopImmediate = "QUIT" // as in a crash: the next start recovers
)

// Stop stops the server in one of the ways above and returns when it is asked to.
func (c *Cluster) Stop(how string) error {
	_, err := io.WriteString(c.hold, how+"\n")
	return err
}

// Start starts a stopped server, once it has stopped, and waits until it takes
// connections.
func (c *Cluster) Start() error {
	if _, err := io.WriteString(c.hold, "start\n"); err != nil {
		return err
	}
	return c.await()
}

// Own makes a folder the server's own, for a tablespace.
func (c *Cluster) Own(dir string) error {
	_, err := unprivileged(dir)
	return err
}

// Close ends the server and removes what it wrote.
func (c *Cluster) Close() error { return c.hold.Close() }

// Program finds a program that comes with the server, such as pg_dump.
func Program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // where Debian puts them
	if err != nil || len(found) == 0 {
		return "", ErrNoPostgres
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}

// programs finds the folder with initdb and postgres.
func programs() (string, error) {
	path, err := Program("initdb")
	return filepath.Dir(path), err
}

// StartCluster makes a cluster in a temporary folder and starts it on a free
// port of loopback, with settings such as "fsync=off". Run as root it works as
// another user, because PostgreSQL refuses root. Without the server's programs
// the error is ErrNoPostgres.
func StartCluster(settings ...string) (*Cluster, error) { return startCluster("", settings...) }

// startCluster is StartCluster in a temporary folder within a folder; "" is the usual one.
func startCluster(within string, settings ...string) (*Cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(within, "pactius-postgres-")
	if err != nil {
		return nil, err
	}
	attributes, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata="+data, "--username=pactius", "--auth=trust",
		"--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attributes, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	arguments := []string{"-c", clusterScript, bin, dir, "-D", data, "-p", strconv.Itoa(port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300"}
	for _, s := range settings {
		arguments = append(arguments, "-c", s)
	}
	shell := exec.Command("/bin/sh", arguments...)
	shell.SysProcAttr, shell.Dir = attributes, dir
	hold, err := shell.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := shell.Start(); err != nil {
		return nil, err
	}
	c := &Cluster{hold: hold, port: port, log: filepath.Join(dir, "log")}
	return c, c.await()
}

// clusterScript is the shell that holds a server. It gets the programs' folder as
// $0 and the cluster's as $1, then the server's arguments. It reads what to do, a
// line each: a signal to stop the server with, or "start". It lives until our end
// of the pipe closes, which it does however this process ends. The server is then
// stopped without writing what it holds in memory, because its files are removed.
const clusterScript = `dir="$1"; shift
"$0"/postgres "$@" 2>>"$dir/log" & server=$!
while read -r what; do
	if [ "$what" = start ]; then "$0"/postgres "$@" 2>>"$dir/log" & server=$!
	else kill -"$what" $server; wait $server
	fi
done
kill -QUIT $server; wait $server; rm -rf "$dir"`

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
func (c *Cluster) await() error {
	db, err := Connect(c.URL("postgres"))
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
			return fmt.Errorf("PostgreSQL does not start: %w\n%s", err, tail(c.log))
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
