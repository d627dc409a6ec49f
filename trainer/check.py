"""Checks a setting where it enters."""

from trainer.errors import TrainerConfigError


def require(is_fine: bool, field: str, got: object, expected: str) -> None:
    """Raises TrainerConfigError naming the field, the value and the bound."""
    if not is_fine:
        raise TrainerConfigError(field, got, expected)
