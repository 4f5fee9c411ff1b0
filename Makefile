# A thin start for people without a set-up: everything here can be done by hand with pip, pytest and diffcheck.

PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
TORCH_BACKEND ?= auto
ARGS ?=

BIN := $(VENV)/bin
ASKED := $(PYTHON) $(TORCH) $(TORCH_BACKEND)

# An environment without a mark in it may be the user's own: it is never cleared or removed.
MARK := $(VENV)/made-by-make
OURS := test ! -e $(VENV) || test -e $(MARK) || test -e $(VENV)/asked || { \
	echo '$(VENV) was not made by make, and is left as it is'; \
	echo 'Name another folder, as in: make $(or $(MAKECMDGOALS),test) VENV=.venv-diffcheck'; exit 1; }

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report test lint setup clean FORCE

help: ## list the commands and the settings
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile
	@echo
	@echo '  Settings, with the values they have now:'
	@echo '    PYTHON=$(PYTHON)  VENV=$(VENV)  TORCH=$(TORCH)  TORCH_BACKEND=$(TORCH_BACKEND)'
	@echo '    ARGS=$(ARGS)  passed on by report and test, as in: make test ARGS="-m slow -n 4"'

report: $(VENV)/test-ready ## measure, and write the pages of results to reports/
	@$(BIN)/diffcheck run --output reports $(ARGS)

test: $(VENV)/test-ready ## run the tests, in two processes
	@$(BIN)/pytest -n 2 $(ARGS)

lint: $(VENV)/lint-ready ## check style, types and the direction of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

setup: $(VENV)/test-ready ## only prepare the environment that report and test use

clean: ## remove the environment and the caches
	@$(OURS)
	rm -rf $(VENV) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist

# An environment remembers what it was made for. When something else is asked for, it is made anew, because an
# installer takes an installed torch of another backend for good enough.
ifneq ($(shell cat $(VENV)/asked 2>/dev/null),$(ASKED))
$(VENV)/asked: FORCE
endif

# uv can choose torch's build for this machine (a small one without a GPU), and fails at once where it cannot reach the
# index that has them; it never takes the general build instead. pip takes the general build, several GB on Linux.
$(VENV)/asked:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'diffcheck needs Python 3.11 or newer; $(PYTHON) is' "$$($(PYTHON) --version 2>&1)"; \
		echo 'Name another one, as in: make $(or $(MAKECMDGOALS),test) PYTHON=python3.12'; exit 1; }
	@$(OURS)
	@echo 'set-up: a new environment in $(VENV) with $(TORCH); this can take minutes'
	@$(PYTHON) -m venv --clear --without-pip $(VENV) && touch $(MARK) && \
		$(BIN)/python -m ensurepip --upgrade --default-pip >$(VENV)/pip.log 2>&1 || { \
		echo 'Python could not make it; on Debian and Ubuntu, install python3-venv'; exit 1; }
	@if $(BIN)/pip install -qq uv 2>$(VENV)/uv.log && UV_HTTP_RETRIES=0 $(BIN)/uv pip install \
		--python $(BIN)/python --torch-backend=$(TORCH_BACKEND) '$(TORCH)' >>$(VENV)/uv.log 2>&1; \
	then echo 'set-up: torch by uv, backend $(TORCH_BACKEND)'; \
	else echo 'set-up: torch by pip, since uv could not ($(VENV)/uv.log says why); several GB on most Linux machines'; \
		$(BIN)/pip install -qq '$(TORCH)'; fi
	@echo '$(ASKED)' >$@

# Naming torch again keeps the one that is there, and refuses one that diffcheck does not work with.
$(VENV)/test-ready: $(VENV)/asked pyproject.toml diffcheck/_version.py
	@echo 'set-up: diffcheck and its tests'
	@$(BIN)/pip install -qq -e '.[test]' '$(TORCH)'
	@touch $@

$(VENV)/lint-ready: $(VENV)/test-ready
	@echo 'set-up: the tools for development'
	@$(BIN)/pip install -qq -e '.[dev]' '$(TORCH)'
	@touch $@
