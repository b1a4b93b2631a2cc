# Which command does what? `make help` says it.
#
# Each target sets up what it needs: Python 3.11 or newer is all that must be there.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.run-$(shell cat requirements.txt constraints.txt | cksum | cut -d' ' -f1)
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements.txt requirements-dev.txt constraints.txt | cksum | cut -d' ' -f1)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: help demo screenshots run dev test test-fast test-long bench check format controlplane build-controlplane

help:
	@echo "make demo                 three simulated clusters, the dashboard on 127.0.0.1:8000, and a page to pick who to be"
	@echo "make run                  serve on 127.0.0.1:8000 (or QUARTERDECK_LISTEN) and print a first sign-in link"
	@echo "make dev                  the same while you write: Python, templates and static files are loaded anew, DEBUG on"
	@echo "make test-fast            what needs no control plane, simulated cluster, browser or server (a minute)"
	@echo "make test                 the tests that CI runs, in three parts; ARGS=\"tests/people -x\" for some"
	@echo "make test-long            what proves real durations or repeats for long, one after the other"
	@echo "make bench                measure it against 10,000 pods (15 minutes, an idle machine) and write docs/benchmarks.md"
	@echo "make screenshots          take the pictures of the documentation from the demo (needs Chromium)"
	@echo "make check                format, lint, types, Django's checks, missing migrations"
	@echo "make format               format the code"
	@echo "make controlplane         start a real Kubernetes control plane and print its kubeconfigs"
	@echo "make build-controlplane   only build what it needs (minutes, once)"

demo: $(RUN_STAMP)
	@exec $(BIN)/python -m demo

screenshots: $(DEV_STAMP)
	$(BIN)/python -m demo.screenshots $(ARGS)

run: $(RUN_STAMP)
	@exec $(BIN)/python manage.py serve $(ARGS)

dev: $(DEV_STAMP)
	@exec $(BIN)/python manage.py dev $(ARGS)

test: $(DEV_STAMP)
	$(BIN)/python -m tests $(ARGS)

test-fast: $(DEV_STAMP)
	$(BIN)/python -m tests --lane=fast $(ARGS)

test-long: $(DEV_STAMP)
	$(BIN)/python -m tests --lane=long $(ARGS)

bench: $(DEV_STAMP)
	$(BIN)/python -m bench $(ARGS)

check: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy people clusters dashboard simulator demo
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run

format: $(DEV_STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

controlplane: $(DEV_STAMP)
	@exec $(BIN)/python -m tests.controlplane $(ARGS)

build-controlplane: $(DEV_STAMP)
	$(BIN)/python -m tests.controlplane build

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Quarterdeck needs Python 3.11 or newer, this is %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): | $(BIN)/python
	$(PIP) -r requirements.txt
	@rm -f $(VENV)/.run-* && touch $@

$(DEV_STAMP): | $(BIN)/python
	$(PIP) -r requirements-dev.txt
	@rm -f $(VENV)/.dev-* && touch $@
