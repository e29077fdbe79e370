# The few things one does with this project. `make demo` and `make test` need only Python 3.11+ and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Commands start a second sooner each where Python may keep what it has compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test slow check requirements benchmark benchmark-reports benchmark-validation lab wheel clean

demo: $(READY)  ## a synthetic network, from raw files to reports
	$(BIN)/dihkpi demo demo --hubs 12 --seed 1

test: $(READY)  ## the test suite
	$(BIN)/python -m pytest -n 2 --dist loadfile

slow: $(READY)  ## the tests that take many seconds each
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

check: $(READY)  ## style, types, the map of imports, clean notebooks, definitions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/tools/notebooks_clean.py notebooks
	$(BIN)/dihkpi check

requirements: $(READY)  ## which test proves which requirement R01-R88
	$(BIN)/python tests/tools/requirements.py

benchmark: $(READY)  ## seconds and memory per stage
	$(BIN)/python benchmarks/run.py

benchmark-reports: $(READY)  ## the report engine against its goals; NETWORK=folder of 1,000 hubs adds their rows
	$(BIN)/python benchmarks/reports.py $(if $(NETWORK),--big $(NETWORK))

benchmark-validation: $(READY)  ## validation against pandera, pointblank and frictionless; ROWS=100000 for a short one
	$(PIP) install --constraint constraints.txt --editable ".[benchmarks]"
	$(BIN)/python benchmarks/validation.py $(if $(ROWS),--rows $(ROWS))

lab: $(READY)  ## the notebooks at your desk
	$(BIN)/jupyter lab notebooks

wheel: $(READY)
	$(BIN)/python -m build --wheel --no-isolation

clean:
	rm -rf $(VENV) dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint constraints.txt pip
	$(PIP) install --constraint constraints.txt --editable ".[lab,dev,pdf,weasyprint,dask,spss]"
	@touch $@
