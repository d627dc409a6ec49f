from __future__ import annotations

import pytest
from servers import absent


def test_a_server_that_is_not_there_is_skipped_unless_everything_has_to_be_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LOOKALIKE_NOTHING_ABSENT", raising=False)
    with pytest.raises(pytest.skip.Exception, match="radosgw is not installed"):
        absent("radosgw is not installed")

    monkeypatch.setenv("LOOKALIKE_NOTHING_ABSENT", "1")
    with pytest.raises(pytest.fail.Exception, match="radosgw is not installed"):
        absent("radosgw is not installed")
