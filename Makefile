# Thin names for what the README shows.

# An empty environment has no HOME, and Go needs a place for its caches.
export HOME ?= $(shell eval echo "~$$(id -un)")

TOOL := go tool -modfile=$(CURDIR)/tools/go.mod
# The race detector needs a C compiler.
RACE := $(shell command -v gcc >/dev/null 2>&1 && echo -race)

# The same sources give the same bytes, wherever they lie; the Dockerfile has the same.
BUILD := -trimpath -buildvcs=false -ldflags="-s -w -buildid="

.PHONY: demo test lint format bench campaign build sbom reproducible

# Offboard Jane Doe against stand-ins for the vendors; KEEP=1 stays up.
demo: bin/standalone
	@bin/standalone demo $(if $(KEEP),--keep)

# Formatting, vet, lint, and every test of all modules.
test: lint
	CGO_ENABLED=$(if $(RACE),1,0) go test $(RACE) -timeout 25m ./...
	cd standalone && go test -timeout 25m ./...
	cd tools/alerts && go test -timeout 10m ./...
	cd tools/supply && go test -timeout 10m ./...

lint:
	@echo "lint: the first run compiles the linters, which takes minutes"
	@files=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')); test -z "$$files" || { echo "not formatted, run make format:"; echo "$$files"; exit 1; }
	go vet ./...
	cd standalone && go vet ./...
	cd tools/alerts && go vet ./...
	cd tools/supply && go vet ./...
	$(TOOL) golangci-lint run --allow-parallel-runners ./...
	cd standalone && $(TOOL) golangci-lint run --allow-parallel-runners --config ../.golangci.yml ./...
	cd tools/alerts && $(TOOL) golangci-lint run --allow-parallel-runners --config ../../.golangci.yml ./...
	cd tools/supply && $(TOOL) golangci-lint run --allow-parallel-runners --config ../../.golangci.yml ./...
	$(TOOL) workflowcheck ./workflows/...
	tools/supply/vulncheck.sh

format:
	$(TOOL) gofumpt -w $$(git ls-files '*.go')

# Figures, as a table with the machine they were taken on.
bench: bin/standalone
	cd standalone && go run ./bench

# A thousand departures while vendors, workers and the server fail; half an
# hour or more. Others: make campaign CAMPAIGN="--cases 300 --seed 7"
campaign:
	cd standalone && go build -o ../bin/campaign ./campaign
	bin/campaign $(CAMPAIGN)

# The commit is in these: it is what a rollout knows a worker by.
build: STAMPED := $(filter-out -buildvcs=false,$(BUILD))
build: bin/standalone
	CGO_ENABLED=0 go build $(STAMPED) -o bin/worker ./worker
	CGO_ENABLED=0 go build $(STAMPED) -o bin/starter ./starter
	CGO_ENABLED=0 go build $(STAMPED) -o bin/lastday-verify ./verifier

# What each binary is made of, beside it: bin/worker.cdx.json and so on.
sbom: build
	cd tools/supply && go run ./sbom $(addprefix ../../bin/,worker starter lastday-verify standalone)

# Two builds in two folders, compared byte by byte. TWICE="-cold" compiles the
# dependencies anew too; TWICE="-in standalone -packages ." is the single process.
reproducible:
	cd tools/supply && go run ./reproducible $(TWICE) -- $(BUILD)

bin/standalone: FORCE
	@./standalone/build.sh

FORCE:
