package torture

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/testbed/process"
)

var inFull = flag.Bool("full", false, "try every promise in full, which takes half an hour instead of a minute")

// effort says how much is done on each engine.
type effort struct {
	kills   int
	rounds  int           // of racing for the same person
	outages int           // restarts of PostgreSQL, and as many cuts of its connections
	people  int           // at work at the same time
	share   float64       // of their time that simulated troubles last
	seeded  int           // users of the environment that misbehaves
	window  time.Duration // of its neighbour's requests
	visits  int           // windows with and without, in turn: the machine may have other work too
	hurry   bool          // moves times in the database and in clocks where a full run waits
}

// run is one try of a promise on one engine.
type run struct {
	effort
	binary, dir string
	cluster     *storetest.Cluster // of PostgreSQL; nil is SQLite
}

// promises are all that is tried, in the order of docs/operations.md.
var promises = []struct {
	name, says string
	try        func(context.Context, *run, *verdict) error
}{
	{"kill", "Killed at any moment: nothing acknowledged is lost, no person becomes two users, no email is lost, at " +
		"most the emails being sent go out twice", kill},
	{"race", "Two instances with eight clients each admit the same person by different ways: exactly one user, and " +
		"every loser is told the truth", race},
	{"mail", "The mail server refuses, is silent, answers 4xx and 5xx, hangs up in DATA, is dead for days: no email " +
		"is " +
		"lost, what fails for good is visible, the rest arrives by itself", mailTrouble},
	{"postgres", "PostgreSQL restarts and its connections are cut: the service comes back by itself, fails only " +
		"meanwhile, and nothing acknowledged is lost", outages},
	{"pooler", "PgBouncer before PostgreSQL starts anew: the service comes back by itself, fails only meanwhile, and " +
		"nothing acknowledged is lost", pooled},
	{"microsoft", "Microsoft is unreachable, failing or slow, changes its keys, has another time: sessions go on, " +
		"who " +
		"signs in is told, and sign-in works at once when it is over", microsoftAway},
	{"disk", "The disk is full or the database read-only: changes are refused in plain words, reading goes on, " +
		"nothing is corrupt, and it goes on by itself", disk},
	{"handover", "Killed at any moment of a hand-over to an application: no code works twice, every session that was " +
		"handed out admits until it ends, and none outlives that of the portal", handOver},
	{"client", "Killed at any moment of a sign-in at an OpenID Connect client: no code and no refresh token works " +
		"twice, and a token that was handed out works until its sign-in ends", clientSignIns},
	{"revoke", "A person whose access was taken away is refused everywhere a second later, under load, also by an " +
		"instance that has lost its database; without a database none is admitted", revoke},
	{"fair", "One environment misbehaves in eight ways: another one of the same deployment is served all the " +
		"same, and takes at most twice as long", fair},
}

// TestPromisesAreKept tries every promise on both engines. A promise that cannot
// be tried here skips, loudly; without PostgreSQL it fails where CI requires it.
func TestPromisesAreKept(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	e := effort{kills: 6, rounds: 40, outages: 2, people: 4, share: 0.1, hurry: true,
		seeded: 300, window: 100 * time.Millisecond, visits: 1}
	if *inFull {
		e = effort{kills: 200, rounds: 10_000, outages: 10, people: 8, share: 1, seeded: 20_000,
			window: 800 * time.Millisecond, visits: 10}
	}
	binary, err := process.Build(t.Context(), t.TempDir(), "pactius")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("SQLite", func(t *testing.T) { tryAll(t, run{effort: e, binary: binary}) })
	t.Run("PostgreSQL", func(t *testing.T) {
		cluster, err := storetest.StartCluster()
		if errors.Is(err, storetest.ErrNoPostgres) && os.Getenv(storetest.Require) == "" {
			t.Skip("SKIPPED: ", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer cluster.Close()
		tryAll(t, run{effort: e, binary: binary, cluster: cluster})
	})
}

func tryAll(t *testing.T, r run) {
	for _, p := range promises {
		if (p.name == "postgres" || p.name == "pooler") && r.cluster == nil {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			r, v, began := r, &verdict{}, time.Now()
			r.dir = t.TempDir()
			v.failed(p.try(t.Context(), &r, v))
			t.Logf("%s\n%s: %s", p.says, time.Since(began).Round(time.Millisecond), strings.Join(v.figures, "; "))
			for _, c := range v.cases {
				t.Error(c)
			}
			if v.count > 0 {
				t.Errorf("broken %d times", v.count)
			}
			if v.skipped != "" {
				t.Skip("SKIPPED: ", v.skipped)
			}
		})
	}
}

// instances is how many serve a database: SQLite is for one, PostgreSQL for several.
func (r *run) instances() int {
	if r.cluster == nil {
		return 1
	}
	return 2
}

// database makes an empty database and returns its address.
func (r *run) database(ctx context.Context) (string, error) {
	if r.cluster == nil {
		return sqliteIn(r.dir), nil
	}
	return r.cluster.NewDatabase(ctx)
}

// verdict is what came of one promise on one engine.
type verdict struct {
	figures []string // of all that was done and counted
	skipped string   // why nothing was done

	mu    sync.Mutex
	cases []string // in which the promise was broken, the first ones
	count int      // of all cases
}

// maxCases is how many cases of a broken promise are kept: the rest is counted.
const maxCases = 12

// broken notes a case in which the promise was not kept. It may be called by
// several goroutines.
func (v *verdict) broken(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.count++; v.count <= maxCases {
		v.cases = append(v.cases, fmt.Sprintf(format, args...))
	}
}

// failed notes an error; nil notes nothing.
func (v *verdict) failed(err error) {
	if err != nil {
		v.broken("%v", err)
	}
}

// figure adds something that was counted.
func (v *verdict) figure(format string, args ...any) {
	v.figures = append(v.figures, fmt.Sprintf(format, args...))
}

// at gives the duration that a share of all stays under, 0 for none.
func at(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))].Round(time.Millisecond)
}

// pause waits, or ends early with the context.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(cmp.Or(d, time.Nanosecond)):
	}
}
