"""What can go wrong between a snapshot and a model set.

LookalikeError
└── TrainerError
    ├── TrainerConfigError      a setting of a training or an inversion is out of its bounds
    ├── TrainingDataError       a snapshot or targets that cannot be trained on
    ├── CheckpointError         a checkpoint or a saved network is damaged or of another training
    └── ModelSetError           a folder is no model set, or a damaged one
        └── ModelMismatchError  a model set of another profile, recogniser or schema
"""

from __future__ import annotations

from protocol.errors import LookalikeError


class TrainerError(LookalikeError):
    """Raised when networks cannot be trained, inverted, exported or opened."""


class TrainerConfigError(TrainerError):
    """Raised when a setting is out of its bounds; names the field, the value and the bound."""

    def __init__(self, field: str, got: object, expected: str) -> None:
        self.field = field
        self.got = got
        super().__init__(f"{field} is {got!r}; it must be {expected}")


class TrainingDataError(TrainerError):
    """Raised when a snapshot or a set of targets cannot be trained on."""


class CheckpointError(TrainerError):
    """Raised when a checkpoint or a saved network is damaged, or belongs to another training."""


class ModelSetError(TrainerError):
    """Raised when a folder is no model set, or a file of it is missing or damaged."""


class ModelMismatchError(ModelSetError):
    """Raised when a model set was made for another profile, recogniser or schema than the one in use."""

    def __init__(self, what: str, got: object, expected: object) -> None:
        self.got = got
        self.expected = expected
        super().__init__(
            f"The models were made for {what} {got}, but {what} {expected} is in use. "
            f"Train models for it with `lookalike train`, or choose the {what} that the models were made for."
        )
