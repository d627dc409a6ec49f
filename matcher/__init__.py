"""From a photo to a character: match, sheet, preview, verification, the service and the report.

>>> from matcher import Matcher
>>> matcher = Matcher.load("models")
>>> match = matcher.match("photo.png")
>>> match.sheet["rows"][1]["label"]
'Head width'

A photo is a file, its bytes, RGB pixels or an embedding; several are of one person. Wishes are kept:

>>> both = matcher.match(["photo.png", "darker.png"], gender="female", fix={"skin": 23}, mildness=0.4, alternatives=2)
>>> both.target.num_photos, both.character.gender, both.character.skin, len(both.alternatives)
(2, 'female', 23, 2)

What the number means, and what mildness costs:

>>> 0 <= match.percentile <= 100 and match.similarity_predicted <= 1
True
>>> from matcher.trade import trade_off
>>> most_alike, *_, mildest = trade_off(matcher, "photo.png")
>>> mildest.extremeness < most_alike.extremeness
True

The sheet as files, and back:

>>> from matcher.sheet_files import read_sheet, write_sheet
>>> write_sheet("sheet.json", matcher.profile, match.character)
>>> read_sheet("sheet.json", matcher.profile) == match.character
True
>>> from creator.ini import character_ini
>>> character_ini(matcher.profile, match.character).splitlines()[0]
'[info]'

Everything that a user can put right is a `LookalikeError`:

>>> matcher.match("photo.png", fix={"face": 99})
Traceback (most recent call last):
...
matcher.errors.ConstraintError: Face type 99: small offers male: 3, 20, 21, 35; female: 5, 17, 18, 22.
"""

from matcher.match import Alternative, Match
from matcher.matcher import Matcher, MatcherConfig

__all__ = ["Alternative", "Match", "Matcher", "MatcherConfig"]
