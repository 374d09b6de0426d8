# SPG-Net, step by step. Every target makes its own .venv first; nothing but make, bash and Python >= 3.10 is needed.
#
#   make test TORCH_INDEX=https://download.pytorch.org/whl/cpu
#       first call on a Linux laptop: takes torch from that index. The plain command gets PyPI's, a CUDA build of several GB.
#   make test PYTHON=/path/to/python3
#       first call: uses that Python. pip's own settings (PIP_INDEX_URL, PIP_FIND_LINKS, pip.conf, ...) are honoured.

SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help reproduce test lab app runtime page site film notebooks address student format release-check lock clean

PYTHON ?=
TORCH_INDEX ?=
PROFILE ?= quick
VENV := .venv/installed
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
NOT_RUN := $(shell sed -n 's,^\([0-9][^:]*\):.*,notebooks/\1,p' notebooks/not-run.txt)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'

# --- the main job ------------------------------------------------------------------------------------------------
# Each step is a file under build/: an interrupted run goes on where it stopped, `make clean` starts over.

TRAINED := build/spnet/trained-$(PROFILE) build/sgnet/trained-$(PROFILE)
RESULTS := build/results/streets-$(PROFILE).json
# PyPatchMatch has no wheels for Python 3.10: there the comparison goes without it.
METHODS = telea,$(shell .venv/bin/python -c 'from spg.baselines.classical import available; print("patchmatch," * available())')spg,spg-oracle

reproduce: $(VENV)  ## train both nets on streets, evaluate, run the notebooks; everything lands in build/
	@start=$$(date +%s); \
	$(MAKE) --no-print-directory -j2 $(TRAINED) && \
	$(MAKE) --no-print-directory build/results/tables-$(PROFILE).md && \
	OMP_NUM_THREADS=1 $(MAKE) --no-print-directory -j2 $(NOTEBOOKS:%=build/%) || exit; \
	cat build/results/tables-$(PROFILE).md; \
	echo "Tables: build/results/   figures: build/figures/   notebooks: build/notebooks/   weights: build/spnet/ build/sgnet/"; \
	echo "This run took $$(( ($$(date +%s) - start + 30) / 60 )) minutes."

build/cached:
	spg data streets --cache 64
	@mkdir -p $(@D) && touch $@

# Side by side, one thread each: at 64 pixels a second thread helps one training less than another training.
build/%/trained-$(PROFILE): build/cached
	OMP_NUM_THREADS=1 spg train $* --data streets --profile $(PROFILE) --out build/$* --resume
	@touch $@

$(RESULTS): $(TRAINED)
	@mkdir -p $(@D)
	spg evaluate --data streets --split test --size 64 --limit 200 --holes paper --methods $(METHODS) \
	  --weights build --out $@ --pictures build/figures

build/results/tables-$(PROFILE).md: $(RESULTS)
	spg table $(RESULTS) > $@

# Two at a time, one thread each: threads that wait for one another cost more than they bring.
build/notebooks/%.ipynb: notebooks/%.ipynb $(RESULTS)
	@mkdir -p $(@D)
	SPG_FIGURES="$(CURDIR)/build/figures" papermill --cwd notebooks $< $@ $(if $(findstring 00_tour,$<),-p weights "$(CURDIR)/build" -p size 64)

# --- the checks --------------------------------------------------------------------------------------------------

# Whole files go to whichever of two processes is free, one thread each. The tests come first: the lessons after them
# use the tests' own cache, too.
test: $(VENV)  ## lint, then pytest over the tests and nbval over the lessons
	ruff check .
	ruff format --check .
	OMP_NUM_THREADS=1 pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=20 --junitxml=build/tests.xml tests \
	  --nbval-lax --nbval-sanitize-with tests/nbval.ini --nbval-cell-timeout 600 $(filter-out $(NOT_RUN),$(NOTEBOOKS))
	python -m spg.course ran build/tests.xml $(NOTEBOOKS)

RELEASE := packaging hygiene readme places wheel site
VERSION = $(shell sed -n '/^version = /{s/.*"\(.*\)".*/\1/p;q;}' pyproject.toml)

# What takes a second is looked at first, and all that is missing is said at once.
release-check: $(VENV)  ## what must hold before a release: address, version, wheel, lessons alone, site, links, sizes
	@ready=1; missing() { echo "release-check: $$1" >&2; ready=; }; \
	if ! grep '^Repository = ' pyproject.toml | grep -qv OWNER/NAME; then \
	  missing "no address: in pyproject.toml, uncomment [project.urls] and Repository, put the repository's https address there, run make address, and commit what it changed"; \
	elif grep -q ADDRESS-OF-THIS-REPOSITORY README.md; then missing "README.md lacks the address: run make address, and commit what it changed"; fi; \
	grep -q '^## \[$(VERSION)\] - 20' CHANGELOG.md || missing "CHANGELOG.md: write a section '## [$(VERSION)] - YYYY-MM-DD', with the date of the release"; \
	git diff --quiet HEAD || missing "there are changes that are not committed: git status lists them"; \
	test "$$ready"
	pytest $(RELEASE:%=tests/test_%.py)
	@echo "All holds. To release: git tag v$(VERSION) && git push origin main v$(VERSION). Wheels fetch the larger weights under this tag."

format: $(VENV)  ## sort imports, mend what ruff can mend, and format
	ruff check --fix .
	ruff format .

# --- the notebooks -----------------------------------------------------------------------------------------------

lab: $(VENV)  ## open the notebooks in JupyterLab
	jupyter lab --notebook-dir notebooks $(if $(filter 0,$(shell id -u)),--allow-root)  # containers run as root

app: $(VENV)  ## open the segmentation editor alone, on 127.0.0.1
	spg edit

# A figure that a page shows is in figures/ already; its fresh copy takes its place. The others stay in build/.
notebooks: $(VENV)  ## run every notebook in place, so that its outputs are fresh, and scrub the noise
	rm -rf build/lessons
	OMP_NUM_THREADS=1 SPG_FIGURES="$(CURDIR)/build/lessons" python -m spg.course refresh $(NOTEBOOKS)
	for shown in figures/*.png; do fresh=build/lessons/$${shown#figures/}; if [ -e $$fresh ]; then cp $$fresh $$shown; fi; done
	pre-commit run nbstripout --files $(NOTEBOOKS) || true  # it fails when it has changed a file, as it should here

address: $(VENV)  ## write the repository's address from pyproject.toml into README, CITATION.cff and setup cells
	python -m pip install --quiet --no-deps -e .  # so that the package's metadata has it
	python -m spg.course address $(NOTEBOOKS)

film: $(VENV)  ## film the editor in Chromium, with today's nets: figures/editor.gif
	cd tests && python film.py ../figures/editor.gif

student: $(VENV)  ## write the notebooks without solutions to build/student/; FORM=gaps: with gaps, to build/gaps/
	python -m spg.course $(if $(filter gaps,$(FORM)),gaps build/gaps,student build/student) $(NOTEBOOKS)

site: $(VENV)  ## the course as a web site, from the executed notebooks, with the editor where npm is: build/site/
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory page; else echo "no npm: the editor is left out" >&2; fi
	python notebooks/site/build.py

RUNTIME := build/npm/node_modules/onnxruntime-web/dist

runtime: $(RUNTIME)  ## fetch what the static page runs its nets with, by npm

page: $(VENV) $(RUNTIME)  ## the editor as a static page without Python: build/page/, and as one file: build/editor.html
	python -m spg.editor.page --runtime $(RUNTIME) --out build/page --single build/editor.html

$(RUNTIME): spg/editor/local/package-lock.json
	@mkdir -p build/npm && cp spg/editor/local/package.json $< build/npm/
	npm ci --prefix build/npm --ignore-scripts --no-audit --no-fund
	@touch $@

# --- the environment ---------------------------------------------------------------------------------------------

$(VENV): pyproject.toml constraints.txt
	@if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then \
	  for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.10 python); do \
	    $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && break; \
	    python=; \
	  done; \
	  if [ -z "$$python" ]; then \
	    echo "No Python >= 3.10 with its venv module found$(if $(PYTHON), as $(PYTHON)). Install one (Debian, Ubuntu:" \
	         "apt install python3-venv; macOS: brew install python; else python.org)," \
	         "or name it: make PYTHON=/path/to/python3" >&2; \
	    exit 1; \
	  fi; \
	  echo "Making .venv with $$python, $$($$python --version)"; \
	  $$python -m venv --clear .venv; \
	fi
	.venv/bin/python -m pip install --quiet 'pip>=22.3'
	$(if $(TORCH_INDEX),.venv/bin/python -m pip install --quiet --no-deps -c constraints.txt --index-url $(TORCH_INDEX) torch torchvision)
	.venv/bin/python -m pip install --quiet -c constraints.txt -e '.[notebooks,site,dev,onnx]'
	@touch $@

lock: $(VENV)  ## resolve pyproject.toml again into constraints.txt (Python 3.10 and up, Linux and macOS)
	python -m pip install --quiet uv
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.10 --no-annotate --upgrade \
	  --custom-compile-command 'make lock' --output-file constraints.txt

clean:  ## remove build/ (keeps .venv/ and runs/)
	rm -rf build
