# Verbs of the project. `make help` lists them.
PYTHON ?= python3
export PYTHON
RUN = .venv/bin/python
PYTEST = PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(RUN) -m pytest -p pytest_django.plugin
WORKERS ?= 2 # 0: one process, no workers
SIDE_BY_SIDE = $(PYTEST) -p xdist -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup demo smoke test verify soak bench eval lint messages template requirements

help: ## list the verbs
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/' | sort

setup: ## make .venv and install what demo and test need
	@.ci/setup.sh base && .ci/setup.sh test

demo: ## set everything up, run the demo site, print address and logins (RESET=1 starts afresh)
	@.ci/setup.sh base
	@$(RUN) manage.py dev $(if $(RESET),--reset)

smoke: ## start the demo in a folder of its own, check every panel, print one JSON line
	@.ci/setup.sh base
	@$(RUN) -m benchmarks.smoke

test: ## set everything up, pass the tests
	@.ci/setup.sh test
	@$(SIDE_BY_SIDE) -m "not verify and not soak"

verify: ## the longer tier: browser, faults, seeds
	@.ci/setup.sh test
	@$(SIDE_BY_SIDE) -m verify

soak: ## long forms, by hand
	@.ci/setup.sh test
	@$(PYTEST) -m soak

bench: ## benchmarks beside their floor or peer (ONLY=a,b)
	@.ci/setup.sh test
	@$(RUN) -m benchmarks $(if $(ONLY),--only $(ONLY))

eval: ## answers, refusals and search on packs of questions, beside BM25 (ONLY=pack,accounts DATA=folder EVERY=n)
	@.ci/setup.sh base
	@$(RUN) -m benchmarks.evaluation $(if $(ONLY),--only $(ONLY)) $(if $(DATA),--data $(DATA)) $(if $(EVERY),--every $(EVERY))

lint: ## ruff, mypy, import contracts
	@.ci/setup.sh dev
	@.venv/bin/ruff check . && .venv/bin/mypy && PYTHONPATH=. .venv/bin/lint-imports

messages: ## collect and compile the texts of all seven languages (needs gettext)
	@.ci/setup.sh test
	@$(RUN) -m embedded.messages

template: ## rebuild the template companies are made from, after a migration
	@.ci/setup.sh test
	@$(RUN) -m embedded.template

requirements: ## pin every group again, with hashes (needs uv)
	@cd requirements && for group in embedded base test dev prod; do \
	  uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
	    --no-emit-index-url $$group.in -o $$group.txt; done
