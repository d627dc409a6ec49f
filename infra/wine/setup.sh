#!/usr/bin/env bash
# Puts Windows' own CPython and lookalike's agent and stand-in under Wine into DIR (LOOKALIKE_WINE, or a folder in the user's
# cache): half a minute, 600 MB. Never into the repository: a prefix holds a link to /, which what builds packages follows for ever.
#
# Everything comes from packages. Debian: Wine, a cross compiler. PyPI: the panda3d wheel carries python.org's pythonXY.dll and
# every standard extension module; the standard library is that of a Linux CPython of the same minor version.
# DIR can be moved and kept; `.ready` in it says that it is whole. PYTHON names the Linux CPython.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
target=$(realpath -m "${1:-${LOOKALIKE_WINE:-${XDG_CACHE_HOME:-$HOME/.cache}/lookalike/wine}}")
venv=$repository/.venv
python=${PYTHON:-$venv/bin/python}
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
digits=${version/./}
panda3d=1.10.16
compiler=x86_64-w64-mingw32-gcc
wine=/usr/lib/wine/wine64
wineserver=/usr/lib/wine/wineserver64
python_folder=$target/python
site_packages=$python_folder/Lib/site-packages
fail() { echo "lookalike: $*" >&2; exit 1; }

missing=
for tool in "$wine" "$wineserver" "$compiler" Xvfb unzip; do
  command -v "$tool" >/dev/null || missing=$tool
done
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Wine from Debian's packages (160 MB) ..."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
    wine64 gcc-mingw-w64-x86-64-win32 xvfb unzip >/dev/null
fi
for tool in "$wine" "$wineserver" "$compiler" Xvfb unzip; do
  command -v "$tool" >/dev/null || fail "no $tool here. On Debian run: apt-get install -y --no-install-recommends" \
    "wine64 gcc-mingw-w64-x86-64-win32 xvfb unzip"
done

interpreter() {
  rm -rf "$python_folder"
  mkdir -p "$target/wheels" "$python_folder/DLLs" "$site_packages"
  "$python" -m pip --disable-pip-version-check download -qq --no-deps --only-binary=:all: --platform win_amd64 \
    --python-version "$version" -d "$target/wheels" "panda3d==$panda3d"
  unzip -q -o -j "$target/wheels/panda3d-$panda3d-cp$digits-cp$digits-win_amd64.whl" 'deploy_libs/*' \
    -x '*/api-ms-*' '*/tcl86t.dll' '*/tk86t.dll' '*/_tkinter.pyd' -d "$python_folder/DLLs"
  mv "$python_folder/DLLs/python$digits.dll" "$python_folder/DLLs/VCRUNTIME140.dll" "$python_folder/"
  rm -f "$python_folder"/DLLs/_wmi.pyd  # from 3.12 on: it calls what Wine 8 only stubs, and ends the process
  tar cf - -C "$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" --exclude=__pycache__ \
    --exclude=./test --exclude=./site-packages --exclude=./lib-dynload --exclude=./idlelib --exclude=./ensurepip \
    --exclude=./tkinter --exclude=./lib2to3 --exclude='./config-3*' --exclude=tests . | tar xf - -C "$python_folder/Lib"
}

launcher() {  # python.exe, which says that it knows Windows 10, and python3.dll, which forwards to the real one
  local build=$target/launcher
  mkdir -p "$build"
  cp "$here/python.c" "$here/python.manifest" "$build/"
  echo '1 24 "python.manifest"' >"$build/python.rc"
  (cd "$build" && x86_64-w64-mingw32-windres python.rc -O coff -o python.res &&
    "$compiler" -O1 -s -municode -o "$python_folder/python.exe" python.c python.res "$python_folder/python$digits.dll")
  { echo 'LIBRARY python3.dll'; echo EXPORTS
    x86_64-w64-mingw32-objdump -p "$python_folder/python$digits.dll" |
      sed -nE '/Name Pointer\] Table/,/^$/s/^.*\] *(_?Py[A-Za-z0-9_]*)$/ \1 = python'"$digits"'.\1/p'; } >"$build/python3.def"
  "$compiler" -shared -O1 -s -o "$python_folder/bcryptprimitives.dll" "$here/bcryptprimitives.c" -ladvapi32
  echo >"$build/empty.c"
  "$compiler" -shared -nostdlib -Wl,--entry=0 -s -o "$python_folder/python3.dll" "$build/empty.c" "$build/python3.def"
}

sources() {  # a copy, since building writes beside what it builds
  rm -rf "$target/source"
  mkdir -p "$target/source"
  (cd "$repository" && git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [ -f "$file" ] && printf '%s\0' "$file"; done |
    tar c --null -T - ) | tar x -C "$target/source"
}

packages() {  # the versions of the lock file; what only Windows has is free within pyproject.toml's bounds
  sed -E 's/ \\$//; /^ *--hash/d' "$repository/requirements.lock" >"$target/constraints.txt"
  "$venv/bin/uv" pip install --quiet --link-mode copy --python-platform x86_64-pc-windows-msvc --python-version "$version" \
    --only-binary :all: --no-binary lookalike --no-build-isolation --reinstall-package lookalike \
    --python "$venv/bin/python" --target "$site_packages" --constraint "$target/constraints.txt" \
    "lookalike[agent,standin] @ file://$target/source"
  "$venv/bin/python" "$here/complex_math.py" "$site_packages"
}

prefix() {  # a Windows 10; its copies of Wine's own files become links
  rm -rf "$target/prefix"
  "$wine" wineboot -i </dev/null >/dev/null 2>&1
  "$wine" reg add 'HKCU\Software\Wine' /v Version /d win10 /f </dev/null 2>&1 | cat >/dev/null
  "$wineserver" -k || true
  "$wineserver" -w || true
  local file original
  for file in "$WINEPREFIX"/drive_c/windows/system32/*; do
    original=/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/${file##*/}
    if [ -f "$file" ] && [ ! -L "$file" ] && [ -f "$original" ] && cmp -s "$file" "$original"; then
      ln -sf "$original" "$file"
    fi
  done
}

export WINEPREFIX=$target/prefix WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe="
unset DISPLAY
if [ ! -e "$target/.ready" ]; then
  echo "Assembling Windows' CPython $version in $target (half a minute) ..."
  interpreter
  launcher
  prefix
fi
sources
packages
touch "$target/.ready"
