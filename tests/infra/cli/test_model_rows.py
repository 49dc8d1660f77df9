"""The comparison of champion and challengers, as text and as JSON."""

from __future__ import annotations

import json

import pytest

from commands.scorer import ModelScorer
from domain.model import ModelRole
from infra.cli.model_rows import print_comparison
from projections.model_scores import ModelBook
from tests.commands.models_of_tests import FIRST, SECOND, FakeModel, Folder, promotion
from tests.commands.test_scoring import trading
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
    profits = lines[next(at for at, line in enumerate(lines) if "let through" in line) + 1]
    assert profits.split() == [SECOND[:12], "CHAMPION", "0", "1", "0.0000", f"{found['champion_profit']:.4f}"]


def test_a_comparison_without_a_champion_states_why_nothing_is_judged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    eve = trading(ModelScorer(Folder(FakeModel(FIRST)).model_of))
    eve.accepted(promotion(FIRST, ModelRole.CHALLENGER))
    book = ModelBook().take_all(eve.desk.log.read())
    print_comparison(book, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].startswith("judged: none of these trades has a champion's vote")
    assert lines[-1].startswith("descriptive: no champion is in force")
