# make serve   show the finder and the map on http://HOST:PORT
# make test    everything the tests need, then all checks and tests
# Works with GNU make 3.81 and later; needs Python 3.11 or later with its venv module.

HOST ?= 127.0.0.1
PORT ?= 8000
PYTHON ?=
UV ?= uv
CARE_TEST_ROUNDS ?= 10
PYTEST_ARGS ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install serve test torture lint bench lock clean

help:
	@echo "make serve | test | torture | lint | bench | lock | clean   (HOST, PORT, PYTHON may be set)"

install:
	@PYTHON="$(PYTHON)" sh scripts/install.sh

serve: install
	@$(BIN)/care-stations serve --host "$(HOST)" --port "$(PORT)"

test: install
	@sh scripts/test_system.sh
	@$(MAKE) lint
	@CARE_TEST_ROUNDS="$(CARE_TEST_ROUNDS)" $(BIN)/pytest -n 2 --dist worksteal $(PYTEST_ARGS)

torture: install
	@sh scripts/test_system.sh
	@CARE_TEST_ROUNDS=200 $(BIN)/pytest -m torture $(PYTEST_ARGS)

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: install
	@$(BIN)/python benchmarks/run.py

# Remakes the lock for Python 3.11-3.14 on Linux and macOS; needs uv. Only wheels (but for prcoords, one pure
# Python file whose last release has none), no address written.
lock:
	@command -v "$(UV)" >/dev/null || { echo "make lock needs uv: install it, or set UV to its path" >&2; exit 1; }
	@"$(UV)" pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
	  --no-binary prcoords 	  --no-header --no-emit-index-url --upgrade --output-file requirements.lock requirements.in

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
