"""The profit of each whole day in two logs, paired, and what the mean difference shows."""

# pyright: reportPrivateUsage=false
# A what-if keeps both logs in memory to itself, and a shadow its own.

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from domain.catalogue import known
from domain.instrument import InstrumentListed
from domain.log import Envelope
from domain.ratios import Transfer
from infra.cli.what_if_words import daily
from infra.run.backtest import Change
from infra.run.recorded_candles import recorded_candles
from infra.run.what_if import WhatIf
from projections.equity import EQUITY
from projections.marked_hours import MarkedHours
from projections.paired_days import DayPair, Finding, PairedDays, paired_days
from projections.summary import Summary
from tests.domain.history import D
from tests.journeys.runs import EAGER, SYMBOLS, plan, play
from tests.projections.folded import folded, table

FIRST = date(2025, 3, 1)
_LISTED = InstrumentListed(known()[0].instrument)
_BEGUN = datetime(2025, 3, 1, tzinfo=UTC)
_HOUR, _MOMENT = timedelta(hours=1), timedelta(microseconds=1)


def a_summary(
    equities: Mapping[int, object],
    transfers: Mapping[int, Sequence[Transfer]] = {},
    hours: MarkedHours | None = None,
) -> Summary:
    """An account that was opened with 100 on `FIRST`; equities and transfers by the number of the day after it.

    Without `hours` every hour of these days is marked.
    """
    days = {FIRST + timedelta(days=day): D(str(equity)) for day, equity in equities.items()}
    moved = {FIRST + timedelta(days=day): list(found) for day, found in transfers.items()}
    marked = hours or MarkedHours(
        [_BEGUN + timedelta(days=day, hours=hour) for day in equities for hour in range(24)]
    )
    return Summary(
        starting_balance=D(100),
        begun=FIRST,
        days=days,
        transfers=moved,
        hours=marked,
        rules={_LISTED.instrument.id: _LISTED},
    )


def of_differences(differences: Iterable[float]) -> PairedDays:
    days = [FIRST + timedelta(days=number) for number in range(400)]
    return PairedDays(
        [DayPair(day, D(1), D(1) + D(str(one))) for day, one in zip(days, differences, strict=False)]
    )


def test_the_first_and_the_last_day_are_not_whole_and_a_profit_is_the_change_of_the_equity() -> None:
    control = a_summary({0: 101, 1: 103, 2: 102, 3: 110})
    candidate = a_summary({0: 99, 1: 104, 2: 104, 3: 90})
    found = paired_days(control, candidate)
    assert [(one.day.day, one.control, one.candidate, one.difference) for one in found.days] == [
        (2, D(2), D(5), D(3)),
        (3, D(-1), D(0), D(1)),
    ]
    assert found.mean == D(2)
    assert (found.interval, found.finding, found.missing) == (None, None, 28)


def test_a_day_without_a_mark_and_the_next_one_are_not_whole_and_are_stated() -> None:
    control, candidate = (
        a_summary({0: 100, 1: 101, 4: 107, 5: 109, 6: 109}),
        a_summary({0: 100, 1: 101, 4: 108, 5: 110, 6: 110}),
    )
    found = paired_days(control, candidate)
    assert [(one.day.day, one.control, one.candidate) for one in found.days] == [
        (2, D(1), D(1)),
        (6, D(2), D(2)),
    ]
    assert [one.day for one in found.left_out] == [3, 4, 5]
    words = daily(found, "USDT")
    assert "Left out: 3 days with a gap between the hourly marks (2025-03-03 to 2025-03-05)." in words


EVERY_DAY = range(40)


@pytest.mark.parametrize(
    ("hours", "candles", "whole"),
    [
        pytest.param(range(24), 12, 38, id="every hour"),
        pytest.param([12], 12, 0, id="one hour a day of short candles"),
        pytest.param([11, 12], 1, 0, id="two hours a day"),
        pytest.param(range(23), 1, 0, id="without the last hour"),
        pytest.param(range(1, 24), 1, 0, id="without the first hour"),
        pytest.param([*range(11), *range(12, 24)], 1, 0, id="without an hour between"),
        pytest.param(range(3, 24, 4), 1, 38, id="candles of four hours"),
        pytest.param([23], 1, 38, id="candles of a day"),
    ],
)
def test_a_day_is_whole_where_every_hour_in_which_candles_close_is_marked(
    hours: Sequence[int], candles: int, whole: int
) -> None:
    marked = MarkedHours(
        [_BEGUN + timedelta(days=day, hours=hour) for day in EVERY_DAY for hour in hours], most=candles
    )
    equities = dict.fromkeys(EVERY_DAY, 100)
    found = paired_days(a_summary(equities, hours=marked), a_summary(equities))
    assert len(found.days) == whole
    assert len(found.left_out) == 38 - whole
    assert (found.finding is None) is (whole < 30)


def test_a_deposit_is_no_profit() -> None:
    control = a_summary({0: 100, 1: 152, 2: 152}, {1: [Transfer(D(101), D(151))]})
    candidate = a_summary({0: 100, 1: 103, 2: 103})
    assert paired_days(control, candidate).days == [DayPair(date(2025, 3, 2), D(2), D(3))]


def test_logs_without_a_whole_day_have_no_mean() -> None:
    found = paired_days(a_summary({0: 101, 1: 102}), a_summary({0: 101, 1: 103}))
    assert (list(found.days), found.mean, found.finding) == ([], None, None)


@pytest.mark.parametrize(
    ("differences", "finding"),
    [
        ([1.0, 2.0, 3.0] * 10, Finding.BETTER),
        ([-1.0, -2.0, -3.0] * 10, Finding.WORSE),
        ([1.0, -2.0, 1.5, 0.3, -1.1, 0.2] * 4 + [2.5, -1.5, 0.4, -0.7, 1.2, -0.9], Finding.NONE),
        ([0.0] * 30, Finding.NONE),
        ([1.0, 2.0, 3.0] * 9 + [2.0, 2.0], None),
    ],
    ids=["better", "worse", "no difference", "equal", "29 days"],
)
def test_a_finding_needs_thirty_days_and_an_interval_on_one_side_of_zero(
    differences: Sequence[float], finding: Finding | None
) -> None:
    found = of_differences(differences)
    assert found.finding is finding
    assert (found.interval is None) is (finding is None)


@cache
def a_what_if() -> WhatIf:
    """34 days of hourly candles, with half the risk."""
    tapes = synthetic_tape(4, SYMBOLS[:1], interval=_HOUR, candles=34 * 24)
    log = open_memory(AvroCodec())
    play(plan(tapes, EAGER), log)
    made = WhatIf(recorded_candles(log, tapes, {}), log, Change(values={"sizing.risk": "0.002"}))
    list(made.steps())
    return made


def _profits(envelopes: Iterable[Envelope]) -> Mapping[str, Decimal]:
    """The change of the last marked equity of each day, by the read model that GraphQL's curve is of."""
    points = table(folded(EQUITY, envelopes), "equity").values()
    equity = {
        (point["at"] - _MOMENT).date().isoformat(): point["equity"]  # a mark is at the end of its hour
        for point in points
        if point["reason"] == "MARKED"
    }
    return {day: equity[day] - equity[before] for before, day in pairwise(equity)}


def test_the_profits_are_those_of_the_read_model_of_the_equity() -> None:
    made = a_what_if()
    found = made.comparison.days
    assert len(found.days) == 32
    assert any(one.difference for one in found.days)
    for side, log in (("control", made._control_log), ("candidate", made._candidate_log)):
        profits = _profits(one.envelope for one in log.read())
        assert {one.day.isoformat(): getattr(one, side) for one in found.days}.items() <= profits.items()
    before, last = found.days[0].day - timedelta(days=1), found.days[-1].day
    candidate, control = (
        side.summary.days[last] - side.summary.days[before]
        for side in (made.comparison.candidate, made.comparison.control)
    )
    assert sum(one.difference for one in found.days) == candidate - control != 0
