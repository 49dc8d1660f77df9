"""Which entries are scored: one row for each kind of entry, in both arms, each decided again from the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pytest

from commands.inputs import MarketMoved
from commands.request import OutsideSignal, PlaceOrder, RaiseSignal
from commands.scorer import ModelScorer
from domain.arms.settings import ArmSettings
from domain.arms.split import Arm
from domain.direction import Direction
from domain.grid import Grid, GridLevel
from domain.log import Envelope
from domain.model import ModelRole
from domain.order import OrderPlaced
from domain.scored import ScoreOutcome, SignalScored
from domain.settings import AlphaSettings, IntentSettings, OnOpposite, Settings
from domain.signal import DecisionMade, ReversalDecided, SignalDetected, Verdict
from domain.strategies import Intent
from domain.streams import order_stream
from tests.commands.desk import Desk, a_fill_of, long
from tests.commands.models_of_tests import FIRST, READERS, SECOND, FakeModel, Folder, promotion, registration
from tests.commands.requests.asking import TERMS, Asking
from tests.commands.test_marking import a_candle
from tests.commands.test_scoring import scores_of, verified
from tests.domain.history import ACCOUNT, D
from tests.replacing import replace

FOLDER = Folder(FakeModel(FIRST), FakeModel(SECOND, 0.01))
"""Both let every entry of this file through, with confidences that differ."""
SETTINGS = Settings(
    alpha=AlphaSettings(minimum_reward_to_risk=D(0)),
    intents=IntentSettings(additions=1, addition_spacing=D(0)),
)
GRID = Grid(levels=(GridLevel(D(99), D(100)), GridLevel(D(98), D(99))), rounds=1, lifetime_seconds=3_600)
LONG = long(confidence=0.9)
SHORT = long(confidence=0.9, direction=Direction.SHORT, stop=D(102), target=D(94), trend=-0.5)


def _see(signal: SignalDetected) -> Callable[[Asking], None]:
    def act(eve: Asking) -> None:
        eve.desk.see(signal)

    return act


def _send(strategy: str) -> Callable[[Asking], None]:
    """As `POST /signals` and a scanner send it."""

    def act(eve: Asking) -> None:
        given: dict[str, Any] = {one.name: getattr(LONG, one.name) for one in fields(OutsideSignal)}
        eve.ask(RaiseSignal(replace(OutsideSignal(**given), strategy=strategy)))

    return act


def _enter(eve: Asking) -> None:
    """A position at 99, whose whole entry has filled: at 100 its close gains, so no cooldown follows."""
    before = eve.desk.log.head()
    eve.desk.see(LONG)
    entry = next(one.event for one in eve.desk.log.envelopes[before:] if isinstance(one.event, OrderPlaced))
    chain = eve.desk.log.envelopes[before].meta.correlation_id
    eve.desk.tell(a_fill_of(f"{chain}-e1", "in", entry.quantity, D(99)))


def _reverse(eve: Asking) -> None:
    """The second leg follows when the close has filled."""
    chain = eve.desk.see(SHORT)[0].meta.correlation_id
    close: OrderPlaced = eve.desk.world.state(order_stream(ACCOUNT, f"{chain}-x1")).terms
    eve.desk.tell(a_fill_of(f"{chain}-x1", "out", close.quantity, D(100)))


def _place(eve: Asking) -> None:
    eve.accepted(PlaceOrder(TERMS))


Act = Callable[[Asking], None]
KINDS: Mapping[str, tuple[Settings, Sequence[Act], Act, bool, Verdict | None]] = {
    "an entry of a strategy": (SETTINGS, (), _see(LONG), True, Verdict.ENTER),
    "POST /signals": (SETTINGS, (), _send("desk"), True, Verdict.ENTER),
    "a scanner": (SETTINGS, (), _send("pump"), True, Verdict.ENTER),
    "an addition": (
        SETTINGS,
        (_enter,),
        _see(long(confidence=0.9, price=D(102), stop=D(100), target=D(112))),
        True,
        Verdict.ENTER,
    ),
    "an entry against a position": (SETTINGS, (_enter,), _see(SHORT), True, Verdict.CLOSE),
    "a reversal": (Settings(on_opposite=OnOpposite.REVERSE), (_enter,), _reverse, True, Verdict.REVERSE),
    "an exit": (
        SETTINGS,
        (_enter,),
        _see(long(direction=Direction.SHORT, intent=Intent.EXIT, trend=-0.5, stop=D(102), target=D(94))),
        False,
        Verdict.CLOSE,
    ),
    "a grid": (SETTINGS, (), _see(long(grid=GRID, stop=D(92), target=D(104))), False, Verdict.ENTER),
    "an order of a person": (SETTINGS, (), _place, False, None),
}
"""By kind: settings, what happens before, the entry, whether it is scored, and its verdict (None: no decision)."""


def split(settings: Settings, share: float) -> Asking:
    arms = ArmSettings(share=share, challenger=SECOND)
    desk = Desk(scorer=ModelScorer(FOLDER.model_of), readers=READERS)
    eve = Asking(replace(settings, arms=arms), desk)
    for sha256, role in ((FIRST, ModelRole.CHAMPION), (SECOND, ModelRole.CHALLENGER)):
        eve.accepted(registration(sha256))
        eve.accepted(promotion(sha256, role))
    eve.desk.handle(MarketMoved(eve.desk.at, (a_candle(0, D(100)),)))
    return eve


def decisions(recorded: Sequence[Envelope]) -> list[DecisionMade]:
    return [one.event for one in recorded if isinstance(one.event, DecisionMade)]


@pytest.mark.parametrize(("share", "arm", "decides"), [(1e-12, Arm.A, FIRST), (1.0, Arm.B, SECOND)])
@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_is_scored_once_by_each_model_or_not_at_all_and_is_decided_again_the_same(
    kind: str, share: float, arm: Arm, decides: str
) -> None:
    settings, before, act, is_scored, verdict = KINDS[kind]
    eve = split(settings, share)
    for one in before:
        one(eve)
    begin = eve.desk.log.head()
    act(eve)
    recorded = eve.desk.log.envelopes[begin:]
    scores = scores_of(recorded)
    assert [(one.model, one.outcome) for one in scores] == (
        [(FIRST, ScoreOutcome.OK), (SECOND, ScoreOutcome.OK)] if is_scored else []
    )
    made = decisions(recorded)
    assert [one.verdict for one in made] == ([] if verdict is None else [verdict])
    assert [one.arm for one in made] == [arm if is_scored else Arm.NONE] * len(made)
    if is_scored:
        causes = {str(one.meta.event_id): one.event for one in recorded}
        (decided,) = [one for one in recorded if isinstance(one.event, DecisionMade)]
        cause = causes[decided.meta.causation_id]
        assert isinstance(cause, SignalScored)
        assert cause.model == decides
    again = verified(eve.desk.log, FOLDER)
    assert again.is_equal, (again.divergences, again.impossible)
    assert again.made["SignalScored"] == len(scores_of(eve.desk.log.envelopes))
    assert again.made["ReversalDecided"] == sum(isinstance(one.event, ReversalDecided) for one in recorded)


def test_the_second_leg_of_a_reversal_is_entered_by_the_score_of_its_signal() -> None:
    eve = split(Settings(on_opposite=OnOpposite.REVERSE), 1.0)
    _enter(eve)
    begin = eve.desk.log.head()
    _reverse(eve)
    recorded = eve.desk.log.envelopes[begin:]
    (leg,) = [one.event for one in recorded if isinstance(one.event, ReversalDecided)]
    (decision,) = decisions(recorded)
    vote = next(one for one in decision.votes if one.member == "model")
    assert (leg.verdict, vote.figures["confidence"]) == (Verdict.ENTER, "0.91")
    assert len(scores_of(recorded)) == len(ModelRole), "the second leg has no score of its own"
