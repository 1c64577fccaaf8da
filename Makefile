# Every target sets up what it needs first; run again, set-up only looks.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := $(CURDIR)/.venv/bin
# pyright and the tests look for their tools on the PATH.
export PATH := $(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv

.PHONY: help demo test check bench docs examples

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## set up, make a small program live on the embedded model, say what was proved
	@scripts/demo

test: ## set up, check the code, run all tests (one of them on the real model)
	@scripts/setup
	@$(MAKE) --no-print-directory _check
	pytest -n 2 --dist loadfile -m "not real_model"
	pytest -m real_model

check: ## format, lint, layers and types; no tests
	@scripts/setup --without-model
	@$(MAKE) --no-print-directory _check

.PHONY: _check
_check:
	ruff format --check
	ruff check
	lint-imports
	pyright

bench: ## measure the benchmarks that need no model; the others are named in docs/benchmarks.md
	@scripts/setup --without-model
	python benchmarks/help_cost.py
	python benchmarks/overhead.py

docs: ## build the documentation into site/, warnings are errors
	@scripts/setup --without-model --docs
	python scripts/cli_reference.py --check
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet

examples: ## replay every recorded run in examples/ and compare what comes out
	@scripts/setup --without-model
	python scripts/examples.py
