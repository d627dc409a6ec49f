"""The helpers of other folders' tests are shared, as for chaos."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("dataset", "embedding", "infra"):
    sys.path.append(str(Path(__file__).parents[1] / folder))
