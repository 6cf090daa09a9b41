PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint format docs bench-quality bench-statistics bench-documents bench-fuzz bench-windows bench-throughput bench-kill bench-memory clean

demo: $(VENV)/.demo  ## make a virtual environment, pull the default weights, extract from example documents, write a report
	$(BIN)/ringfence demo

test: $(VENV)/.dev  ## pass the tests, without any network where the host allows it (120 MB of small weights are pulled before, once)
	$(BIN)/ringfence weights pull tests
	$(BIN)/ringfence weights pull embedding
	if $(BIN)/ringfence seal test | grep -q "^Mechanism: user and network namespace.*watched"; \
	then $(BIN)/ringfence seal exec --strict -- $(BIN)/pytest && $(BIN)/pytest tests/test_seal.py tests/test_seal_attempts.py tests/test_no_telemetry.py; else $(BIN)/pytest; fi

lint: $(VENV)/.dev  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev  ## write the command line reference and the task schema anew
	$(BIN)/python docs/make_reference.py

bench-quality: $(VENV)/.dev  ## real documents: make bench-quality ARGS="--limit 60 --weights demo"
	$(BIN)/python benchmarks/quality.py $(ARGS)

bench-statistics: $(VENV)/.dev  ## do intervals, verdicts and bounds hold what they promise: thousands of draws
	$(BIN)/python benchmarks/promises.py $(ARGS)

bench-documents: $(VENV)/.dev  ## every format, beside markitdown
	$(PIP) --group bench
	$(BIN)/python benchmarks/documents.py $(ARGS)

bench-fuzz: $(VENV)/.dev  ## mutated files, for a few minutes
	$(BIN)/python benchmarks/fuzz.py $(ARGS)

bench-windows: $(VENV)/.dev  ## how many gold spans the windows chosen by meaning hold, and the memory of a very long document
	$(BIN)/python benchmarks/windows.py $(ARGS)

bench-throughput: $(VENV)/.dev  ## Ringfence against the bare engine, as a ratio
	$(BIN)/python benchmarks/throughput.py $(ARGS)

bench-kill: $(VENV)/.dev  ## kill -9 at random moments, resume, compare
	$(BIN)/python benchmarks/kill.py $(ARGS)

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
	$(PIP) --editable '.[demo,hub,llamacpp,ocr,onnx,openai,parquet]' --group dev
	touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) demo-run
