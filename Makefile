# `make demo` and `make test` are all that a newcomer needs; both set everything up.
PYTHON ?= python3
DEMO_FLAGS ?=
bin := .venv/bin

.PHONY: demo test test-all test-chaos test-soak test-windows setup lint format lint-infra audit docs dashboards lock clean

demo: setup
	$(bin)/lookalike demo $(DEMO_FLAGS)

test: lint
	$(bin)/python -m pytest -m "not slow" -n 2

# S3 servers that are not there let `make test-all` and `make test-chaos` fail; LOOKALIKE_NOTHING_ABSENT= (empty) skips and says so.
test-all test-chaos: export LOOKALIKE_NOTHING_ABSENT ?= 1

test-all: lint
	infra/browser.sh
	$(bin)/python -m pytest -n 2 -m "not slow"
	$(bin)/python -m pytest -m slow -rs --timeout 1800 --ignore tests/chaos
	$(MAKE) test-chaos

test-chaos: setup  # 20,000 frames, 40 kills, a store that fails; then smaller on S3 servers. About half an hour of two quiet cores
	CHAOS_FRAMES=20000 CHAOS_KILLS=40 CHAOS_SUMMARY=benchmarks/results/$(shell date +%F)-chaos.json \
		$(bin)/python -m pytest -m slow -s tests/chaos -k kills_of_everything
	$(bin)/python -m pytest -m slow -s -rs tests/chaos -k s3_server

test-soak: setup  # 2 hours of game time and more, 8 agents, kills in turn, then 45 minutes without: memory, files, figures. An hour
	SOAK_HOURS=2 SOAK_KILLING_HOURS=1 SOAK_QUIET_MINUTES=45 SOAK_SUMMARY=benchmarks/results/$(shell date +%F)-soak.json $(bin)/python -m pytest -m slow -s tests/soak

test-windows: setup  # Windows' CPython under Wine, from packages: the agent captures the stand-in's window there. A quarter of an hour
	infra/wine/setup.sh
	$(bin)/python -m pytest -m slow -rs -s tests/agents/devices/test_under_wine.py

setup: .venv/.ready

.venv/.ready: pyproject.toml requirements.lock infra/setup.sh
	PYTHON=$(PYTHON) infra/setup.sh

lint: setup
	$(bin)/ruff format --check .
	$(bin)/ruff check .
	$(bin)/mypy
	$(bin)/mypy -p agents -p protocol -p creator --platform win32
	$(bin)/lint-imports
	infra/lint.sh

lint-infra: setup  # Dockerfiles, units, scripts, YAML, rules, proxy; tools that are missing are named
	infra/lint.sh

audit: setup  # needs the internet: advisories for every locked version, and secrets in files and history
	$(bin)/pip-audit --strict --no-deps --disable-pip --requirement requirements.lock
	infra/find_secrets.sh

docs: setup
	NO_MKDOCS_2_WARNING=1 $(bin)/mkdocs build --quiet

dashboards: setup  # after a change of telemetry/boards.py
	$(bin)/python -m telemetry.dashboard infra/grafana/dashboards

format: setup
	$(bin)/ruff format .
	$(bin)/ruff check --fix .

lock: setup  # new versions for everyone: torch is left out, see infra/setup.sh
	$(bin)/uv pip compile --quiet --upgrade --generate-hashes --python-version 3.11 --extra dev \
		--no-emit-package torch --no-emit-find-links --no-header \
		$(addprefix --find-links ,$(shell $(bin)/python -m pip config get global.find-links 2>/dev/null)) pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
