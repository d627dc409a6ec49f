#!/usr/bin/env bash
# Prepares .venv with the versions of requirements.lock and the project itself. Nothing else is needed afterwards.
# PYTHON names the interpreter (3.11 or later); TORCH_BACKEND names the build of torch: cpu (default), auto, cu128 ...
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
backend=${TORCH_BACKEND:-cpu}
fail() { echo "lookalike: $*" >&2; exit 1; }

command -v "$python" >/dev/null ||
  fail "no $python here. On Debian or Ubuntu run: apt-get install -y python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "Python 3.11 or later is needed, $("$python" --version) was found. Name another: make setup PYTHON=python3.11"
[ -x .venv/bin/pip ] || "$python" -m venv .venv >/dev/null ||
  { rm -rf .venv; fail "no virtual environment could be made. On Debian or Ubuntu run: apt-get install -y python3-venv"; }

echo "Installing into .venv (a minute or two) ..."
pip=(.venv/bin/python -m pip --disable-pip-version-check -qq)
"${pip[@]}" install uv==0.13.9
uv=(.venv/bin/uv pip install --quiet --python .venv/bin/python)

# torch stands outside the lock: PyPI's Linux build brings gigabytes of CUDA, and each platform has its own CPU build.
# A CPU build that pip's own configuration offers is taken first; else uv fetches the build that the backend names.
torch=$(sed -nE 's/.*"(torch==[0-9.]+)".*/\1/p' pyproject.toml | head -1)
installed=$(.venv/bin/python -c 'import importlib.metadata as m; print(m.version("torch"))' 2>/dev/null || true)
if [ "${installed%%+*}" != "${torch#torch==}" ]; then
  { [ "$backend" = cpu ] && "${pip[@]}" install --no-deps --only-binary=:all: "$torch+cpu" 2>/dev/null; } ||
    "${uv[@]}" --torch-backend "$backend" "$torch"
fi
"${uv[@]}" --require-hashes -r requirements.lock
"${uv[@]}" --no-deps --no-build-isolation --editable .
touch .venv/.ready
