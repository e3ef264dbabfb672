# Every target does its own set-up; nothing but Python >= 3.11 and make is needed.
PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.installed
SEED ?= 1
# Settings for a tool that reads the code and touches no server.
OFFLINE := DATABASE_URL=postgresql://none/none REDIS_URL=redis://none SECRET_KEY=no-secret-as-nothing-is-served-here

.PHONY: setup demo run test faults lint types imports fmt bench lock docs screenshots security

setup: $(SETUP)

$(SETUP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Scanward needs Python 3.11 or newer; set PYTHON=python3.11")'
	@test -x $(BIN)/python || { echo "Installing into .venv (once; about a minute)"; $(PYTHON) -m venv .venv; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@touch $@

demo: $(SETUP)
	@$(BIN)/python manage.py demo --seed $(SEED)
	@$(BIN)/python manage.py demo_signals --seed $(SEED)

run: $(SETUP)
	@exec $(BIN)/python manage.py serve

test: $(SETUP)
	$(BIN)/python -m pytest -n $(shell nproc 2>/dev/null || sysctl -n hw.ncpu) --dist loadgroup

faults: $(SETUP)
	env -u DATABASE_URL -u REDIS_URL FAULTS=long $(BIN)/python -m pytest tests/faults

lint: $(SETUP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(SETUP)
	$(OFFLINE) $(BIN)/mypy config tabular terminal web accounts jobs prospecting scans compliance

imports: $(SETUP)
	$(BIN)/lint-imports

fmt: $(SETUP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(SETUP)
	$(BIN)/python -m benchmarks

lock: $(SETUP)
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --generate-hashes --no-header --no-emit-index-url \
		--python-version 3.11 --upgrade -o requirements.lock

docs: $(SETUP)
	$(BIN)/python -m config.settings_page

screenshots: $(SETUP)
	$(BIN)/python -m tests.browser.screenshots

security: $(SETUP)
	$(BIN)/python -m tests.security
