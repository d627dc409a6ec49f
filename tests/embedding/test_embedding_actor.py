"""The deployment answers like the plain embedder that it wraps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedding.embedding_actor import EmbeddingActor, embedding_app
from embedding.frames import FrameOutcome, embed_frames

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from embedding.recogniser import Recogniser


def test_concurrent_chunks_get_their_own_answers(
    dlib_recogniser: Recogniser, astronaut: NDArray[np.uint8], encode: Callable[..., bytes]
) -> None:
    async def scenario() -> None:
        actor = EmbeddingActor("dlib", num_threads=2)
        await actor.check_health()
        first, second, empty = await asyncio.gather(
            actor.embed_chunk([encode(astronaut), b"noise"]),
            actor.embed_chunk([encode(astronaut[:, ::-1])]),
            actor.embed_chunk([]),
        )
        expected = embed_frames(dlib_recogniser, [astronaut, np.ascontiguousarray(astronaut[:, ::-1])])
        assert first.outcomes == (FrameOutcome.EMBEDDED, FrameOutcome.UNREADABLE)
        np.testing.assert_allclose(first.embeddings_ND[0], expected.embeddings_ND[0], atol=1e-4)
        np.testing.assert_allclose(second.embeddings_ND[0], expected.embeddings_ND[1], atol=1e-4)
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
        handle = serve.run(embedding_app("dlib"), name="embedding", route_prefix=None)
        chunks = [handle.embed_chunk.remote([encode(astronaut)] * 3, (170, 70, 275, 180)) for _ in range(4)]
        answers = [chunk.result(timeout_s=60) for chunk in chunks]
    finally:
        serve.shutdown()
        ray.shutdown()

    assert [len(answer) for answer in answers] == [3] * 4
    assert all(answer.is_embedded_N.all() for answer in answers)
    assert answers[0].recogniser == dlib_recogniser.identity
