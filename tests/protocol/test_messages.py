"""Messages survive the way through JSON; a wrong one is refused by a sentence that names its first wrong field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_frames import make_frame

from protocol.character import Character
from protocol.errors import LookalikeError, MessageError, VersionError
from protocol.frame import FrameRecord
from protocol.lease import (
    ChunkReply,
    Heartbeat,
    HeartbeatReply,
    LeaseGrant,
    LeaseReply,
    LeaseRequest,
    NoWork,
    Report,
    ReportReply,
)
from protocol.message import PROTOCOL_VERSION, Message, check_version
from protocol.shard import Shard

CHARACTER = Character("female", 5, 9, (1, -2, 3))
SHARD = Shard("sweep", 12, "0123456789abcdef", (CHARACTER, CHARACTER), (1, 1))
GRANT = LeaseGrant("lease", SHARD, 2, 10.0, 60.0)
MESSAGES: list[Message] = [
    LeaseRequest("agent", "hash", "calibration", "1"),
    GRANT,
    NoWork("everything is leased", 5.0, False),
    LeaseReply(grant=GRANT),
    LeaseReply(no_work=NoWork("done", 0.0, True)),
    Heartbeat("lease", "agent", 7, {"frames": 12.0, "lost_presses": 1.0}),
    HeartbeatReply(False, "expired"),
    Report("lease", "agent", "failed", 0, "the creator ended"),
    ReportReply(True),
    ChunkReply(False, 2.5, (3, 4), "embedding is behind"),
    SHARD,
    make_frame().record,
]
MESSAGE_IDS = [type(message).__name__ for message in MESSAGES]

JSON_TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)  # halves of characters too: JSON can hold them
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | JSON_TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(JSON_TEXTS, inner, max_size=3),
    max_leaves=6,
)


def over_the_wire(message: Message) -> Any:
    return json.loads(json.dumps(message.to_json()))


@pytest.mark.parametrize("message", MESSAGES, ids=MESSAGE_IDS)
def test_a_message_survives_the_way_through_json(message: Message) -> None:
    assert type(message).from_json(over_the_wire(message)) == message


@pytest.mark.parametrize("message", MESSAGES, ids=MESSAGE_IDS)
def test_an_unknown_field_is_named(message: Message) -> None:
    with pytest.raises(MessageError, match="'surprise'"):
        type(message).from_json({**over_the_wire(message), "surprise": 1})


REQUIRED = [(message, name) for message in MESSAGES for name in message.to_json() if name not in (
    "version", "counters", "grant", "no_work", "reason", "error", "retry_after_seconds", "rejected_steps")]  # fmt: skip


@pytest.mark.parametrize(("message", "name"), REQUIRED, ids=[f"{type(m).__name__}.{n}" for m, n in REQUIRED])
def test_a_missing_field_is_named(message: Message, name: str) -> None:
    value = over_the_wire(message)
    del value[name]
    with pytest.raises(MessageError, match=f"'{name}' is missing"):
        type(message).from_json(value)


@pytest.mark.parametrize("message", MESSAGES, ids=MESSAGE_IDS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_stands_in_a_field_it_is_read_or_refused(message: Message, data: st.DataObject) -> None:
    """Nothing but the project's own error comes out, and what was read has the same meaning when sent again."""
    value = over_the_wire(message)
    name = data.draw(st.sampled_from(sorted(value)))
    value[name] = data.draw(JSON_VALUES)
    try:
        read = type(message).from_json(value)
    except LookalikeError:
        return
    assert repr(type(message).from_json(read.to_json())) == repr(read)
    json.dumps(read.to_json(), ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize(
    ("kind", "change", "named"),
    [
        (Heartbeat, {"step": "7"}, "Heartbeat.step: expected int"),
        (Heartbeat, {"step": True}, "Heartbeat.step: expected int"),
        (Heartbeat, {"step": 7.0}, "Heartbeat.step: expected int"),
        (Heartbeat, {"agent": None}, "Heartbeat.agent: expected str"),
        (Heartbeat, {"counters": {"frames": "many"}}, "Heartbeat.counters.frames: expected float"),
        (Heartbeat, {"counters": []}, "Heartbeat.counters: expected an object"),
        (HeartbeatReply, {"is_held": 1}, "HeartbeatReply.is_held: expected bool"),
        (Report, {"outcome": "lost"}, "done, failed, given_back"),
        (Report, {"outcome": ["done"]}, "done, failed, given_back"),
        (ChunkReply, {"rejected_steps": 3}, "ChunkReply.rejected_steps: expected a list"),
        (ChunkReply, {"rejected_steps": ["3"]}, "ChunkReply.rejected_steps: expected int"),
        (FrameRecord, {"confidence": "high"}, "FrameRecord.confidence: expected float"),
        (FrameRecord, {"confidence": float("nan")}, "FrameRecord.confidence: expected a finite number"),
        (Heartbeat, {"step": 2**63}, "Heartbeat.step: expected a whole number of at most 64 bits"),
        (Heartbeat, {"agent": "\ud800"}, "Heartbeat.agent: expected text that UTF-8 can hold"),
        (Heartbeat, {"counters": {"\ud800": 1.0}}, "Heartbeat.counters, a name in it: expected text"),
        (Report, {"error": "window \udcff"}, "Report.error: expected text that UTF-8 can hold"),
        (FrameRecord, {"confidence": -5}, "FrameRecord.confidence: expected 0 to 1"),
        (FrameRecord, {"confidence": 1.01}, "FrameRecord.confidence: expected 0 to 1"),
        (FrameRecord, {"width": -1}, "FrameRecord.width: expected 1 to 16384 pixels"),
        (FrameRecord, {"height": 0}, "FrameRecord.height: expected 1 to 16384 pixels"),
        (FrameRecord, {"height": 16_385}, "FrameRecord.height: expected 1 to 16384 pixels"),
        (FrameRecord, {"character": {"gender": "male"}}, "gender, face, skin and sliders"),
        (FrameRecord, {"character": {**CHARACTER.to_json(), "gender": "\ud800"}}, "a gender in words"),
        (FrameRecord, {"character": {**CHARACTER.to_json(), "sliders": [10**30]}}, "whole slider values"),
        (Shard, {"characters": {"0": {}}}, "Shard.characters: expected a list"),
        (Shard, {"characters": [7]}, "gender, face, skin and sliders"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(kind: type[Message], change: dict[str, Any], named: str) -> None:
    good = next(over_the_wire(message) for message in MESSAGES if type(message) is kind)
    with pytest.raises(MessageError) as caught:
        kind.from_json({**good, **change})
    assert named in str(caught.value)


@pytest.mark.parametrize("value", [None, [], "text", 3, [["agent", "x"]]])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(MessageError, match="expected an object"):
        LeaseRequest.from_json(value)


def test_a_whole_number_will_do_for_seconds() -> None:
    assert NoWork.from_json({"reason": "", "retry_after_seconds": 3, "is_finished": False}).retry_after_seconds == 3.0


def test_a_number_too_large_for_seconds_is_refused() -> None:
    with pytest.raises(MessageError, match="retry_after_seconds"):
        NoWork.from_json({"reason": "", "retry_after_seconds": 10**400, "is_finished": False})


def test_another_protocol_version_is_refused_with_the_remedy() -> None:
    check_version(PROTOCOL_VERSION)
    for other in (PROTOCOL_VERSION + 1, None, "1", True):
        with pytest.raises(VersionError, match="same release"):
            check_version(other)


def test_the_id_of_a_shard_names_sweep_and_number() -> None:
    assert SHARD.shard_id == "sweep-00012"


def test_a_shard_without_a_slider_set_for_each_step_is_refused() -> None:
    with pytest.raises(MessageError, match="slider_sets"):
        Shard.from_json({**over_the_wire(SHARD), "slider_sets": [1]})


@pytest.mark.parametrize("num_replies", [0, 2])
def test_a_lease_reply_that_says_nothing_or_both_is_refused(num_replies: int) -> None:
    both = {**over_the_wire(LeaseReply(grant=GRANT)), "no_work": over_the_wire(NoWork("", 1.0, False))}
    with pytest.raises(MessageError, match="grant"):
        LeaseReply.from_json(both if num_replies else {})
