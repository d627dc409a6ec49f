"""The helpers of other folders' tests are shared: S3 servers, a faulty store, generated networks."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("dataset", "embedding"):
    sys.path.append(str(Path(__file__).parents[1] / folder))
