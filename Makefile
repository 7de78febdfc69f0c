# `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup test lint fmt bench fuzz clean

help: ## This list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: ## Install what the build needs (Debian)
	@scripts/setup.sh

test: setup ## Build and run every test
	swift test

lint: ## Check the formatting
	swift format lint --strict --recursive Sources Tests Benchmarks Fuzz Package.swift

fmt: ## Format all Swift files
	swift format --in-place --recursive Sources Tests Benchmarks Fuzz Package.swift

bench: setup ## Run the benchmarks
	swift run -c release bench-json
	swift run -c release bench-domain

fuzz: setup ## Fuzz the JSON scanner for a minute
	swift run -c release json-fuzz --seconds 60

clean: ## Remove what was built
	rm -rf .build
