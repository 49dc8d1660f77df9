"""`whence reconcile` prints, for each kind of difference, the remedy that docs/live.md states."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from commands.by_a_person import BY_A_PERSON
from commands.endings import BY_THEMSELVES
from commands.remedies import REMEDIES
from commands.stray_orders import GONE
from domain.direction import Direction
from domain.reconciliation import differences
from domain.reconciliation.differences import (
    AcceptedOrderNotFound,
    Difference,
    PositionSideDiffers,
    PositionUnknownToThem,
    TradingTermsDiffer,
)
from domain.reconciliation.statement import StatedPosition
from infra.cli.reconcile import print_differences, row_of
from tests.domain.history import BTC, D

OURS = StatedPosition(BTC, Direction.LONG, D(1))
_PAGE = (Path(__file__).parents[3] / "docs" / "live.md").read_text(encoding="utf-8")
_TABLE = _PAGE.partition("| the id begins with `difference:` and |")[2].partition("\n\n")[0]
KINDS = {
    kind for kind in vars(differences).values() if isinstance(kind, type) and issubclass(kind, Difference)
}


def rows_of_page() -> Mapping[str, tuple[str, str]]:
    """What a person does first and then, by the name of the kind."""
    cells = [[one.strip() for one in line.strip("|").split("|")] for line in _TABLE.splitlines()[2:]]
    return {name: (first, then) for kinds, first, then in cells for name in re.findall("`(.*?)`", kinds)}


def test_the_page_has_the_table_of_the_command() -> None:
    assert rows_of_page() == {kind.__name__: (one.first, one.then) for kind, one in BY_A_PERSON.items()}


def test_every_kind_has_a_remedy_of_a_person_or_of_the_engine() -> None:
    assert {*BY_A_PERSON, *REMEDIES} == KINDS - {Difference}


def test_those_that_resolve_themselves_are_those_that_a_comparison_resolves() -> None:
    by_themselves = {kind for kind, steps in BY_A_PERSON.items() if "comparison" in steps.then}
    assert by_themselves == {*GONE, *BY_THEMSELVES, AcceptedOrderNotFound, TradingTermsDiffer}


@pytest.mark.parametrize(
    "difference",
    [
        TradingTermsDiffer(subject=BTC, terms=("leverage 7",), expected="leverage 5"),
        PositionUnknownToThem(subject=BTC, ours=OURS),
        PositionSideDiffers(subject=BTC, ours=OURS, theirs=StatedPosition(BTC, Direction.SHORT, D(1))),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_difference_that_resolves_itself_is_printed_so(
    difference: Difference, capsys: pytest.CaptureFixture[str]
) -> None:
    print_differences([row_of(difference, "bybit")])
    (line,) = (one for one in capsys.readouterr().out.splitlines() if "remedy" in one)
    assert "then nothing: the next comparison resolves it" in line
    assert "a person resolves it" not in line
