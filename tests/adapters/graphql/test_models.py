"""Models and the scores of a signal by GraphQL: what was recorded, and as of a past event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import create_engine

from adapters.graphql.context import Served
from adapters.graphql.readers import Readers
from domain.model import ModelPromoted
from projections.bookkeeping import METADATA
from projections.source import ReadModels
from projections.store import prepare, writing
from tests.adapters.graphql.reading import Reading
from tests.commands.list_log import codec
from tests.commands.models_of_tests import FIRST, SECOND, a_drift
from tests.projections.stores import WrittenLog, built
from tests.projections.test_models import a_traded_day

_MODELS = """query Models($account: String, $at: AsOfInput) {
  models(account: $account, asOf: $at) {
    sha256 name role featureSet labels seed metrics { name value } outcomes { outcome count }
    resolved gainRate accuracy meanConfidence brier meanReturn judged letThrough profit championProfit
    drifts { subject test statistic limit count }
  }
}"""
_SCORES = """query Scores($id: ID!) {
  signalScores(id: $id) {
    model role featureSet values outcome confidence risk expectedReturn standsOn gained
    reasons { feature value effect }
  }
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    """A day with a champion and a challenger, a trade that gained, a promotion of the challenger, and a drift."""
    eve = a_traded_day()
    eve.accepted(a_drift())
    log = WrittenLog(eve.desk.recorded)
    engine = prepare(create_engine(f"sqlite:///{tmp_path_factory.mktemp('models') / 'read.db'}"))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    models = ReadModels(engine, built(engine, log).projections, log=log)
    with closing(Readers(1)) as readers:
        yield Reading(log, engine, models, Served(models, codec().decode, readers))
    engine.dispose()


def test_models_have_roles_figures_and_drifts_of_the_log(served: Reading) -> None:
    first, second = served.query(_MODELS)["models"]
    assert (first["sha256"], first["role"], second["sha256"], second["role"]) == (
        FIRST,
        None,
        SECOND,
        "CHAMPION",
    )
    assert (first["featureSet"], first["labels"], first["seed"]) == ("test.1", 1_000, "7")
    assert first["metrics"] == [{"name": "brier", "value": 0.2}]
    assert first["outcomes"] == second["outcomes"] == [{"outcome": "OK", "count": 1}]
    assert [
        (one["resolved"], one["gainRate"], one["accuracy"], one["meanConfidence"]) for one in (first, second)
    ] == [
        (1, 1.0, 1.0, 0.8),
        (1, 1.0, 0.0, 0.4),
    ]
    assert (first["brier"], second["brier"]) == (pytest.approx(0.04), pytest.approx(0.36))
    assert [(one["judged"], one["letThrough"]) for one in (first, second)] == [(1, 1), (1, 0)]
    assert first["profit"] == first["championProfit"] == second["championProfit"] == first["meanReturn"] > 0
    assert second["profit"] == 0
    assert first["drifts"] == [
        {"subject": "adx", "test": "PSI", "statistic": 0.3, "limit": 0.25, "count": 500}
    ]
    assert second["drifts"] == []


def test_models_as_of_an_event_before_the_promotion_have_the_roles_of_then(served: Reading) -> None:
    last = max(one.ordinal for one in served.events() if isinstance(one.envelope.event, ModelPromoted))
    rows = served.query(_MODELS, at={"ordinal": str(last - 1)})["models"]
    assert [one["role"] for one in rows] == ["CHAMPION", "CHALLENGER"]


def test_another_account_has_no_models(served: Reading) -> None:
    assert served.query(_MODELS, account="other")["models"] == []


def test_scores_of_a_signal_have_the_champions_first_with_reasons_and_the_outcome(served: Reading) -> None:
    chain = next(
        one.envelope.meta.correlation_id
        for one in served.events()
        if type(one.envelope.event).__name__ == "SignalScored"
    )
    first, second = served.query(_SCORES, id=chain)["signalScores"]
    assert (first["model"], first["role"], first["confidence"], first["values"]) == (
        FIRST,
        "CHAMPION",
        0.8,
        [0.8, None],
    )
    assert first["reasons"][0] == {"feature": "gain", "value": 0.8, "effect": 0.1}
    assert (second["model"], second["role"], second["gained"]) == (SECOND, "CHALLENGER", True)
    assert served.query(_SCORES, id="unknown")["signalScores"] == []
