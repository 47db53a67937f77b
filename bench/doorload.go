package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pactius/pactius"
)

// doorConnections are kept open to an instance, as those of a proxy.
const doorConnections = 32

// question is a request as nginx asks it about one of a page's, with the person's cookie and headers.
const question = "GET %s?application=%s HTTP/1.1\r\nHost: pactius.bench.example\r\n" +
	"X-Forwarded-Proto: https\r\nX-Forwarded-Host: " + doorHost + "\r\nX-Forwarded-For: 192.0.2.7\r\n" +
	"X-Forwarded-Uri: /contracts/2026/17?show=all\r\nX-Forwarded-Method: GET\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: da,en;q=0.7\r\n" +
	"Accept-Encoding: gzip, deflate, br\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\n" +
	"Cookie: __Host-pactius-app-%s=%s\r\n\r\n"

// ask returns the question about a session at an application.
func ask(path string, id pactius.ApplicationID, token string) []byte {
	return fmt.Appendf(nil, question, path, id, id[len(id)-8:], token)
}

// proxy asks an instance as a proxy does. Its client is the same for all that is compared.
type proxy struct {
	idle chan *asking
}

// asking is one connection.
type asking struct {
	net.Conn
	in *bufio.Reader
}

func newProxy(ctx context.Context, address string) (*proxy, error) {
	p := &proxy{idle: make(chan *asking, doorConnections)}
	for range doorConnections {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		p.idle <- &asking{c, bufio.NewReaderSize(c, 8<<10)}
	}
	return p, nil
}

// close closes the connections, none of which may be in use.
func (p *proxy) close() error {
	close(p.idle)
	var all error
	for c := range p.idle {
		all = errors.Join(all, c.Close())
	}
	return all
}

// status asks over a free connection and returns the status of the answer.
func (p *proxy) status(text []byte) (int, error) {
	c := <-p.idle
	defer func() { p.idle <- c }()
	return c.status(text)
}

// admitted asks over a free connection, see asking.admitted.
func (p *proxy) admitted(text []byte) error {
	c := <-p.idle
	defer func() { p.idle <- c }()
	return c.admitted(text)
}

// admitted asks; the error says that the answer was not 200. A door that cannot answer yet is asked again: on a crowded
// machine a first look can take too long.
func (c *asking) admitted(text []byte) error {
	for end := time.Now().Add(longestHeard); ; {
		status, err := c.status(text)
		switch {
		case err == nil && status == http.StatusServiceUnavailable && time.Now().Before(end):
			continue
		case err == nil && status != http.StatusOK:
			err = fmt.Errorf("the door answered %d", status)
		}
		return err
	}
}

var contentLength = []byte("Content-Length: ")

// status reads as little of an answer as it can: what the client takes is taken from the server on a small machine.
func (c *asking) status(text []byte) (int, error) {
	if _, err := c.Write(text); err != nil {
		return 0, err
	}
	const begins = "HTTP/1.1 200"
	status, body := 0, 0
	for {
		line, err := c.in.ReadSlice('\n')
		switch {
		case err != nil:
			return 0, err
		case status == 0:
			if len(line) < len(begins) {
				return 0, fmt.Errorf("not an answer: %q", line)
			}
			if status, err = strconv.Atoi(string(line[len(begins)-3 : len(begins)])); err != nil {
				return 0, err
			}
		case len(line) <= len("\r\n"):
			_, err = c.in.Discard(body)
			return status, err
		default:
			if length, ok := bytes.CutPrefix(line, contentLength); ok {
				if body, err = strconv.Atoi(string(bytes.TrimSpace(length))); err != nil {
					return 0, err
				}
			}
		}
	}
}

// all asks n questions over all connections, each as soon as it is free, and returns how long that took.
func (p *proxy) all(n int, questions [][]byte) (time.Duration, error) {
	var next atomic.Int64
	var group errgroup.Group
	began := time.Now()
	for range doorConnections {
		group.Go(func() error {
			c := <-p.idle
			defer func() { p.idle <- c }()
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				if err := c.admitted(questions[i%len(questions)]); err != nil {
					return err
				}
			}
		})
	}
	err := group.Wait()
	return time.Since(began), err
}

// atRate asks at a fixed rate, over all connections in turn, and returns how long answers took from their intended
// time, and how many failed. It is openLoop without its price for each arrival, which is more than that of an answer.
func (p *proxy) atRate(rate float64, d time.Duration, questions [][]byte) (times, int) {
	n := max(doorConnections, int(rate*d.Seconds()))
	took, failed := make(times, n), atomic.Int64{}
	var group sync.WaitGroup
	began := time.Now()
	for lane := range doorConnections {
		group.Go(func() {
			c := <-p.idle
			defer func() { p.idle <- c }()
			for i := lane; i < n; i += doorConnections {
				intended := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
				time.Sleep(time.Until(intended))
				if err := c.admitted(questions[i%len(questions)]); err != nil {
					failed.Add(1)
				}
				took[i] = time.Since(intended)
			}
		})
	}
	group.Wait()
	return took, int(failed.Load())
}
