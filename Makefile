# make demo  sets up and runs the main job on two real servers
# make test  sets up and runs every check

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check format clean

demo: .venv/.ready
	$(BIN)/catalog --db demo/catalog.db ingest npm:@modelcontextprotocol/server-filesystem pypi:mcp-server-git
	@echo
	@echo "What can destroy data:"
	@$(BIN)/catalog --db demo/catalog.db list tools --category Destructive
	@echo
	$(BIN)/catalog --db demo/catalog.db build -o demo/site

test: .venv/.ready-dev check
	$(BIN)/pytest -q -n 2

check: .venv/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.ready: .venv/bin/pip pyproject.toml
	$(BIN)/pip install --quiet -e .
	@mkdir -p demo
	@$(BIN)/python -m compileall -q catalog classifier  # fast starts also where Python is told to write no bytecode
	@touch $@

.venv/.ready-dev: .venv/bin/pip pyproject.toml
	$(BIN)/pip install --quiet -e '.[dev]'
	@mkdir -p demo
	@$(BIN)/python -m compileall -q catalog classifier
	@touch $@ .venv/.ready

clean:
	rm -rf .venv demo build dist
