# `make` lists the targets. Everything here works in a fresh clone with Go and make; .ci/run runs the checks that
# CONTRIBUTING.md names, in that order, through these targets.

GO        ?= go
# Empty without a release tag: the commit that Go stamps says the rest.
VERSION   ?= $(shell git describe --tags --dirty --match "v[0-9]*" 2>/dev/null)
LDFLAGS   ?= -X main.version=$(VERSION)

# The demo of `make run`: an app without a token, on loopback only.
RUN_FLAGS ?= --app 1400000001 --plugin-dir bin/plugins --data-dir data

# What the tests take: TESTS=./dispatcher/... runs a part, TEST_FLAGS=-run=TestX a single one.
TESTS       ?= $(CODE)
TEST_FLAGS  ?=
# The race detector needs a C compiler; without one the tests run all the same, and say so.
RACE        ?= $(if $(shell command -v "$$($(GO) env CC)"),-race)
# SQLite is C that was translated to Go, and locks by itself: watching every byte that it touches is half of what tests of an
# inbox take, and says nothing about our code. The driver that hands it our memory is watched, and make soak watches all of it.
UNWATCHED   ?= $(if $(RACE),$(C_OF_SQLITE:%=-gcflags=%=-race=false))
C_OF_SQLITE := modernc.org/sqlite/lib modernc.org/libc/...
TEST_FORMAT ?= $(if $(CI),standard-quiet,pkgname)

FUZZTIME ?= 30s
SOAK     ?= 20
ROUNDS   ?= 200
CHAOS    ?= 3
BENCH    ?= .
BENCH_FLAGS ?=

# What Go's ./... leaves out: tests of the repository below .ci, and modules of their own.
# What takes longest is begun first, so that nothing long is left alone at the end, and what mostly waits, for elections and
# leases of clusters, beside what computes.
WAITING   := ./dispatcher/app/clusterproof ./dispatcher/inbox/jetstream/...
CODE      := ./dispatcher/app $(WAITING) ./dispatcher/app/chaos ./sdk/conformance ./dispatcher/pluginhost ./... ./.ci/checks
TOOL      := .ci/api
MODULES   := $(TOOL) deploy

# Releases are pure Go, and so is what lint reads: one build cache serves both.
PURE      := CGO_ENABLED=0
LINT      := env $(PURE) $(GO) tool -modfile=$(CURDIR)/.ci/lint/go.mod golangci-lint
DEADCODE  := env $(PURE) $(GO) tool -modfile=$(CURDIR)/.ci/lint/go.mod deadcode
GOTESTSUM := $(GO) tool -modfile=.ci/lint/go.mod gotestsum
API       := $(GO) run -C $(TOOL) .
BUF       := $(GO) tool -modfile=.ci/proto/go.mod buf
PLATFORMS := linux/amd64 linux/arm64 darwin/arm64
PLUGINS   := $(patsubst plugins/%/main.go,%,$(wildcard plugins/*/main.go))

.DEFAULT_GOAL := help

##@ Use
.PHONY: help run build clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build everything and serve a demo app on loopback, with every plugin
	bin/switchhook serve $(RUN_FLAGS)

build: ## Build bin/switchhook and bin/plugins/<name>
	@mkdir -p bin/plugins
	@for old in $$(cat bin/.built 2>/dev/null); do case " $(PLUGINS) " in *" $$old "*) ;; *) rm -f "bin/plugins/$$old" ;; esac; done
	$(PURE) $(GO) build -ldflags '$(LDFLAGS)' -o bin/switchhook ./cmd/switchhook
	$(PURE) $(GO) build -ldflags '$(LDFLAGS)' -o bin/plugins/ $(PLUGINS:%=./plugins/%)
	@echo $(PLUGINS) >bin/.built

clean: ## Remove what was built; data/ stays
	rm -rf bin

##@ Check
.PHONY: test lint lint-selftest fmt-check generate-check proto-lint proto-breaking api-check api-selftest cross smoke node-example upgrade deploy-check dashboards

# Nobody debugs these binaries: what debuggers read is a third of the time that linking them takes.
test: ## Run all tests: shuffled, with the race detector, two packages and six tests of each at a time
	@$(if $(RACE),,echo 'make test: no C compiler found, so the race detector is off (on Debian: apt-get install gcc libc6-dev)')
	SWITCHHOOK_UNWATCHED='$(UNWATCHED)' $(GOTESTSUM) --format $(TEST_FORMAT) --format-hide-empty-pkg -- $(RACE) $(UNWATCHED) -ldflags=-w -shuffle=on -p 2 -parallel 6 -timeout 15m $(TEST_FLAGS) $(TESTS)

lint: ## Read the code with golangci-lint and deadcode, and go.mod with tidy
	@for module in . $(MODULES); do $(GO) mod -C $$module tidy -diff || { echo "make lint: go.mod and the imports disagree: go mod -C $$module tidy" >&2; exit 1; }; done
	$(LINT) run --allow-parallel-runners $(CODE)
	set -e; for module in $(MODULES); do (cd $$module && $(LINT) run --allow-parallel-runners --config $(CURDIR)/.golangci.yml ./...); done
	@.ci/empty 'functions that nothing calls, not even a test: remove them' $(DEADCODE) -test $(CODE)
	@set -e; for module in $(MODULES); do (cd $$module && $(CURDIR)/.ci/empty 'functions that nothing calls, not even a test: remove them' $(DEADCODE) -test ./...); done

lint-selftest: ## Plant wrong imports and see lint report each, and nothing of a new plugin
	.ci/lint-selftest

fmt-check: ## Fail on files that `make fmt` would change
	@.ci/empty 'not formatted: run make fmt' $(LINT) fmt --diff $(CODE) $(MODULES)
	@.ci/empty 'not formatted: run make fmt' $(BUF) format --diff

generate-check: ## Fail when `make generate` changes a file
	.ci/generate-check

proto-lint: ## Lint plugin.proto and log.proto
	$(BUF) lint

proto-breaking: ## Fail when plugin.proto or log.proto breaks what was accepted, or is ahead of it
	.ci/proto/breaking

api-check: ## Fail when the SDK breaks plugins that compile today, unless .ci/api/allowed.md says why
	$(API) check

api-selftest: ## Plant breaking changes in a scratch module and see api-check report each
	$(GO) test -C $(TOOL) ./...

cross: ## Build and vet for every platform of a release
	@set -e; for platform in $(PLATFORMS); do \
		echo "build and vet $$platform"; \
		export $(PURE) GOOS=$${platform%/*} GOARCH=$${platform#*/}; \
		$(GO) build ./...; $(GO) vet ./...; \
	done

smoke: ## In a fresh copy of the tree: make run, post a callback, read SQLite and metrics, stop
	.ci/smoke

node-example: build ## Check the plugin in Node.js by plugin verify, and under a gateway
	.ci/node-example

upgrade: ## Let the commit before accept events, and this one deliver them
	.ci/upgrade

deploy-check: ## Prove what an SRE loads, by Debian's Prometheus: rules, runbooks, and every panel against a gateway that runs
	@for tool in promtool:prometheus amtool:prometheus-alertmanager chromium:chromium npm:npm; do command -v "$${tool%:*}" >/dev/null || \
		{ echo "make deploy-check: needs $${tool%:*} (on Debian: apt-get install $${tool#*:})" >&2; exit 1; }; done
	@$(GO) tool -modfile=.ci/nats/go.mod -n nats-server >/dev/null
	SWITCHHOOK_DASHBOARDS=$(CURDIR)/bin/dashboards $(GO) test -C deploy -count=1 -timeout 10m ./...

dashboards: ## Draw the dashboards from a gateway that runs, into bin/dashboards
	SWITCHHOOK_DASHBOARDS=$(CURDIR)/bin/dashboards $(GO) test -C deploy -count=1 -run '^(TestEveryDashboardIsDrawn|TestGatewaysThatShareAnInboxAreWatched)$$' ./live

##@ Change
.PHONY: fmt generate proto-accept api-accept tools

fmt: ## Format Go and proto files
	$(LINT) fmt $(CODE) $(MODULES)
	$(BUF) format --write

generate: ## Rewrite generated files: the Go code of the wire and the log, docs, golden references and dashboards
	$(BUF) generate
	$(GO) generate ./...
	$(GO) generate -C deploy ./...

proto-accept: ## Record plugin.proto and log.proto as accepted (BREAKING=yes for a new major)
	.ci/proto/accept $(BREAKING)

api-accept: ## Record what the SDK exports, as a release does (BREAKING=yes without a reason)
	$(API) accept $(if $(BREAKING),-breaking)

tools: ## Build the pinned tools once, so that later calls start at once
	$(LINT) version
	$(BUF) --version
	$(GOTESTSUM) --version
	@$(DEADCODE) -h >/dev/null 2>&1 || true
	@$(GO) tool -modfile=.ci/nats/go.mod -n nats-server >/dev/null

##@ Measure
.PHONY: bench bench-cluster bench-parts chaos fuzz soak prove

bench: build ## Compare the whole gateway with its peers on this machine (BENCH_FLAGS)
	$(GO) run ./cmd/bench $(BENCH_FLAGS)

bench-cluster: ## Compare ways to keep an event on three nats-servers, and the inbox on them (BENCH_FLAGS)
	$(GO) run ./cmd/bench -cluster $(BENCH_FLAGS)

bench-parts: ## Run the packages' own benchmarks (BENCH=regexp, TESTS=packages)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -p 1 $(TEST_FLAGS) $(filter-out ./.ci/checks,$(TESTS))

chaos: ## Let plugins misbehave for CHAOS rounds (3), and print ledgers and what the others feel of it
	SWITCHHOOK_CHAOS_ROUNDS=$(CHAOS) $(GO) test -v -count=1 -parallel 1 -timeout 60m $(TEST_FLAGS) ./dispatcher/app/chaos

fuzz: ## Run every fuzz target for FUZZTIME (30s)
	FUZZTIME=$(FUZZTIME) .ci/fuzz $(filter-out ./.ci/checks,$(TESTS))

soak: prove ## Prove that nothing is lost, and repeat the tests SOAK times (20) to bring out what happens seldom
	SWITCHHOOK_SOAK=1 $(GO) test $(RACE) -count=1 -parallel 6 -timeout 60m $(TEST_FLAGS) ./sdk/conformance ./dispatcher/pluginhost ./dispatcher/app
	$(MAKE) test UNWATCHED= TEST_FLAGS='-count=$(SOAK) -timeout=60m $(TEST_FLAGS)'

prove: ## Kill, cut off, fill and starve gateways and their cluster (ROUNDS kills: 200), and prove that nothing accepted is lost
	SWITCHHOOK_SOAK_ROUNDS=$(ROUNDS) $(GO) test -v -count=1 -timeout 60m $(TEST_FLAGS) ./dispatcher/app/proof
	SWITCHHOOK_SOAK=1 $(GO) test -v -count=1 -timeout 60m $(TEST_FLAGS) ./dispatcher/app/clusterproof
	SWITCHHOOK_SOAK=1 $(GO) test -v -count=1 -timeout 60m -run '^TestItAnswersAsAStoreInMemoryDoes$$' ./dispatcher/inbox/sqlite
