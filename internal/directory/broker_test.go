package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
)

// calls stands in for the directory: it records the queries and how many run at once, and answers after a time.
type calls struct {
	*broker
	takes time.Duration
	fails error

	mu    sync.Mutex
	asked []string
	now   map[caller]int
	most  map[caller]int
}

func newCalls(takes time.Duration) *calls {
	return &calls{broker: newBroker(time.Now, slog.New(slog.DiscardHandler)), takes: takes, now: map[caller]int{},
		most: map[caller]int{}}
}

var (
	ada = caller{"e1", pactius.ActorUser, "ada"}
	bo  = caller{"e1", pactius.ActorUser, "bo"}
)

func about(k queryKind, text string) query {
	return query{target{"e1", "tenant", "client"}, k, text}
}

// put makes a query for a page that waits for patience.
func (c *calls) put(ctx context.Context, patience time.Duration, by caller, q query) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	got, err := c.ask(ctx, by, q, false, c.run(by, q))
	if err != nil {
		return "", err
	}
	return got.accounts[0].Name, nil
}

func (c *calls) run(by caller, q query) func(context.Context) (answer, error) {
	return func(ctx context.Context) (answer, error) {
		c.mu.Lock()
		c.asked = append(c.asked, q.text)
		c.now[by]++
		c.most[by] = max(c.most[by], c.now[by])
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			c.now[by]--
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
			wg.Go(func() { _, _ = c.put(page, Patience, ada, about(querySearch, fmt.Sprint("letter ", i))) })
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
		if len(c.queues) != 0 {
			t.Errorf("%d queues are left", len(c.queues))
		}
	})
}

func TestKindsOfQuestionsTakeTurnsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(50 * time.Millisecond)
		var wg sync.WaitGroup
		for i, k := range []queryKind{querySearch, queryAccount, queryPhoto, queryPhoto, queryPhoto} {
			wg.Go(func() {
				if _, err := c.put(t.Context(), Patience, ada, about(k, fmt.Sprint(i))); err != nil {
					t.Errorf("question %d: %v", i, err)
				}
			})
		}
		wg.Go(func() { _, _ = c.put(t.Context(), Patience, bo, about(querySearch, "another person's")) })
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
				by := caller{"e1", pactius.ActorUser, pactius.UserID(fmt.Sprint(i))}
				if got, err := c.put(t.Context(), Patience, by, about(querySearch, "anna")); got != "answer to anna" {
					t.Errorf("got %q, %v", got, err)
				}
			})
		}
		wg.Wait()
		other := about(querySearch, "anna")
		other.environment = "e2"
		_, err := c.put(t.Context(), Patience, caller{"e2", pactius.ActorUser, "x"}, other)
		if err != nil || len(c.asked) != 2 {
			t.Errorf("asked %q, %v; want one call per environment", c.asked, err)
		}
	})
}

// TestASharedQueryOutlivesItsFirstPage: bo shares a query of ada's, which she leaves for another before its turn.
func TestASharedQueryOutlivesItsFirstPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(300 * time.Millisecond)
		page, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		put := func(ctx context.Context, by caller, text string) {
			wg.Go(func() {
				got, err := c.put(ctx, time.Minute, by, about(querySearch, text))
				if ctx.Err() == nil && got != "answer to "+text {
					t.Errorf("%s: got %q, %v", text, got, err)
				}
			})
			synctest.Wait()
		}
		put(t.Context(), ada, "busy")
		put(page, ada, "shared")
		put(t.Context(), bo, "shared")
		leave()
		put(t.Context(), ada, "next")
		wg.Wait()
		slices.Sort(c.asked)
		if diff := cmp.Diff([]string{"busy", "next", "shared"}, c.asked); diff != "" || c.most[ada] != 1 {
			t.Errorf("%d at once; asked (-want +got):\n%s", c.most[ada], diff)
		}
	})
}

func TestAnAnswerThatComesLateIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(3 * time.Second)
		q, began := about(querySearch, "anna"), time.Now()
		_, err := c.put(t.Context(), Patience, ada, q)
		if trouble(err) != pactius.TroubleSlow || time.Since(began) != Patience {
			t.Errorf("after %s: %v; want slow after %s", time.Since(began), err, Patience)
		}
		// Her next query waits for the first and is made although its page is gone.
		_, err = c.put(t.Context(), Patience, ada, about(querySearch, "anna h"))
		if trouble(err) != pactius.TroubleSlow {
			t.Errorf("the next one: %v, want slow", err)
		}
		time.Sleep(6 * time.Second)
		for _, text := range []string{"anna", "anna h"} {
			got, err := c.put(t.Context(), time.Nanosecond, ada, about(querySearch, text))
			if got != "answer to "+text {
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
		_, err := c.put(t.Context(), time.Minute, ada, about(querySearch, "anna"))
		if trouble(err) != pactius.TroubleSlow {
			t.Errorf("got %v, want slow", err)
		}
		if c.now[ada] != 0 || len(c.queues) != 0 {
			t.Error("it is still under way")
		}
	})
}

func TestAnAnswerIsForgotten(t *testing.T) {
	for _, test := range []struct {
		name  string
		kind  queryKind
		after time.Duration
		asked int
	}{
		{"people are remembered while one fills in a form", querySearch, answerTime - time.Second, 1},
		{"and then asked for again", querySearch, answerTime, 2},
		{"so is an account", queryAccount, answerTime, 2},
		{"a picture stays longer", queryPhoto, photoTime - time.Second, 1},
		{"but not for ever", queryPhoto, photoTime, 2},
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
			_, err := c.put(t.Context(), Patience, ada, about(queryAccount, "x"))
			if pactius.KindOf(err) != pactius.KindNotFound {
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
		alone time.Duration // the pause
	}{
		{"as long as Microsoft asks to wait", failed(pactius.TroubleThrottled, 17*time.Second), 17 * time.Second},
		{"a while where Microsoft does not say how long", failed(pactius.TroubleThrottled, 0), pauseThrottled},
		{"while the permission is missing", failed(pactius.TroubleNoPermission, 0), pauseRefused},
		{"while the secret is wrong", failed(pactius.TroubleBadSecret, 0), pauseRefused},
		{"a moment when it is away", failed(pactius.TroubleAway, 0), pauseAway},
		{"not for one answer that makes no sense", failed(pactius.TroubleGarbled, 0), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCalls(0)
				c.fails = test.err
				want := trouble(test.err)
				ask := func(asked int) {
					t.Helper()
					_, err := c.put(t.Context(), Patience, bo,
						about(querySearch, fmt.Sprint("question ", len(c.asked))))
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
		c.fails = &pactius.DirectoryError{Trouble: pactius.TroubleThrottled, RetryAfter: 20 * time.Second}
		_, _ = c.put(t.Context(), Patience, ada, about(querySearch, "a"))
		time.Sleep(5 * time.Second)
		_, err := c.put(t.Context(), Patience, ada, about(querySearch, "b"))
		if e, ok := errors.AsType[*pactius.DirectoryError](err); !ok || e.RetryAfter != 15*time.Second {
			t.Errorf("got %v, want 15 more seconds", err)
		}
	})
}

func TestPeopleAreFoundWithoutPermissionForPictures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(0)
		c.fails = &pactius.DirectoryError{Trouble: pactius.TroubleNoPermission}
		_, _ = c.put(t.Context(), Patience, ada, about(queryPhoto, "x"))
		_, _ = c.put(t.Context(), Patience, ada, about(queryPhoto, "y"))
		c.fails = nil
		if _, err := c.put(t.Context(), Patience, ada, about(querySearch, "anna")); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"x", "anna"}, c.asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
	})
}

func TestThrottledPhotosPauseEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(0)
		c.fails = &pactius.DirectoryError{Trouble: pactius.TroubleThrottled}
		_, _ = c.put(t.Context(), Patience, ada, about(queryPhoto, "x"))
		_, err := c.put(t.Context(), Patience, ada, about(querySearch, "anna"))
		if trouble(err) != pactius.TroubleThrottled || len(c.asked) != 1 {
			t.Errorf("asked %q, %v; want the photo only, then throttled", c.asked, err)
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(0)
		for i := range 3 * maxAnswers {
			if _, err := c.put(t.Context(), Patience, ada, about(querySearch, fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		if got := c.answers.Len(); got != maxAnswers {
			t.Errorf("%d answers are cached, want %d", got, maxAnswers)
		}
		// The queue of one caller is bounded.
		c.takes = 5 * time.Second
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() { _, _ = c.put(t.Context(), Patience, bo, about(queryPhoto, fmt.Sprint(i))) })
		}
		synctest.Wait()
		if got := len(c.queues[bo].places); got != maxQueued {
			t.Errorf("%d wait, want %d", got, maxQueued)
		}
		wg.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(c.queues) != 0 {
			t.Error("the lane is still there")
		}
	})
}

func TestFreshAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCalls(0)
		q := about(queryAccount, "oid")
		for range 3 {
			if _, err := c.ask(t.Context(), ada, q, true, c.run(ada, q)); err != nil {
				t.Error(err)
			}
		}
		if _, err := c.put(t.Context(), Patience, ada, q); err != nil || len(c.asked) != 3 || c.answers.Len() != 1 {
			t.Errorf("%v; asked %d times, cached %d times; want 3 and 1", err, len(c.asked), c.answers.Len())
		}
	})
}
