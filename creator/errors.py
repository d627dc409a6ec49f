"""Errors of profiles and characters."""

from protocol.errors import LookalikeError


class CreatorError(LookalikeError):
    """Raised when a description of a creator, or something set in it, makes no sense."""


class ProfileError(CreatorError):
    """Raised when a profile file is missing or contradicts itself; names the file and the place in it."""


class CharacterError(CreatorError):
    """Raised when a character does not fit the profile."""
