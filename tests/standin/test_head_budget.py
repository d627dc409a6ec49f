"""What starting the head costs, and that nothing of a process enters a picture. Each test starts fresh processes.

The limits leave room for a busy machine; benchmarks say what it really takes.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

STARTED = """
import json, time
from pathlib import Path
start = time.process_time()
from standin.render import HeadRenderer
HeadRenderer(256).render(gender="male", face=20, skin=22, sliders={})
status = Path("/proc/self/status").read_text()  # getrusage would count the parent's memory too
peak_mebibytes = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps([time.process_time() - start, peak_mebibytes]))
"""
DRAWN = """
import hashlib, random
from standin.morphs import SLIDER_NAMES
from standin.render import HeadRenderer, Pose
renderer, generator, seen = HeadRenderer(128), random.Random(5), hashlib.sha256()
for gender, face, skin in (("male", 3, 1), ("female", 9, 30), ("male", 20, 22)):
    sliders = {name: generator.uniform(-1, 1) for name in SLIDER_NAMES}
    pose = Pose(eyelid_closure=generator.random(), shift_x_pixels=generator.random())
    seen.update(renderer.render(gender=gender, face=face, skin=skin, sliders=sliders, pose=pose).tobytes())
print(seen.hexdigest())
"""


def fresh_process(code: str, bytecode: Path, **environment: str) -> str:
    """What `code` prints in a process of its own that may keep its bytecode."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept = inherited | {"PYTHONPYCACHEPREFIX": str(bytecode), "OMP_NUM_THREADS": "1"} | environment
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=kept)
    return done.stdout


@pytest.fixture(scope="module")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiles everything once: kernels into numba's cache, modules into this folder."""
    folder = tmp_path_factory.mktemp("bytecode")
    fresh_process(STARTED, folder)
    return folder


def test_once_compiled_the_head_is_up_in_seconds_and_stays_small(bytecode: Path) -> None:
    runs = [json.loads(fresh_process(STARTED, bytecode)) for _ in range(2)]
    assert min(seconds for seconds, _ in runs) < 4.0  # 2 on a quiet machine
    assert max(mebibytes for _, mebibytes in runs) < 400


def test_two_processes_draw_the_same_pixels_to_the_bit(bytecode: Path) -> None:
    assert fresh_process(DRAWN, bytecode, PYTHONHASHSEED="1") == fresh_process(DRAWN, bytecode, PYTHONHASHSEED="2")
