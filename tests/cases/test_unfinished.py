"""A run whose last candle changed later is resumed to the log of the whole tape, or refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from domain.errors import TapeMismatch
from domain.log import EventLog, Recorded
from domain.order import OrderFilled
from domain.signal import SignalDetected
from infra.run.paper import PaperRun
from tests.cases.tapes import Prices, flat, plan, write

SAY = "2 * LONG ENTER 95 110; 6 * SHORT EXIT 105 95; 8 * SHORT ENTER 105 90; 12 * LONG ENTER 85 120"
"""A position is opened by candle 3, stopped by candle 6 while an exit is proposed there, and others follow."""

TAPE: list[Prices] = [
    *[flat(100)] * 5,
    (100.0, 100.5, 99.0, 100.0),
    (100.0, 100.5, 94.0, 99.5),
    *[flat(99.5)] * 3,
    (99.5, 100.0, 88.0, 90.0),
    *[flat(90)] * 3,
    (90.0, 91.0, 84.0, 86.0),
    *[flat(86)] * 2,
]


def changed(number: int, prices: Prices) -> list[Prices]:
    return [*TAPE[:number], prices]


def unfinished(number: int) -> list[Prices]:
    """The tape up to a candle of which only the open has traded."""
    return changed(number, flat(TAPE[number][0]))


def without_wicks(number: int) -> list[Prices]:
    """The tape up to a candle with the open and the close that it will have, and no range beside them."""
    open_, _high, _low, close = TAPE[number]
    return changed(number, (open_, max(open_, close), min(open_, close), close))


def with_wicks(number: int) -> list[Prices]:
    """The tape up to a candle that reached every stop and target, which its final version does not show."""
    open_, _high, _low, close = TAPE[number]
    return changed(number, (open_, 130.0, 80.0, close))


def run(file: Path, candles: Sequence[Prices], log: EventLog) -> list[Recorded]:
    """Plays the candles on the log, without a record of the candles that were played before."""
    for _ in PaperRun(plan([write(file, candles)], SAY), log, lambda _envelope: None).instants():
        pass
    return list(log.read())


@pytest.fixture
def whole(tmp_path: Path) -> list[Recorded]:
    with closing(open_memory(AvroCodec())) as log:
        return run(tmp_path / "ETHUSDT_5m.csv", TAPE, log)


@pytest.mark.parametrize("first", [unfinished, without_wicks, with_wicks])
@pytest.mark.parametrize("number", range(2, len(TAPE)))
def test_a_last_candle_that_changed_gives_the_log_of_the_whole_tape_or_is_refused(
    tmp_path: Path, whole: list[Recorded], first: Callable[[int], list[Prices]], number: int
) -> None:
    file = tmp_path / "ETHUSDT_5m.csv"
    with closing(open_memory(AvroCodec())) as log:
        before = run(file, first(number), log)
        try:
            after = run(file, TAPE, log)
        except TapeMismatch:
            assert list(log.read()) == before, "a refused run appends nothing"
        else:
            assert after == whole


def test_a_stop_that_the_changed_candle_fills_is_named_by_its_time_its_instrument_and_its_report(
    tmp_path: Path, whole: list[Recorded]
) -> None:
    file = tmp_path / "ETHUSDT_5m.csv"
    with closing(open_memory(AvroCodec())) as log:
        before = run(file, without_wicks(6), log)
        assert any(isinstance(one.envelope.event, SignalDetected) for one in before[-6:]), (
            "the last candle left an event"
        )
        with pytest.raises(TapeMismatch) as refused:
            run(file, TAPE, log)
        assert list(log.read()) == before
    message = str(refused.value)
    assert message.startswith("at 2024-03-01 00:35:00 UTC this tape leads to Triggered of order ")
    assert "on ETHUSDT-LINEAR.BYBIT, from which OrderTriggered would follow" in message
    assert any(isinstance(one.envelope.event, OrderFilled) for one in whole)
