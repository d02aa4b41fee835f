# Everything a newcomer needs. `make` alone explains itself.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The embedded Redis ships for Python 3.11 and 3.12, so those are looked for first. A name that
# answers `-c ''` counts: some version managers put names on the PATH that do not run.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	if $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input install
DEMO_DIR ?= .demo
# A file of tests stays on one processor. Files go out in the order of folders: browsers last, see tests/conftest.py.
PYTEST_ARGS ?= -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## Show this list
	@echo 'Paigham: make <target>'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/run.stamp ## Run a seeded operation on embedded PostgreSQL and Redis
	@$(BIN)/paigham demo --data $(DEMO_DIR)

.PHONY: run
run: $(VENV)/run.stamp ## Run an empty gateway, data kept in ./data
	@$(BIN)/paigham up --data data

.PHONY: test
test: check ## Check the code, then run every test
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

.PHONY: check
check: $(VENV)/dev.stamp ## Lint, types, import contracts, dependencies
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/deptry .

.PHONY: bench
bench: $(VENV)/dev.stamp ## Measure speed as ratios against this machine's own limits
	@$(BIN)/python -m bench

.PHONY: screenshots
screenshots: $(VENV)/dev.stamp ## Draw every page at two widths, in English and Urdu
	@$(BIN)/python -m tests.e2e.screenshots

# Node comes as a wheel, into a place of its own; only its program that fetches packages is used, and runs nothing of them.
.PHONY: fonts
fonts: $(VENV)/run.stamp ## Make the fonts that devices may lack (Naskh, Myanmar)
	@$(BIN)/python -m venv build/fonts
	@build/fonts/bin/python -m pip --disable-pip-version-check --quiet --no-input install --require-hashes -r requirements/fonts.txt
	@PATH="$$PWD/build/fonts/bin:$$PATH" $(BIN)/python -m gateway.web.fonts --npm build/fonts/bin/npm

.PHONY: lock
lock: ## Compile requirements/*.txt anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q \
	  pyproject.toml requirements/build.in -o requirements/run.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q \
	  --extra dev pyproject.toml requirements/build.in -c requirements/run.txt -o requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q \
	  requirements/fonts.in -o requirements/fonts.txt

.PHONY: clean
clean: ## Remove the virtual environment and caches, never data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

$(VENV)/made.stamp:
	@test -n "$(PYTHON)" || { echo 'Paigham needs Python 3.11 or 3.12 on the PATH (or: make PYTHON=/path/to/python3.11).' >&2; exit 2; }
	@echo 'Making .venv with $(PYTHON) …'
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/run.stamp: requirements/run.txt pyproject.toml $(VENV)/made.stamp
	@echo 'Installing what the gateway needs (hashes checked) …'
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo 'Installing what tests and checks need (hashes checked) …'
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@
