package mail

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tokenList hands out its tokens in order, each until it is dropped.
type tokenList struct {
	mu     sync.Mutex
	tokens []string
}

func (l *tokenList) Token(context.Context) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tokens[0], nil
}

func (l *tokenList) Drop(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens = slices.DeleteFunc(l.tokens, func(t string) bool { return t == token && len(l.tokens) > 1 })
}

// tokenServer is a mail server with XOAUTH2 only, which takes one token. It repeats a refused line in its reply.
func tokenServer(t *testing.T, good string) (address string) {
	t.Helper()
	return tokensServer(t, func() string { return good })
}

// tokensServer is a tokenServer that takes the token that good names at each sign-in.
func tokensServer(t *testing.T, good func() string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go serveToken(c, good())
		}
	}()
	return listener.Addr().String()
}

func serveToken(c net.Conn, good string) {
	defer c.Close()
	want := base64.StdEncoding.EncodeToString([]byte("user=pactius@contoso.com\x01auth=Bearer " + good + "\x01\x01"))
	in := bufio.NewScanner(c)
	fmt.Fprint(c, "220 localhost\r\n")
	for in.Scan() {
		verb, rest, _ := strings.Cut(in.Text(), " ")
		switch verb {
		case "EHLO":
			fmt.Fprint(c, "250-localhost\r\n250 AUTH XOAUTH2\r\n")
		case "AUTH":
			line := strings.TrimPrefix(rest, "XOAUTH2 ")
			if line == want {
				fmt.Fprint(c, "235 2.7.0 welcome\r\n")
				continue
			}
			fmt.Fprint(c, "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n")
			if in.Scan() && in.Text() == "" {
				fmt.Fprintf(c, "535 5.7.3 refused %s\r\n", line)
			}
		case "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			for in.Scan() && in.Text() != "." {
			}
			fmt.Fprint(c, "250 fine\r\n")
		case "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 fine\r\n")
		}
	}
}

// A token that the server refuses is replaced once; a second refusal is about the sender and shows no token.
func TestTokenRefusedIsReplacedOnce(t *testing.T) {
	t.Parallel()
	url := "smtp://pactius%40contoso.com@" + tokenServer(t, "good-token")
	ended := newSMTP(t, url, SMTPOptions{Hello: "localhost", Tokens: &tokenList{tokens: []string{"old", "good-token"}}})
	if err := ended.Check(t.Context(), "pactius@contoso.com"); err != nil {
		t.Fatalf("a token that ended was not replaced: %v", err)
	}
	refused := &tokenList{tokens: []string{"bad-token-1", "bad-token-2", "good-token"}}
	s := newSMTP(t, url, SMTPOptions{Hello: "localhost", Tokens: refused})
	failure := sendError(t, s.Send(t.Context(), envelope(t)))
	if !failure.Temporary || failure.About != AboutSender || failure.Code != authRefused {
		t.Errorf("two refused tokens: %+v", failure)
	}
	encoded := base64.StdEncoding.EncodeToString([]byte("user=pactius@contoso.com\x01auth=Bearer bad-token-2\x01\x01"))
	if text := failure.Error(); strings.Contains(text, "bad-token") || strings.Contains(text, encoded) {
		t.Errorf("the failure shows the token: %s", text)
	}
}

// A URL that cannot work with tokens is refused, without its password.
func TestTokenURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"smtp://smtp.office365.com", "smtp://pactius:s3cr3t@smtp.office365.com",
	} {
		_, err := NewSMTP(url, SMTPOptions{Tokens: &tokenList{}})
		if err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestTokensThatEndMidQueueCostNoEmail sends many emails, while each token ends after two sign-ins.
func TestTokensThatEndMidQueueCostNoEmail(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	signIns, tokens := 0, &tokenList{}
	for i := range 60 {
		tokens.tokens = append(tokens.tokens, fmt.Sprint("token-", i))
	}
	address := tokensServer(t, func() string {
		mu.Lock()
		defer mu.Unlock()
		signIns++
		return fmt.Sprint("token-", signIns/3) // the third sign-in of each finds it ended
	})
	s := newSMTP(t, "smtp://pactius%40contoso.com@"+address, SMTPOptions{Hello: "localhost", Tokens: tokens})
	for range 20 {
		if err := s.Send(t.Context(), envelope(t)); err != nil {
			t.Fatal(err)
		}
		s.pool.close() // the next one signs in anew
	}
	if signIns < 20 || len(tokens.tokens) > 55 {
		t.Errorf("%d sign-ins and %d tokens left: the tokens did not end", signIns, len(tokens.tokens))
	}
}
