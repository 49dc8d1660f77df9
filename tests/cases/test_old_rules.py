"""A log of version 1 of the simulator's rules goes on with the fills of version 1, wherever it stopped."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from domain.order import Liquidity, OrderFilled
from tests.cases.tapes import Played, Prices, flat, plan, play, write
from tests.commands.list_log import ListLog
from tests.replacing import replace

ENTER = "2 * LONG ENTER 95 110"
GAP_BEYOND_THE_TARGET: list[Prices] = [*[flat(100)] * 5, flat(112), *[flat(111)] * 3]


def by_version(folder: Path, version: int) -> Played:
    """The run of a log that was opened with this version of the rules."""
    made = plan([write(folder / "ETHUSDT_5m.csv", GAP_BEYOND_THE_TARGET)], ENTER)
    return play(replace(made, opening=replace(made.opening, simulator=version)), ListLog())


@pytest.mark.parametrize(("version", "price"), [(1, "112"), (2, "110")])
def test_a_gap_beyond_the_target_fills_by_the_version_that_the_log_was_opened_with(
    tmp_path: Path, version: int, price: str
) -> None:
    entry, target = by_version(tmp_path, version).of(OrderFilled)
    assert (entry.price, entry.liquidity) == (Decimal(100), Liquidity.TAKER)
    assert (target.price, target.liquidity) == (Decimal(price), Liquidity.MAKER)


@pytest.mark.parametrize("version", [1, 2])
def test_a_log_that_was_cut_anywhere_is_resumed_to_the_same_events_of_its_version(
    tmp_path: Path, version: int
) -> None:
    whole = by_version(tmp_path, version).events
    current = plan([tmp_path / "ETHUSDT_5m.csv"], ENTER)
    instants = [one.meta.recorded_at for one in whole]
    ends = [at for at in range(1, len(whole)) if instants[at] != instants[at - 1]]
    assert len(ends) > 2
    for end in ends:
        log = ListLog(whole[:end])
        play(current, log)
        assert log.envelopes == list(whole)
