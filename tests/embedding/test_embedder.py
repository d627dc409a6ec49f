"""The embedder of a process: what it has to do before its first frame is done before."""

from __future__ import annotations

import subprocess
import sys

FIRST_FRAME = """
import io
import skimage.data
from embedding.embedder import Embedder
from embedding.open import open_recogniser
from embedding.place import FacePlace
from embedding.shape_predictor import _descend, _look, _turn
from PIL import Image

kernels = (_descend, _look, _turn)
embedder = Embedder(open_recogniser("dlib"), place=FacePlace(170 / 512, 70 / 512, 275 / 512, 180 / 512))
embedder.warm_up()
before = [list(kernel.signatures) for kernel in kernels]
stream = io.BytesIO()
Image.fromarray(skimage.data.astronaut()).save(stream, "PNG")
outcomes = embedder.embed_encoded([stream.getvalue()]).outcomes
assert outcomes == ("embedded",), outcomes
assert before[0], "no kernel was ready"
assert before == [list(kernel.signatures) for kernel in kernels], "the first frame compiled a kernel"
"""


def test_the_first_frame_finds_every_kernel_compiled() -> None:
    """In a process of its own: in this one other tests have warmed everything."""
    done = subprocess.run([sys.executable, "-c", FIRST_FRAME], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
