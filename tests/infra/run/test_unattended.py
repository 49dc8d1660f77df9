"""Requests of the register of models in a log that no engine owns, and the engine that goes on with the log."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.avro import AvroCodec
from adapters.inputs.sqlite import SqliteTape
from adapters.log.sqlite import open_sqlite, read_sqlite
from commands.door import Completed, Declined, TimedOut
from commands.request import ChangeSettings, PromoteModel, RetireModel
from commands.scorer import LoadedModel, ModelScorer
from commands.world import World
from domain.errors import InvalidInput, LogOwned, LogReadOnly, LogUnavailable, Refused
from domain.events import Event
from domain.features.core import CORE_1
from domain.log import Envelope, EventLog, Recorded
from domain.model import ModelPromoted, ModelRegistered, ModelRetired, ModelRole
from domain.opening import LogOpened
from domain.scored import ScoreOutcome, SignalScored
from domain.weights.settings import Weight, weights_text
from infra.cli import at_rest
from infra.config import WhenceSettings
from infra.logs import played_store
from infra.run.clock import utc_now
from infra.run.manual import ManualRun
from infra.run.paper import PaperRun
from infra.run.unattended import AtRest, carried_out_at_rest
from tests.commands.models_of_tests import FIRST, registration
from tests.domain.history import ACCOUNT
from tests.infra.run.taped import frames, replayed, trade
from tests.infra.run.test_manual import BEGINNING
from tests.infra.run.test_scored_runs import CoreModel
from tests.journeys.runs import short_plan
from tests.replacing import replace

REGISTRATION = replace(registration(FIRST), feature_set=CORE_1.id)
PROMOTION = PromoteModel(sha256=FIRST, role=ModelRole.CHALLENGER, reason="watch")
RETIREMENT = RetireModel(sha256=FIRST, reason="enough")
HALF = (Weight(strategy="trend", weight=Decimal("0.5")),)
WEIGHTS = ChangeSettings({"weights.table": weights_text(HALF)}, "fitted")
SCORER = ModelScorer({FIRST: LoadedModel(CoreModel(FIRST, 0.5))}.__getitem__)


def settings(path: Path, account: str = "paper") -> WhenceSettings:
    return WhenceSettings(log=f"sqlite:///{path}", account=account)


def do(path: Path, *requests: AtRest) -> None:
    for one in requests:
        answer = carried_out_at_rest(settings(path), one)
        assert isinstance(answer, Completed), answer


def events(path: Path) -> Sequence[Recorded]:
    with closing(read_sqlite(path, AvroCodec())) as log:
        return list(log.read())


def kinds(path: Path, *wanted: type[Event]) -> Sequence[type]:
    return [type(one.envelope.event) for one in events(path) if isinstance(one.envelope.event, wanted)]


def play(path: Path, instants: int | None = None) -> None:
    with closing(open_sqlite(path, AvroCodec())) as log, played_store(settings(path)) as played:
        run = PaperRun(short_plan(), log, lambda _envelope: None, played=played, scorer=SCORER)
        for _instant in islice(run.instants(), instants):
            pass


class KilledWithinAnInstant:
    """A log whose process is killed before the second append of an instant of the market."""

    def __init__(self, log: EventLog) -> None:
        self._log, self._latest = log, datetime.max.replace(tzinfo=UTC)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def append(self, envelopes: Sequence[Envelope]) -> int:
        at, opens = envelopes[0].meta.recorded_at, isinstance(envelopes[0].event, LogOpened)
        if at == self._latest:
            raise LogUnavailable("killed")
        self._latest = self._latest if opens else at
        return self._log.append(envelopes)


def test_a_run_on_candles_that_was_stopped_goes_on_with_the_model_and_is_recalled_with_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tape.db"
    play(path, 150)
    before = len(frames(path))
    do(path, REGISTRATION, PROMOTION)
    made = events(path)[before:]
    assert [type(one.envelope.event) for one in made] == [ModelRegistered, ModelPromoted]
    assert {one.envelope.meta.recorded_at for one in made} == {
        events(path)[before - 1].envelope.meta.recorded_at
    }
    play(path)
    scored = [one.envelope.event for one in events(path) if isinstance(one.envelope.event, SignalScored)]
    assert ScoreOutcome.OK in {one.outcome for one in scored}
    whole = frames(path)
    do(path, RETIREMENT)
    play(path)
    assert frames(path)[: len(whole)] == whole
    assert [type(one.envelope.event) for one in events(path)[len(whole) :]] == [ModelRetired]


def test_a_log_with_a_tape_of_inputs_is_made_again_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    for number in range(2):
        with closing(open_sqlite(path, AvroCodec())) as log, closing(SqliteTape(path, utc_now)) as tape:
            ManualRun(log, BEGINNING, lambda _envelope: None, tape=tape).close()
        do(path, *([REGISTRATION, PROMOTION, WEIGHTS], [RETIREMENT])[number])
    assert kinds(path, ModelRegistered, ModelPromoted, ModelRetired) == [
        ModelRegistered,
        ModelPromoted,
        ModelRetired,
    ]
    replay = replayed(path)
    assert replay.difference is None
    assert (replay.sessions, replay.ordinal) == (6, len(frames(path)))


def test_weights_that_are_applied_at_rest_are_in_force_when_the_run_goes_on_and_when_it_is_recalled(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tape.db"
    play(path, 150)
    do(path, WEIGHTS)
    play(path)
    with closing(read_sqlite(path, AvroCodec())) as log:
        world = World().fold_all(one.envelope for one in log.read())
    assert world.portfolio.settings.settings.weights.table == HALF
    whole = frames(path)
    play(path)
    assert frames(path) == whole


def test_what_the_engine_would_decline_is_declined_and_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "tape.db"
    play(path, 10)
    before = frames(path)
    answer = carried_out_at_rest(settings(path), PROMOTION)
    assert isinstance(answer, Declined)
    assert "is registered" in answer.reason
    assert frames(path) == before


def test_a_log_that_an_engine_owns_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "tape.db"
    play(path, 10)
    with closing(open_sqlite(path, AvroCodec())), pytest.raises(LogOwned):
        carried_out_at_rest(settings(path), REGISTRATION)


def test_a_log_whose_run_was_killed_within_an_instant_is_refused_until_the_run_has_completed_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tape.db"
    with closing(open_sqlite(path, AvroCodec())) as log, played_store(settings(path)) as played:
        killed = cast(EventLog, KilledWithinAnInstant(log))
        with pytest.raises(LogUnavailable, match="killed"):
            for _instant in PaperRun(short_plan(), killed, lambda _envelope: None, played=played).instants():
                pass
    before = frames(path)
    with pytest.raises(Refused, match="stopped within an instant: start `whence paper`"):
        carried_out_at_rest(settings(path), REGISTRATION)
    assert frames(path) == before
    play(path)
    do(path, REGISTRATION, RETIREMENT)


def test_logs_that_no_engine_goes_on_with_are_refused_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        carried_out_at_rest(settings(tmp_path / "none.db"), REGISTRATION)
    assert not (tmp_path / "none.db").exists()
    play(tmp_path / "tape.db", 10)
    with pytest.raises(InvalidInput, match=f"not of {ACCOUNT}x"):
        carried_out_at_rest(settings(tmp_path / "tape.db", f"{ACCOUNT}x"), REGISTRATION)
    trade(tmp_path / "other.db", 10, 12)
    with pytest.raises(LogReadOnly, match="written by taped"):
        carried_out_at_rest(settings(tmp_path / "other.db"), REGISTRATION)


def test_a_request_that_the_next_engine_receives_again_is_not_carried_out_again(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    with closing(open_sqlite(path, AvroCodec())) as log, closing(SqliteTape(path, utc_now)) as tape:
        ManualRun(log, BEGINNING, lambda _envelope: None, tape=tape).close()
    do(path, REGISTRATION, PROMOTION)
    on_topic: list[str] = []

    def timed_out(_settings: object, _api: str, _token: object, _request: object, key: str) -> TimedOut:
        on_topic.append(key)
        return TimedOut(key, "nothing")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(at_rest, "sent", timed_out)
        assert isinstance(at_rest.answered(settings(path), "", None, RETIREMENT), Completed)
    do(path, PROMOTION)
    whole = frames(path)
    again = carried_out_at_rest(settings(path), RETIREMENT, on_topic[0])
    assert isinstance(again, Completed)
    assert again.repeated
    assert frames(path) == whole
