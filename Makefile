PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Where nothing is kept compiled, each of pytest's workers and each process of a test compiles all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-all hunt weights lint format docs docs-site bench-quality bench-ranker bench-label-next bench-cascade bench-corpus bench-tuning bench-distillation bench-embedders bench-values bench-cell-formats bench-statistics bench-documents bench-differential-files bench-forms bench-fuzz bench-injection bench-windows bench-corpus-scale bench-rerankers bench-stores bench-throughput bench-kill bench-memory bench-tampering bench-estimates clean bench-differential

demo: $(VENV)/.demo  ## make a virtual environment, pull the default weights, extract from example documents, write a report
	$(BIN)/ringfence demo

test: $(VENV)/.dev weights  ## pass the tests: at most five minutes on two cores
	$(BIN)/pytest -n 2 --dist loadgroup -m "not slow"

# PYTHONOPTIMIZE leaves our asserts out, in pytest's workers as well; -O would stop at the first process.
# Engines get the processors for themselves: two of them on two cores slow each other down tenfold.
QUICK := -n 2 --dist loadgroup -m "not slow and not weights"
HEAVY := -m "slow or weights"

test-all: $(VENV)/.dev $(VENV)/.tune weights  ## pass every test, without any network where the host allows it (sealed and strict), the quick ones without asserts of ours
	if $(BIN)/ringfence seal test | grep -q "^Mechanism: user and network namespace.*watched"; \
	then PYTHONOPTIMIZE=1 $(BIN)/ringfence seal exec --strict -- $(BIN)/pytest $(QUICK) \
		&& $(BIN)/ringfence seal exec --strict -- $(BIN)/pytest $(HEAVY) \
		&& $(BIN)/pytest tests/test_seal.py tests/test_seal_attempts.py tests/test_no_telemetry.py; \
	else PYTHONOPTIMIZE=1 $(BIN)/pytest $(QUICK) && $(BIN)/pytest $(HEAVY); fi

hunt: $(VENV)/.dev weights  ## try the properties on new random inputs; a failing one becomes an @example of its test
	$(BIN)/pytest -n 2 --dist loadgroup -m "not slow and not weights" --hypothesis-profile=hunt -k "$(shell \
		grep -l "^@given" tests/*.py | sed 's|tests/||; s|.py||' | paste -sd'|' | sed 's/|/ or /g')"

weights: $(VENV)/.dev
	$(BIN)/ringfence weights pull tests
	$(BIN)/ringfence weights pull embedding

# Benchmarks run seldom; that they still fit the code is all that is asked of them. Those of tampering import each other.
BENCHMARKS := benchmarks --exclude "benchmarks/(tampering|tampered|edits)" --disable-error-code import-not-found \
	--disable-error-code no-any-return --disable-error-code dict-item --disable-error-code no-untyped-call \
	--disable-error-code operator --disable-error-code assignment

lint: $(VENV)/.dev  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy $(BENCHMARKS)
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev  ## write the generated pages again: command line reference, schemas, the picture of the architecture
	$(BIN)/python -m ringfence.tasks.values.known_names
	$(BIN)/python docs/make_reference.py
	$(BIN)/python docs/make_architecture.py

docs-site: $(VENV)/.dev  ## build the site into build/site; fails on a broken link
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

bench-ranker: $(VENV)/.dev  ## what a ranker learned from gold brings: make bench-ranker ARGS="--sets receipts --runs FOLDER"
	$(BIN)/python benchmarks/ranker.py $(ARGS)

bench-label-next: $(VENV)/.dev  ## labels that `label next` chooses against random ones: make bench-label-next ARGS="--sets receipts --runs FOLDER"
	$(BIN)/python benchmarks/label_next.py $(ARGS)

bench-cascade: $(VENV)/.dev  ## documents a minute with a ranker and a cascade: make bench-cascade ARGS="--runs FOLDER"
	$(BIN)/python benchmarks/cascade.py $(ARGS)

bench-tuning: $(VENV)/.dev $(VENV)/.tune  ## what fine-tuning brings: make bench-tuning ARGS="--set receipts --weights tests --train 300"
	$(BIN)/python benchmarks/tuning.py $(ARGS)

bench-distillation: $(VENV)/.dev $(VENV)/.tune  ## what answers of larger weights teach smaller ones: make bench-distillation ARGS="--labels 50"
	$(BIN)/python benchmarks/distillation.py $(ARGS)

bench-quality: $(VENV)/.dev  ## real documents: make bench-quality ARGS="--limit 60 --weights demo"
	$(BIN)/python benchmarks/quality.py $(ARGS)

bench-cell-formats: $(VENV)/.dev  ## do cells read as LibreOffice shows them: make bench-cell-formats ARGS="--cells 3000"
	$(BIN)/python benchmarks/cell_formats.py $(ARGS)

bench-values: $(VENV)/.dev  ## do values survive a round trip through CLDR: make bench-values ARGS="--strings 200000"
	$(BIN)/python benchmarks/values.py $(ARGS)

bench-statistics: $(VENV)/.dev  ## do intervals, verdicts and bounds hold what they promise: thousands of draws
	$(BIN)/python benchmarks/promises.py $(ARGS)

bench-documents: $(VENV)/.dev  ## every format, beside markitdown
	$(PIP) --group bench
	$(BIN)/python benchmarks/documents.py $(ARGS)

bench-differential-files: $(VENV)/.dev  ## words of mails and office files, beside other programs
	$(PIP) --group bench
	$(BIN)/python benchmarks/differential_files.py $(ARGS)

bench-differential: $(VENV)/.dev  ## the words of every PDF beside poppler, pdfminer.six and pdfium (needs poppler-utils)
	$(PIP) --group bench
	$(BIN)/python benchmarks/differential.py $(ARGS)

bench-injection: $(VENV)/.dev weights  ## how often a planted text becomes the answer, by attack and defence; of a corpus: ARGS="--kinds ask --weights demo"
	$(BIN)/python benchmarks/injection.py $(ARGS)

bench-fuzz: $(VENV)/.dev  ## mutated files, for a few minutes
	$(BIN)/python benchmarks/fuzz.py $(ARGS)

bench-embedders: $(VENV)/.dev weights  ## what each embedder finds, and how fast it is: make bench-embedders ARGS="--sets passages"
	$(BIN)/python benchmarks/embedders.py $(ARGS)

bench-corpus: $(VENV)/.dev weights  ## answers from a corpus beside plain retrieve-and-generate: make bench-corpus ARGS="--sets passages --limit 60"
	$(BIN)/python benchmarks/corpus.py $(ARGS)

bench-forms: $(VENV)/.dev $(VENV)/.tune  ## how near the form of OpenVINO is to the weights: make bench-forms ARGS="--weights tests"
	$(BIN)/python benchmarks/forms.py $(ARGS)

bench-rerankers: $(VENV)/.dev weights  ## what a reranker brings to a search, and costs: make bench-rerankers ARGS="--rerankers tests"
	$(BIN)/python benchmarks/rerankers.py $(ARGS)

bench-stores: $(VENV)/.dev weights  ## do PostgreSQL and the embedded store give the same passages and answers
	$(BIN)/python benchmarks/stores.py $(ARGS)

bench-windows: $(VENV)/.dev  ## how many gold spans the windows chosen by meaning hold, and the memory of a very long document
	$(BIN)/python benchmarks/windows.py $(ARGS)

bench-corpus-scale: $(VENV)/.dev weights  ## how a corpus grows up to a million passages, and what else could search its vectors
	$(PIP) sqlite-vec usearch lancedb
	$(BIN)/python benchmarks/corpus_scale.py $(ARGS)

bench-throughput: $(VENV)/.dev  ## Ringfence against the bare engine, as a ratio
	$(BIN)/python benchmarks/throughput.py $(ARGS)

bench-kill: $(VENV)/.dev  ## kill -9 at random moments, resume, compare
	$(BIN)/python benchmarks/kill.py $(ARGS)

bench-tampering: $(VENV)/.dev  ## edit every file that Ringfence keeps, and say which verb notices
	$(BIN)/python -m benchmarks.tampering $(ARGS)

bench-estimates: $(VENV)/.dev weights  ## the durations that a run estimates on the way, beside the one that it takes
	$(BIN)/python benchmarks/estimates.py $(ARGS)

bench-memory: $(VENV)/.dev  ## memory over 10,000 documents
	$(BIN)/python benchmarks/memory.py $(ARGS)

$(VENV)/.pip: constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) pip
	touch $@

$(VENV)/.demo: $(VENV)/.pip pyproject.toml
	$(PIP) --editable '.[demo]'
	touch $@

$(VENV)/.dev: $(VENV)/.pip pyproject.toml
	$(PIP) --editable '.[demo,hub,llamacpp,ocr,onnx,openai,parquet]' --group dev --group docs
	touch $@ $(VENV)/.demo

$(VENV)/.tune: $(VENV)/.dev
	$(PIP) --editable '.[tune]'
	touch $@

clean:
	rm -rf $(VENV) demo-run
