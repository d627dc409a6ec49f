"""The matcher needs the packages of its extra and no others; how soon it is ready is a figure of `benchmarks.bench_match`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from toy_model_files import write_card, write_networks
from toy_models import ToyModels

from creator.profile_file import load_profile
from embedding.recogniser import Recogniser

_SCRIPT = """
import importlib.abc, json, sys
blocked = "ray torch pyarrow deltalake scipy pandas pydantic fastapi uvicorn s3fs pygame skimage matplotlib".split()
class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"{name} is not installed here")
sys.meta_path.insert(0, Blocker())
from matcher.matcher import Matcher
matcher = Matcher.load(sys.argv[1])
match = matcher.match(sys.argv[2])
from matcher.sheet_files import sheet_page
from matcher.card import CardText, card_png
sheet_page(matcher.profile, match.character), card_png(matcher.profile, match.character, CardText("Card"))
print(json.dumps({"similarity": match.similarity_predicted}))
"""


def test_it_matches_without_torch_ray_and_the_tables(tmp_path: Path, recogniser: Recogniser, portrait: Path) -> None:
    identity = recogniser.identity
    models = ToyModels(load_profile("small"), identity.dimension, str(identity))
    write_networks(models, tmp_path)
    write_card(models, tmp_path)
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path), str(portrait)], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert -1 <= said["similarity"] <= 1
