#!/usr/bin/env bash
# Prepares .venv with the versions of requirements.lock and the project itself. Nothing else is needed afterwards.
# PYTHON names the interpreter (3.11 or later); TORCH_BACKEND (cpu, cu128, auto ...) names the build of torch, cpu by default.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { echo "lookalike needs Python 3.11 or later; $("$python" --version) was found. Name another with PYTHON=python3.11 make setup" >&2; exit 1; }
[ -x .venv/bin/python ] || "$python" -m venv .venv ||
  { rm -rf .venv; echo "No venv could be made. On Debian or Ubuntu run: apt-get install -y python3-venv" >&2; exit 1; }
pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet)
"${pip[@]}" install uv==0.13.9
uv=(.venv/bin/uv pip install --quiet --python .venv/bin/python)

# torch stands outside the lock: PyPI's Linux build brings gigabytes of CUDA, and each platform has its own CPU build.
# A build that pip's own configuration offers is taken first; else uv fetches the one that the backend names.
torch=$(sed -nE 's/.*"(torch==[0-9.]+)".*/\1/p' pyproject.toml | head -1)
if ! .venv/bin/python -c "import importlib.metadata as m; raise SystemExit(m.version('torch').split('+')[0] != '${torch#torch==}')" 2>/dev/null; then
  backend=${TORCH_BACKEND:-cpu}
  { [ "$backend" = cpu ] && "${pip[@]}" install --no-deps --only-binary=:all: "$torch+cpu" 2>/dev/null; } ||
    "${uv[@]}" --no-deps --torch-backend "$backend" "$torch"
fi
"${uv[@]}" --require-hashes -r requirements.lock
"${uv[@]}" --no-deps --no-build-isolation --editable .
touch .venv/.ready
