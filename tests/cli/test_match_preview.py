"""What stands in for a character before anybody has set it, labelled as what it is."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

from cli.preview import captured_painter, standin_painter
from creator.character import default_character
from creator.profile_file import load_profile
from dataset.dataset import Dataset
from dataset.export import export_snapshot
from matcher.preview import PreviewKind

sys.path.insert(0, str(Path(__file__).parents[1] / "dataset"))  # frames for tables
from making import RECOGNISER, make_character, stage_steps

SMALL = load_profile("small")


def test_the_stand_in_draws_any_creators_character_and_says_that_it_did() -> None:
    own = standin_painter(SMALL)(default_character(SMALL, "female"))
    with Image.open(io.BytesIO(own.image)) as picture:
        assert picture.width == picture.height
    assert own.kind is PreviewKind.STANDIN_RENDER
    game = load_profile("dd2")
    assert "not by Dragon's Dogma 2" in standin_painter(game)(default_character(game, "male")).label


def test_with_a_campaign_it_is_the_nearest_captured_frame(tmp_path: Path) -> None:
    dataset = Dataset.open(tmp_path / "data", SMALL)
    dataset.commit_shard("shard-0", [stage_steps(dataset, "shard-0", range(6))])
    export_snapshot(dataset, tmp_path / "snapshot", recogniser=RECOGNISER)
    shown = captured_painter(SMALL, str(tmp_path / "data"), tmp_path / "snapshot")(make_character(SMALL, 3))
    assert shown.kind is PreviewKind.NEAREST_FRAME
    assert shown.label.startswith("Nearest captured frame, not the match itself")
    assert shown.image == dataset.frame_image(shown.frame_id)
