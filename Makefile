# Two commands matter: `make run` opens the desk, `make test` checks everything. Both set up what they need first.

VENV := .venv
PY := $(VENV)/bin/python
# The first interpreter on this machine that is new enough and can make an environment.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# Named by what it was made from, and where: an environment of another lock or another folder is brought up to date.
READY := $(VENV)/ready-$(shell (pwd; cat pyproject.toml requirements.lock) | cksum | cut -d' ' -f1)
# One more than the cores of a small machine: tests at terminals wait more than they compute.
WORKERS ?= 3
UV := uv==0.13.9
# Tests and measures start the program hundreds of times: it is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test lint types contracts docs tests bench soak lock clean

setup: $(READY)

$(READY):
	@test -n "$(PYTHON)" || test -x $(PY) || { echo "ubtui needs Python 3.11 or newer with venv (Debian: apt install python3-venv)"; exit 1; }
	@$(PY) -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV); }
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/ready-*; touch $@

run: setup
	@$(VENV)/bin/ubtui --sample

test: lint types contracts docs tests

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: setup
	$(PY) -m mypy

contracts: setup
	$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-cache

docs: setup
	$(PY) -m ubtui.cli.docs --check

# Both databases, the built wheel in a clean environment, and the journeys under a real terminal.
tests: setup
	$(PY) -m pytest -q -n $(WORKERS) --dist worksteal

# Other people's programs stand in an environment of their own; without them their rows say so.
bench: setup
	-@test -x $(VENV)/peers/bin/vd || { $(PY) -m venv $(VENV)/peers && \
		$(VENV)/peers/bin/pip install --quiet --disable-pip-version-check -r benchmarks/peers/requirements.txt; }
	$(PY) -m benchmarks

# Every figure of the reliability tests at its full size; takes long.
soak: setup
	UBTUI_SOAK=1 $(PY) -m pytest -q -n $(WORKERS) --dist worksteal

# Moves only what pyproject.toml asks to move; to take newer releases, delete requirements.lock first.
lock: setup
	$(PY) -m venv $(VENV)/lock
	$(VENV)/lock/bin/pip install --quiet --disable-pip-version-check $(UV)
	$(VENV)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --all-extras --group dev \
		--generate-hashes --no-header --no-annotate pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
