"""`whence live`, killed by SIGKILL at named steps and at random moments, and started again.

A failure names the seed, the lives and the folder of its round; docs/torture.md describes how it is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adversary.cut_broker import CutBroker
from tests.torture.rounds import Place, on_kafka, run_round
from tests.torture.tallies import Tally
from tests.torture.zygote import Zygote

SEED = 1
PACE = 10.0
ROUND = 25
KAFKA_ROUND = 10


@pytest.fixture(autouse=True)
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Lives are numbered from the test's parameter on, so that each round has other plans; the table is printed."""
    counted = Tally(seed=SEED, lives=request.node.callspec.params["first"])
    yield counted
    print(counted.table())  # noqa: T201  (pytest shows it for a failed test, and with -s)


@pytest.mark.parametrize("first", [0, 40, 80, 120])
def test_after_25_kills_each_intent_has_one_order_and_both_sides_are_equal(
    tmp_path: Path, zygote: Zygote, tally: Tally, first: int
) -> None:
    folder = tmp_path / "round"
    run_round(Place(folder, f"sqlite:///{folder}/live.db"), zygote, tally, ROUND, PACE)
    _check(tally, ROUND)


@pytest.mark.parametrize("first", [160, 180])
def test_after_10_kills_of_an_engine_on_kafka_each_intent_has_one_order_and_both_sides_are_equal(
    tmp_path: Path,
    zygote: Zygote,
    tally: Tally,
    first: int,
    behind: CutBroker,
) -> None:
    place = on_kafka(tmp_path / "round", behind, f"torture.{first}")
    run_round(place, zygote, tally, KAFKA_ROUND, PACE)
    _check(tally, KAFKA_ROUND)


def _check(tally: Tally, kills: int) -> None:
    """The round ended as it must, and it was one: steps were reached, orders were filled, engines recovered."""
    assert tally.broken == []
    assert tally.kills == kills
    assert tally.kills > tally.kills_at.get("a random moment", 0) > 0
    assert tally.orders > 0
    assert tally.executions > 0
    assert len(tally.recoveries) > kills / 4
