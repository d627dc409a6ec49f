"""Gives numpy under Wine the complex functions that Wine 8's C runtime lacks.

    python complex_math.py SITE_PACKAGES

Modules that import such a function from the C runtime are made to import it from a library of our own beside them, which has
these functions and forwards all others. A module that was changed before is left alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_RUNTIME = b"api-ms-win-crt-math-l1-1-0.dll"
_OURS = b"our-ms-win-crt-math-l1-1-0.dll"  # of the same length: it replaces the other name in place
_SOURCE = Path(__file__).parent / "complex_math.c"


def give_complex_math(site_packages: Path) -> list[Path]:
    """The modules that were changed."""
    ours = {name + end for name in (*re.findall(r"(?:REAL|COMPLEX)\((c\w+)\)", _SOURCE.read_text()), "cpow") for end in ("", "f")}
    wanted: dict[Path, list[str]] = {}
    for module in sorted(site_packages.glob("numpy/**/*.pyd")) + sorted(site_packages.glob("scipy/**/*.pyd")):
        names = _imported(module) if _RUNTIME in module.read_bytes() else []
        if any(_base(name, ours) for name in names):
            wanted[module] = names
    if not wanted:
        return []
    library = _build(site_packages, sorted({name for names in wanted.values() for name in names}), ours)
    for module in wanted:
        module.write_bytes(module.read_bytes().replace(_RUNTIME, _OURS))
        (module.parent / _OURS.decode()).write_bytes(library.read_bytes())
    library.unlink()
    return list(wanted)


def _imported(module: Path) -> list[str]:
    """Names that a module takes from the C runtime's mathematics."""
    shown = subprocess.run(["x86_64-w64-mingw32-objdump", "-p", module], capture_output=True, text=True, check=True).stdout
    found = re.search(rf"DLL Name: {re.escape(_RUNTIME.decode())}\n(.*?)\n\n", shown, re.S)
    return re.findall(r"^\t[0-9a-f]+\t\s*\d+\s+(\w+)$", found[1], re.M) if found else []


def _base(name: str, ours: set[str]) -> str | None:
    """Our function for that name, if there is one; long doubles are doubles on Windows."""
    if name in ours:
        return name
    return name[:-1] if name.endswith("l") and name[:-1] in ours else None


def _build(folder: Path, names: list[str], ours: set[str]) -> Path:
    exports = folder / "complex_math.def"
    lines = [f"LIBRARY {_OURS.decode()}", "EXPORTS"]
    for name in names:
        base = _base(name, ours)
        lines.append(f"  {name} = x_{base}" if base else f"  {name} = ucrtbase.{name}")
    exports.write_text("\n".join(lines) + "\n")
    library = folder / _OURS.decode()
    command = ["x86_64-w64-mingw32-gcc", "-O2", "-shared", "-static-libgcc", "-s", "-o", library, _SOURCE, exports]
    subprocess.run(command, check=True)
    exports.unlink()
    return library


if __name__ == "__main__":
    give_complex_math(Path(sys.argv[1]))
