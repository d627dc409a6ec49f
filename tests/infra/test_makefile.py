"""A target without a rule does nothing, and make calls that a success."""

import re
from pathlib import Path

MAKEFILE = Path(__file__).parents[2] / "Makefile"


def test_every_target_that_is_announced_has_a_rule() -> None:
    text = MAKEFILE.read_text()
    announced = re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)[0].split()
    with_rule = {
        name for names in re.findall(r"^([a-z][a-z -]*):(?! export)", text, re.MULTILINE) for name in names.split()
    }
    assert sorted(set(announced) - with_rule) == []
