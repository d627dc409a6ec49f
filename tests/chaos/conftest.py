"""The helpers of other folders' tests are shared: servers, frames, a recogniser that sees colours."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("dataset", "coordinator"):
    sys.path.append(str(Path(__file__).parents[1] / folder))
