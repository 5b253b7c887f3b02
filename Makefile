# What people and CI do here: `make` lists it. It needs git, Go 1.26 and Node 20 or newer, and installs the rest.

ENV      ?= Dev
BASE     ?= main
APPROVAL ?= broadening
# auto asks CloudFormation and needs the right to deploy; template compares texts, as DIFF_ROLE of a workflow may.
DIFF_METHOD ?= auto
OUT      := .local
ASSEMBLY := $(OUT)/cdk.out
CDK      := infra/node_modules/.bin/cdk
OPS      := go run ./infra/ops

# go.mod pins only the tools that it can build together with the product.
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT  := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
BENCHSTAT   := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

# Reproducible: the same source and toolchain give the same bytes in any folder.
GOBUILD := CGO_ENABLED=0 GOFLAGS= go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags='-s -w -buildid='
# $(call compile,folder,variables) builds every function into .local/<folder>.
compile = $(foreach f,$(notdir $(wildcard lambdas/cmd/*)),$2 $(GOBUILD) -o $(OUT)/$1/$f/bootstrap ./lambdas/cmd/$f &&) true
# $(call flag,name,VARIABLE) is a flag with the variable's value, if it has one.
flag = $(if $($2),-$1 '$($2)')

# Node 20 still runs the CDK; this is jsii's reminder that its support ends.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export CDK_DISABLE_CLI_TELEMETRY := true
.DEFAULT_GOAL := help
.PHONY: help local local-binary query judge test clients race fault fault-mutants fuzz bench bench-compare compare golden synth diff stateful review post readme types cost build sites deploy drain names smoke replay destroy ci compare-deploy compare-destroy fmt lint vuln clean node cli

##@ On a laptop, without an AWS account

local: ## run ENV's whole pipeline here: PORT=8080 PAGE_PORT=8081 S3_PORT=9000 PATIENCE=2s SANDBOXES=10 DIR=.local SCHEMAS=folder THROTTLE=1 REGIONS=eu-central-1 CITY=sydney SPEED=10
	@GOOS= GOARCH= go run ./test/local/build -environment '$(ENV)' && exec $(OUT)/bin/local -environment '$(ENV)'
local-binary: ## pack `make local` into one executable that needs no Go and no Node.js: OUT=file or folder GOOS=linux|darwin GOARCH=amd64|arm64
	@GOOS= GOARCH= go run ./test/local/build -out '$(OUT)' $(call flag,goos,GOOS) $(call flag,goarch,GOARCH)
query: cli ## ask the lake: SQL="select type, count(*) from events group by 1" FORMAT=csv|json; ENV=Prod [REGION=…] asks Athena, else the lake here
	@$(OPS) query -sql '$(subst ','\'',$(value SQL))' $(if $(filter-out file,$(origin ENV)),-environment '$(ENV)') $(call flag,region,REGION) $(call flag,format,FORMAT)
judge: ## run the schemas here over the events of a lake, and count verdicts that change: TYPE=click DAYS=7 ALLOW=1 only reports; ENV and REGION as for query
	@$(OPS) judge -type '$(TYPE)' $(call flag,days,DAYS) $(if $(filter-out file,$(origin ENV)),-environment '$(ENV)') $(call flag,region,REGION) $(if $(ALLOW),-allow)
test: cli test/clients/node_modules test/compare/functions/node_modules ## run all tests, with some of the clients
	go test -timeout 15m ./...
clients: node test/clients/node_modules ## point every SDK of test/clients at the pipeline, and print the result of each
	@go test ./test/clients -count=1 -timeout 10m -parallel 6 -v -every
race: ## run the tests under the race detector, except those of the CDK and of memory (needs a C compiler)
	go test -race -timeout 30m -skip TestMemoryIsBounded $(shell go list ./... | grep -v -e /infra -e /test/synth -e /test/compare/stacks -e /test/compare/app)
fault: ## break things while events flow, and account for each event: EVENTS=2000 MIXED=100000 SEED=0 (0: random) PAGE=1 writes infra/docs/reliability.md
	@go test ./test/fault -run NothingAcknowledged -count=1 -timeout 120m -v -full -events $(or $(EVENTS),2000) -mixed $(or $(MIXED),100000) -seed $(or $(SEED),0) -results $(CURDIR)/$(OUT)/fault/results.json $(if $(PAGE),-update)
fault-mutants: ## break the functions, and check that the fault suite notices
	@go test ./test/fault -run FindsOut -count=1 -timeout 30m -v -mutants -seed $(or $(SEED),0)
fuzz: ## run every fuzz target for a while: FUZZTIME=30s
	@$(OPS) fuzz $(call flag,time,FUZZTIME)
bench: ## measure ingest, validator and pipeline, and simpler programs beside them: QUICK=1 is shorter
	@go run ./test/bench $(if $(QUICK),-quick) $(call flag,events,PIPELINE)
bench-compare: ## run the Go benchmarks here and at BASE=main, and compare
	@$(OPS) bench-compare -since '$(BASE)' -benchstat $(BENCHSTAT)
compare: node test/compare/functions/node_modules ## compare wirings, then 1 to 6 regions, over a modelled network: CLIENT_EDGE=20ms PUT=10ms …; REGIONS="a a,b" only these; ENV=Compare measures deployed ones
	@go run ./test/compare $(if $(filter Compare,$(ENV)),-deployed) $(foreach leg,CLIENT_EDGE EDGE_REGION IN_REGION GATEWAY PUT INVOKE TLS REGIONS,$(call flag,$(leg),$(leg)))

##@ In code review

golden: node ## accept the synthesized templates as the new goldens
	go test ./test/synth ./test/compare/stacks -run 'TestGoldens|TestCosts|TestEnumerations' -update
synth: cli ## synthesize ENV's stacks into .local/cdk.out
	@$(CDK) synth --quiet '$(ENV)/**'
diff: cli ## show what a deploy of ENV would change; without AWS credentials, or with GOLDEN=1: what changed since BASE=main
	@$(OPS) diff -environment '$(ENV)' $(call flag,region,REGION) -method '$(DIFF_METHOD)' -since '$(BASE)' $(if $(GOLDEN),-golden)
stateful: ## fail if a change since BASE=main replaces or deletes what holds events, or a schema refuses more: ALLOW=1, ALLOW_BREAKS=1 only report
	@$(OPS) review-check -since '$(BASE)' $(if $(ALLOW),-allow) && $(OPS) schemas -since '$(BASE)' $(if $(ALLOW_BREAKS),-allow)
review: cli ## write the comment for a pull request, since BASE=main, to .local/review.md: ONLY=Prod
	@mkdir -p $(OUT) && $(OPS) review-comment -since '$(BASE)' -method '$(DIFF_METHOD)' $(call flag,role,DIFF_ROLE) $(call flag,only,ONLY) $(if $(ALLOW),-allow) >$(OUT)/review.md && $(OPS) schemas -since '$(BASE)' -allow >>$(OUT)/review.md
post: ## post .local/review.md to the pull request of a GitHub workflow, or update it there
	@$(OPS) review-post -comment $(OUT)/review.md
readme: ## update the generated tables of infra/docs
	@$(OPS) readme && go test ./test/clients ./test/compare -run TestThePage -update
types: cli ## write the TypeScript and Go types of events to infra/docs/types, from the schemas
	@$(OPS) types
cost: ## print what ENV costs a month, and which quota it meets first: EVENTS=100M BYTES=800 BATCH=10 PEAK=3 SCANS=1
	@$(OPS) cost -environment '$(ENV)' $(call flag,events,EVENTS) $(call flag,bytes,BYTES) $(call flag,batch,BATCH) $(call flag,peak,PEAK) $(call flag,scans,SCANS)

##@ In an AWS account

build: ## check the schemas and cross-compile the functions for Lambda into .local/dist
	@go run ./lambdas/validate/schema/check
	@$(call compile,dist,GOOS=linux GOARCH=arm64 GOARM64=v8.0)
sites: ## list the steps of a deploy of ENV, its regions and its front, as JSON for a workflow
	@$(OPS) sites -environment '$(ENV)'
deploy: synth ## check the account, then deploy ENV, region by region (APPROVAL=never does not ask): REGION=eu-central-1 (or home, Front) BAKE=10m
	@$(OPS) deploy -environment '$(ENV)' -approval '$(APPROVAL)' $(call flag,region,REGION) $(call flag,bake,BAKE) $(call flag,origin,ORIGIN)
drain: synth ## send the clients of REGION, which is in Drained of ENV, to the other regions
	@$(OPS) drain -environment '$(ENV)' -approval '$(APPROVAL)' $(call flag,region,REGION)
names: ## print the names that AWS generated for ENV, for a shell: eval "$(make -s names ENV=Prod)" [REGION=eu-central-1]
	@$(OPS) names -environment '$(ENV)' $(call flag,region,REGION)
smoke: ## send ENV a few events, check the answers and, with credentials, find them in the lake [REGION=eu-central-1] [URL=https://…]
	@$(OPS) smoke -environment '$(ENV)' $(call flag,region,REGION) $(call flag,url,URL) $(call flag,origin,ORIGIN)
replay: ## process spilled, rejected or failed events of ENV again: PREFIX=rejected/day=2026-11-25/ [REGION=eu-central-1] [REASON=unknown_type] [OLDER=24h] [DRY_RUN=1] [YES=1]
	@$(OPS) replay -environment '$(ENV)' -prefix '$(PREFIX)' $(call flag,region,REGION) $(call flag,reason,REASON) $(call flag,older,OLDER) $(if $(DRY_RUN),-dry-run) $(if $(YES),-yes)
destroy: synth ## stop ENV's traffic, wait until its streams are empty (WAIT=30m), delete its Pipeline stack; Storage stays [REGION=eu-central-1]
	@$(OPS) destroy -environment '$(ENV)' $(call flag,region,REGION) $(call flag,wait,WAIT)
ci: cli ## deploy the roles with which a repository's workflows diff and deploy, in this account: REPOSITORY=owner/name (or owner@id/name@id) [OIDC_PROVIDER=arn]
	$(CDK) deploy --app 'go run ./infra -repository "$(or $(REPOSITORY),$(error REPOSITORY is missing: add REPOSITORY=owner/name))" -oidc-provider "$(OIDC_PROVIDER)"' Ci
compare-deploy: cli build ## deploy the stage Compare in us-east-1, for `make compare ENV=Compare`
	GOOS=linux GOARCH=arm64 GOARM64=v8.0 $(GOBUILD) -o $(OUT)/compare/dist/chain/bootstrap ./test/compare/chain
	$(CDK) deploy --app 'go run ./test/compare/app' --require-approval $(APPROVAL) 'Compare/*'
compare-destroy: cli ## delete the stage Compare; functions at the edge can be deleted some hours later: run it again
	$(CDK) destroy --app 'go run ./test/compare/app' 'Compare/*'

##@ Upkeep

fmt: ## format the Go code
	@git ls-files '*.go' | xargs go tool gofumpt -w
lint: vuln ## run vet, staticcheck, gofumpt, golangci-lint, actionlint and govulncheck
	go vet ./... && GOOS=darwin CGO_ENABLED=0 go vet ./lambdas/... ./test/local/... && GOOS=windows CGO_ENABLED=0 go vet ./lambdas/... ./infra/environment
	go tool staticcheck ./...
	@! git ls-files '*.go' | xargs go tool gofumpt -l | grep . || { echo 'these files are not formatted: run make fmt' && false; }
	go run $(GOLANGCI) run && go run $(ACTIONLINT)
vuln: ## look for known vulnerabilities in the code and its dependencies: VULN_DB=https://vuln.go.dev
	@$(OPS) vuln -govulncheck $(GOVULNCHECK) $(call flag,db,VULN_DB) $(if $(VULN_REQUIRED),-required)
clean: ## delete everything generated
	rm -rf $(OUT) infra/node_modules test/clients/node_modules test/compare/functions/node_modules
help:
	@awk 'BEGIN { FS = ":.*## "; print "usage: make <target> [VARIABLE=value …]; ENV is $(ENV) unless you say otherwise" } /^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-15s ", $$1; \
		if (at = match($$2, /: [A-Z_]+=| \[[A-Z_]+=/)) { print substr($$2, 1, at - 1); $$2 = sprintf("%22s", "") substr($$2, at + (substr($$2, at, 1) == ":")) } print $$2 }' $(MAKEFILE_LIST)
node:
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || { echo "the CDK needs Node 20 or newer on the PATH, where $$(node --version 2>/dev/null || echo none) is" >&2; exit 1; }
cli: node infra/node_modules
%/node_modules: %/package-lock.json
	@npm ci --prefix $* --no-audit --no-fund --loglevel=error >/dev/null && touch $@
