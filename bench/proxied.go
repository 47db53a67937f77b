package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/pactius/pactius"
)

const (
	bareHost   = "bare.bench.example" // of requests to an instance that a bare httputil.ReverseProxy passes on
	smallSize  = 100                  // bytes of an answer
	largeSize  = 64 << 10
	settleTime = 2 * time.Second // until memory that is not needed any more was given back
)

// passedOn is a request of a page to an application, as a proxy that ends TLS passes it on.
const passedOn = "GET %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: da,en;q=0.7\r\n" +
	"Accept-Encoding: gzip, deflate, br\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\n" +
	"Cookie: own=4f2c; __Host-pactius-app-%s=%s\r\n\r\n"

// passing is what was measured of passing on answers of one size.
type passing struct {
	size              int
	bare, own         times   // processor time of the instance for a request
	bareRate, ownRate float64 // requests a second
}

// proxiedResult is what was measured of the built-in proxy.
type proxiedResult struct {
	users, sessions, streams int
	passings                 []passing
	closed, open             int64    // memory without open streams, and with them
	later                    [2]int64 // after requests beside them, and after as many again
	ended                    time.Duration
}

// measureProxied compares the built-in proxy with a bare httputil.ReverseProxy in the same process, on SQLite at the
// smallest size, and measures the memory of streams that are open.
func measureProxied(ctx context.Context, out io.Writer, o options, tell func(string, ...any)) error {
	d, err := dataFor(ctx, o.data, o.seed, o.sizes[0], func(what string, n int) { tell("%s %d", what, n) })
	if err != nil {
		return err
	}
	r := proxiedResult{users: o.sizes[0], sessions: min(o.door.sessions, fewSessions), streams: o.door.streams}
	err = onEngine(ctx, onSQLite, d, tell, func(address string) error {
		s, err := openSubject(ctx, address, d.Company)
		if err != nil {
			return err
		}
		c := &doorCompany{subject: s, began: time.Now(), from: d.Now}
		if err = c.open(ctx, r.sessions); err == nil {
			err = r.measure(ctx, c, address, o)
		}
		return errors.Join(err, c.clear(context.WithoutCancel(ctx)), s.close())
	})
	if err == nil {
		r.table(out)
	}
	return err
}

func (r *proxiedResult) measure(ctx context.Context, c *doorCompany, address string, o options) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go answerAll(l)
	upstream := "http://" + l.Addr().String()
	if c.app, err = c.core.Applications.Update(ctx, pactius.SupportActor(c.Environment), c.app.ID, 0,
		pactius.ApplicationUpdate{Upstream: &upstream}); err != nil {
		return err
	}
	i, err := startInstance(ctx, address, c.now())
	if err != nil {
		return err
	}
	p, err := newProxy(ctx, i.address)
	if err == nil {
		err = errors.Join(r.measureRates(c, i, p, o), r.measureStreams(ctx, c, i, p, o), p.close())
	}
	return errors.Join(err, i.stop())
}

// passed returns requests of all sessions to a host.
func (c *doorCompany) passed(path, host string) [][]byte {
	var all [][]byte
	for _, t := range c.holders {
		all = append(all, fmt.Appendf(nil, passedOn, path, host, c.app.ID[len(c.app.ID)-8:], t.token))
	}
	return all
}

func (r *proxiedResult) measureRates(c *doorCompany, i *instance, p *proxy, o options) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if o.door.pinned && runtime.NumCPU() > 1 {
		pin(i.process.Process.Pid, "0")
		pin(os.Getpid(), "1")
		defer pin(os.Getpid(), fmt.Sprintf("0-%d", runtime.NumCPU()-1))
	}
	if err := i.tell(bareToPath, string(c.app.Upstream)); err != nil {
		return err
	}
	for size, path := range map[int]string{smallSize: "/small", largeSize: "/large"} {
		m := passing{size: size}
		bare, own := c.passed(path, bareHost), c.passed(path, doorHost)
		var bareTook, ownTook time.Duration
		for n := range o.door.rounds + 1 {
			one, took, err := cost(i, p, o.door.asked, bare)
			if err != nil {
				return err
			}
			other, during, err := cost(i, p, o.door.asked, own)
			if err != nil {
				return err
			}
			if n > 0 { // the first one warms up
				m.bare, m.own = append(m.bare, one), append(m.own, other)
				bareTook, ownTook = bareTook+took, ownTook+during
			}
		}
		asked := float64(o.door.asked * o.door.rounds)
		m.bareRate, m.ownRate = asked/bareTook.Seconds(), asked/ownTook.Seconds()
		r.passings = append(r.passings, m)
	}
	sortBy(r.passings, func(p passing) int { return p.size })
	return nil
}

// measureStreams opens streams of events, has requests pass beside them, and removes the application in this
// process, which is another instance.
func (r *proxiedResult) measureStreams(ctx context.Context, c *doorCompany, i *instance, p *proxy, o options) error {
	var err error
	time.Sleep(settleTime)
	if r.closed, err = i.memory(); err != nil {
		return err
	}
	requests := c.passed("/events", doorHost)
	var open []*asking
	defer func() {
		for _, one := range open {
			_ = one.Close()
		}
	}()
	for n := range r.streams {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", i.address)
		if err != nil {
			return err
		}
		one := &asking{conn, bufio.NewReaderSize(conn, 1<<10)}
		open = append(open, one)
		if err := one.admitted(requests[n%len(requests)]); err != nil {
			return err
		}
	}
	time.Sleep(settleTime)
	if r.open, err = i.memory(); err != nil {
		return err
	}
	for n := range r.later {
		if _, _, err = cost(i, p, o.door.asked, c.passed("/small", doorHost)); err != nil {
			return err
		}
		time.Sleep(settleTime)
		if r.later[n], err = i.memory(); err != nil {
			return err
		}
	}
	if err = c.core.Applications.Remove(ctx, pactius.SupportActor(c.Environment), c.app.ID); err != nil {
		return err
	}
	removed := time.Now()
	for _, one := range open {
		_ = one.SetReadDeadline(removed.Add(longestHeard))
		if _, err := io.Copy(io.Discard, one.in); errors.Is(err, os.ErrDeadlineExceeded) {
			return errors.New("a stream is open although its application was removed")
		}
	}
	r.ended = time.Since(removed)
	return nil
}

// tell tells an instance a value.
func (i *instance) tell(path, value string) error {
	answer, err := http.Get("http://" + i.address + path + "?" + value)
	if err == nil {
		err = answer.Body.Close()
	}
	return err
}

// answerAll is an application that costs as little as it can: what it takes is taken from the instance on a small
// machine.
func answerAll(l net.Listener) {
	answer := func(size int) []byte {
		return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", size,
			strings.Repeat("x", size))
	}
	small, large := answer(smallSize), answer(largeSize)
	const events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	serve := func(c net.Conn) {
		defer c.Close()
		in := bufio.NewReaderSize(c, 8<<10)
		text := small
		for first := true; ; {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			switch {
			case first:
				first, text = false, small
				if strings.HasPrefix(string(line), "GET /large") {
					text = large
				} else if strings.HasPrefix(string(line), "GET /events") {
					text = []byte(events)
				}
			case len(line) <= len("\r\n"):
				if _, err := c.Write(text); err != nil {
					return
				}
				first = true
			}
		}
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go serve(c)
	}
}

// table writes the tables.
func (r *proxiedResult) table(out io.Writer) {
	micro := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	mega := func(bytes int64) float64 { return float64(bytes) / (1 << 20) }
	fmt.Fprint(out, circumstances(nil, false), "\n\n| answer, bytes | bare proxy, requests a second | built-in proxy "+
		"| to bare | bare proxy, µs of the processor | built-in proxy | to bare |\n"+
		"| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, m := range r.passings {
		bare, own := m.bare.at(.5), m.own.at(.5)
		fmt.Fprintf(out, "| %s | %s | %s | %.2f | %.1f | %.1f | %.2f |\n", thousands(m.size),
			thousands(int(m.bareRate)), thousands(int(m.ownRate)), m.ownRate/m.bareRate, micro(bare), micro(own),
			micro(own)/micro(bare))
	}
	fmt.Fprintf(out, "\n| open streams | memory without them, MB | with them | after requests beside them | after as "+
		"many again | closed, s |\n| ---: | ---: | ---: | ---: | ---: | ---: |\n"+
		"| %s | %.1f | %.1f | %.1f | %.1f | %.2f |\n", thousands(r.streams), mega(r.closed), mega(r.open),
		mega(r.later[0]), mega(r.later[1]), r.ended.Seconds())
}
