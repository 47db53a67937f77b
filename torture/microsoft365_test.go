package torture

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/testbed/devtenant"
)

// The tenant of all runs, and its application.
const (
	tenantID    = "0f3b6c1e-1111-4c5b-b112-0000000000aa"
	application = "0f3b6c1e-2222-4c5b-b112-0000000000aa"
)

// weather is how well Microsoft can be reached.
type weather int32

// The kinds of weather.
const (
	clear weather = iota
	down          // connections are cut without an answer
	failing
	slow // answers after slowness
)

// slowness is longer than PACTIUS waits for Microsoft (10 s).
const slowness = 11 * time.Second

// microsoft365 is a Microsoft 365 tenant in this process, behind a gate with weather.
type microsoft365 struct {
	*devtenant.Tenant
	origin  string
	secret  string
	weather atomic.Int32
	ahead   atomic.Int64 // how far its clock is ahead of ours, in nanoseconds
	server  *http.Server
}

// startMicrosoft365 starts the tenant on loopback.
func startMicrosoft365(ctx context.Context) (*microsoft365, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &microsoft365{origin: "http://" + l.Addr().String(), secret: rand.Text()}
	m.Tenant, err = devtenant.New(devtenant.Config{
		URL: m.origin, TenantID: tenantID, TenantName: "Nordhavn", ClientID: application, ClientSecret: m.secret,
		RedirectURLs: []string{publicURL + environments.CallbackPath, publicURL + "/",
			nextDoorURL + environments.CallbackPath, nextDoorURL + "/"}, FormerKeys: -1,
		Now: func() time.Time { return time.Now().Add(time.Duration(m.ahead.Load())) },
	})
	if err != nil {
		return nil, err
	}
	m.server = edge.NewServer(m.gate(m.Handler()), slog.New(slog.DiscardHandler))
	go func() { _ = m.server.Serve(l) }() // ends with Close
	return m, nil
}

func (m *microsoft365) is(w weather) { m.weather.Store(int32(w)) }

// gate lets requests of PACTIUS pass as the weather is. People reach Microsoft
// always: what is tried is the way between the two servers.
func (m *microsoft365) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("User-Agent") == personAgent {
			next.ServeHTTP(w, r)
			return
		}
		switch weather(m.weather.Load()) {
		case down:
			panic(http.ErrAbortHandler)
		case failing:
			http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
		case slow:
			select {
			case <-time.After(slowness):
				next.ServeHTTP(w, r)
			case <-r.Context().Done():
			}
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// person is someone with an account in the tenant.
type person struct{ oid, username, name string }

// employee makes the n-th person.
func employee(n int64) person {
	return person{
		fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n), fmt.Sprintf("person.%06d@nordhavn.example", n),
		fmt.Sprintf("Person Number%06d", n),
	}
}

// hire gives a person an account.
func (m *microsoft365) hire(p person) error {
	return m.Put(devtenant.Person{ObjectID: p.oid, AccountName: p.username, Name: p.name, Mail: p.username})
}
