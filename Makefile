# Everything works from a clean clone with git, make and Python >= 3.11; tools come from uv.lock.

UV_VERSION := 0.13.8
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_STAMP := $(VENV)/.uv-$(UV_VERSION)
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
CLIENTS := .clients/.stamp
NODE_CLIENTS := .clients/node/.stamp
NODE_LOCK := tests/conformance/clients/node
ARGS ?=

# Without a home to write to, keep the caches here.
ifneq ($(shell test -n "$$HOME" && test -w "$$HOME" && echo yes),yes)
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export PIP_CACHE_DIR ?= $(CURDIR)/.cache/pip
export npm_config_cache ?= $(CURDIR)/.cache/npm
endif
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(DEV) ## create .venv with everything needed to develop

run: $(RUNTIME) ## start the service on http://127.0.0.1:8080 with demo data
	@exec $(BIN)/counterfoil serve --demo-data $(ARGS)

test: $(DEV) $(CLIENTS) $(NODE_CLIENTS) ## run all tests (ARGS="-k invoice" to choose)
	$(BIN)/pytest --quiet --numprocesses=auto --dist=loadfile --durations=10 $(ARGS)

check: $(DEV) ## format, lint, types, imports and sizes
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest --quiet --no-header tests/unit/test_size.py tests/unit/test_rooms.py

bench: $(RUNTIME) ## measure invoices per second on this machine
	$(BIN)/counterfoil bench $(ARGS)

format: $(DEV) ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

clean: ## remove environments, caches and build results (not var/)
	rm -rf $(VENV) .clients .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf .coverage .coverage.* htmlcov build dist
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV_STAMP):
	@python=$$(tools/find-python) && "$$python" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	@touch $@

$(RUNTIME): $(UV_STAMP) pyproject.toml uv.lock
	@$(UV) sync --quiet --frozen --no-default-groups --inexact
	@touch $@

$(DEV): $(UV_STAMP) pyproject.toml uv.lock
	@$(UV) sync --quiet --frozen
	@touch $(RUNTIME) $@

# Client libraries of one platform share their import name, hence an environment each.
$(CLIENTS): $(UV_STAMP) pyproject.toml uv.lock
	@for name in my-magento pymagento vtex vtexpy; do \
	    UV_PROJECT_ENVIRONMENT=.clients/$$name $(UV) sync --quiet --frozen --python $(BIN)/python \
	        --only-group client-$$name || exit 1; \
	done
	@touch $@

$(NODE_CLIENTS): $(NODE_LOCK)/package.json $(NODE_LOCK)/package-lock.json
	@tools/find-node
	@mkdir -p $(@D) && cp $^ $(@D)/
	@cd $(@D) && npm ci --loglevel=error --no-update-notifier --no-audit --no-fund --ignore-scripts
	@touch $@
