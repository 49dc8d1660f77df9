"""What the bot's log states of a message that did not arrive."""

from __future__ import annotations

import logging
from typing import Any, cast
from unittest.mock import Mock

import pytest

from infra.telegram.process import Receipts

USER = 7


@pytest.mark.parametrize(
    ("alerts", "why", "line"),
    [
        (
            0,
            "Chat not found",
            "a screen does not arrive in chat 7: Chat not found; send /start to the bot there",
        ),
        (
            2,
            "Chat not found",
            "2 alerts do not arrive in chat 7: Chat not found; send /start to the bot there",
        ),
        (
            1,
            "Forbidden: bot was blocked by the user",
            "1 alerts do not arrive in chat 7: Forbidden: bot was blocked by the user",
        ),
    ],
    ids=["a screen", "alerts", "a blocked bot"],
)
def test_a_message_that_does_not_arrive_is_named_with_what_to_do(
    alerts: int, why: str, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    receipts = Receipts(cast(Any, Mock()), cast(Any, Mock()))
    receipts.undeliverable(USER, cast(Any, ("an alert",) * alerts), why)
    assert caplog.messages == [line]
