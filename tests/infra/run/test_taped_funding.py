"""Funding that the tape of a live run states is settled in its backtests, on what each of them holds at that time."""

# pyright: reportPrivateUsage=false
# A what-if keeps the control's log in memory to itself.

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.inputs.sqlite import read_sqlite
from adapters.log.sqlite import read_sqlite as read_log
from commands.exchange import Funded
from commands.input_tape import Taped
from commands.inputs import Reported, Tick
from commands.world import World
from domain.direction import Direction
from domain.position import PositionFunded
from infra.cli.not_fed import NO_FUNDING
from infra.cli.what_if_words import basis, listed
from infra.run.backtest import Change
from infra.run.recorded_inputs import recorded_inputs
from infra.run.recording import Recording
from infra.run.what_if import WhatIf
from tests.domain.history import BTC
from tests.infra.run.taped import INSTANTS, trade
from tests.replacing import replace

RATE, PRICE = Decimal("0.0005"), Decimal("60123.4")
CHANGE = Change(values={"risk.max_positions": "0"})
"""The candidate holds nothing."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with its tape; no test writes to it."""
    found = tmp_path_factory.mktemp("source") / "a.db"
    trade(found, 0, 60)
    return found


def compared(path: Path, times: int = 1, **stated: object) -> WhatIf:
    """The what-if of the tape on which each tick is followed by a settlement of funding; `stated` are its fields.

    Each is reported so many times.
    """
    with closing(read_log(path, AvroCodec())) as log:
        recording = recorded_inputs(log, lambda: read_sqlite(path))
        found = WhatIf(funded(recording, times, **stated), log, CHANGE)
        list(found.steps())
    return found


def funded(recording: Recording, times: int, **stated: object) -> Recording:
    def inputs() -> Iterator[Taped]:
        for number, given in enumerate(recording.inputs()):
            yield given
            if type(given) is Tick:
                for _again in range(times):
                    yield Reported(given.at, (settlement(number, given, **stated),))

    return replace(recording, inputs=inputs)


def settlement(number: int, given: Tick, **stated: object) -> Funded:
    whole = Funded(
        instrument=BTC,
        at=given.at,
        fact=f"exchange:test:{number}",
        amount=Decimal("-0.3"),
        rate=RATE,
        price=PRICE,
    )
    return replace(whole, **stated)


def paid(made: WhatIf) -> Sequence[Decimal]:
    """The amounts of the control's settlements, each checked against the quantity held."""
    world, found = World(), list[Decimal]()
    for one in (recorded.envelope for recorded in made._control_log.read()):
        if isinstance(one.event, PositionFunded):
            held = world.portfolio.positions[BTC].state
            paid_by_long = held.quantity * PRICE * RATE
            expected = -paid_by_long if held.direction is Direction.LONG else paid_by_long
            assert one.event.amount == expected
            found.append(expected)
        world.fold(one)
    return found


def shown(found: WhatIf) -> Sequence[str]:
    """The cells of the figure "funding"."""
    (figures, *_others) = listed(found.comparison, "USDT")
    return tuple(next(row for row in figures.rows if row[0] == "funding"))[1:]


def test_each_backtest_pays_the_recorded_rate_of_what_it_holds_itself(path: Path) -> None:
    found = compared(path)
    amounts = paid(found)
    assert len(amounts) > 10
    control, candidate = found.comparison.control.summary, found.comparison.candidate.summary
    assert control.funding + control.open_funding == sum(amounts) < 0
    assert (candidate.settlements, candidate.orders) == (0, 0)
    assert tuple(shown(found)[:2]) == (f"{sum(amounts):,.2f}", "0.00")
    assert "Funded" not in found.candidate.left_out
    assert not [line for line in basis(found.compared) if line.startswith("No funding")]


def test_fees_and_funding_of_an_open_position_are_in_the_figures(path: Path) -> None:
    found = compared(path).comparison
    assert found.control.summary.held
    figures = {one.name: one for one in found.figures}
    assert figures["fees"].control == sum(
        fill.fee for fills in found.control.fills.values() for fill in fills
    )
    assert figures["fees"].control != found.control.summary.fees
    assert figures["funding"].control != found.control.summary.funding


def test_a_settlement_that_is_reported_twice_or_of_before_the_position_is_not_paid(path: Path) -> None:
    early = compared(path, at=INSTANTS[0][0] - timedelta(days=1))
    assert paid(early) == []
    once, twice = compared(path), compared(path, times=2)
    assert paid(once) == paid(twice)


@pytest.mark.parametrize("unknown", [{"rate": None}, {"price": None}], ids=str)
def test_funding_without_its_rate_is_stated_as_not_fed_and_no_figure_is_zero(
    path: Path, unknown: Mapping[str, None]
) -> None:
    found = compared(path, 1, **unknown)
    assert found.candidate.left_out["Funded"] == 60
    assert shown(found) == ("none", "none", "")
    lines = " ".join(basis(found.compared))
    assert "60 settlements of funding (the exchange has not stated the rate)" in lines
    assert "No funding: " in lines


def test_a_tape_without_funding_states_so_in_place_of_zero(path: Path) -> None:
    with closing(read_log(path, AvroCodec())) as log:
        recording = recorded_inputs(log, lambda: read_sqlite(path))
        found = WhatIf(recording, log, CHANGE)
        list(found.steps())
    assert shown(found) == ("none", "none", "")
    assert NO_FUNDING in basis(found.compared)
