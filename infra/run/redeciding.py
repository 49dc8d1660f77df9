"""Makes every recorded decision again from the events before it, and compares both, field by field.

A decision is a function of the recorded state, the time of its unit and the version of the policy
(`domain/committees`). All three are in the log, so no tape is needed. Decided again are the decisions on signals
(`DecisionMade`), what of them is left to other engines (`SignalRouted`), the second legs of reversals
(`ReversalDecided`), and what the manager of open positions did (`PositionManaged`), by the price in its event; what a
person requests is no decision of the committees. The
version of the policy is the recorded one; in an arm with a policy of its own it is that of the settings. Scores
(`SignalScored`) are made again from the features in their event and the model file of their SHA-256, equal bit for bit.
A score that was late, failed or lacked its features states what one machine met, and is not made again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from msgspec import Struct
from msgspec.structs import replace

from commands.managing import reading_of
from commands.processes import PROCESSES, Moment, Process
from commands.processes.deciding import side_of_entry, view_of
from commands.processes.reversing import decide_second_leg, withdraw_reversal, withdraw_reversals
from commands.processes.routing import route
from commands.scorer import LoadedModel, scored_by
from commands.signal import RecordReversal, RouteSignal
from commands.world import Branch, World
from domain.arms.split import Side
from domain.committees import POLICY_VERSION, View, decide
from domain.direction import Direction
from domain.earlier_rows import rows_before
from domain.errors import ModelMissing, WhenceError
from domain.features.feature_set import FeatureRow
from domain.log import Envelope, Meta, Recorded, id_text
from domain.managed import PositionManaged, Rule
from domain.management import RULES_VERSION
from domain.management import decide as manage
from domain.management.reversal import signs_read
from domain.management.strong_book import StrongBook, book_read
from domain.market import LastPrice
from domain.model import ModelInForce
from domain.routed import SignalRouted
from domain.scored import ScoreOutcome, SignalScored
from domain.signal import DecisionMade, Detected, ReversalDecided, SignalDetected, Vote, in_arm
from domain.streams import parse


class Divergence(NamedTuple):
    """A decision that is another one when it is made again. `fields` has, by the name of each field that differs, the
    recorded value and the one that results now."""

    ordinal: int
    stream: str
    type: str
    fields: Mapping[str, tuple[str, str]]


Decision = DecisionMade | ReversalDecided | PositionManaged | SignalScored | SignalRouted
"""What is made again."""


class _Judged(NamedTuple):
    signal: SignalDetected
    view: View
    side: Side


def _no_models(digest: str) -> LoadedModel:
    raise ModelMissing(f"the model {digest[:12]} cannot be read: no folder of models was named")


class Redecision:
    """One verification of a log's decisions.

    `made` counts the decisions that were made again, by the name of their event's class. `divergences` are those that
    differ. `impossible` counts those that could not be made again, by the reason.
    """

    def __init__(self, model_of: Callable[[str], LoadedModel] = _no_models) -> None:
        """`model_of` returns the model with a SHA-256; what it raises is counted in `impossible`."""
        self.made, self.impossible = Counter[str](), Counter[str]()
        self.divergences: list[Divergence] = []
        self.ordinal = 0
        self._world, self._model_of = World(), model_of
        self._signals: dict[str, _Judged] = {}
        self._legs: dict[tuple[str, str], ReversalDecided] = {}
        self._routes: dict[tuple[str, str], SignalRouted] = {}
        self._managed: dict[tuple[str, str], list[PositionManaged]] = {}

    @property
    def is_equal(self) -> bool:
        """Whether every decision was made again, and equals the recorded one."""
        return not self.divergences and not self.impossible

    def steps(self, events: Iterable[Recorded]) -> Iterator[int]:
        """Reads the whole log in order, and yields the ordinal of each event."""
        for recorded in events:
            self.ordinal = recorded.ordinal
            self._compare(recorded)
            self._world.fold(recorded.envelope)
            self._prepare(recorded.envelope)
            yield recorded.ordinal

    def _prepare(self, envelope: Envelope) -> None:
        """Keeps what a decision that this event leads to is made from."""
        kind, meta = type(envelope.event), envelope.meta
        process = _SECOND_LEGS.get(kind)
        if process is None and kind not in _LEADING:
            return
        branch = Branch(self._world)
        moment = Moment(
            envelope=envelope,
            branch=branch,
            portfolio=branch.portfolio,
            now=meta.recorded_at,
            account=meta.account,
            policy=POLICY_VERSION,
        )
        if isinstance(envelope.event, SignalDetected):
            view, side = view_of(moment, envelope.event.instrument), side_of_entry(moment, envelope.event)
            self._signals[id_text(meta.event_id)] = _Judged(envelope.event, view, side)
        elif isinstance(envelope.event, SignalScored):
            self._keep_score(moment, envelope.event)
        elif isinstance(envelope.event, DecisionMade):
            self._keep_route(moment)
        elif process is not None:
            for command in process(moment):
                assert isinstance(command, RecordReversal)
                self._legs[command.signal_id, id_text(meta.event_id)] = command.reversal

    def _keep_route(self, moment: Moment) -> None:
        """What of the decided signal is left to another engine, under the signal and the decision."""
        meta = moment.envelope.meta
        for command in route(moment):
            assert isinstance(command, RouteSignal)
            self._routes[command.signal_id, id_text(meta.event_id)] = command.routed

    def _keep_score(self, moment: Moment, score: SignalScored) -> None:
        """The score of the model that decides leads to the decision, in place of the signal."""
        meta = moment.envelope.meta
        state = self._world.state(meta.stream)
        assert isinstance(state, Detected)
        side = side_of_entry(moment, state.signal)
        if side.model is None or side.model.sha256 != score.model:
            return
        self._signals.pop(meta.causation_id, None)
        view = view_of(moment, state.signal.instrument, score)
        self._signals[id_text(meta.event_id)] = _Judged(state.signal, view, side)

    def _compare(self, recorded: Recorded) -> None:
        event = recorded.envelope.event
        if isinstance(event, SignalScored) and event.outcome is not ScoreOutcome.OK:
            return
        if not isinstance(event, Decision):
            self._managed.clear()
            return
        meta = recorded.envelope.meta
        again = self._made_again(meta, event)
        if isinstance(again, str):
            self.impossible[again] += 1
            return
        name = type(event).__name__
        self.made[name] += 1
        if again != event:
            fields = dict(_differences("", event, again))
            stream = recorded.envelope.meta.stream
            self.divergences.append(Divergence(recorded.ordinal, stream, name, fields))

    def _made_again(self, meta: Meta, event: Decision) -> Decision | str:
        match event:
            case SignalRouted():
                return self._routes.pop((parse(meta.stream).id, meta.causation_id), _NO_ROUTE)
            case PositionManaged():
                return self._managed_again(meta, event)
            case SignalScored():
                return self._scored_again(meta, event)
            case _:
                return self._again(meta, event)

    def _scored_again(self, meta: Meta, event: SignalScored) -> SignalScored | str:
        """The score that the model's file returns now; the reason where it cannot be read."""
        try:
            read = self._model_of(event.model)
        except WhenceError as fault:
            return str(fault)
        model = ModelInForce(event.name, event.model, event.feature_set)
        detected = self._world.state(meta.stream)
        assert isinstance(detected, Detected)
        rows, instrument = self._world.portfolio.scored_rows, detected.signal.instrument
        earlier = rows_before(rows, instrument, event.feature_set, meta.recorded_at)
        return scored_by(read.model, event.role, model, FeatureRow(event.feature_set, event.values), earlier)

    def _again(
        self, meta: Meta, event: DecisionMade | ReversalDecided
    ) -> DecisionMade | ReversalDecided | str:
        """The decision that is made now; the reason where none can be made."""
        if not 1 <= event.policy_version <= POLICY_VERSION:
            return f"version {event.policy_version} of the policy is not in this program"
        if isinstance(event, DecisionMade):
            found = self._signals.pop(meta.causation_id, None)
            if found is None:
                return _NO_SIGNAL
            policy = found.side.policy or event.policy_version
            return in_arm(decide(found.signal, found.view, policy), found.side.arm)
        if event.policy_version != POLICY_VERSION:
            return f"second legs of version {event.policy_version} of the policy are not in this program"
        return self._legs.pop((parse(meta.stream).id, meta.causation_id), _NO_REASON)

    def _managed_again(self, meta: Meta, event: PositionManaged) -> PositionManaged | str:
        """What the manager does now. Several events of one position and one cause were decided together."""
        if event.rules_version != RULES_VERSION:
            return f"version {event.rules_version} of the rules of the manager is not in this program"
        key = (meta.stream, meta.causation_id)
        left = self._managed.get(key)
        if left is None:
            left = self._managed[key] = self._manage(meta, event)
        return left.pop(0) if left else _NOT_MANAGED

    def _manage(self, meta: Meta, event: PositionManaged) -> list[PositionManaged]:
        held = self._world.portfolio.of_stream(meta.stream)
        if held is None:
            return []
        price = None
        if event.price is not None and event.price_source is not None and event.price_at is not None:
            side = event.close_price
            price = LastPrice(event.price, event.price_at, event.price_source, side, side)
        signs = signs_read(event, held.state.direction) if event.rule is Rule.REVERSAL else None
        reading = reading_of(held, self._world, meta.occurred_at, price, signs)
        if reading is None:
            return []
        return [*manage(replace(reading, book=_book_read(event, held.state.direction)))]


def _book_read(event: PositionManaged, direction: Direction) -> StrongBook | None:
    """The strong level that the event states as its evidence; None where its rule read none."""
    sides = {Rule.BOOK_STOP: direction, Rule.BOOK_EXIT: direction.opposite}
    side = sides.get(event.rule)
    return None if side is None else book_read(event.figures, side)


_NOT_MANAGED = "the manager does nothing about the position now"
_NO_SIGNAL = "no signal is its cause"
_LEADING = frozenset({SignalDetected, SignalScored, DecisionMade})
"""What a decision, or the route of one, is made from."""
_NO_ROUTE = "its decision leaves nothing to another engine"
_NO_REASON = "no event that decides a second leg is its cause"

_OF_LEGS = frozenset({decide_second_leg, withdraw_reversal, withdraw_reversals})
_SECOND_LEGS: Mapping[type, Process] = {
    kind: one for kind, every in PROCESSES.items() for one in every if one in _OF_LEGS
}
"""The process of each event that decides a second leg."""


_FIGURES = ".figures"
Figures = Mapping[str, str]


def _differences(path: str, recorded: object, again: object) -> Iterator[tuple[str, tuple[str, str]]]:
    """Name, recorded value and value now of each field that differs; the fields of a vote are named by its member."""
    if recorded == again:
        return
    if isinstance(recorded, Struct) and isinstance(again, Struct):
        for name in recorded.__struct_fields__:
            yield from _differences(_below(path, name), getattr(recorded, name), getattr(again, name))
    elif path == "votes":
        yield from _of_named(path, _by_member(recorded), _by_member(again))
    elif path.endswith(_FIGURES):
        yield from _of_named(path, cast("Figures", recorded), cast("Figures", again))
    else:
        yield path, (_spelled(recorded), _spelled(again))


def _of_named(
    path: str, recorded: Mapping[str, Any], again: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in dict.fromkeys([*recorded, *again]):
        yield from _differences(_below(path, name), recorded.get(name), again.get(name))


def _by_member(votes: Any) -> Mapping[str, Vote]:
    """The votes by member: no member votes twice, as the entry of a reversal has members of its own names."""
    return {vote.member: vote for vote in votes}


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _spelled(value: object) -> str:
    return "absent" if value is None else str(value)
