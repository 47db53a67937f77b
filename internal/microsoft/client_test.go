package microsoft

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// TestARestingConnectionThatWasClosedCostsNoSignIn: the server answers one form on a connection and cuts the next one
// off, like a server that has just closed an idle connection. A code is never sent over such a connection, and a form
// that is cut off is not sent again by net/http: the server may have read it.
func TestARestingConnectionThatWasClosedCostsNoSignIn(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var answered, cut atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for first := true; ; first = false {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					if !first {
						cut.Add(1)
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					answered.Add(1)
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
				}
			}()
		}
	}()
	post := func(client *http.Client) error {
		resp, err := client.Post("http://"+listener.Addr().String(), "application/x-www-form-urlencoded",
			strings.NewReader("code=x"))
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		return err
	}
	m := New(Options{Transport: newTransport(pingAfter, pingAnswer)})
	for range 3 {
		if err := post(m.codes); err != nil {
			t.Fatal(err)
		}
	}
	if answered.Load() != 3 || cut.Load() != 0 {
		t.Errorf("%d codes answered, %d cut off; want 3 and none", answered.Load(), cut.Load())
	}
	if first, second := post(m.client), post(m.client); first != nil || second == nil || cut.Load() != 1 {
		t.Errorf("a form: %v, then %v; cut off %d times, want once", first, second, cut.Load())
	}
}
