"""Series of entries that change nothing: known from the position, counted, and recorded as one event when they end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from commands.engine import Engine
from commands.identity import Identity
from commands.inputs import MarketMoved, Warmed
from commands.series import RunningSeries, Taken
from commands.watching import Instance, Sighting
from commands.world import World
from domain.candle import Candle, cause_of
from domain.direction import Direction
from domain.known_intent import known_intent
from domain.log import Envelope
from domain.portfolio import Portfolio
from domain.settings import FlipSettings, IntentSettings, Settings
from domain.signal import DecisionMade, SeriesEnded, SignalDetected, SignalIntent
from domain.strategies import Intent, Proposal
from projections.sentences import sentence
from tests.commands.test_marking import a_candle
from tests.domain.committees.test_policy import holding
from tests.domain.history import ACCOUNT, BTC, LOG_ID, NOW, History, a_signal, an_open_day
from tests.replacing import replace

D = Decimal
LONG, SHORT = Direction.LONG, Direction.SHORT
SERIES = IntentSettings(hold_series=True, reinforce_confidence=0.8, noise_confidence=0.4)
HELD = f"{BTC}-LONG-1"
NO_RULES = FlipSettings()


class Scripted:
    """Proposes what a script has for the minute of the candle's close: direction, confidence, and intent."""

    name = "scripted"

    def __init__(self, script: dict[int, tuple[Direction, float]], exits: Sequence[int] = ()) -> None:
        self._script, self._exits = script, exits

    def watch(self) -> Scripted:
        return self

    def on_candle(self, candle: Candle) -> Proposal | None:
        minute = int((candle.close_time - NOW).total_seconds() // 60)
        if minute not in self._script:
            return None
        direction, confidence = self._script[minute]
        return Proposal(
            strategy=self.name,
            instrument=BTC,
            interval=timedelta(minutes=5),
            direction=direction,
            intent=Intent.EXIT if minute in self._exits else Intent.ENTER,
            confidence=confidence,
            trend=0.5 if direction is LONG else -0.5,
            price=candle.close,
            stop=D(98) if direction is LONG else D(102),
            target=D(106) if direction is LONG else D(94),
            inputs={},
        )

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        return [self.on_candle(one) for one in candles]


def a_log(intents: IntentSettings = SERIES, owner: str = "trend", flips: FlipSettings = NO_RULES) -> History:
    """A long of the strategy, opened at noon."""
    return holding(an_open_day(Settings(intents=intents, flips=flips)), owner)


def held(intents: IntentSettings = SERIES, owner: str = "trend") -> Portfolio:
    return a_log(intents, owner).portfolio()


def sighted(minute: int, direction: Direction, confidence: float, *, exits: bool = False) -> Sighting:
    candle = a_candle(minute, D(100))
    strategy = Scripted({minute: (direction, confidence)}, (minute,) if exits else ())
    proposal = strategy.on_candle(candle)
    assert proposal is not None
    return Sighting(Instance(id="trend", strategy=strategy), candle, proposal, cause_of(candle))


def a_series(count: int, first: int, last: int, **changed: object) -> SeriesEnded:
    series = SeriesEnded(
        strategy="trend",
        instrument=BTC,
        direction=LONG,
        intent=SignalIntent.HOLD,
        position=HELD,
        count=count,
        first_at=NOW + timedelta(minutes=first),
        last_at=NOW + timedelta(minutes=last),
    )
    return replace(series, **changed)


class Played:
    """An engine on the log of a held position, with a scripted strategy; keeps what it records."""

    def __init__(self, log: Sequence[Envelope], strategy: Scripted) -> None:
        world = World().fold_all(log)
        identity = Identity(LOG_ID, ACCOUNT, "test")
        self.engine = Engine(
            world, identity, since=NOW, instances=(Instance(id="trend", strategy=strategy),), marks=False
        )
        self.recorded: list[Envelope] = []

    def take(self, given: MarketMoved | Warmed) -> None:
        for unit in self.engine.process(given):
            self.recorded += unit.envelopes
            self.engine.confirm(unit)

    def candles(self, *minutes: int) -> Played:
        for minute in minutes:
            candle = a_candle(minute, D(100))
            self.take(MarketMoved(candle.close_time, (candle,)))
        return self

    def warmed(self, *minutes: int) -> Played:
        candles = tuple(a_candle(minute, D(100)) for minute in minutes)
        self.take(Warmed(candles[-1].close_time, candles))
        return self

    @property
    def events(self) -> list[SignalDetected | SeriesEnded]:
        return [one.event for one in self.recorded if isinstance(one.event, SignalDetected | SeriesEnded)]


@pytest.mark.parametrize(
    ("direction", "confidence", "expected"),
    [
        (LONG, 0.79, SignalIntent.HOLD),
        (LONG, 0.8, SignalIntent.REINFORCE),
        (SHORT, 0.39, SignalIntent.NOISE),
        (SHORT, 0.4, SignalIntent.REVERSAL),
    ],
)
def test_the_intent_of_an_entry_is_known_from_the_position_and_the_confidence(
    direction: Direction, confidence: float, expected: SignalIntent
) -> None:
    entry = a_signal(direction=direction, confidence=confidence)
    assert known_intent(entry, "trend", held()) is expected
    assert known_intent(entry, "trend", held(owner="other")) is SignalIntent.ENTRY
    assert known_intent(entry, "trend", an_open_day().portfolio()) is SignalIntent.ENTRY


def test_without_noise_confidence_no_entry_is_noise() -> None:
    weak = a_signal(direction=SHORT, confidence=0.0)
    assert known_intent(weak, "trend", held(IntentSettings(hold_series=True))) is SignalIntent.REVERSAL


def test_with_the_defaults_every_entry_is_recorded_itself() -> None:
    running = RunningSeries()
    for minute, direction in enumerate((LONG, LONG, SHORT), 1):
        assert running.take(sighted(minute * 5, direction, 0.1), held(IntentSettings())) == Taken(True)


def test_a_series_is_counted_and_ends_at_the_first_proposal_that_is_not_of_it() -> None:
    running, portfolio = RunningSeries(), held()
    for minute in (5, 10, 25):
        assert running.take(sighted(minute, LONG, 0.7), portfolio) == Taken(False)
    assert running.take(sighted(30, SHORT, 0.7), portfolio) == Taken(True, a_series(3, 5, 25))
    assert running.take(sighted(35, SHORT, 0.7), portfolio) == Taken(True)


@pytest.mark.parametrize(
    ("ending", "is_recorded"),
    [
        (sighted(10, LONG, 0.9), True),
        (sighted(10, SHORT, 0.9), True),
        (sighted(10, SHORT, 0.9, exits=True), True),
        (sighted(10, SHORT, 0.1), False),
    ],
    ids=["a reinforcement", "a reversal", "an exit", "noise"],
)
def test_each_other_proposal_ends_a_series(ending: Sighting, *, is_recorded: bool) -> None:
    running, portfolio = RunningSeries(), held()
    running.take(sighted(5, LONG, 0.7), portfolio)
    assert running.take(ending, portfolio) == Taken(is_recorded, a_series(1, 5, 5))


def test_a_series_ends_where_the_position_is_another_one() -> None:
    running = RunningSeries()
    running.take(sighted(5, LONG, 0.7), held())
    assert running.take(sighted(10, LONG, 0.7), an_open_day(Settings(intents=SERIES)).portfolio()) == Taken(
        True, a_series(1, 5, 5)
    )


def test_the_duration_is_from_the_first_entry_to_the_last() -> None:
    assert a_series(3, 5, 95).duration == timedelta(hours=1, minutes=30)
    assert sentence(a_series(3, 5, 95)) == (
        f"HOLD: 3 proposals LONG by trend on {BTC} changed nothing about {HELD}, within 1:30:00 to 13:35:00 UTC"
    )


SCRIPT = {5: (LONG, 0.7), 10: (LONG, 0.7), 15: (SHORT, 0.2), 20: (LONG, 0.7), 25: (SHORT, 0.7)}


def test_the_engine_records_each_series_once_and_before_the_signal_that_ended_it() -> None:
    played = Played(a_log().envelopes, Scripted(SCRIPT)).candles(5, 10, 15, 20)
    noise = a_series(1, 15, 15, direction=SHORT, intent=SignalIntent.NOISE)
    assert played.events == [a_series(2, 5, 10), noise]
    played.candles(25)
    assert played.events[2] == a_series(1, 20, 20)
    assert isinstance(played.events[3], SignalDetected)
    assert len(played.events) == 4
    assert len({one.meta.stream for one in played.recorded if isinstance(one.event, SeriesEnded)}) == 3
    assert World().fold_all([*a_log().envelopes, *played.recorded]).portfolio == played.engine.world.portfolio


def test_without_the_settings_the_engine_records_every_entry() -> None:
    played = Played(a_log(IntentSettings()).envelopes, Scripted(SCRIPT)).candles(5, 10, 15)
    assert [type(one) for one in played.events] == [SignalDetected] * 3


def test_a_reinforcement_is_recorded_with_its_intent_and_adds_nothing() -> None:
    played = Played(a_log().envelopes, Scripted({5: (LONG, 0.9)})).candles(5)
    (decision,) = [one.event for one in played.recorded if isinstance(one.event, DecisionMade)]
    assert decision.reasons == ("MAX_POSITIONS_PER_INSTRUMENT",)
    figures = {vote.member: vote.figures for vote in decision.votes}
    assert figures["holder"]["intent"] == "REINFORCE"


def test_the_decision_on_a_reversal_names_its_intent() -> None:
    played = Played(a_log().envelopes, Scripted({5: (SHORT, 0.7)})).candles(5)
    (decision,) = [one.event for one in played.recorded if isinstance(one.event, DecisionMade)]
    assert decision.votes[1].figures["intent"] == "REVERSAL"


def test_a_series_that_a_stop_interrupts_is_counted_from_the_candles_of_the_warm_up() -> None:
    strategy = Scripted({0: (LONG, 0.7), **SCRIPT})
    whole = Played(a_log().envelopes, strategy).candles(5, 10, 15)
    first = Played(a_log().envelopes, strategy).candles(5)
    assert first.recorded == []
    again = Played(a_log().envelopes, strategy).warmed(0, 5).candles(10, 15)
    assert again.recorded == whole.recorded


def test_a_series_that_ended_while_no_engine_ran_is_recorded_at_the_warm_up() -> None:
    again = Played(a_log().envelopes, Scripted(SCRIPT)).warmed(5, 10, 15)
    assert again.events == [a_series(2, 5, 10)]


def test_a_series_that_is_recorded_is_not_recorded_again_by_a_warm_up() -> None:
    whole = Played(a_log().envelopes, Scripted(SCRIPT)).candles(5, 10, 15, 20, 25)
    log = [*a_log().envelopes, *(one for one in whole.recorded if isinstance(one.event, SeriesEnded))]
    again = Played(log, Scripted(SCRIPT)).warmed(5, 10, 15, 20, 25)
    assert again.recorded == []


def test_entries_that_were_recorded_one_by_one_are_of_no_series_of_a_warm_up() -> None:
    """They were recorded before the setting was in force."""
    each = Played(a_log(IntentSettings()).envelopes, Scripted({5: (LONG, 0.7), 10: (LONG, 0.7)})).candles(
        5, 10
    )
    log = History([*a_log(IntentSettings()).envelopes, *each.recorded]).settings(Settings(intents=SERIES))
    strategy = Scripted({5: (LONG, 0.7), 10: (LONG, 0.7), 15: (LONG, 0.7), 20: (LONG, 0.9)})
    assert Played(log.envelopes, strategy).warmed(5, 10).candles(15, 20).events[0] == a_series(1, 15, 15)


def test_a_candle_that_is_warmed_after_it_was_counted_is_not_counted_again() -> None:
    played = Played(a_log().envelopes, Scripted(SCRIPT)).candles(5, 10).warmed(5, 10).candles(15)
    assert played.events == [a_series(2, 5, 10)]


@pytest.mark.parametrize(
    ("script", "row"),
    [
        ({5: (SHORT, 0.7), 10: (LONG, 0.7), 15: (SHORT, 0.7)}, "1"),
        ({5: (SHORT, 0.7), 10: (SHORT, 0.2), 15: (SHORT, 0.7)}, "2"),
    ],
    ids=["a hold begins it again", "noise leaves it as it is"],
)
def test_a_row_of_entries_against_the_position(script: dict[int, tuple[Direction, float]], row: str) -> None:
    log = a_log(flips=FlipSettings(repeats=3)).envelopes
    played = Played(log, Scripted(script)).candles(5, 10, 15)
    last = [one.event for one in played.recorded if isinstance(one.event, DecisionMade)][-1]
    assert last.reasons == ("FLIP_NOT_REPEATED",)
    assert last.votes[-1].figures["row"] == row
