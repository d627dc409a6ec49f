"""What a look at one thing gave."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protocol.message import Message


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check(Message):
    """`remedy` says what to do unless all is well."""

    name: str
    verdict: str
    finding: str
    remedy: str = ""


def ok(name: str, finding: str) -> Check:
    return Check(name, Verdict.OK, finding)


def warning(name: str, finding: str, remedy: str) -> Check:
    return Check(name, Verdict.WARNING, finding, remedy)


def failure(name: str, finding: str, remedy: str) -> Check:
    return Check(name, Verdict.FAILURE, finding, remedy)


def skipped(name: str, finding: str, remedy: str = "") -> Check:
    return Check(name, Verdict.SKIPPED, finding, remedy)
