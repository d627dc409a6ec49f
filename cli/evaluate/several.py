"""What several photos of one person are worth: fitted together, and each on its own.

Shape letters: N single photos, K candidates, R references, D dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from creator.encoding import Floats
from embedding.photo_embedding import PhotoEmbedding
from embedding.similarity import cosine
from matcher.matcher import Matcher
from protocol.character import Character

Seen = Callable[[Character], Floats]
"""Shows a character and embeds its picture (D,); NaN where the picture shows no face."""


@dataclass(frozen=True, slots=True, eq=False)
class SeveralPhotos:
    """What a creator showed: `together_KD` the match of all photos and its runners-up, `single_ND` each photo's own match.

    `target_D` is what all photos were fitted as, `clearest` the place of the photo with the best quality.
    """

    target_D: Floats
    together_KD: Floats
    single_ND: Floats
    clearest: int

    def on(self, references_RD: Floats, centre_D: Floats) -> dict[str, float]:
        """Mean similarity with the references; a picture without a face counts as 0.

        `all` is the match of all photos, `verified` the best of it and its runners-up, chosen by the fitted photos as a creator
        shows them. Of the photos' own matches `single` is the mean, `clearest` that of the clearest photo, `best_fair` the best,
        chosen as `verified` is, and `best` the best by the very figure that is told, which nobody can know beforehand.
        """

        def alike(picture_D: Floats) -> float:
            return float(np.nan_to_num(cosine(references_RD, picture_D, centre_D=centre_D)).mean())

        def best_by_fitted(pictures_XD: Floats) -> Floats:
            alike_X = cosine(pictures_XD, self.target_D, centre_D=centre_D)
            best_D: Floats = pictures_XD[int(np.nan_to_num(alike_X, nan=-1).argmax())]
            return best_D

        single_N = [alike(picture_D) for picture_D in self.single_ND]
        return {
            "all": alike(self.together_KD[0]),
            "verified": alike(best_by_fitted(self.together_KD)),
            "clearest": single_N[self.clearest],
            "best_fair": alike(best_by_fitted(self.single_ND)),
            "best": max(single_N),
            "single": float(np.mean(single_N)),
        }


def match_several(
    matcher: Matcher, photos: Sequence[PhotoEmbedding], seen: Seen, *, mildness: float, runners_up: int
) -> SeveralPhotos:
    """Fits photos of one person together and one by one, and looks at what a creator makes of it."""
    together = matcher.match(list(photos), mildness=mildness, alternatives=runners_up)
    single = [matcher.match(photo, mildness=mildness, alternatives=0).character for photo in photos]
    return SeveralPhotos(
        target_D=together.target.embedding_D,
        together_KD=np.stack([seen(candidate.character) for candidate in together.candidates]),
        single_ND=np.stack([seen(character) for character in single]),
        clearest=int(np.argmax([photo.weight for photo in photos])),
    )
