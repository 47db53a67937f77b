package leavers_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/crew"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/testbed/devtenant"
)

// TestSilentTenantsDelayNoOther: Microsoft accepts the calls for many tenants and never answers, before and after that
// is known of them. The directory of another environment, which is due after all of them, is compared meanwhile.
func TestSilentTenantsDelayNoOther(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		const silent = "51100000-0000-4000-8000-"
		const known, unknown = crew.Started + 8, leavers.Sweepers * 4
		for i := range known + unknown {
			g := db.Ground(t, fmt.Sprintf("silent%d.example", i))
			db.Exec(t, `UPDATE environments SET tenant_id = $1 WHERE id = $2`, fmt.Sprintf(silent+"%012d", i), g.Env)
			if i < known {
				g.Update(t, func(tx *store.Tx) error {
					_, err := tx.ClaimSweep("test", db.Clock.Now(), db.Clock.Now(), true)
					return errors.Join(err, tx.SaveSweep("test", store.Sweep{Trouble: pactius.TroubleSlow}))
				})
			}
		}
		healthy := newCompany(t, db, "nordhavn.example", 3)
		server := httptest.NewUnstartedServer(nil)
		origin := "http://" + server.Listener.Addr().String()
		tenant, err := devtenant.New(devtenant.Config{URL: origin, TenantID: storetest.Tenant, TenantName: "Nordhavn",
			ClientID: "app", ClientSecret: "secret", Now: db.Clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		asked, over := make(chan string, known+unknown), make(chan struct{})
		server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, silent) {
				asked <- r.URL.Path
				<-over
				return
			}
			tenant.Handler().ServeHTTP(w, r)
		})
		server.Start()
		t.Cleanup(server.Close)

		told := make(chan leavers.RoundEnd, known+unknown+1)
		graph := microsoft.NewGraph(microsoft.New(microsoft.Options{Authority: origin, Now: db.Clock.Now}), origin)
		rules := leavers.New(leavers.Config{DB: db.Work(), Every: leavers.DefaultEvery,
			Logger: slog.New(slog.DiscardHandler), Told: func(e leavers.RoundEnd) { told <- e },
			Directory: graph,
			Credentials: func(e pactius.Environment) (c pactius.Credentials, err error) {
				c.TenantID, c.ClientID, c.ClientSecret = e.Connection.TenantID, "app", "secret"
				return c, nil
			}})
		ctx, cancel := context.WithCancel(t.Context())
		var looks sync.WaitGroup
		for _, troubled := range []bool{true, false} {
			c := rules.NewCrew(troubled, func() {})
			looks.Go(func() {
				_, _ = c.Start(ctx) // of those in trouble more are due than are begun
				c.Wait()
			})
		}
		for range crew.Started { // the silent ones are asked, and none of them ends
			<-asked
		}
		if got := <-told; got != leavers.RoundFinished {
			t.Errorf("the first turn that ends is told as %q, want %q", got, leavers.RoundFinished)
		}
		healthy.View(t, func(tx *store.Tx) error {
			s, err := tx.Sweep()
			if err == nil && s.FinishedAt.IsZero() {
				t.Error("the healthy environment's round is not finished")
			}
			return err
		})
		cancel()
		looks.Wait()
		close(over)
	})
}
