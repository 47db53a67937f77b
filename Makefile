# Every target has a line of help after "##"; make help prints them.

GO       ?= go
FUZZTIME ?= 10s
TESTFLAGS ?=

# The folders and files with Go source; what npm fetches below e2e is not ours.
SOURCE = $(wildcard *.go bench cmd examples internal release testbed torture e2e/*.go)

.DEFAULT_GOAL := help

# The port of PACTIUS; the tenant, the mailbox and the application take the next three.
PORT ?= 8080

.PHONY: run
run: ## live the whole story: PACTIUS with a sample company, its Microsoft 365 tenant and its mails; PORT=9000 moves it
	@echo "Compiling PACTIUS; the first time takes a few minutes..."
	@$(GO) run ./cmd/pactius-demo --listen 127.0.0.1:$(PORT)

.PHONY: build
build: ## build bin/pactius
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/pactius ./cmd/pactius

# The packages whose tests stand on a database run once more on PostgreSQL.
ON_POSTGRES = ./internal/change ./internal/users ./internal/units ./internal/environments ./internal/leavers ./internal/audit ./internal/outbox ./internal/jobs ./internal/applications ./internal/gateway ./internal/clients

# Of the pages, which add no statement to the rules: the tests that open every route for every role, that count what it
# reads, and those of what happens twice or at the same time. The race detector watches them.
PAGES_ON_POSTGRES = 'EveryRole|NoRouteRunsMore|EveryPageIsSmall|Twice|Again|Same|Meanwhile|Stor'

# How many histories a property test invents; on PostgreSQL, where each takes several times as
# long, a third of them. RAPID_CHECKS=1000 make test looks harder.
RAPID_CHECKS ?= 30
export RAPID_CHECKS

# The packages whose tests the race detector does not watch, because it makes them two to four times as slow: those that
# start PACTIUS as a program that is built without it, that measure, that have one goroutine; the store, which has none of
# its own and is watched below the rules; and the pages, of which it watches the tests that run on PostgreSQL. All others
# run under it. The longest begin first.
UNWATCHED = e2e torture internal/store internal/web cmd/pactius internal/dbtool bench bench/invent internal/nearmiss \
	release internal/web/view internal/brand internal/language internal/mail internal/names internal/shape
WATCHED = $(filter-out $(UNWATCHED:%=github.com/pactius/pactius/%),$(shell $(GO) list ./...))

.PHONY: test
test: told ## run all tests, those of the rules on both engines; what needs Node, Chromium or PostgreSQL skips, loudly, where they are missing
	$(MAKE) -j2 test-watched test-others test-postgres

.PHONY: told
told:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo "SKIPPED: PostgreSQL's server programs are not here, so nothing was tested on PostgreSQL. Install the package postgresql."
	@command -v node >/dev/null || echo "SKIPPED: Node is not here, so the end-to-end tests did not run. Install nodejs and npm."

# They run side by side, because the end-to-end tests often wait for browsers.
.PHONY: test-watched
test-watched:
	$(GO) test -shuffle=on -timeout=30m $(TESTFLAGS) $(RACE) ./internal/users $(WATCHED)

.PHONY: test-others
test-others:
	$(GO) test -shuffle=on -timeout=30m $(TESTFLAGS) $(UNWATCHED:%=./%)

# Without vet: the same packages are vetted as test-watched or lint runs.
.PHONY: test-postgres
test-postgres:
	RAPID_CHECKS=$$(($(RAPID_CHECKS)/3)) PACTIUS_TEST_ENGINE=postgres $(GO) test -vet=off -shuffle=on -timeout=30m $(ON_POSTGRES)
	PACTIUS_TEST_ENGINE=postgres $(GO) test -vet=off -timeout=30m $(RACE) -run $(PAGES_ON_POSTGRES) ./internal/web

# SQLite, translated from C, is most of the work of a test. The race detector
# makes it about seven times slower and has nothing to find there: a connection
# is used by one goroutine at a time. Everything else is watched.
DETECTOR = -race -gcflags=modernc.org/...=-race=false

# Lint runs beside the tests, whose compiling and waiting leaves it room. It has vet
# look at everything, so the tests do without: for the race detector go vet would
# analyse all packages below ours once more.
.PHONY: check
check: told ## run what CI runs: lint, and the tests, under the race detector where it can find something
	$(MAKE) -j3 lint test-watched test-others test-postgres TESTFLAGS=-vet=off RACE='$(DETECTOR)'

.PHONY: lint
lint: ## find wrong formatting and probable mistakes
	@unformatted=$$(gofmt -l $(SOURCE)); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run make fmt:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

.PHONY: e2e
e2e: ## run the end-to-end tests; a missing Node or Chromium is a failure
	PACTIUS_TEST_REQUIRE=1 $(GO) test -count=1 -timeout=20m $(TESTFLAGS) ./e2e/...

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (default 10s)
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

.PHONY: torture
torture: ## try every promise of docs/operations.md in full, on both engines: half an hour
	$(GO) test -v -count=1 -timeout=3h -run TestPromisesAreKept ./torture -args -full

# The sizes of companies that are measured, and the folder that keeps them for the next time: 15 GB with all sizes.
BENCH_SIZES ?= 1000,10000,100000,1000000
BENCH_DATA  ?= $(or $(TMPDIR),/tmp)/pactius-bench

.PHONY: bench
bench: ## measure, and write the tables and plots of docs/performance.md anew: hours with all BENCH_SIZES
	$(GO) run ./bench -users $(BENCH_SIZES) -data $(BENCH_DATA) -write docs/performance.md

# RELEASE='-platforms linux/amd64 -quick' makes a preview for this machine within a minute.
.PHONY: release
release: ## make what is installed of the commit's tag in dist: five platforms, each built twice and compared; half an hour
	$(GO) run ./release $(RELEASE)

.PHONY: fmt
fmt: ## format the source
	gofmt -w $(SOURCE)

.PHONY: docs
docs: ## write docs/configuration.md anew
	$(GO) run ./cmd/pactius config docs > docs/configuration.md.new
	mv docs/configuration.md.new docs/configuration.md

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
