"""People's requests to a run on a tape. They are recorded at the tape's time, and recalled with the rest of the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from decimal import Decimal
from hashlib import sha256

import pytest

from adapters.avro import AvroCodec
from adapters.tapes import synthetic_tape
from commands.door import Completed, Declined, EventNamed, TimedOut
from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    DraftOrder,
    ManualTerms,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    Request,
    ResetKillSwitch,
    ResumeStrategy,
    TripKillSwitch,
)
from commands.world import World
from domain.command_fact import is_command, key_and_fingerprint
from domain.direction import Side
from domain.errors import OwnershipLost
from domain.log import Envelope, EventLog, LogReader, chain_id
from domain.order import OrderType
from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.run.paper import PaperRun
from projections.chain import missing_causes
from tests.commands.list_log import InterruptedLog, ListLog
from tests.domain.history import BTC, ETH
from tests.infra.run.asking import Script, ask, near, play_asking
from tests.journeys.runs import EAGER, SYMBOLS, plan

D = Decimal
TAPES = synthetic_tape(4, SYMBOLS[:2], candles=300)
PLAN = plan(TAPES, EAGER)
CANDLES = {tape.instrument: tape.candles for tape in TAPES}


def chain(key: str) -> str:
    return chain_id(PLAN.opening.log_id, PLAN.account, f"command:{key}")


def level(instrument: str, number: int, part: str) -> Decimal:
    (rules,) = (one for one in PLAN.instruments if one.id == instrument)
    return near(CANDLES[instrument][number], rules.tick, part)


def always(request: Request) -> Callable[[PaperRun], Request]:
    return lambda _run: request


def close_all(run: PaperRun) -> Request:
    (held,) = (one for one in run.world.portfolio.positions.values() if one.state.instrument == BTC)
    return ClosePosition(held.stream, "enough")


def move(run: PaperRun) -> Request:
    (held,) = (one for one in run.world.portfolio.positions.values() if one.state.instrument == BTC)
    return MoveProtection(held.stream, stop=level(BTC, 9, "0.96"))


def resting(instrument: str, number: int) -> ManualTerms:
    limit, stop = level(instrument, number, "0.97"), level(instrument, number, "0.9")
    quantity = D("0.01") if instrument == BTC else D("0.1")
    return ManualTerms(
        instrument=instrument,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=quantity,
        limit_price=limit,
        stop=stop,
    )


SCRIPT: Script = {
    2: [("pause", always(PauseStrategy("trend", "I trade myself now")))],
    4: [
        ("rest", always(PlaceOrder(resting(BTC, 4)))),
        ("other", always(PlaceOrder(resting(ETH, 4)))),
        ("draft", always(DraftOrder(resting(BTC, 4)))),
    ],
    6: [("amend", always(AmendOrder(order_id=f"{chain('rest')}-e1", limit_price=level(BTC, 6, "1.001"))))],
    9: [("move", move)],
    12: [("settings", always(ChangeSettings({"risk.max_positions": "3", "alpha.minimum_trend": "-0.9"})))],
    13: [("settings", always(ChangeSettings({"risk.max_positions": "3", "alpha.minimum_trend": "-0.9"})))],
    15: [("close", close_all), ("cancel", always(CancelOrder(f"{chain('other')}-e1", "changed my mind")))],
    20: [("trip", always(TripKillSwitch("lunch"))), ("barred", always(PlaceOrder(resting(BTC, 20))))],
    25: [("reset", always(ResetKillSwitch("fed"))), ("resume", always(ResumeStrategy("trend", "calmer")))],
    299: [("last", always(TripKillSwitch("the tape has ended")))],
}
DONE = (
    "pause",
    "rest",
    "other",
    "amend",
    "move",
    "settings",
    "close",
    "cancel",
    "trip",
    "reset",
    "resume",
    "last",
)


def digest(log: LogReader) -> str:
    """A hash over all encoded events of the log."""
    total, codec = sha256(), AvroCodec()
    for recorded in log.read():
        total.update(codec.encode(recorded.envelope))
    return total.hexdigest()


@pytest.fixture(scope="module")
def whole() -> ListLog:
    """The log of an uninterrupted run with every request of the script."""
    log = ListLog()
    answers = play_asking(PLAN, log, SCRIPT)
    assert {key: answer for key, answer in answers.items() if not isinstance(answer, Completed)}.keys() == {
        "draft",
        "barred",
    }
    return log


def test_every_request_is_recorded_at_the_time_of_the_tape(whole: ListLog) -> None:
    by_command = {
        key_and_fingerprint(envelope.meta.causation_id)[0]: envelope.meta
        for envelope in whole.envelopes
        if is_command(envelope.meta.causation_id)
    }
    instants = {
        key: TAPES[0].candles[number].close_time
        for number, requests in sorted(SCRIPT.items(), reverse=True)
        for key, _ in requests
    }
    for key in DONE:
        meta = by_command[key]
        assert (meta.actor, meta.recorded_at) == ("eve", instants[key])
    assert list(missing_causes(whole.read())) == []
    assert "OrderAmended" in (kinds := {type(envelope.event).__name__ for envelope in whole.envelopes})
    assert {"ProtectionMoved", "PositionClosed", "OrderCancelled", "DecisionMade"} <= kinds


def test_a_run_stopped_after_any_unit_continues_to_the_same_log(whole: ListLog) -> None:
    """The stops include those right before and right after each request."""
    assert len(whole.units) > 30
    for unit in whole.units:
        log = ListLog(whole.envelopes[:unit])
        play_asking(PLAN, log, SCRIPT)
        assert log.envelopes == whole.envelopes, f"cut at {unit}"


def test_an_interrupted_run_on_kafka_gives_the_same_log(
    whole: ListLog, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    settings = WhenceSettings(log=f"kafka://{kafka_bootstrap_servers}/{kafka_topic}?partition=0")
    for stop in (5, 14, None):
        with closing(open_owned(settings)) as log:
            play_asking(PLAN, log, SCRIPT, stop)
    with closing(open_owned(settings)) as log:
        assert digest(log) == digest(whole)
        assert play_asking(PLAN, log, {299: [("last", always(TripKillSwitch("the tape has ended")))]}) == {
            "last": Completed("last", named(whole, "last"), repeated=True)
        }


def named(log: EventLog, key: str) -> Sequence[EventNamed]:
    world = World().fold_all(recorded.envelope for recorded in log.read())
    return tuple(one.named for one in world.commanded.followed(key))


def test_a_request_waits_until_the_log_is_recalled(whole: ListLog) -> None:
    run = PaperRun(PLAN, ListLog(whole.envelopes), _unseen)
    next(run.instants())
    assert run.recalling
    assert run.attend() == 0


def test_the_engine_answers_requests_after_the_last_candle(whole: ListLog) -> None:
    run = PaperRun(PLAN, ListLog(whole.envelopes), _unseen)
    for _instant in run.instants():
        pass
    assert not run.recalling
    answer = ask(run, "afterwards", ResetKillSwitch("over"))
    assert isinstance(answer, Completed)
    assert isinstance(ask(run, "last", TripKillSwitch("the tape has ended")), Completed)
    assert isinstance(ask(run, "last", TripKillSwitch("another word")), Declined)


def test_a_request_after_the_engine_lost_its_log_is_answered_with_the_reason() -> None:
    class Fenced(ListLog):
        def append(self, envelopes: Sequence[Envelope]) -> int:
            if any(envelope.meta.causation_id.startswith("command:trip/") for envelope in envelopes):
                raise OwnershipLost("another engine owns this log")
            return super().append(envelopes)

    run = PaperRun(PLAN, Fenced(), _unseen)
    for _ in run.instants():
        with pytest.raises(OwnershipLost):
            ask(run, "trip", TripKillSwitch("lunch"))
        break
    run.close("the engine stopped: another engine owns this log")
    answer = ask(run, "later", TripKillSwitch("lunch"))
    assert isinstance(answer, TimedOut)
    assert answer.known.startswith(
        "nothing was done and nothing was recorded: the engine stopped: another engine"
    )


def test_a_request_after_a_failure_between_instants_is_answered_with_the_reason() -> None:
    def fenced() -> None:
        if log.head() > 20:
            raise OwnershipLost("another engine owns this log")

    log = InterruptedLog((), fenced)
    run = PaperRun(PLAN, log, _unseen)
    with pytest.raises(OwnershipLost):
        list(run.instants())
    answer = ask(run, "later", TripKillSwitch("lunch"))
    assert isinstance(answer, TimedOut)
    assert "the engine stopped: another engine owns this log" in answer.known


def _unseen(_envelope: Envelope) -> None:
    pass
