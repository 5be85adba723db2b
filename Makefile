# `make demo` and `make test` do all that a fresh machine needs, each by itself.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo check test lint bench reports docs clean

help: ## tell what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 12

setup: $(READY) ## make .venv with parity and the frameworks in known-good versions

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,dev]'
	@touch $@

demo: setup ## set up and run the main job: parity check magnitude
	$(BIN)/parity check magnitude

check: setup ## check every case that ships
	$(BIN)/parity check --all -j $(JOBS)

test: setup ## set up and run the test suite
	$(BIN)/python -m pytest -n $(JOBS)

lint: setup ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup ## measure, and write reports/benchmarks.md
	$(BIN)/python -m benchmarks

reports: setup ## write a page of every case, and their index, into reports/
	$(BIN)/parity check --all -j $(JOBS) --pages reports

docs: setup ## write docs/causes.md; measure every layer both ways, and write docs/layers.md
	$(BIN)/parity explain --output docs/causes.md
	$(BIN)/parity layers --output docs/layers.md

clean: ## remove what was made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
