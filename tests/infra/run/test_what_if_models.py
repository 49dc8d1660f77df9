"""A what-if of a log with scores: with another model, and without one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.inputs.sqlite import read_sqlite
from adapters.log.library import open_memory
from adapters.log.sqlite import open_sqlite
from adapters.log.sqlite import read_sqlite as read_log
from commands.door import Completed
from commands.request import RetireModel
from commands.scorer import LoadedModel, ModelScorer
from domain.features.core import CORE_1
from domain.log import Recorded
from domain.model import ModelRole
from domain.models.score import Score
from domain.opening import Mode
from domain.scored import ScoreOutcome, SignalScored
from domain.signal import DecisionMade
from infra.config import WhenceSettings
from infra.logs import played_store
from infra.run.backtest import NO_CHANGE, Change
from infra.run.backtesting import Backtesting
from infra.run.other_model import REASON, OtherModel
from infra.run.paper import PaperRun
from infra.run.recorded_candles import recorded_candles
from infra.run.recorded_inputs import recorded_inputs
from infra.run.recorded_requests import requests_in
from infra.run.redeciding import Redecision
from infra.run.unattended import carried_out_at_rest
from infra.run.what_if import WhatIf
from tests.commands.models_of_tests import FIRST, SECOND, a_drift, promotion, registration
from tests.infra.run.taped import PLAN, trade
from tests.infra.run.test_scored_runs import CoreModel, model_of
from tests.journeys.runs import short_plan
from tests.replacing import replace

TAPE = short_plan()
LIVE = replace(PLAN, opening=replace(PLAN.opening, mode=Mode.LIVE))
OTHER = OtherModel(
    replace(registration(SECOND, "other"), feature_set=CORE_1.id, passed_gate=False, reason=REASON)
)


@dataclass(frozen=True)
class Doubting(CoreModel):
    """It expects every entry to lose."""

    def score(self, values: Sequence[float | None], earlier: Sequence[Sequence[float | None]] = ()) -> Score:
        return replace(super().score(values, earlier), confidence=0.3)


SCORER = ModelScorer({FIRST: model_of(FIRST), SECOND: LoadedModel(Doubting(SECOND, 0.5))}.__getitem__)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A live log whose champion FIRST lets every entry through."""
    found = tmp_path_factory.mktemp("scored") / "whence.db"
    known = replace(registration(), feature_set=CORE_1.id)
    trade(found, 10, 300, plan=LIVE, scorer=SCORER, requests=(known, promotion()))
    return found


def made(path: Path, change: Change) -> tuple[WhatIf, Sequence[Recorded]]:
    """The what-if, and the events of the candidate."""
    with closing(read_log(path, AvroCodec())) as log:
        recording = recorded_inputs(log, lambda: read_sqlite(path))
        found = WhatIf(recording, log, change, SCORER)
        assert list(found.steps())[-1] == found.total
    target = open_memory(AvroCodec())
    found.write(target)
    return found, list(target.read())


def scores(events: Sequence[Recorded]) -> list[SignalScored]:
    return [one.envelope.event for one in events if isinstance(one.envelope.event, SignalScored)]


def test_another_model_is_the_champion_from_the_opening_on_and_its_decisions_are_made_again(
    path: Path,
) -> None:
    found, events = made(path, Change(model=OTHER))
    assert {(one.model, one.role) for one in scores(events)} == {(SECOND, ModelRole.CHAMPION)}
    assert found.candidate.left_out["RequestMade"] == 2, "the registration and the promotion of the recording"
    assert found.compared.notes[0].startswith(
        f"The model {SECOND[:12]} scored {len(scores(events))} signals: "
    )
    changed = [vote.member for one in found.comparison.decisions for vote in one.votes]
    assert "model" in changed, "it lets no entry through"
    redecision = Redecision({SECOND: LoadedModel(Doubting(SECOND, 0.5))}.__getitem__)
    for _ in redecision.steps(events):
        pass
    assert redecision.is_equal


def test_a_backtest_of_a_tape_scores_with_the_models_that_the_tape_puts_in_force(path: Path) -> None:
    with closing(read_log(path, AvroCodec())) as log:
        recorded = scores(list(log.read()))
        with closing(
            Backtesting(recorded_inputs(log, lambda: read_sqlite(path)), NO_CHANGE, SCORER)
        ) as made_:
            assert list(made_.steps())
            found = scores(list(made_.events()))
    assert found == recorded
    assert {(one.model, one.outcome) for one in found} == {(FIRST, ScoreOutcome.OK)}


def test_without_a_model_nothing_is_scored_and_the_control_still_has_the_recorded_scores(path: Path) -> None:
    found, events = made(path, Change(model=OtherModel()))
    assert scores(events) == []
    members = {
        vote.member
        for one in events
        if isinstance(one.envelope.event, DecisionMade)
        for vote in one.envelope.event.votes
    }
    assert members
    assert "model" not in members
    assert (list(found.reproduced.decisions), found.reproduced.orders, found.reproduced.fills) == ([], 0, 0)
    assert found.compared.notes == ()


@pytest.fixture(scope="module")
def of_candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of candles, at rest for two requests: then SECOND, whose gate did not let it pass, is the champion."""
    found = tmp_path_factory.mktemp("candles") / "tape.db"
    settings = WhenceSettings(log=f"sqlite:///{found}")
    known = replace(registration(SECOND), feature_set=CORE_1.id, passed_gate=False)
    for candles, requests in ((60, (known, replace(promotion(SECOND), unproven=True))), (None, ())):
        with closing(open_sqlite(found, AvroCodec())) as log, played_store(settings) as played:
            run = PaperRun(TAPE, log, lambda _envelope: None, scorer=SCORER, played=played)
            for _instant in islice(run.instants(), candles):
                pass
        for one in requests:
            assert isinstance(carried_out_at_rest(settings, one), Completed)
    return found


def test_a_log_of_candles_makes_its_scores_again_from_the_requests_that_its_events_show(
    of_candles: Path,
) -> None:
    with closing(read_log(of_candles, AvroCodec())) as log:
        found = WhatIf(recorded_candles(log, TAPE.tapes, {}), log, Change(model=OtherModel()), SCORER)
        assert list(found.steps())[-1] == found.total
        recorded = [one.envelope.event for one in log.read()]
    votes = [vote for one in recorded if isinstance(one, DecisionMade) for vote in one.votes]
    assert "model" in {vote.member for vote in votes}, "the champion of the log decides"
    assert (list(found.reproduced.decisions), found.reproduced.orders, found.reproduced.fills) == ([], 0, 0)
    assert found.candidate.left_out["RequestMade"] == 2
    assert found.control.declined == []
    assert list(found.comparison.decisions), "without the champion the entries that it held back are traded"


def test_the_requests_about_models_that_follow_from_their_events_lead_to_these_events_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tape.db"
    settings = WhenceSettings(log=f"sqlite:///{path}")
    with closing(open_sqlite(path, AvroCodec())) as log, played_store(settings) as played:
        for _instant in islice(PaperRun(TAPE, log, lambda _envelope: None, played=played).instants(), 10):
            pass
    requests = (
        replace(registration(), feature_set=CORE_1.id),
        promotion(),
        a_drift(),
        RetireModel(sha256=FIRST, reason="drifts", rule="drift"),
    )
    for one in requests:
        assert isinstance(carried_out_at_rest(settings, one), Completed)
    with closing(read_log(path, AvroCodec())) as log:
        found = [one.requested.request for one in requests_in(log)]
    assert found == [requests[0], replace(promotion(), unproven=True), *requests[2:]]


def test_each_model_has_a_log_of_its_own_id_and_without_one_the_id_is_that_of_before(path: Path) -> None:
    changes = (NO_CHANGE, Change(model=OtherModel()), Change(model=OTHER))
    with closing(read_log(path, AvroCodec())) as log:
        recording = recorded_inputs(log, lambda: read_sqlite(path))
        ids = {WhatIf(recording, log, change).log_id for change in changes}
        again = {WhatIf(recording, log, change).log_id for change in changes}
    assert len(ids) == 3
    assert ids == again
