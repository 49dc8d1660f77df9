"""Rows right after each event: the same wherever the subscription begins and however many streams are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.live.folded import Folded
from commands.request import RaiseSignal
from domain.log import Envelope, Recorded
from projections.orders import ORDERS
from tests.commands.outside import outside
from tests.commands.requests.asking import PRICE, TERMS, Asking, terms
from tests.domain.history import BTC, ETH, a_signal


@pytest.fixture(scope="module")
def log() -> Sequence[Recorded]:
    """Two entries with their exits, so that the events of several streams alternate."""
    asking = Asking()
    asking.entered(TERMS, "one")
    asking.accepted(RaiseSignal(outside(a_signal(instrument=BTC, candle_closed_at=asking.desk.at))), "signal")
    asking.prices[ETH] = PRICE
    asking.entered(terms(instrument=ETH), "two")
    return list(asking.desk.log.read())


def rows(log: Sequence[Recorded], after: int) -> list[dict[str, Any] | None]:
    """Each event's row without its ordinal, which is unknown for events before the subscription."""

    async def history(stream: str, upto: int) -> Sequence[Envelope]:
        found = [one.envelope for one in log if one.envelope.meta.stream == stream]
        return [envelope for envelope in found if envelope.meta.version <= upto]

    async def folded_rows() -> list[dict[str, Any] | None]:
        folded = Folded(ORDERS, history)
        return [await folded.after(recorded) for recorded in log[after:]]

    found = asyncio.run(folded_rows())
    return [row and {name: value for name, value in row.items() if name != "ordinal"} for row in found]


def test_the_rows_are_the_same_wherever_the_subscription_begins(log: Sequence[Recorded]) -> None:
    whole = rows(log, 0)
    assert sum(row is not None for row in whole) > 10
    for after in range(len(log)):
        assert rows(log, after) == whole[after:]


def test_a_stream_that_is_no_longer_kept_is_folded_again(
    log: Sequence[Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rows(log, 0)
    monkeypatch.setattr("adapters.live.folded._STREAMS", 1)
    assert rows(log, 0) == whole


def test_an_event_without_a_fold_gives_no_row(log: Sequence[Recorded]) -> None:
    for recorded, row in zip(log, rows(log, 0), strict=True):
        assert (row is not None) == (type(recorded.envelope.event) in ORDERS.folds)
