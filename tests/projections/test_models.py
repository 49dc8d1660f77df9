"""The rows of models and scores equal the book that is folded from the same events."""

from __future__ import annotations

from commands.request import RetireModel
from commands.scorer import ModelScorer
from domain.model import ModelRole
from domain.signal import DecisionMade
from projections.model_scores import ModelBook
from projections.models import MODELS
from tests.commands.desk import a_fill_of, long
from tests.commands.models_of_tests import FIRST, SECOND, FakeModel, Folder, promotion, registration
from tests.commands.requests.asking import Asking
from tests.commands.test_scoring import GOOD, trading
from tests.domain.history import ACCOUNT, D
from tests.projections.folded import folded, table


def a_traded_day() -> Asking:
    """A champion and a challenger score an entry, whose trade gains; then the challenger is promoted."""
    eve = trading(ModelScorer(Folder(FakeModel(FIRST), FakeModel(SECOND, -0.4)).model_of))
    eve.accepted(registration(SECOND))
    eve.accepted(promotion(SECOND, ModelRole.CHALLENGER))
    seen = eve.desk.see(long(inputs=GOOD))
    chain = seen[0].meta.correlation_id
    (decided,) = [one.event for one in seen if isinstance(one.event, DecisionMade)]
    eve.desk.tell(a_fill_of(f"{chain}-e1", "in", decided.quantity, D(100)))
    eve.desk.tell(a_fill_of(f"{chain}-t1", "out", decided.quantity, D(106)))
    eve.accepted(promotion(SECOND))
    return eve


def test_rows_of_models_have_the_roles_outcomes_and_results_of_the_book() -> None:
    eve = a_traded_day()
    book = ModelBook().take_all(eve.desk.log.read())
    rows = table(folded(MODELS, eve.desk.recorded), "models")
    assert rows[ACCOUNT, FIRST]["role"] is None
    assert rows[ACCOUNT, SECOND]["role"] == ModelRole.CHAMPION
    for sha256, record in book.models.items():
        row = rows[ACCOUNT, sha256]
        assert row["passed_gate"] is record.registered.passed_gate is True
        assert row["outcomes"] == {name.value: count for name, count in record.outcomes.items()}
        assert row["resolved"] == len(record.resolved) == 1
        assert row["gained"] == 1
        assert row["sum_squares"] == record.brier
        assert row["accurate"] == record.accuracy
        assert row["sum_return"] == record.mean_return
        assert row["judged"] == len(record.judged) == 1
        assert row["let_through"] == record.let_through
        assert (row["profit"], row["champion_profit"]) == (record.profit, record.champion_profit)
    champion, challenger = book.models[FIRST], book.models[SECOND]
    assert (champion.accuracy, challenger.accuracy) == (1.0, 0.0)


def test_a_challenger_that_would_not_have_let_a_trade_through_has_no_profit_of_it() -> None:
    champion, challenger = ModelBook().take_all(a_traded_day().desk.log.read()).models.values()
    assert champion.mean_return is not None
    assert champion.mean_return > 0
    assert (champion.let_through, champion.profit) == (1, champion.mean_return)
    assert (challenger.let_through, challenger.profit) == (0, 0.0)
    assert challenger.champion_profit == champion.champion_profit == champion.mean_return


def test_rows_of_scores_have_what_the_models_returned_and_what_became_of_the_trade() -> None:
    eve = a_traded_day()
    found = table(folded(MODELS, eve.desk.recorded), "signal_scores")
    first, second = (row for _key, row in sorted(found.items(), key=lambda one: one[1]["place"]))
    assert (first["role"], first["confidence"], first["values"]) == ("CHAMPION", 0.8, [0.8, None])
    assert (second["role"], second["confidence"], second["gained"]) == ("CHALLENGER", 0.4, True)
    assert (first["let_through"], second["let_through"]) == (True, False)
    assert first["reasons"][0] == {"feature": "gain", "value": 0.8, "effect": 0.1}


def test_a_retired_champion_leaves_no_champion_behind() -> None:
    eve = a_traded_day()
    eve.accepted(RetireModel(sha256=SECOND, reason="why"))
    eve.accepted(promotion(FIRST))
    rows = table(folded(MODELS, eve.desk.recorded), "models")
    assert [rows[ACCOUNT, one]["role"] for one in (FIRST, SECOND)] == [ModelRole.CHAMPION, None]


def test_a_champion_that_becomes_a_challenger_keeps_that_role_beside_the_next_champion() -> None:
    eve = a_traded_day()
    eve.accepted(promotion(SECOND, ModelRole.CHALLENGER))
    eve.accepted(promotion(FIRST))
    rows = table(folded(MODELS, eve.desk.recorded), "models")
    expected = [ModelRole.CHAMPION, ModelRole.CHALLENGER]
    assert [rows[ACCOUNT, one]["role"] for one in (FIRST, SECOND)] == expected
    models = eve.desk.world.portfolio.models
    assert [models.role_of(one) for one in (FIRST, SECOND)] == expected
