# Which command does what? `make help` says it.
#
# Each target sets up what it needs: Python 3.11 or newer is all that must be there.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.run-$(shell cat requirements.lock | cksum | cut -d' ' -f1)
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements-dev.lock | cksum | cut -d' ' -f1)
AUDIT_VENV := $(VENV)/audit
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes

.PHONY: help demo screenshots all-pages run dev test test-fast test-long bench replicas check audit lock format vendor controlplane build-controlplane

help:
	@echo "make demo                 start the dashboard on 127.0.0.1:8000 with three simulated clusters and demo users"
	@echo "make run                  start the server on 127.0.0.1:8000 (or QUARTERDECK_LISTEN) and print the first administrator's sign-in link"
	@echo "make dev                  the same for development: Python, templates and static files reload, DEBUG is on"
	@echo "make test-fast            run the tests that need no control plane, simulated cluster, browser or server (a minute)"
	@echo "make test                 run the tests that CI runs, in three parallel parts; ARGS=\"tests/people -x\" to select some"
	@echo "make test-long            run the tests that prove real durations or repeat for long"
	@echo "make bench                benchmark with 10,000 pods (15 minutes on an idle machine) and write docs/benchmarks.md"
	@echo "make replicas             try what two processes do when a part fails (half an hour; needs PostgreSQL, Redis, nginx) and write docs/replicas-measured.md"
	@echo "make screenshots          update the documentation screenshots from the demo (needs Chromium)"
	@echo "make all-pages            take pictures of all pages in three widths, light and dark, into shots/ (needs Chromium)"
	@echo "make check                check formatting, lint, types, Django system checks and missing migrations"
	@echo "make audit                compare the versions of requirements*.lock with published vulnerabilities (needs the internet)"
	@echo "make lock                 write requirements*.lock, versions and hashes of all that requirements*.txt bring with them"
	@echo "make format               format the code"
	@echo "make vendor               bundle the browser libraries of vendor/ into static/vendor/ (the only target that needs npm)"
	@echo "make controlplane         start a real Kubernetes control plane and print its kubeconfigs"
	@echo "make build-controlplane   build the control plane binaries only (takes minutes, needed once)"

demo: $(RUN_STAMP)
	@exec $(BIN)/python -m demo

screenshots: $(DEV_STAMP)
	$(BIN)/python -m demo.screenshots $(ARGS)

run: $(RUN_STAMP)
	@exec $(BIN)/python manage.py serve $(ARGS)

dev: $(DEV_STAMP)
	@exec $(BIN)/python manage.py dev $(ARGS)

all-pages: $(DEV_STAMP)
	$(BIN)/python -m demo.all_pages $(ARGS)

test: $(DEV_STAMP)
	$(BIN)/python -m tests $(ARGS)

test-fast: $(DEV_STAMP)
	$(BIN)/python -m tests --lane=fast $(ARGS)

test-long: $(DEV_STAMP)
	$(BIN)/python -m tests --lane=long $(ARGS)

bench: $(DEV_STAMP)
	$(BIN)/python -m bench $(ARGS)

replicas: $(DEV_STAMP)
	PATH="$$PATH:$$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')" $(BIN)/python -m bench.replicas $(ARGS)

check: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy people clusters dashboard simulator demo
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run

# An environment of its own: what it brings along is in nobody's way. --strict: what cannot be looked up fails.
audit:
	$(PYTHON) -m venv $(AUDIT_VENV)
	$(AUDIT_VENV)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements-audit.lock
	for one in requirements-replicas requirements-dev requirements-audit; do \
		$(AUDIT_VENV)/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r $$one.lock || exit 1; done

lock: $(DEV_STAMP)
	for one in requirements requirements-replicas requirements-dev requirements-audit; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
			--custom-compile-command "make lock" $$one.txt --output-file $$one.lock >/dev/null || exit 1; done

format: $(DEV_STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

vendor:
	cd vendor && npm ci --ignore-scripts --no-audit --no-fund && npm run --silent codemirror && npm run --silent xterm
	cd static/vendor && sha256sum codemirror-*.min.js xterm-*

controlplane: $(DEV_STAMP)
	@exec $(BIN)/python -m tests.controlplane $(ARGS)

build-controlplane: $(DEV_STAMP)
	$(BIN)/python -m tests.controlplane build

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Quarterdeck needs Python 3.11 or newer, this is %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): | $(BIN)/python
	$(PIP) -r requirements.lock
	@rm -f $(VENV)/.run-* && touch $@

$(DEV_STAMP): | $(BIN)/python
	$(PIP) -r requirements-dev.lock
	@rm -f $(VENV)/.dev-* && touch $@
