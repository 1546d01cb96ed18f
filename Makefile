# The front door. `make` alone says what there is.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

SEEDS ?= 200
CUTS ?= 200
HOURS ?= 1
FUZZ_SECONDS ?= 60
SINCE ?= HEAD~1
JOBS ?= $(shell nproc)
TESTS_AT_ONCE ?= $(shell echo $$((2 * $(JOBS))))  # most of them wait; what computes all the time counts as two

sources = $(shell git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp')
changed = $(shell git diff --name-only --diff-filter=d $(SINCE) -- 'src/*.cpp' 'sim/*.cpp' | grep -Ev '_(test|fuzz)\.cpp$$')

.PHONY: help setup run test bench sim faults powercut soak page-soak conformance fuzz lint format clean release dev

help: ## This list
	@echo "Perigee. On a fresh Debian 12 or 13: make run"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

setup: ## Install what the build needs; nothing to do takes no time
	@tools/setup

run: release ## Build and start a whole site on this machine (ARGS="--for 60s" is passed on)
	@exec build/release/perigee demo $(ARGS)

test: dev build/npm/.installed ## Build with ASan and UBSan and run every test (ARGS="-R journal" is passed on)
	@ctest --test-dir build/dev --output-on-failure -j $(TESTS_AT_ONCE) $(ARGS)

bench: release ## Measure against peers in the same run (ARGS="--rows ingest" is passed on)
	@ninja -C build/release -j $(JOBS) --quiet mqtt_ingest nats_ingest puback_latency journal_append mqtt_floor tls_load est_load history_query rule_apply rule_scores interlock_latency
	@exec bench/run $(ARGS)

sim: setup build/dev/build.ninja ## Simulate a site from SEEDS seeds
	@ninja -C build/dev -j $(JOBS) --quiet perigee_sim
	@exec build/dev/sim/perigee_sim --seeds $(SEEDS) $(ARGS)

faults: release ## Kill, pause, cut off and fill up real processes (ARGS="--seed 7 --kills 300" is passed on)
	@ninja -C build/release -j $(JOBS) --quiet clock_shim
	@exec tests/faults/faults.py $(ARGS)

powercut: release ## Cut the power of a real node CUTS times
	@ninja -C build/release -j $(JOBS) --quiet powercut_fs
	@exec tests/powercut/powercut.py --cuts $(CUTS) $(ARGS)

conformance: release ## Eclipse's interoperability suites (PAHO=folder of paho.mqtt.testing; ARGS="--peer mosquitto" is passed on)
	@PERIGEE=build/release/perigee tests/conformance/paho.py $(or $(PAHO),$(error PAHO=folder of paho.mqtt.testing)) $(ARGS)

soak: release ## Load a site for HOURS with mild faults: memory, files and disk stay flat
	@exec tests/faults/soak.py --hours $(HOURS) $(ARGS)

page-soak: release ## Leave the page open for HOURS with 200 metrics at 10 Hz: first chart, CPU, memory
	@PERIGEE=build/release/perigee nice tests/browser/soak.py --hours $(HOURS) $(ARGS)

fuzz: setup ## Run every fuzz target for FUZZ_SECONDS each (ARGS=name for one)
	@exec fuzz/run $(FUZZ_SECONDS) $(ARGS)

lint: setup build/lint/build.ninja ## Format, layers and bans; clang-tidy on what changed since SINCE
	@clang-format-19 --dry-run -Werror $(sources)
	@tools/tidy
	@for file in $(changed); do echo "clang-tidy $$file"; clang-tidy-19 -p build/lint --quiet "$$file"; done

format: ## Format every source
	@clang-format-19 -i $(sources)

clean: ## Remove what was built
	@rm -rf build

release: setup build/release/build.ninja
	@ninja -C build/release -j $(JOBS) --quiet perigee

dev: setup build/dev/build.ninja
	@ninja -C build/dev -j $(JOBS) --quiet

build/release/build.ninja build/dev/build.ninja: build/%/build.ninja: | setup
	@cmake --preset $* >/dev/null

# clang reads the headers themselves, not the precompiled one.
build/lint/build.ninja: | setup
	@cmake --preset fuzz -B build/lint -D CMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null

build/npm/.installed: tests/npm/package.json tests/npm/package-lock.json | setup
	@mkdir -p build/npm && cp tests/npm/package.json tests/npm/package-lock.json tests/npm/.npmrc build/npm/
	@npm ci --prefix build/npm --silent --no-audit --no-fund
	@touch $@
