"""What the figures of an evaluation are means of, and in which space; it goes into the JSON beside them."""

from __future__ import annotations

EXPLAINED = {
    "similarity": "Cosine of two embeddings after the mean of the rows that the models were trained on was subtracted from "
    "both. A picture without a face counts as 0.",
    "round_trip_single_pass": "Mean over the held-out faces: similarity of the frame that was captured once (the target) with "
    "a new picture of the character that one pass of the networks named, set in the creator by keys. A pass has no search in "
    "it; the slider network answers once for each likely combination, and for the best ones again where it missed the target.",
    "round_trip_refined": "The same for the character after refinement through the imitator, which looks at no picture.",
    "face_right": "Share of the held-out faces whose gender and face type the single pass named; gender_right and "
    "skin_right likewise (a skin type is one of its gender).",
    "single_pass_over_inversion": "Mean measured similarity of the single pass over that of a thorough inversion, over faces "
    "and photos alike.",
    "inversion_seconds_over_single_pass": "Median seconds of that inversion for one target over those of the single pass, "
    "embedding not counted in either.",
    "single_pass_over_black_box": "Mean measured similarity of the single pass over that of the best character of a search "
    "through the creator, on the subjects that were searched.",
    "imitator_centred_cosine": "Mean over all held-out rows: similarity of the imitator's answer to the row's settings with "
    "the row's embedding.",
    "imitator_r2": "1 less the mean squared distance of those two over the mean squared distance of the rows from the "
    "training rows' mean.",
    "noise_floor_r2": "What an imitator without any error would reach, by characters that were captured twice.",
    "predicted": "What the method expects of a capture of its character, its own doubt included.",
    "percentile": "Share of pairs of different captured faces, in percent, that are less alike; 99.9 means at least "
    "that. Pairs that share more than half of their sliders are left out.",
    "nearest_captured": "The captured character whose frame is most like the target, set again.",
    "recapture": "The target's own character set again: the most that a measurement can give.",
    "drawn_mean_difference": "With --search-drawn: by how much the similarity of a drawn head differs from that of the same "
    "character set by keys, for every hundredth that the search looked at. Its best character is set by keys in any case.",
    "raw_cosine": "Cosine without the mean subtracted, which flatters everybody.",
    "squared_distance_per_vector": "Mean squared distance of picture and target, summed over the dimensions.",
    "persons": "People with photos that were kept back. measured is with the mean of the fitted photos, measured_on_others "
    "with the mean of the others; rank is among the means of all people in the folder.",
    "several_photos": "On the photos kept back: all fitted together; verified, the best of that and five runners-up as the "
    "creator shows them; of the photos fitted singly their mean (single), the clearest one's, the best one chosen "
    "by the fitted photos as the creator shows it (best_fair), and the best in hindsight (best).",
    "coverage": "reached_mean and reached_p5 are what inversion expects, not measured; share_within is the part of the "
    "targets' squared distance from the mean that lies in the axes of 95 % of the creator's variance.",
    "chance": "Share of pairs of different faces at least so alike: measured, and for even directions on a sphere.",
}
