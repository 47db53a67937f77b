package storetest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// ErrNoPooler says that PgBouncer is not on this machine.
var ErrNoPooler = errors.New("PgBouncer is not on this machine; install the package pgbouncer")

// Pooler is a PgBouncer before a cluster.
type Pooler struct {
	port  int
	hold  io.WriteCloser // as long as it is open the pooler lives
	shell *exec.Cmd
	dir   string
}

// poolerScript is the shell that holds a pooler and starts it anew for each line that it reads.
const poolerScript = `"$0" "$1" >>"$1.out" 2>&1 & pooler=$!
while read -r _; do kill -TERM $pooler; wait $pooler; "$0" "$1" >>"$1.out" 2>&1 & pooler=$!; done
kill -TERM $pooler; wait $pooler`

// StartPooler starts a PgBouncer with settings such as "pool_mode = session"; without, it
// pools transactions. Without the program the test skips, or fails where CI requires it.
func StartPooler(t testing.TB, settings ...string) *Pooler {
	t.Helper()
	cluster, err := theCluster()
	if err != nil {
		t.Fatal(err)
	}
	p, err := cluster.NewPooler(settings...)
	if errors.Is(err, ErrNoPooler) && os.Getenv(Require) == "" {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// NewPooler starts a PgBouncer before the cluster; without the program the error is
// ErrNoPooler.
func (c *Cluster) NewPooler(settings ...string) (*Pooler, error) {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer" // outside of PATH on Debian
		if _, err := os.Stat(program); err != nil {
			return nil, ErrNoPooler
		}
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pactius-pooler-")
	if err != nil {
		return nil, err
	}
	attributes, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "ini")
	text := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d user=pactius\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"+
		"listen_port = %d\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n%s\n",
		c.port, port, strings.Join(settings, "\n"))
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return nil, err
	}
	shell := exec.Command("/bin/sh", "-c", poolerScript, program, file)
	shell.SysProcAttr, shell.Dir = attributes, dir
	p := &Pooler{port: port, shell: shell, dir: dir}
	if p.hold, err = shell.StdinPipe(); err != nil {
		return nil, err
	}
	if err := shell.Start(); err != nil {
		return nil, err
	}
	return p, p.await()
}

// Close ends the pooler and removes what it wrote.
func (p *Pooler) Close() error {
	return errors.Join(p.hold.Close(), p.shell.Wait(), os.RemoveAll(p.dir))
}

// await waits until the pooler takes connections.
func (p *Pooler) await() error {
	for end := time.Now().Add(startTime); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)))
		if err == nil {
			return c.Close()
		}
		if time.Now().After(end) {
			return fmt.Errorf("PgBouncer does not start: %w", err)
		}
	}
}

// Restart cuts all connections and starts the pooler anew.
func (p *Pooler) Restart() error {
	if _, err := io.WriteString(p.hold, "again\n"); err != nil {
		return err
	}
	return p.await()
}

// Through returns the address of a database by way of the pooler.
func (p *Pooler) Through(address string, query ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port))
	u.RawQuery += "&" + strings.Join(query, "&")
	return u.String()
}
