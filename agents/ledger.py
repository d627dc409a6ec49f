"""What was last read in each captured row, and what must have changed unseen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from agents.readout import Value


@dataclass
class Ledger:
    """`known`: the last reading of each row; `surprises`: rows met at another value than they were left at;
    `disturbed`: rows that keys may have moved since they were last read."""

    known: dict[str, Value] = field(default_factory=dict)
    confidences: dict[str, float] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    disturbed: set[str] = field(default_factory=set)

    @property
    def confidence(self) -> float:
        """Of the least sure row."""
        return min(self.confidences.values(), default=0.0)

    def note(self, name: str, value: Value, confidence: float) -> bool:
        """Takes a sure reading; False when nothing explains that it is another value than before."""
        is_explained = self.known.get(name, value) == value or name in self.disturbed
        if not is_explained:
            self.surprises.append(f"{name} stood at {value}, but was left at {self.known[name]}")
        self.disturbed.discard(name)
        self.known[name] = value
        self.confidences[name] = confidence
        return is_explained

    def disturb(self, names: Iterable[str]) -> None:
        """Keys that may move these rows are about to be pressed."""
        self.disturbed.update(names)

    def forget_all_but(self, *names: str) -> None:
        """Believes these readings only; surprises stay."""
        self.known = {name: self.known[name] for name in names}
        self.confidences = {name: self.confidences[name] for name in names}
        self.disturbed.clear()
