"""While the gateway starts, its proxy knows no route yet: an agent has to hear that it shall wait, not that its lease is gone."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from test_body_limit import talk

from coordinator.come_again import ComeAgain


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (PlainTextResponse("Path '/v1/lease' not found. Ping http://.../-/routes for available routes.", 404), 503),
        (JSONResponse({"error": "Not Found"}, 404), 404),
        (JSONResponse({"ok": 1}, 200), 200),
        (PlainTextResponse("broken", 500), 500),
    ],
)
def test_only_what_the_proxy_itself_does_not_find_is_told_to_wait_for(said: Response, heard: int) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await said(scope, receive, send)

    (answer,) = talk(ComeAgain(app), {})

    assert answer.status_code == heard
    if heard == 503:
        assert "come again" in answer.json()["error"]
        assert float(answer.headers["retry-after"]) > 0
    else:
        assert answer.content == said.body
