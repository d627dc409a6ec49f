"""What operators say to a running coordinator, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from coordinator.cost import SweepCost, few_digits
from coordinator.errors import OrderError
from coordinator.orders import SweepState
from coordinator.sweep import SweepSpec
from protocol.message import PROTOCOL_VERSION, Message

if TYPE_CHECKING:
    from coordinator.operations import Operations  # with the tables behind it, which those who only ask have not

Action = Literal[
    "add_sweep",
    "run_sweep",
    "pause_sweep",
    "cancel_sweep",
    "rank_sweep",
    "drain_agent",
    "undrain_agent",
    "release_agent",
    "release_shard",
]
AGENT_ACTIONS: tuple[Action, ...] = ("drain_agent", "undrain_agent", "release_agent")
_STATES: dict[str, SweepState | None] = {
    "run_sweep": "running",
    "pause_sweep": "paused",
    "cancel_sweep": "cancelled",
    "rank_sweep": None,  # only its priority
}


@dataclass(frozen=True, slots=True)
class Command(Message):
    """`name` is that of the sweep, agent or shard. `add_sweep` needs `sweep`, the table of a specification; the orders to a
    sweep may carry a `priority`: higher ones are captured first."""

    action: Action
    name: str
    priority: int | None = None
    sweep: dict[str, Any] | None = None
    version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class CommandReply(Message):
    """What was done, in a sentence."""

    text: str


def execute(command: Command, operations: Operations) -> CommandReply:
    """Raises OrderError, SweepSpecError, SweepConflictError."""
    if command.action == "add_sweep":
        return CommandReply(_add_sweep(command, operations))
    if command.action in _STATES:
        return CommandReply(_order_sweep(command, operations))
    return CommandReply(_order_agent_or_shard(command, operations))


def _add_sweep(command: Command, operations: Operations) -> str:
    if command.sweep is None:
        raise OrderError("add_sweep: `sweep` is missing; it holds the fields of a sweep file")
    spec = SweepSpec.from_table(command.sweep)
    cost = operations.add_sweep(spec)
    if command.priority is not None:
        operations.order_sweep(spec.name, priority=command.priority)
    return f"Sweep {spec.name}: {_sentence(cost)}"


def _sentence(cost: SweepCost) -> str:
    return f"{cost.num_frames:,} frames in {cost.num_shards:,} shards, {few_digits(cost.hours())} hours for one agent"


def _order_sweep(command: Command, operations: Operations) -> str:
    if command.action == "rank_sweep" and command.priority is None:
        raise OrderError("rank_sweep: `priority` is missing")
    order = operations.order_sweep(command.name, state=_STATES[command.action], priority=command.priority)
    return f"Sweep {command.name} is {order.state}, priority {order.priority}"


def _order_agent_or_shard(command: Command, operations: Operations) -> str:
    if command.action == "release_shard":
        operations.release_shard(command.name)
        return f"Shard {command.name} gets another chance if it was set aside"
    if command.action == "release_agent":
        operations.release_agent(command.name)
        return f"Agent {command.name} gets another chance if it was set aside"
    is_drained = command.action == "drain_agent"
    operations.drain_agent(command.name, is_drained=is_drained)
    what = "finishes what it holds and gets no further shard" if is_drained else "gets shards again"
    return f"Agent {command.name} {what}"
