"""Inversion beside the plain search: seconds for a target, and how much of the similarity is kept.

    python -m benchmarks.bench_inversion [--quick] [--models FOLDER] [--targets N] [--out FILE]

The plain search takes 100 steps of Adam on the sliders of every combination, through the same frozen imitator, for the same
expected similarity (inversion gives up a little of it to stay where the imitator was trained), inside the same box, and
rounds to the creator's steps at the end: what the article does, 8 s a target there. Both take gradients in bfloat16 where the
processor multiplies it faster. Figures with `cpu` count the processor's time of all threads: on a crowded machine those are
the ones to compare. Targets are renders of random characters that the
imitator was not trained on. `similarity_kept` compares what both expect of their best combination; `rendered_similarity` of
both is measured by drawing that character and embedding the picture. Without `--models` an imitator is trained first, on
4,000 rendered rows (`--quick`: 400); that time is not counted. The last line is one JSON object.

Shape letters: T targets, C combinations, S sliders, D dimension.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.rendered import embeddings_of, rendered_snapshot
from benchmarks.report import report
from coordinator.sweep import SweepSpec, plan_sweep
from creator.encoding import Encoding
from creator.profile import Profile
from creator.profile_file import load_profile
from protocol.character import Character
from trainer.imitator import Imitator, ImitatorConfig, load_imitator, train_imitator
from trainer.inversion import CANDIDATES_AT_ONCE, Inversion, InversionConfig, PreparedImitator, invert, prepare
from trainer.precision import fast_products
from trainer.space import Floats, cosines

NAIVE_STEPS = 100
NAIVE_STEP_SIZE = 0.05  # the best of .02, .05, .1 and .2
_SEED = 8


@dataclass(frozen=True)
class Found:
    """What a search found for T targets."""

    characters: list[Character]
    similarities_T: Floats
    seconds_per_target: float
    cpu_seconds_per_target: float


@dataclass
class _Clock:
    """Seconds by the wall and by the processor, all threads together."""

    wall: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=time.process_time)

    def per_target(self, num_targets: int) -> tuple[float, float]:
        return (time.perf_counter() - self.wall) / num_targets, (time.process_time() - self.cpu) / num_targets


def inverted(prepared: PreparedImitator, targets_TD: Floats, config: InversionConfig) -> Found:
    clock = _Clock()
    found: Inversion = invert(prepared, targets_TD, prepared.profile, config)
    seconds = clock.per_target(len(targets_TD))
    characters = [found.character(prepared.profile, target) for target in range(len(targets_TD))]
    return Found(characters, found.top_similarities_TF[:, 0], *seconds)


def searched_plainly(prepared: PreparedImitator, targets_TD: Floats) -> Found:
    clock = _Clock()
    characters = [_plain_search(prepared, target_D) for target_D in targets_TD]
    seconds = clock.per_target(len(targets_TD))
    return Found(
        characters, expected_similarities(prepared.imitator, prepared.profile, characters, targets_TD), *seconds
    )


def _plain_search(prepared: PreparedImitator, target_D: Floats) -> Character:
    imitator, encoding = prepared.imitator, Encoding(prepared.profile)
    choices_C3 = encoding.combinations_C3()
    unit_D = torch.nn.functional.normalize(torch.from_numpy(imitator.space.standardised(target_D)), dim=0)
    sliders_CS = torch.zeros(len(choices_C3), encoding.num_sliders)
    similarities = []
    for start in range(0, len(choices_C3), CANDIDATES_AT_ONCE):
        part = slice(start, start + CANDIDATES_AT_ONCE)
        climbed_CS, found_C = _climbed(prepared, part, sliders_CS[part], unit_D)
        sliders_CS[part] = climbed_CS
        similarities.append(found_C)
    best = int(torch.cat(similarities).argmax())
    return encoding.character(prepared.profile.combinations[best], sliders_CS[best].numpy())


def _climbed(
    prepared: PreparedImitator, part: slice, start_CS: torch.Tensor, unit_D: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    sliders_CS = start_CS.clone().requires_grad_()
    optimizer = torch.optim.Adam([sliders_CS], lr=NAIVE_STEP_SIZE)
    choice_part_MCH = prepared.choice_part_MCH[:, part]
    for _ in range(NAIVE_STEPS):
        with fast_products(sliders_CS.device):
            loss = -_expected_cosine(prepared.imitator, choice_part_MCH, sliders_CS, unit_D).sum()
        (sliders_CS.grad,) = torch.autograd.grad(loss, sliders_CS)  # backward() would pay for the weights, too
        optimizer.step()
        with torch.no_grad():
            sliders_CS.clamp_(-1, 1)
    with torch.no_grad():
        return sliders_CS.detach(), _expected_cosine(prepared.imitator, choice_part_MCH, sliders_CS, unit_D)


def _expected_cosine(
    imitator: Imitator, choice_part_MCH: torch.Tensor, sliders_CS: torch.Tensor, unit_D: torch.Tensor
) -> torch.Tensor:
    sliders_MCS = sliders_CS.unsqueeze(0).expand(choice_part_MCH.shape[0], -1, -1)
    members_MCD = imitator.network.from_choice_part(choice_part_MCH, sliders_MCS)
    return imitator.expected_cosine(members_MCD, unit_D.expand(len(sliders_CS), -1))


@torch.no_grad()
def expected_similarities(
    imitator: Imitator, profile: Profile, characters: Sequence[Character], targets_TD: Floats
) -> Floats:
    encoding = Encoding(profile)
    members_MTD = imitator.members(encoding.choices_N3(characters), encoding.sliders_NS(characters))
    units_TD = torch.nn.functional.normalize(torch.from_numpy(imitator.space.standardised(targets_TD)), dim=1)
    similarities_T: Floats = imitator.expected_cosine(members_MTD, units_TD).numpy()
    return similarities_T


def rendered_similarity(imitator: Imitator, profile: Profile, found: Found, targets_TD: Floats) -> float:
    """Mean over the targets; a picture without a face counts as 0."""
    embeddings_TD, _ = embeddings_of(profile, found.characters, seed=_SEED + 2)
    mean_D = imitator.space.mean_D
    return float(np.nan_to_num(cosines(embeddings_TD - mean_D, targets_TD - mean_D)).mean())


def random_faces(profile: Profile, count: int) -> Floats:
    rng = np.random.default_rng(_SEED)
    encoding = Encoding(profile)
    characters = [
        encoding.character(profile.combinations[at], rng.uniform(-0.8, 0.8, encoding.num_sliders))
        for at in rng.integers(len(profile.combinations), size=count)
    ]
    embeddings_TD, _ = embeddings_of(profile, characters, seed=_SEED + 1)
    return embeddings_TD[np.isfinite(embeddings_TD).all(axis=1)]


def trained_imitator(profile: Profile, num_rows: int) -> Imitator:
    spec = SweepSpec.from_table(
        {
            "name": "bench",
            "kind": "interleaved",
            "num_frames": num_rows,
            "frames_per_shard": 50,
            "sliders_per_step": 6,
            "seed": _SEED,
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        snapshot = rendered_snapshot(profile, plan_sweep(spec, profile), Path(folder) / "snapshot")
        return train_imitator(snapshot, profile, ImitatorConfig.for_rows(num_rows)).imitator


def measure(profile: Profile, imitator: Imitator, num_targets: int, num_plain: int) -> dict[str, object]:
    """`num_plain` of the targets are searched plainly too; both are compared on those."""
    prepared, targets_TD = prepare(imitator, profile), random_faces(profile, num_targets)
    plain = searched_plainly(prepared, targets_TD[:num_plain])
    result: dict[str, object] = {
        "combinations": len(profile.combinations),
        "targets": len(targets_TD),
        "plain_targets": len(plain.characters),
        "naive_seconds_per_target": round(plain.seconds_per_target, 3),
        "naive_cpu_seconds_per_target": round(plain.cpu_seconds_per_target, 3),
        "naive_expected_similarity": round(float(plain.similarities_T.mean()), 4),
        "naive_rendered_similarity": round(
            rendered_similarity(imitator, profile, plain, targets_TD[: len(plain.characters)]), 4
        ),
    }
    for name, config in (("", InversionConfig.bulk()), ("thorough_", InversionConfig.thorough())):
        ours = inverted(prepared, targets_TD, config)
        same = replace(ours, characters=ours.characters[:num_plain], similarities_T=ours.similarities_T[:num_plain])
        single = inverted(prepared, targets_TD[:1], config)
        result |= {
            f"{name}seconds_per_target": round(ours.seconds_per_target, 4),
            f"{name}single_target_seconds": round(single.seconds_per_target, 4),
            f"{name}cpu_seconds_per_target": round(ours.cpu_seconds_per_target, 4),
            f"{name}cpu_speedup": round(plain.cpu_seconds_per_target / ours.cpu_seconds_per_target, 1),
            f"{name}speedup": round(plain.seconds_per_target / ours.seconds_per_target, 1),
            f"{name}expected_similarity": round(float(same.similarities_T.mean()), 4),
            f"{name}similarity_kept": round(float(same.similarities_T.mean() / plain.similarities_T.mean()), 4),
            f"{name}rendered_similarity": round(
                rendered_similarity(imitator, profile, same, targets_TD[: len(same.characters)]), 4
            ),
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rows and targets, under a minute")
    parser.add_argument("--models", type=Path, default=None, help="a model set's folder, with its imitator.pt")
    parser.add_argument("--targets", type=int, default=None)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    profile = load_profile("standin")
    if options.models is not None:
        imitator = load_imitator(options.models / "imitator.pt", profile)
    else:
        imitator = trained_imitator(profile, 400 if options.quick else 4_000)
    num_targets = options.targets or (4 if options.quick else 48)
    result = measure(profile, imitator, num_targets, num_plain=1 if options.quick else min(num_targets, 12))
    report(result, options.out, ("torch",))


if __name__ == "__main__":
    main()
