"""The comparison of champion and challengers, as text and as JSON."""

from __future__ import annotations

import json

import pytest

from domain.model import ModelRole
from infra.cli.model_rows import print_comparison
from projections.model_scores import ModelBook
from tests.commands.models_of_tests import SECOND, promotion, registration
from tests.commands.requests.asking import Asking
from tests.projections.test_models import a_traded_day


def test_the_profit_of_a_model_stands_beside_the_champions_of_the_same_trades(
    capsys: pytest.CaptureFixture[str],
) -> None:
    book = ModelBook().take_all(a_traded_day().desk.log.read())
    print_comparison(book, as_json=True)
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["sha256"], found["judged"], found["let_through"], found["profit"]) == (SECOND, 1, 0, 0.0)
    assert found["champion_profit"] == found["mean_return"] > 0
    print_comparison(book, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == (
        "descriptive: of the entries that a champion judged, only those that it let through were traded"
    )
    profits = lines[next(at for at, line in enumerate(lines) if "let through" in line) + 1]
    assert profits.split() == [SECOND[:12], "CHAMPION", "0", "1", "0.0000", f"{found['champion_profit']:.4f}"]


def test_where_no_champion_judged_entries_the_comparison_states_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    eve = Asking()
    eve.accepted(registration(SECOND))
    eve.accepted(promotion(SECOND, ModelRole.CHALLENGER))
    print_comparison(ModelBook().take_all(eve.desk.log.read()), as_json=False)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "descriptive: no champion judged these entries, so no model kept one from being traded"
