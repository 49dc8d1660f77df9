"""The comparison of champion and challengers, as text and as JSON."""

from __future__ import annotations

import json

import pytest

from infra.cli.model_rows import print_comparison
from projections.model_scores import ModelBook
from tests.commands.models_of_tests import SECOND
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
