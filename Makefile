# `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help build demo test lint fmt bench fuzz soak clean

help: ## This list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: ## Build, start a gateway and three simulated engines, ask a question (PORT=9080 for another port)
	@PORT="$(PORT)" MANAGEMENT_PORT="$(MANAGEMENT_PORT)" scripts/demo.sh

build: ## Build the program as it is released: .build/release/switchyard
	@scripts/setup.sh
	@scripts/release.sh switchyard

test: ## Build and run every test, the end-to-end ones too
	@scripts/setup.sh test
	swift build --build-tests
	swift test --skip-build
	scripts/fuzz.sh bounded
	scripts/end-to-end.sh

lint: ## Check the formatting, and that the kernels for Arm compile
	scripts/neon.sh
	swift format lint --strict --recursive Sources Tests Benchmarks Fuzz Package.swift

fmt: ## Format all Swift files
	swift format --in-place --recursive Sources Tests Benchmarks Fuzz Package.swift

bench: ## Run the benchmarks (ONLY=core, gateway, streams, reading, balancing or envoy)
	@scripts/setup.sh
	@Benchmarks/run.sh $(ONLY)

fuzz: ## Fuzz the parsers, a minute each (SECONDS=600 for longer)
	@scripts/setup.sh
	@scripts/fuzz.sh $(SECONDS)

soak: ## An hour of slow streams, leaving clients and failing engines (SECONDS=600 for less)
	@scripts/setup.sh bench
	@scripts/release.sh switchyard
	@scripts/soak.sh $(SECONDS)

clean: ## Remove what was built
	rm -rf .build .cache .run
