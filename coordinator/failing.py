"""Which agents fail: the shards that each failed on in a row, and whether that is too many. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from coordinator.lease import Failure


class FailingAgents:
    """An agent that failed on `max_shards` different shards in a row gets none until it is released."""

    def __init__(self, max_shards: int) -> None:
        self._max_shards = max_shards
        self._failures: dict[str, dict[str, str]] = {}  # agent to shards and what it said of each, the last one last

    def add(self, failure: Failure) -> None:
        known = self._failures.setdefault(failure.agent, {})
        known.pop(failure.shard_id, None)
        known[failure.shard_id] = failure.error

    def remember(self, agent: str, errors: Mapping[str, str]) -> None:
        """That it was set aside before a restart: shards and what it said of each."""
        self._failures.setdefault(agent, {}).update(errors)

    def release(self, agent: str) -> None:
        """A shard that it finished, or an operator, speaks for it."""
        self._failures.pop(agent, None)

    def is_set_aside(self, agent: str) -> bool:
        return len(self._failures.get(agent, ())) >= self._max_shards

    def set_aside(self) -> list[str]:
        return [agent for agent in self._failures if self.is_set_aside(agent)]

    def errors(self, agent: str) -> dict[str, str]:
        """Shards that it failed on since it finished one, and what it said of each."""
        return dict(self._failures.get(agent, {}))

    def evidence(self, agent: str) -> str:
        """A sentence; empty for an agent that may go on."""
        if not self.is_set_aside(agent):
            return ""
        known = self._failures[agent]
        shard_id = next(reversed(known))
        return f"{len(known)} shards failed there in a row, the last one ({shard_id}) with: {known[shard_id]:.200}"
