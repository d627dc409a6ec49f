"""The deployment answers like the plain embedder that it wraps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedding.actor_config import EmbeddingConfig
from embedding.embedding_actor import EmbeddingActor, embedding_app
from embedding.errors import DeviceError
from embedding.frames import FrameOutcome, embed_frames
from embedding.place import FacePlace

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding.recogniser import Recogniser


PLACE = FacePlace(170 / 512, 70 / 512, 275 / 512, 180 / 512)


def test_concurrent_chunks_get_their_own_answers(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8], encode: Callable[..., bytes]
) -> None:
    async def scenario() -> None:
        actor = EmbeddingActor(EmbeddingConfig(num_threads=2, max_batch_faces=4))
        await actor.check_health()
        first, second, empty = await asyncio.gather(
            actor.embed_chunk([encode(astronaut), b"noise"]),
            actor.embed_chunk([encode(astronaut[:, ::-1])]),
            actor.embed_chunk([]),
        )
        expected = embed_frames(dlib_recogniser, [astronaut, np.ascontiguousarray(astronaut[:, ::-1])])
        assert first.outcomes == (FrameOutcome.EMBEDDED, FrameOutcome.UNREADABLE)
        np.testing.assert_allclose(first.embeddings_ND[0], expected.embeddings_ND[0], rtol=0, atol=1e-5)
        np.testing.assert_allclose(second.embeddings_ND[0], expected.embeddings_ND[1], rtol=0, atol=1e-5)
        assert len(empty) == 0
        assert await actor.identity() == dlib_recogniser.identity

    asyncio.run(scenario())


@pytest.mark.slow
def test_the_deployment_serves_on_a_local_ray(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8], encode: Callable[..., bytes]
) -> None:
    import ray
    from ray import serve

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    try:
        handle = serve.run(embedding_app(EmbeddingConfig(place=PLACE)), name="embedding", route_prefix=None)
        chunks = [handle.embed_chunk.remote([encode(astronaut)] * 3) for _ in range(4)]
        answers = [chunk.result(timeout_s=60) for chunk in chunks]
    finally:
        serve.shutdown()
        ray.shutdown()

    assert [len(answer) for answer in answers] == [3] * 4
    assert all(answer.is_embedded_N.all() for answer in answers)
    assert answers[0].recogniser == dlib_recogniser.identity


def test_a_configuration_becomes_what_serve_wants() -> None:
    fixed = EmbeddingConfig(num_gpus=0.5, max_chunks=8).serve_options
    growing = EmbeddingConfig(min_replicas=1, max_replicas=4, target_chunks=2).serve_options

    assert fixed["ray_actor_options"] == {"num_cpus": 1.0, "num_gpus": 0.5}
    assert (fixed["num_replicas"], fixed["max_ongoing_requests"]) == (1, 8)
    assert growing["autoscaling_config"] == {"min_replicas": 1, "max_replicas": 4, "target_ongoing_requests": 2}
    assert "num_replicas" not in growing or growing["num_replicas"] == "auto"


@pytest.mark.parametrize(
    "changes", [{"max_batch_faces": 0}, {"num_gpus": -1}, {"min_replicas": 3, "max_replicas": 2}, {"target_chunks": 0}]
)
def test_a_configuration_that_cannot_work_names_the_field(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=list(changes)[-1]):
        EmbeddingConfig(**changes)


def test_a_device_that_is_not_known_is_answered_with_those_that_are() -> None:
    with pytest.raises(DeviceError, match=r"'gpu'.*cpu, cuda, tensorrt"):
        EmbeddingConfig(device="gpu")
