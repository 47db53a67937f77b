package torture

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pactius/pactius/internal/store/storetest"
)

// The small disk.
const (
	diskSize   = 16 // MB, of SQLite
	diskSizePG = 40 // MB: an empty PostgreSQL database alone has eight
	fillings   = 3  // how often it is filled
	fillBlock  = 4 << 10
	fullTime   = time.Second // how long it stays full
	// How long it stays full at most while nothing is refused. Pages that the database holds
	// already have room for a while after the disk has none.
	fullLongest = 30 * time.Second
)

// smallSite is a deployment whose database is on a small disk.
type smallSite struct {
	*site
	mount   string
	cluster *storetest.Cluster // of PostgreSQL
	admin   *browser
	load    *load
}

// disk tries a full and a read-only disk.
func disk(ctx context.Context, r *run, v *verdict) error {
	mount, err := os.MkdirTemp("", "pactius-small-")
	if err != nil {
		return err
	}
	defer os.Remove(mount) // empty by then
	size := diskSize
	if r.cluster != nil {
		size = diskSizePG
	}
	if err := errors.Join(os.Chmod(mount, 0o755), smallDisk(mount, size)); err != nil {
		v.skipped = fmt.Sprintf("a small disk cannot be made, run as root: %v", err)
		return nil
	}
	defer takeDiskAway(mount)
	return r.onSmallDisk(ctx, v, mount)
}

// onSmallDisk puts the database on the disk and tries.
func (r *run) onSmallDisk(ctx context.Context, v *verdict, mount string) error {
	address, err := r.database(ctx)
	if err != nil {
		return err
	}
	if r.cluster == nil {
		address = sqliteIn(mount)
	} else {
		name, data := databaseName(address), filepath.Join(mount, "data")
		defer func() {
			v.failed(errors.Join(
				r.cluster.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)"),
				r.cluster.Exec(context.WithoutCancel(ctx), "DROP TABLESPACE small"),
			))
		}()
		if err := errors.Join(os.Mkdir(data, 0o777), r.cluster.Own(data),
			r.cluster.Exec(ctx, "CREATE TABLESPACE small LOCATION '"+data+"'"),
			r.cluster.Exec(ctx, "ALTER DATABASE "+name+" SET TABLESPACE small")); err != nil {
			return err
		}
	}
	s, err := r.siteOver(ctx, v, address, 1)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.startAll(ctx); err != nil {
		return err
	}
	m := &smallSite{site: s, mount: mount, cluster: r.cluster, admin: s.browser()}
	if _, err := m.admin.signIn(ctx, s.ada); err != nil {
		return err
	}
	if m.load, err = startLoad(ctx, s, r.people/2); err != nil {
		return err
	}
	for range fillings {
		if err := m.full(ctx); err != nil {
			return err
		}
	}
	if err := m.readOnly(ctx); err != nil {
		return err
	}
	m.load.end(ctx, true)
	v.figure("%s", m.load.summary())
	return nil
}

// fill writes to the end of a file until the disk is full. It frees nothing before: what it
// freed, the database would take.
func fill(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, fillBlock); ; {
		if _, err := f.Write(block); err != nil {
			return nil // full
		}
	}
}

// full fills the disk, looks at what people are told, and frees it.
func (m *smallSite) full(ctx context.Context) error {
	pause(ctx, calm)
	before := m.load.total()
	file := filepath.Join(m.mount, "filler")
	if err := fill(file); err != nil {
		return err
	}
	begun := time.Now()
	refused := 0
	for ctx.Err() == nil {
		since := time.Since(begun)
		if since > fullLongest || since > fullTime && refused > 0 {
			break
		}
		if err := fill(file); err != nil {
			return err
		}
		n, err := m.refusal(ctx, "database's disk is full")
		if err != nil {
			return err
		}
		refused += n
		if err := m.reads(ctx, "full"); err != nil {
			return err
		}
	}
	if err := os.Remove(file); err != nil {
		return err
	}
	if refused == 0 {
		m.broken("nothing was refused while the disk was full")
	}
	m.figure("full: %d changes refused, %d acknowledged before", refused, before)
	return m.worksAgain(ctx, "full")
}

// refusal tries to add someone; it gives 1 when that is refused in the expected words.
func (m *smallSite) refusal(ctx context.Context, words string) (int, error) {
	p, err := m.newcomer()
	if err != nil {
		return 0, err
	}
	a, err := m.admin.Send(
		ctx, http.MethodPost, "/settings/users/add", m.load.grant("username", p.username, "name", p.name),
	)
	switch {
	case err != nil:
		return 0, fmt.Errorf("adding: %w", err)
	case a.StatusCode == http.StatusSeeOther: // there was still room for it
		m.load.acknowledged("user "+p.username, "add", sqlUser, m.env, p.username)
		return 0, nil
	case a.StatusCode != http.StatusServiceUnavailable || !strings.Contains(sentence(a), words):
		m.broken("a change that cannot be written is answered with %d: %s", a.StatusCode, sentence(a))
	}
	return 1, nil
}

// reads looks at pages; a single attempt, because reading must not fail.
func (m *smallSite) reads(ctx context.Context, when string) error {
	for _, path := range []string{"/", "/settings/users", "/settings/activity"} {
		a, err := m.admin.Send(ctx, http.MethodGet, path, nil)
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		if a.StatusCode != http.StatusOK {
			m.broken("while %s reading %s is answered with %d: %s", when, path, a.StatusCode, sentence(a))
		}
	}
	return nil
}

// worksAgain adds someone at the first attempt.
func (m *smallSite) worksAgain(ctx context.Context, after string) error {
	n, err := m.refusal(ctx, "never")
	if n > 0 {
		m.broken("the first change after being %s is refused", after)
	}
	return err
}

// readOnly makes the database read-only. SQLite's cannot become so while it is
// in use; the server is started on it. PostgreSQL's can.
func (m *smallSite) readOnly(ctx context.Context) error {
	if m.cluster == nil {
		return m.readOnlyFile(ctx)
	}
	set := func(value string) error {
		return errors.Join(
			m.cluster.Exec(ctx, "ALTER DATABASE "+databaseName(m.database)+" SET default_transaction_read_only = "+
				""+value),
			m.cut(ctx, m.cluster),
		)
	}
	if err := set("on"); err != nil {
		return err
	}
	pause(ctx, calm)
	refused, err := m.refusal(ctx, "can't be written to")
	if err := errors.Join(err, m.reads(ctx, "read-only"), set("off")); err != nil {
		return err
	}
	pause(ctx, outageGrace)
	m.figure("read-only while running: %d change refused, reading goes on", refused)
	return m.worksAgain(ctx, "read-only")
}

// readOnlyFile starts the server on a read-only disk, which it must refuse.
func (m *smallSite) readOnlyFile(ctx context.Context) error {
	i := m.instances[0]
	if err := errors.Join(i.end(os.Interrupt), readOnlyDisk(m.mount, true)); err != nil {
		return err
	}
	err := i.start(ctx)
	switch {
	case err == nil:
		m.broken("the server starts on a read-only disk")
	case !strings.Contains(err.Error(), "is read-only"):
		m.broken("a server on a read-only disk says: %v", err)
	}
	if err := errors.Join(i.end(os.Kill), readOnlyDisk(m.mount, false)); err != nil {
		return err
	}
	m.figure("on a read-only disk the start is refused in plain words")
	return errors.Join(i.start(ctx), m.worksAgain(ctx, "read-only"))
}
