"""For all tests: threads of networks do not spin, since several test processes share the cores."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
