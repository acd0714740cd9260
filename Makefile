# Two commands on a fresh machine: `make run` and `make test`. `make help` lists the rest.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
MANAGE := $(VENV)/bin/python manage.py
PIP_INSTALL := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes

# Development values; production sets its own (README.md, "Settings").
export DEBUG ?= True
LOCAL_HOSTS := localhost,127.0.0.1,[::1]
export ALLOWED_HOSTS ?= $(if $(filter 0.0.0.0 ::,$(HOST)),*,$(LOCAL_HOSTS),$(HOST))

.PHONY: help run setup editor test lock screenshots guide strings content clean
.DEFAULT_GOAL := help

help:
	@echo "make run          set up what is missing and serve the site (HOST=, PORT=)"
	@echo "make setup        the same without serving"
	@echo "make editor       make an editor's account for /admin/"
	@echo "make test         every check and every test"
	@echo "make screenshots  contact sheets of every page type, in var/screenshots/"
	@echo "make guide        do the editors' tasks, count them, draw the pictures of docs/editors.md"
	@echo "make strings      collect interface strings, write the Latin twin, compile"
	@echo "make content      load content files and write them back in their normal form"
	@echo "make lock         write requirements*.txt anew (needs uv)"

run: setup
	@echo
	@echo "  The site:    http://$(HOST):$(PORT)/"
	@echo "  The admin:   http://$(HOST):$(PORT)/admin/   (an account: make editor)"
	@echo
	@$(MANAGE) runserver $(HOST):$(PORT)

setup: $(VENV)/site
	@mkdir -p var
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) catalogues
	@$(MANAGE) load_content

editor: setup
	@$(MANAGE) createsuperuser

test: $(VENV)/dev
	@$(VENV)/bin/python -m tests.everything

screenshots: setup $(VENV)/dev
	@$(VENV)/bin/python -m tests.contact_sheets

guide: setup $(VENV)/dev
	@$(VENV)/bin/python -m tests.editors_guide

strings: $(VENV)/site
	@$(MANAGE) makemessages -l sq -l sr_Cyrl --no-wrap --no-location --no-obsolete -i .venv -i node_modules
	@$(MANAGE) catalogues

content: setup
	@$(MANAGE) dump_content
	@$(MANAGE) load_content

lock:
	uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' requirements.in -o requirements.txt
	uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) var node_modules

# A stamp says which lock file the environment was made from.
$(VENV)/site: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the site needs…"
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/site
	@echo "Installing what the tests need…"
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python cannot make environments here. On Debian: apt-get install python3-venv"; exit 1; }
