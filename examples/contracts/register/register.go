package register

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config is what New needs. Pactius and Application are required.
type Config struct {
	Pactius     string     // the environment's address, as the tokens name their issuer
	Application string     // ID of this application in PACTIUS
	Data        string     // file of the contracts, "" keeps them in memory
	Sample      []Contract // with which an empty register begins
	Logger      *slog.Logger
	Now         func() time.Time
}

// Register is the contract register, an http.Handler.
type Register struct {
	pactius, application string
	verifier             *verifier
	directory            *directory
	store                *store
	logger               *slog.Logger
	pages                *template.Template
	handler              http.Handler
}

//go:embed templates
var templates embed.FS

//go:embed style.css
var style string

// New opens the register. Close ends it.
func New(c Config) (*Register, error) {
	c.Pactius = strings.TrimSuffix(c.Pactius, "/")
	u, err := url.Parse(c.Pactius)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, fmt.Errorf("the address of PACTIUS must begin with https://, not %q", c.Pactius)
	}
	if c.Application == "" {
		return nil, fmt.Errorf("the ID of this application in PACTIUS is missing")
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	functions := template.FuncMap{"thousands": thousands}
	pages, err := template.New("").Funcs(functions).ParseFS(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	contracts, err := openStore(context.Background(), c.Data, c.Sample)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: 5 * time.Second}
	r := &Register{
		pactius: c.Pactius, application: c.Application, store: contracts, logger: c.Logger, pages: pages,
		verifier: &verifier{
			issuer: c.Pactius, application: c.Application, now: c.Now, logger: c.Logger,
			keys: &keySet{url: c.Pactius + keysPath, client: client, now: c.Now},
		},
		directory: &directory{url: c.Pactius + unitsPath, client: client, now: c.Now, people: map[string]answered{}},
	}
	r.handler = r.routes()
	return r, nil
}

// Close closes the database. Requests must have ended.
func (r *Register) Close() error { return r.store.db.Close() }

// ServeHTTP answers a request.
func (r *Register) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.handler.ServeHTTP(w, request)
}

func (r *Register) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", r.page(r.list))
	mux.Handle("GET /contracts/new", r.page(r.newContract))
	mux.Handle("POST /contracts/new", r.page(r.add))
	mux.Handle("GET /contracts/{id}", r.page(r.edit))
	mux.Handle("POST /contracts/{id}", r.page(r.save))
	mux.Handle("/", r.page(r.missing))
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "private, max-age=3600")
		fmt.Fprint(w, style)
	})
	protected := http.NewCrossOriginProtection().Handler(mux) // refuses forms that other sites send
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy",
			"default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // pages are for one person
		protected.ServeHTTP(w, request)
	})
}
