"""The world: the state and version of every stream of the log, and the portfolio folded from all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from commands.commanded import Commanded
from commands.identity import EXCHANGE
from commands.packing import PACKINGS
from commands.states import States
from domain import (
    account,
    breaker,
    instrument,
    manipulation,
    mark,
    model,
    order,
    pause,
    portfolio,
    position,
    reconciliation,
    regime,
    settings,
    signal,
)
from domain.direction import Purpose
from domain.errors import AccountNotOpened
from domain.events import NOUNS
from domain.leverage import change as leverage
from domain.log import Envelope
from domain.moving import LogMoved
from domain.opening import LogOpened
from domain.portfolio import EMPTY, Portfolio
from domain.streams import parse


def _opened(state: LogOpened | None, event: LogOpened | LogMoved) -> LogOpened | None:
    """The opening; a move changes nothing that an engine decides by."""
    return event if state is None and isinstance(event, LogOpened) else state


Fold = tuple[object, Callable[[Any, Any], object]]

_FOLDS: Mapping[str, Fold] = {
    "log": (None, _opened),
    "signal": (signal.UNDETECTED, signal.evolve),
    "order": (order.UNPLACED, order.evolve),
    "position": (position.FLAT, position.evolve),
    "account": (account.UNOPENED, account.evolve),
    "mark": (None, mark.evolve),
    "regime": (None, regime.evolve),
    "manipulation": (manipulation.NONE_SUSPECTED, manipulation.evolve),
    "leverage": (None, leverage.evolve),
    "instrument": ({}, instrument.evolve),
    "settings": (settings.NONE_IN_FORCE, settings.evolve),
    "reconciliation": (reconciliation.NONE_FOUND, reconciliation.evolve),
    "breaker": (breaker.UNBROKEN, breaker.evolve),
    "pause": (None, pause.evolve),
    "model": (model.NO_LINE, model.evolve),
}
"""By noun: the state before the first event, and the fold."""

FOLDS: Mapping[type, Fold] = {event: _FOLDS[noun] for noun, events in NOUNS.items() for event in events}

_PORTFOLIO_FOLDS: Mapping[type, portfolio.Fold] = {
    event: portfolio.FOLDS.get(event, portfolio.unchanged) for event in FOLDS
}

_INITIAL: Mapping[str, object] = {
    "instruments" if noun == "instrument" else noun: initial for noun, (initial, _) in _FOLDS.items()
}
"""The state before the first event, by the first word of a stream's name."""


def _is_late_funding(envelope: Envelope) -> bool:
    """Whether funding of a closed position changes the balance: no event of a position is its cause."""
    event = envelope.event
    assert isinstance(event, account.BalanceChanged)
    is_funding = event.reason is account.BalanceReason.FUNDING
    return is_funding and envelope.meta.causation_id.startswith(f"{EXCHANGE}:")


def _is_liquidation(envelope: Envelope) -> bool:
    event = envelope.event
    assert isinstance(event, order.OrderPlaced)
    return event.purpose is Purpose.LIQUIDATION


_NAMELESS: Mapping[type, Callable[[Envelope], bool]] = {
    position.PositionFunded: lambda _envelope: True,
    account.BalanceChanged: _is_late_funding,
    order.OrderPlaced: _is_liquidation,
}
"""The events that may follow from a report that no state remembers, and whether this one does."""


def _taken_facts(envelope: Envelope) -> Iterable[str]:
    """The event's cause where it is a report that counts once, by `_NAMELESS`; else nothing."""
    counts_once = _NAMELESS[type(envelope.event)]
    return (envelope.meta.causation_id,) if counts_once(envelope) else ()


class Changes:
    """What events have changed in a world: streams in the order of their first change, new facts, and requests."""

    __slots__ = ("commands", "facts", "streams")

    def __init__(self) -> None:
        self.streams: dict[str, None] = {}
        self.facts: list[str] = []
        self.commands: dict[str, None] = {}


class World:
    """One account's states, folded from its events in the order of the log.

    `ordinal` is the ordinal of the last folded event; the keys of `versions` and `chains` are streams. `taken_facts`
    are the facts of funding and liquidations, which no state stores, so that a repeated report counts once. `commanded`
    holds the events that followed from each request, so that a repeated request is carried out once. `changes` collects
    what later events change, for the next snapshot; None where no snapshots are made.
    """

    __slots__ = (
        "chains",
        "changes",
        "commanded",
        "ordinal",
        "portfolio",
        "states",
        "taken_facts",
        "versions",
    )

    def __init__(self) -> None:
        self.states = States(PACKINGS)
        self.versions: dict[str, int] = {}
        self.chains: dict[str, str] = {}
        self.taken_facts: set[str] = set()
        self.commanded = Commanded()
        self.portfolio: Portfolio = EMPTY
        self.ordinal = 0
        self.changes: Changes | None = None

    def fold(self, envelope: Envelope) -> None:
        """Folds the next event of the log into the states."""
        meta, event = envelope.meta, envelope.event
        stream, kind = meta.stream, type(event)
        initial, evolve = FOLDS[kind]
        state = self.states.get(stream)
        if state is None:
            state = initial
            self.chains[stream] = meta.correlation_id
        self.states[stream] = after = evolve(state, event)
        self.versions[stream] = meta.version
        if kind in _NAMELESS:
            self._take_facts(_taken_facts(envelope))
        self.portfolio = _PORTFOLIO_FOLDS[kind](self.portfolio, meta, event, after)
        self.ordinal += 1
        command = self.commanded.take(self.ordinal, envelope)
        if self.changes is not None:
            self._note((stream,), () if command is None else (command,))

    def fold_all(self, envelopes: Iterable[Envelope]) -> World:
        """Folds these events in order; returns this world."""
        for envelope in envelopes:
            self.fold(envelope)
        return self

    def _take_facts(self, facts: Iterable[str]) -> None:
        self.taken_facts.update(facts)
        if self.changes is not None:
            self.changes.facts.extend(facts)

    def _note(self, streams: Iterable[str], commands: Iterable[str]) -> None:
        if self.changes is not None:
            self.changes.streams.update(dict.fromkeys(streams))
            self.changes.commands.update(dict.fromkeys(commands))

    def take(self, branch: Branch) -> None:
        """Takes over the states of a branch whose events are durable."""
        self.states.update(branch.states)
        self.versions.update(branch.versions)
        for stream, chain in branch.chains.items():
            self.chains.setdefault(stream, chain)
        for envelope in branch.envelopes:
            if type(envelope.event) in _NAMELESS:
                self._take_facts(_taken_facts(envelope))
        commands = self.commanded.take_all(self.ordinal, branch.envelopes)
        self.portfolio = branch.portfolio
        self.ordinal += len(branch.envelopes)
        if self.changes is not None:
            self._note(branch.states, commands)

    def state(self, stream: str) -> Any:
        """The stream's state; the initial state if the stream has no event."""
        held = self.states.get(stream)
        return _INITIAL[stream.partition("-")[0]] if held is None else held

    @property
    def log_id(self) -> UUID | None:
        """The id of the log that was folded; None for an empty log."""
        opened: LogOpened | None = self.states.get("log")
        return None if opened is None else opened.log_id

    @property
    def account_name(self) -> str:
        """The name of the account that was folded; raises AccountNotOpened before its first event."""
        names = (parse(stream).account for stream in self.states if stream.startswith("account-"))
        found = next(names, None)
        if found is None:
            raise AccountNotOpened("the account was never opened: its name is not on record")
        return found


class Branch:
    """A world with changes that are not durable yet; the base world is unchanged until `merge`.

    `states`, `versions` and `chains` have the streams that the branch has changed.
    """

    __slots__ = ("_base", "chains", "envelopes", "portfolio", "states", "versions")

    def __init__(self, base: World) -> None:
        self._base = base
        self.states: dict[str, Any] = {}
        self.versions: dict[str, int] = {}
        self.chains: dict[str, str] = {}
        self.portfolio = base.portfolio
        self.envelopes: list[Envelope] = []

    def state(self, stream: str) -> Any:
        """The stream's state in this branch."""
        held = self.states.get(stream)
        return self._base.state(stream) if held is None else held

    def durable(self, stream: str) -> Any:
        """The stream's state before this branch."""
        return self._base.state(stream)

    def next_version(self, stream: str) -> int:
        """The version of the stream's next event."""
        return (self.versions.get(stream) or self._base.versions.get(stream, 0)) + 1

    def begun_here(self, stream: str) -> bool:
        """Whether the stream began in this branch, so that no event of it is durable and no order of it was sent."""
        return stream in self.versions and stream not in self._base.versions

    def chain_of(self, stream: str) -> str | None:
        """The chain in which the stream began; None for a stream without events."""
        return self.chains.get(stream) or self._base.chains.get(stream)

    def fold(self, envelope: Envelope) -> None:
        """Folds an event that is not durable yet."""
        meta, event = envelope.meta, envelope.event
        stream, kind = meta.stream, type(event)
        initial, evolve = FOLDS[kind]
        state = self.states.get(stream)
        if state is None:
            self.chains.setdefault(stream, meta.correlation_id)
            state = self._base.states.get(stream)
            if state is None:
                state = initial
        self.states[stream] = after = evolve(state, event)
        self.versions[stream] = meta.version
        self.portfolio = _PORTFOLIO_FOLDS[kind](self.portfolio, meta, event, after)
        self.envelopes.append(envelope)

    def merge(self) -> None:
        """Puts the changes into the base world; called once they are durable."""
        self._base.take(self)
