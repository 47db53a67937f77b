package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
)

// calls stands in for the directory: it writes down what it is asked, how much
// of it at once, and answers after a time.
type calls struct {
	*asker
	takes time.Duration
	fails error

	mu    sync.Mutex
	asked []string
	now   map[person]int
	most  map[person]int
}

func newCalls(takes time.Duration) *calls {
	return &calls{asker: newAsker(time.Now, slog.New(slog.DiscardHandler)), takes: takes, now: map[person]int{}, most: map[person]int{}}
}

var (
	ada = person{"e1", pactius.ActorUser, "ada"}
	bo  = person{"e1", pactius.ActorUser, "bo"}
)

func about(k kind, text string) question {
	return question{place{"e1", "tenant", "client"}, k, text}
}

// put asks as a page does that waits for patience.
func (c *calls) put(ctx context.Context, patience time.Duration, who person, q question) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	got, err := c.ask(ctx, who, q, false, c.run(who, q))
	if err != nil {
		return "", err
	}
	return got.accounts[0].Name, nil
}

func (c *calls) run(who person, q question) func(context.Context) (answer, error) {
	return func(ctx context.Context) (answer, error) {
		c.mu.Lock()
		c.asked = append(c.asked, q.text)
		c.now[who]++
		c.most[who] = max(c.most[who], c.now[who])
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			c.now[who]--
			c.mu.Unlock()
		}()
		select {
		case <-time.After(c.takes):
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
		return answer{accounts: []pactius.Account{{Name: "answer to " + q.text}}}, c.fails
	}
}

func TestOnePersonAsksOneQuestionAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(300 * time.Millisecond)
		var wg sync.WaitGroup
		for i := range 10 { // a letter every 20 ms; the browser gives up on the one before
			page, leave := context.WithCancel(t.Context())
			wg.Go(func() { _, _ = c.put(page, Patience, ada, about(searching, fmt.Sprint("letter ", i))) })
			time.Sleep(20 * time.Millisecond)
			if i < 9 {
				leave()
			}
			defer leave()
		}
		wg.Wait()
		synctest.Wait()
		if diff := cmp.Diff([]string{"letter 0", "letter 9"}, c.asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
		if c.most[ada] != 1 {
			t.Errorf("%d questions at once, want 1", c.most[ada])
		}
		if len(c.lanes) != 0 || len(c.asker.calls) != 0 {
			t.Errorf("%d lanes and %d calls are left", len(c.lanes), len(c.asker.calls))
		}
	})
}

func TestKindsOfQuestionsTakeTurnsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(50 * time.Millisecond)
		var wg sync.WaitGroup
		for i, k := range []kind{searching, looking, picturing, picturing, picturing} {
			wg.Go(func() {
				if _, err := c.put(t.Context(), Patience, ada, about(k, fmt.Sprint(i))); err != nil {
					t.Errorf("question %d: %v", i, err)
				}
			})
		}
		wg.Go(func() { _, _ = c.put(t.Context(), Patience, bo, about(searching, "another person's")) })
		wg.Wait()
		if c.most[ada] != 1 || len(c.asked) != 6 {
			t.Errorf("%d at once, %d asked; want 1 and all 6", c.most[ada], len(c.asked))
		}
	})
}

func TestSeveralPeopleShareOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(100 * time.Millisecond)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				who := person{"e1", pactius.ActorUser, pactius.UserID(fmt.Sprint(i))}
				if got, err := c.put(t.Context(), Patience, who, about(searching, "anna")); got != "answer to anna" {
					t.Errorf("got %q, %v", got, err)
				}
			})
		}
		wg.Wait()
		other := about(searching, "anna")
		other.environment = "e2"
		_, err := c.put(t.Context(), Patience, person{"e2", pactius.ActorUser, "x"}, other)
		if err != nil || len(c.asked) != 2 {
			t.Errorf("asked %q, %v; want one call per environment", c.asked, err)
		}
	})
}

func TestAnAnswerThatComesLateIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(3 * time.Second)
		q, began := about(searching, "anna"), time.Now()
		_, err := c.put(t.Context(), Patience, ada, q)
		if trouble(err) != pactius.Slow || time.Since(began) != Patience {
			t.Errorf("after %s: %v; want slow after %s", time.Since(began), err, Patience)
		}
		// What she types meanwhile waits for the first and is asked although its page has gone on.
		_, err = c.put(t.Context(), Patience, ada, about(searching, "anna h"))
		if trouble(err) != pactius.Slow {
			t.Errorf("the next one: %v, want slow", err)
		}
		time.Sleep(6 * time.Second)
		for _, text := range []string{"anna", "anna h"} {
			if got, err := c.put(t.Context(), time.Nanosecond, ada, about(searching, text)); got != "answer to "+text {
				t.Errorf("later, of %q: %q, %v", text, got, err)
			}
		}
		if c.most[ada] != 1 || len(c.asked) != 2 {
			t.Errorf("asked %q, %d at once", c.asked, c.most[ada])
		}
	})
}

func TestACallEndsAtItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(time.Hour)
		_, err := c.put(t.Context(), time.Minute, ada, about(searching, "anna"))
		if trouble(err) != pactius.Slow {
			t.Errorf("got %v, want slow", err)
		}
		if c.now[ada] != 0 || len(c.lanes) != 0 {
			t.Error("it is still under way")
		}
	})
}

func TestAnAnswerIsForgotten(t *testing.T) {
	for _, test := range []struct {
		name  string
		kind  kind
		after time.Duration
		asked int
	}{
		{"people are remembered while one fills in a form", searching, answerTime - time.Second, 1},
		{"and then asked for again", searching, answerTime, 2},
		{"so is an account", looking, answerTime, 2},
		{"a picture stays longer", picturing, photoTime - time.Second, 1},
		{"but not for ever", picturing, photoTime, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCalls(0)
				for range 2 {
					if _, err := c.put(t.Context(), Patience, ada, about(test.kind, "x")); err != nil {
						t.Error(err)
					}
					time.Sleep(test.after)
				}
				if len(c.asked) != test.asked {
					t.Errorf("asked %d times, want %d", len(c.asked), test.asked)
				}
			})
		})
	}
}

func TestNobodyThereIsAnAnswerToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(0)
		c.fails = errNoAccount
		for range 2 {
			if _, err := c.put(t.Context(), Patience, ada, about(looking, "x")); pactius.KindOf(err) != pactius.NotFound {
				t.Errorf("got %v", err)
			}
		}
		if len(c.asked) != 1 {
			t.Errorf("asked %d times, want once", len(c.asked))
		}
	})
}

func TestADirectoryInTroubleIsLetAlone(t *testing.T) {
	failed := func(trouble pactius.Trouble, after time.Duration) error {
		return &pactius.DirectoryError{Trouble: trouble, RetryAfter: after}
	}
	for _, test := range []struct {
		name  string
		err   error
		alone time.Duration // nobody asks before; 0 is at once
	}{
		{"as long as Microsoft asks to wait", failed(pactius.Throttled, 17*time.Second), 17 * time.Second},
		{"a while where Microsoft does not say how long", failed(pactius.Throttled, 0), throttleRest},
		{"while the permission is missing", failed(pactius.NoPermission, 0), refusedRest},
		{"while the secret is wrong", failed(pactius.BadSecret, 0), refusedRest},
		{"a moment when it is away", failed(pactius.Away, 0), awayRest},
		{"not for one answer that makes no sense", failed(pactius.Garbled, 0), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCalls(0)
				c.fails = test.err
				want := trouble(test.err)
				ask := func(asked int) {
					t.Helper()
					_, err := c.put(t.Context(), Patience, bo, about(searching, fmt.Sprint("question ", len(c.asked))))
					if trouble(err) != want || len(c.asked) != asked {
						t.Errorf("%v after %d calls, want %s after %d", err, len(c.asked), want, asked)
					}
				}
				ask(1)
				if test.alone > 0 {
					time.Sleep(test.alone - time.Nanosecond)
					ask(1)
					time.Sleep(time.Nanosecond)
				}
				ask(2)
			})
		})
	}
}

func TestWaitingTellsHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(0)
		c.fails = &pactius.DirectoryError{Trouble: pactius.Throttled, RetryAfter: 20 * time.Second}
		_, _ = c.put(t.Context(), Patience, ada, about(searching, "a"))
		time.Sleep(5 * time.Second)
		_, err := c.put(t.Context(), Patience, ada, about(searching, "b"))
		if e, ok := errors.AsType[*pactius.DirectoryError](err); !ok || e.RetryAfter != 15*time.Second {
			t.Errorf("got %v, want 15 more seconds", err)
		}
	})
}

func TestPeopleAreFoundWithoutPermissionForPictures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(0)
		c.fails = &pactius.DirectoryError{Trouble: pactius.NoPermission}
		_, _ = c.put(t.Context(), Patience, ada, about(picturing, "x"))
		_, _ = c.put(t.Context(), Patience, ada, about(picturing, "y"))
		c.fails = nil
		if _, err := c.put(t.Context(), Patience, ada, about(searching, "anna")); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"x", "anna"}, c.asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(0)
		for i := range 3 * maxAnswers {
			if _, err := c.put(t.Context(), Patience, ada, about(searching, fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		if len(c.answers) != maxAnswers || len(c.order) != maxAnswers {
			t.Errorf("%d answers are remembered in %d places, want %d", len(c.answers), len(c.order), maxAnswers)
		}
		// A flood of questions by one person waits in a line that has an end.
		c.takes = 5 * time.Second
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() { _, _ = c.put(t.Context(), Patience, bo, about(picturing, fmt.Sprint(i))) })
		}
		synctest.Wait()
		if got := c.lanes[bo].calls; got != maxInLine {
			t.Errorf("%d wait, want %d", got, maxInLine)
		}
		wg.Wait()
		time.Sleep(time.Minute)
		if len(c.lanes) != 0 {
			t.Error("the lane is still there")
		}
	})
}

func TestFreshAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(0)
		q := about(looking, "oid")
		for range 3 {
			if _, err := c.ask(t.Context(), ada, q, true, c.run(ada, q)); err != nil {
				t.Error(err)
			}
		}
		if _, err := c.put(t.Context(), Patience, ada, q); err != nil || len(c.asked) != 3 || len(c.order) != 1 {
			t.Errorf("%v; asked %d times, remembered in %d places; want 3 and 1", err, len(c.asked), len(c.order))
		}
	})
}
