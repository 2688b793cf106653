# Two commands to begin with: `make demo` and `make test`. Each does its own set-up.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# One more than there are cores: many tests wait for processes of their own for a part of their time.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
unexport PYTHONDONTWRITEBYTECODE  # without byte code each of the tests' processes would compile the package again

.PHONY: setup demo test test-all browser hub-tools lint compile check certify certify-deep otter-deep bench fuzz data model scaling clean

setup: .venv/.done

.venv/.done: pyproject.toml constraints.txt requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' -r requirements.txt
	touch $@

demo: setup
	$(BIN)/autograder demo

# What drives a browser comes last and alone: it waits for others' clocks, and would wait in vain on a busy machine.
test: setup browser
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore tests/e2e
	$(BIN)/python -m pytest tests/e2e

# The whole matrix: every tier, width and hub; before work on the sandbox, the judge or the pages counts as done.
test-all: setup browser hub-tools
	$(BIN)/python -m pytest -m 'not deep' --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore tests/e2e
	$(BIN)/python -m pytest -m 'not deep' tests/e2e

browser:
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
	  echo "no Chromium: the tests that look at pages will be skipped"

hub-tools: | browser  # one of them asks Debian at a time
	@command -v configurable-http-proxy >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && { command -v npm >/dev/null || apt-get install -y -qq nodejs npm >/dev/null; } && \
	    npm install --global --silent configurable-http-proxy; } || \
	  echo "no configurable-http-proxy: the tests of a hub will be skipped"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

compile: setup
	$(BIN)/autograder compile

check: setup
	$(BIN)/autograder compile --check

certify: setup
	$(BIN)/autograder certify

certify-deep: setup
	$(BIN)/python -m pytest -m deep -s tests/course/test_certify_deep.py

bench: setup
	$(BIN)/python -m benchmarks.grading

# make fuzz TARGET=wire: an hour of one of the three readers; TARGET is notebook, wire or percent.
fuzz: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	$(BIN)/python tests/fuzz/fuzz.py $(TARGET) --seconds 3600

otter-deep: setup
	$(BIN)/python -m pytest -m deep -s tests/course/test_otter_run.py

data: setup
	$(BIN)/python -m materials.physics_text

model: setup
	$(BIN)/python -m materials.train_gpt2

scaling: setup
	$(BIN)/python -m materials.scaling

clean:
	rm -rf build .autograder .pytest_cache .mypy_cache .ruff_cache
