"""A smaller `benchmarks/bench_window.py`: real keys on a display of its own, the real head, loose bounds."""

import shutil

import pytest

from benchmarks.bench_window import measure_window
from creator.profile_file import load_profile


@pytest.mark.slow
def test_no_key_is_lost_and_frames_go_on_while_characters_change() -> None:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    figures = measure_window(load_profile("standin"), scale=1.0, num_presses=300, num_faces=10)
    assert figures["is_sequence_right"], figures
    assert figures["keys_lost"] == figures["keys_doubled"] == 0
    assert figures["fps"] > 30
