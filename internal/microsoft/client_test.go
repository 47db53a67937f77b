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
// off, like a server that has just closed an idle connection.
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
					if len(r.Header.Values("Idempotency-Key")) > 0 {
						t.Error("the key was sent")
					}
					answered.Add(1)
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
				}
			}()
		}
	}()
	client := newClient(&http.Transport{}, maxBody)
	for range 3 {
		resp, err := client.Post("http://"+listener.Addr().String(), "application/x-www-form-urlencoded",
			strings.NewReader("code=x"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	if answered.Load() != 3 || cut.Load() == 0 {
		t.Errorf("%d forms answered, %d connections cut off; want 3 and at least 1", answered.Load(), cut.Load())
	}
}
