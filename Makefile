# Everything a person or CI does here. `make` lists it; README.md tells the story.
# Needed: git, Go 1.26, Node 20 or newer. All else is installed by the targets.

ENV  ?= Dev
BASE ?= main

# auto asks CloudFormation what would be replaced, with the right to deploy; template
# compares texts, with the right to read them. DIFF_ROLE, in a workflow, has that of one account.
DIFF_METHOD ?= auto
APPROVAL    ?= broadening

MIXED  ?= 100000
FUZZTIME ?= 30s
BENCHSTAT := v0.0.0-20260908200009-22c9c6c9d4da
SEED   ?= 0

FUNCTIONS := $(notdir $(wildcard lambdas/cmd/*))
OUT       := .local
CDK       := infra/node_modules/.bin/cdk
STACKS    := Storage Pipeline
ASSEMBLY  := $(OUT)/cdk.out

# Run by version, not by tool lines: go.mod stays the product's, and each is built once.
GOLANGCI    := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT  := go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GOVULNCHECK := go run golang.org/x/vuln/cmd/govulncheck@v1.9.0
VULN_DB     ?= https://vuln.go.dev

# Reproducible: the same source and toolchain give the same bytes in any folder.
GOBUILD := CGO_ENABLED=0 GOFLAGS= go build -trimpath -buildvcs=false -tags lambda.norpc -ldflags='-s -w -buildid='

# Node 20 still runs the CDK well; jsii's reminder of its end of life would be the
# only noise of a synth.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export CDK_DISABLE_CLI_TELEMETRY := true

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

##@ On a laptop, without an AWS account

.PHONY: local
local: node ## run ENV's whole pipeline here: ENV=Dev PORT=8080 S3_PORT=9000 PATIENCE=2s SANDBOXES=10 DIR=.local THROTTLE=1
	@for f in $(FUNCTIONS); do $(GOBUILD) -o $(OUT)/host/$$f/bootstrap ./lambdas/cmd/$$f || exit 1; done
	@$(MAKE) -s build
	@CDK_OUTDIR=$(OUT)/cdk.out go run ./infra -environment '$(ENV)'
	@go build -o $(OUT)/bin/local ./test/local
	@exec $(OUT)/bin/local -environment '$(ENV)' $(if $(DIR),-dir '$(DIR)') \
		$(if $(PORT),-port '$(PORT)') $(if $(S3_PORT),-s3-port '$(S3_PORT)') \
		$(if $(PATIENCE),-patience '$(PATIENCE)') $(if $(SANDBOXES),-sandboxes '$(SANDBOXES)') $(if $(THROTTLE),-throttle)

.PHONY: test
test: node ## run every test
	go test ./...

.PHONY: race
race: ## run every test that needs no CDK under the race detector (needs a C compiler)
	go test -race $$(go list ./... | grep -v -e /infra -e /test/synth -e /test/compare/stacks -e /test/compare/app)

.PHONY: fault
fault: ## break things while events flow, and account for each: EVENTS=2000 MIXED=100000 SEED=0 (0 draws one)
	@go test ./test/fault -run NothingAcknowledged -count=1 -timeout 120m -v -full \
		-events $(or $(EVENTS),2000) -mixed $(MIXED) -seed $(SEED) -results $(CURDIR)/$(OUT)/fault/results.json

.PHONY: fault-mutants
fault-mutants: ## break the functions, and see that the fault suite finds out
	@go test ./test/fault -run FindsOut -count=1 -timeout 30m -v -mutants -seed $(SEED)

.PHONY: fuzz
fuzz: ## run every fuzz target for a while: FUZZTIME=30s
	@git grep '^func Fuzz' -- 'lambdas/*_test.go' | sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z]*).*|\1 \2|' | while read -r folder target; do \
		echo "$$target in $$folder"; \
		go test ./$$folder -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x || exit 1; done

.PHONY: bench
bench: ## measure ingest, validator and pipeline beside what one could write instead: QUICK=1 takes a minute
	@go run ./test/bench $(if $(QUICK),-quick) $(if $(PIPELINE),-events $(PIPELINE))

.PHONY: bench-compare
bench-compare: ## run the Go benchmarks here and at BASE=main, and show what changed
	@rm -rf $(OUT)/bench/base && git worktree prune && git worktree add --quiet --detach $(OUT)/bench/base $(BASE)
	@for at in . $(OUT)/bench/base; do \
		(cd $$at && go test -run '^$$' -bench . -benchmem -count 6 ./lambdas/event ./lambdas/ingest ./lambdas/record ./lambdas/validate) >$(OUT)/bench/$$(basename $$at | tr . n).txt; done; \
	git worktree remove --force $(OUT)/bench/base
	@go run golang.org/x/perf/cmd/benchstat@$(BENCHSTAT) base=$(OUT)/bench/base.txt new=$(OUT)/bench/n.txt

.PHONY: compare
compare: node ## run the article's wirings side by side over a modelled network: CLIENT_EDGE=20ms EDGE_REGION=20ms PUT=10ms …; ENV=Compare measures the deployed ones
	@go run ./test/compare $(if $(filter Compare,$(ENV)),-deployed $(ENV)) $(foreach leg,CLIENT_EDGE EDGE_REGION IN_REGION GATEWAY PUT INVOKE TLS,$(if $($(leg)),-$(leg) $($(leg))))

##@ In code review

.PHONY: golden
golden: node ## accept the synthesized templates as the golden ones
	go test ./test/synth -run 'TestGoldens|TestCosts|TestEnumerations' -update
	go test ./test/compare/stacks -run TestGoldens -update

.PHONY: synth
synth: cli ## synthesize ENV's stacks into .local/cdk.out
	@$(CDK) synth --quiet '$(ENV)/*'

.PHONY: diff
diff: cli ## show what a deploy of ENV would change; without AWS credentials, what changed since BASE=main
	@if [ -n "$$AWS_ACCESS_KEY_ID$$AWS_PROFILE$$AWS_WEB_IDENTITY_TOKEN_FILE" ] || [ -f "$$HOME/.aws/credentials" ]; \
	then $(CDK) diff --method=$(DIFF_METHOD) '$(ENV)/*'; \
	else $(MAKE) -s diff-golden; fi

.PHONY: diff-golden
diff-golden: cli base
	@CDK_OUTDIR=$(OUT)/golden.out go run ./infra -account 111111111111 -region us-east-1 -dist test/synth/testdata/dist
	@for stack in $(STACKS); do \
		golden=$(OUT)/base/$$(echo $(ENV)/$$stack.json | tr '[:upper:]' '[:lower:]'); \
		[ -f $$golden ] || { mkdir -p $$(dirname $$golden) && echo '{}' >$$golden; } || exit 1; \
		$(CDK) diff --exclusively --build true --app $(OUT)/golden.out --template $$golden $(ENV)/$$stack || exit 1; \
	done

.PHONY: base
base:
	@rm -rf $(OUT)/base && mkdir -p $(OUT)/base
	@git archive -o $(OUT)/base.tar $(BASE) test/synth/testdata && tar -xf $(OUT)/base.tar -C $(OUT)/base --strip-components=3

.PHONY: stateful
stateful: base ## fail if anything that holds events was replaced or deleted since BASE=main: ALLOW=1 only reports
	@go build -o $(OUT)/bin/review ./infra/review
	@$(OUT)/bin/review check -base $(OUT)/base $(if $(ALLOW),-allow)

.PHONY: review
review: cli base ## write what a pull request is told, since BASE=main, to .local/review.md: ONLY=Prod
	@go build -o $(OUT)/bin/review ./infra/review
	@$(OUT)/bin/review comment -base $(OUT)/base -diff '$(MAKE) -s diff ENV={} BASE=$(BASE)' -golden '$(MAKE) -s diff-golden ENV={} BASE=$(BASE)' -role '$(DIFF_ROLE)' $(if $(ONLY),-only $(ONLY)) $(if $(ALLOW),-allow) >$(OUT)/review.md

.PHONY: post
post: ## post .local/review.md to the pull request of a GitHub workflow, over the one that is there
	@go run ./infra/review post -comment $(OUT)/review.md

.PHONY: readme
readme: ## bring the generated tables of README.md up to date
	@go run ./infra/readme

.PHONY: cost
cost: ## what ENV costs a month, and which quota is met first: EVENTS=100M BYTES=800 BATCH=10 PEAK=3
	@go run ./infra/cost/estimate -environment '$(ENV)' -events '$(or $(EVENTS),100M)' -bytes '$(or $(BYTES),800)' -batch '$(or $(BATCH),10)' -peak '$(or $(PEAK),3)'

##@ In an AWS account

.PHONY: build
build: ## cross-compile the functions for Lambda into .local/dist, after a check of the schemas
	@go run ./lambdas/validate/schema/check
	@for f in $(FUNCTIONS); do GOOS=linux GOARCH=arm64 GOARM64=v8.0 $(GOBUILD) -o $(OUT)/dist/$$f/bootstrap ./lambdas/cmd/$$f || exit 1; done

.PHONY: deploy
deploy: synth ## deploy ENV, asking before it widens any permission (APPROVAL=never does not ask)
	@go run ./test/smoke ready -environment '$(ENV)' -assembly $(ASSEMBLY)
	@mkdir -p $(OUT)/outputs
	$(CDK) deploy --build true --app $(ASSEMBLY) --require-approval $(APPROVAL) --outputs-file $(OUT)/outputs/$(ENV).json '$(ENV)/*'
	@go run ./test/smoke endpoint -environment '$(ENV)'

.PHONY: compare-deploy
compare-deploy: cli build ## deploy the stage Compare, in us-east-1: what `make compare ENV=Compare` measures
	GOOS=linux GOARCH=arm64 GOARM64=v8.0 $(GOBUILD) -o $(OUT)/compare/dist/chain/bootstrap ./test/compare/chain
	$(CDK) deploy --app 'go run ./test/compare/app' --require-approval $(APPROVAL) 'Compare/*'

.PHONY: compare-destroy
compare-destroy: cli ## delete it; functions at the edge can be deleted some hours later: run it again
	$(CDK) destroy --app 'go run ./test/compare/app' 'Compare/*'

.PHONY: smoke
smoke: ## send ENV a few events, check the answers and, with credentials, find them in the lake [URL=https://…]
	@go run ./test/smoke events -environment '$(ENV)' -url '$(URL)' -origin '$(ORIGIN)'

.PHONY: ci
ci: cli ## deploy the roles with which the workflows of REPOSITORY=owner/name (or owner@id/name@id) diff and deploy, in this account [OIDC_PROVIDER=arn]
	@[ -n "$(REPOSITORY)" ] || { echo "ci: whose workflows? REPOSITORY=owner/name" >&2; exit 1; }
	$(CDK) deploy --app 'go run ./infra -repository "$(REPOSITORY)" -oidc-provider "$(OIDC_PROVIDER)"' Ci

.PHONY: replay
replay: ## send rejected or failed events through ENV once more: PREFIX=rejected/year=2026/ [REASON=unknown_type] [DRY_RUN=1]
	@go run ./lambdas/replay -environment '$(ENV)' -prefix '$(PREFIX)' -reason '$(REASON)' $(if $(DRY_RUN),-dry-run)

.PHONY: destroy
destroy: synth ## delete ENV's Pipeline stack; Storage, with every event in it, stays
	@go run ./test/smoke kept -environment '$(ENV)' -assembly $(ASSEMBLY)
	$(CDK) destroy --build true --app $(ASSEMBLY) '$(ENV)/Pipeline'

##@ Upkeep

.PHONY: fmt
fmt: ## format the Go code
	@git ls-files '*.go' | xargs go tool gofumpt -w

.PHONY: lint
lint: vuln ## vet, staticcheck, gofumpt, golangci-lint, actionlint, govulncheck
	go vet ./...
	go tool staticcheck ./...
	@unformatted=$$(git ls-files '*.go' | xargs go tool gofumpt -l); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run make fmt:"; echo "$$unformatted"; exit 1; fi
	$(GOLANGCI) run
	$(ACTIONLINT)

.PHONY: vuln
vuln: ## look for known vulnerabilities in what the code calls: VULN_DB=https://vuln.go.dev
	@mkdir -p $(OUT); $(GOVULNCHECK) -db $(VULN_DB) ./... >$(OUT)/vuln.txt 2>&1 || \
	{ if [ -z "$(VULN_REQUIRED)" ] && grep -q 'fetching vulnerabilities' $(OUT)/vuln.txt; \
	then echo "govulncheck: NOT CHECKED, $(VULN_DB) cannot be reached from here; the pull request's workflow insists"; \
	else cat $(OUT)/vuln.txt; exit 1; fi; }

.PHONY: clean
clean: ## delete everything generated
	rm -rf $(OUT) infra/node_modules

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: node
node:
	@command -v node >/dev/null || { echo "node is not on the PATH: the CDK needs Node 20 or newer" >&2; exit 1; }

.PHONY: cli
cli: node $(CDK)

$(CDK): infra/package-lock.json
	@npm ci --prefix infra --no-audit --no-fund --silent && touch $@
