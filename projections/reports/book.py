"""Folds the log of one account into the figures of a period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain

from domain.account import AccountOpened, DayClosed, DayOpened
from domain.arithmetic import EXACT
from domain.direction import Direction
from domain.errors import InvalidInput
from domain.log import Recorded, is_outside_fact
from domain.mark import HOUR, AccountMarked
from domain.order import OrderFilled
from domain.plain_text import meant
from domain.position import PositionClosed, PositionEvent, PositionReduced
from domain.ratios import Transfer, daily_returns
from domain.settings import SettingsChanged
from domain.signal import DecisionMade, SignalDetected
from domain.streams import parse
from projections.accounts import ACCOUNTS
from projections.equity import EQUITY
from projections.exits import Exits, exit_name
from projections.fills import FILLS
from projections.orders import ORDERS
from projections.performance import BY_HAND, PERFORMANCE
from projections.positions import POSITIONS
from projections.projection import Row
from projections.questions.performance import closes_of
from projections.reports.actions import Action, action_of, concerns_every_strategy, incident_of
from projections.reports.figures import Counts, Figures, Scope
from projections.reports.held import Prices, Seen
from projections.reports.latency import Latency
from projections.reports.period import Period
from projections.reports.results import Closing, distribution, grouped
from projections.reports.routes import Routes
from projections.reports.statement import Statement
from projections.reports.versions import Versions
from projections.rows import HeldRows

_FOLDED = (ACCOUNTS, EQUITY, PERFORMANCE, POSITIONS, FILLS, ORDERS)
_FOLDS = {
    type_: [one.folds[type_] for one in _FOLDED if type_ in one.folds]
    for type_ in {type_ for one in _FOLDED for type_ in one.folds}
}
"""The folds of each event class."""

_CLOSING_A_DAY = (DayClosed, DayOpened, AccountMarked)
_PRICED = frozenset({SignalDetected, OrderFilled})
_INSTANT = timedelta(microseconds=1)
_LATE = timedelta(minutes=1)
"""How long after a period the mark of its last hour is looked for; `commands/marking.py` makes it after seconds."""


def _rows() -> HeldRows:
    return HeldRows([spec for one in _FOLDED for spec in one.tables])


@dataclass(slots=True)
class Book:
    """One reading of a log for one account.

    `first` and `last` are the ordinals at the ends of the period so far, `begun` and `ended` their times, or the bounds
    of the period where the log goes on beyond them. `last_day` is the day of the last event. `chains` are
    those that traded for the scope's strategy. `events` has the ordinal and the type of every event by the number of
    its id. `is_marked`: no order was filled since the last mark, and `awaits_mark`: neither was in the period so far.
    `before` and `counts` are the account's row and the counts at the beginning of the period.
    """

    account: str
    period: Period
    scope: Scope
    rows: HeldRows = field(default_factory=_rows)
    statement: Statement = field(default_factory=Statement)
    latency: Latency = field(default_factory=Latency)
    versions: Versions = field(default_factory=Versions)
    routes: Routes = field(default_factory=Routes)
    prices: Prices = field(default_factory=Prices)
    chains: set[str] = field(default_factory=set[str])
    exits: dict[str, Exits] = field(default_factory=dict[str, Exits])
    closings: list[tuple[str, Closing]] = field(default_factory=list[tuple[str, Closing]])
    actions: list[tuple[Action, Recorded]] = field(default_factory=list[tuple[Action, Recorded]])
    incidents: list[tuple[str, Recorded]] = field(default_factory=list[tuple[str, Recorded]])
    events: dict[int, tuple[int, str]] = field(default_factory=dict[int, tuple[int, str]])
    before: Row | None = None
    counts: Counts = field(default_factory=dict[tuple[str, str, str, str], int])
    begun: datetime | None = None
    ended: datetime | None = None
    last_day: date | None = None
    first: int = 0
    last: int = 0
    is_marked: bool = False
    awaits_mark: bool = True

    def read(self, events: Iterable[Recorded]) -> Figures:
        """The figures, from the events of the log from its first one on. The events after the period are not read.

        Raises InvalidInput for an account, a strategy, an order or a period that the log does not have.
        """
        latest: datetime | None = None
        begins, ends = self.period.bounds()
        events = iter(events)
        for recorded in events:
            meta = recorded.envelope.meta
            if meta.account != self.account:
                continue
            latest = _moment(recorded)
            if latest >= ends:
                self.ended = ends
                self._take_late_mark(recorded, events, ends)
                break
            if not self.first and latest >= begins:
                self._begin(recorded.ordinal)
            self._fold(recorded)
            self.last_day = max(self.last_day or latest.date(), latest.date())
        if latest is None:
            raise InvalidInput(f"the log has no event of account {self.account!r}")
        if not self.first:
            raise InvalidInput(
                f"the log has no event of account {self.account} in this period; the nearest is of {latest.date()}"
            )
        return self._figures()

    def _take_late_mark(self, after: Recorded, events: Iterator[Recorded], ends: datetime) -> None:
        """Folds the mark of the period's last hour where it was recorded after the period, as in a live market.

        It values the account at the end of the period if no order was filled in between.
        """
        if not self.first:
            return
        for one in chain((after,), events):
            meta, event = one.envelope.meta, one.envelope.event
            if meta.account == self.account and isinstance(event, AccountMarked):
                if event.hour + HOUR == ends:
                    self._fold_rows(one)
                return
            if isinstance(event, OrderFilled) or meta.recorded_at >= ends + _LATE:
                return

    def _begin(self, ordinal: int) -> None:
        self.first, self.before = ordinal, self.rows.find("accounts", self.account)
        self.counts = self._counts()
        if self.before is not None and self.period.first is not None:
            self.begun = self.period.bounds()[0]
        if self.before is not None:
            self.statement.opening = self.statement.closing = self.before["balance"]

    def _fold(self, recorded: Recorded) -> None:
        kind = self._fold_rows(recorded)
        self.events[recorded.envelope.meta.event_id.int] = recorded.ordinal, kind.__name__
        self.latency.fold(recorded)
        self.routes.fold(recorded)
        if isinstance(recorded.envelope.event, SettingsChanged):
            self.versions.settings(recorded, recorded.envelope.event)
        if kind in _PRICED:
            self._note_price(recorded)
        if self.scope.strategy:
            self._note_chain(recorded)
        if kind is PositionReduced:
            self._note_exit(recorded)
        if self.first:
            self._note_late_mark(recorded.envelope.event)
            self._fold_within(recorded)

    def _note_exit(self, recorded: Recorded) -> None:
        meta, event = recorded.envelope.meta, recorded.envelope.event
        assert isinstance(event, PositionReduced)
        name = parse(meta.stream).id
        self.exits[name] = self.exits.get(name, Exits()).then(event.quantity, event.price)

    def _note_late_mark(self, event: object) -> None:
        """Takes the opening equity from the mark of the hour before the period, where that was recorded within it."""
        if not self.awaits_mark or not isinstance(event, AccountMarked | OrderFilled):
            return
        self.awaits_mark = False
        if isinstance(event, OrderFilled) or self.before is None:
            return
        if event.hour + HOUR == self.period.bounds()[0]:
            equity = EXACT.add(self.before["balance"], event.unrealised)
            self.before = {**self.before, "unrealised": event.unrealised, "equity": equity}

    def _fold_rows(self, recorded: Recorded) -> type:
        event = recorded.envelope.event
        for fold in _FOLDS.get(type(event), ()):
            fold(self.rows, recorded)
        if isinstance(event, AccountMarked | OrderFilled):
            self.is_marked = isinstance(event, AccountMarked)
        return type(event)

    def _fold_within(self, recorded: Recorded) -> None:
        meta, event = recorded.envelope.meta, recorded.envelope.event
        self.last = recorded.ordinal
        self.begun = self.begun or meta.occurred_at
        # What was recorded late occurred before what was recorded before it.
        self.ended = max(self.ended or meta.occurred_at, meta.occurred_at)
        self.statement.fold(event)
        if (action := action_of(event, is_first=is_outside_fact(meta.causation_id))) is not None:
            self.actions.append((action, recorded))
        if isinstance(event, DecisionMade):
            self.versions.decision(recorded, event)
        if (incident := incident_of(event)) is not None:
            self.incidents.append((incident, recorded))
        if isinstance(event, PositionClosed):
            name = parse(meta.stream).id
            trade = self.rows.get("trades", self.account, name)
            position = self.rows.get("positions", self.account, name)
            closing = Closing(
                recorded.ordinal,
                name,
                trade["strategy"],
                trade["instrument"],
                Direction(position["direction"]),
                meta.occurred_at,
                event,
                exit_name(event.reason.value, position["close_reason"]),
                self.exits.pop(name, Exits()).mean(event.quantity, event.price),
            )
            self.closings.append((meta.correlation_id, closing))

    def _note_price(self, recorded: Recorded) -> None:
        event, at = recorded.envelope.event, recorded.envelope.meta.occurred_at
        if isinstance(event, SignalDetected):
            self._see(Seen(at, event.instrument, event.price))
        elif isinstance(event, OrderFilled) and (fill := self.rows.find("fills", recorded.ordinal)):
            self._see(Seen(at, fill["instrument"], event.price))
            if self.first:
                self.prices.traded.add(fill["instrument"])

    def _see(self, seen: Seen) -> None:
        if self.first:
            self.prices.seen.append(seen)
        else:
            self.prices.before[seen.instrument] = seen.price

    def _note_chain(self, recorded: Recorded) -> None:
        """The scope's strategy trades in the chains of its signals, and in those that change a position of its own."""
        meta, event, strategy = recorded.envelope.meta, recorded.envelope.event, self.scope.strategy
        if isinstance(event, SignalDetected) and event.strategy == strategy:
            self.chains.add(meta.correlation_id)
        elif isinstance(event, PositionEvent):
            trade = self.rows.find("trades", self.account, parse(meta.stream).id)
            if trade is not None and trade["strategy"] == strategy:
                self.chains.add(meta.correlation_id)

    def _figures(self) -> Figures:
        scope = self._scope()
        closings = [one for chain, one in self.closings if self._has_trade(scope, chain, one)]
        after = self.rows.find("accounts", self.account)
        if after is None or not after["currency"]:
            raise InvalidInput(f"account {self.account!r} was never opened in this log")
        first, last = self._ends(scope)
        equity = after["starting_balance"] if self.before is None else self.before["equity"]
        return Figures(
            account=self.account,
            period=self.period,
            scope=scope,
            first=first[0],
            last=last[0],
            begun=first[1],
            ended=last[1],
            last_day=last[1].date() if scope.order or self.last_day is None else self.last_day,
            before=self.before,
            after=after,
            statement=self.statement,
            is_marked=self.is_marked,
            groups=grouped(closings),
            bins=distribution(closings),
            closings=closings,
            counts=self._counted(),
            points=[one for one in self._table("equity") if one["ordinal"] >= self.first],
            held=self.prices.held(equity) if equity is not None else (),
            returns=self._returns(),
            actions=[one for one in self.actions if self._has_action(scope, one)],
            incidents=[one for one in self.incidents if scope.is_whole or _chain_of(one[1]) in scope.chains],
            versions=self.versions.found,
            samples=[
                one
                for one in self.latency.samples
                if one.ordinal >= self.first and self._has(scope, one.chain)
            ],
            routes=[one for one in self.routes.since(self.first) if self._has(scope, one.chain)],
            fills=[one for one in self._table("fills") if self._has_row(scope, one, "ordinal")],
            orders=[one for one in self._table("orders") if self._has_row(scope, one, "updated_ordinal")],
            positions=[
                one for one in self._table("positions") if self._has_row(scope, one, "updated_ordinal")
            ],
        )

    def _ends(self, scope: Scope) -> tuple[tuple[int, datetime], tuple[int, datetime]]:
        """Ordinal and time of the first and the last event: of the period, or of the actions of an order's story."""
        own = [one[1] for one in self.actions if scope.order and self._has_action(scope, one)]
        if not own:
            assert self.begun is not None
            assert self.ended is not None
            return (self.first, self.begun), (self.last, self.ended)
        first, last = own[0], own[-1]
        return (first.ordinal, first.envelope.meta.occurred_at), (
            last.ordinal,
            last.envelope.meta.occurred_at,
        )

    def _scope(self) -> Scope:
        """The scope with its chains. Raises InvalidInput where the log has no such strategy or order."""
        strategy, order = self.scope.strategy, self.scope.order
        if strategy and not self.chains:
            if strategy == BY_HAND:
                raise InvalidInput(f"no person has traded by then, so {BY_HAND} has no trades")
            known = {one["strategy"] for name in ("chain_strategies", "trades") for one in self._table(name)}
            there = f"there are: {', '.join(sorted(known))}" if known else "nor has another one"
            raise InvalidInput(
                f"no strategy {strategy!r} has traded by then; {there}{meant(strategy, known)}"
            )
        if order and self.rows.find("orders", self.account, order) is None:
            raise InvalidInput(
                f"account {self.account} has no order {order!r}; `whence log` shows its events"
            )
        return Scope(strategy, order, frozenset(self.chains)) if strategy else self.scope

    @staticmethod
    def _has(scope: Scope, chain: str) -> bool:
        return scope.is_whole or chain in scope.chains

    def _has_row(self, scope: Scope, row: Row, ordinal: str) -> bool:
        return row[ordinal] >= self.first and self._has(scope, row["chain"])

    @staticmethod
    def _has_trade(scope: Scope, chain: str, closing: Closing) -> bool:
        if scope.strategy:
            return closing.strategy == scope.strategy
        return scope.is_whole or chain in scope.chains

    @staticmethod
    def _has_action(scope: Scope, one: tuple[Action, Recorded]) -> bool:
        of_all = bool(scope.strategy) and concerns_every_strategy(one[0])
        return of_all or scope.is_whole or _chain_of(one[1]) in scope.chains

    def _table(self, name: str) -> Sequence[Row]:
        """The account's rows of a read model, in order of their keys' first appearance."""
        return [one for one in self.rows.tables[name].values() if one["account"] == self.account]

    def _counts(self) -> Counts:
        return {
            (one["measure"], one["strategy"], one["instrument"], one["label"]): one["count"]
            for one in self._table("counts")
        }

    def _counted(self) -> Counts:
        """The counts of the period: those at its end less those at its beginning."""
        later = {key: count - self.counts.get(key, 0) for key, count in self._counts().items()}
        return {key: count for key, count in later.items() if count}

    def _returns(self) -> Sequence[tuple[date, float]]:
        """The time-weighted return of each day of the period, from the rows that GraphQL's ratios come from."""
        begun = self.rows.find("equity_begun", self.account)
        if begun is None:
            return ()
        known = self.rows.find("equity_known", self.account)
        marked_from = None if known is None or known["marked_from"] is None else _day(known["marked_from"])
        closes = closes_of(
            self._by_day("days", "balance"), self._by_day("equity_days", "equity"), marked_from
        )
        transfers = {
            _day(one["day"]): [
                Transfer(Decimal(before), Decimal(after)) for before, after in one["transfers"]
            ]
            for one in self._table("equity_transfers")
        }
        opened = _day(begun["day"])
        returns = daily_returns(opened, begun["equity"], closes, transfers)
        days = ((opened + timedelta(days=at), one) for at, one in enumerate(returns))
        return [(day, one) for day, one in days if self.period.has(day)]

    def _by_day(self, table: str, column: str) -> Mapping[date, Decimal]:
        return {_day(one["day"]): one[column] for one in self._table(table)}


def accounts_in(events: Iterable[Recorded]) -> Iterator[str]:
    """The accounts that were opened in a log, in order; the log is read as they are taken."""
    return (one.envelope.meta.account for one in events if isinstance(one.envelope.event, AccountOpened))


def _moment(recorded: Recorded) -> datetime:
    """When the event occurred. What closes a day is recorded at the midnight that ends it, and belongs to that day."""
    at = recorded.envelope.meta.occurred_at
    return at - _INSTANT if isinstance(recorded.envelope.event, _CLOSING_A_DAY) else at


def _chain_of(recorded: Recorded) -> str:
    return recorded.envelope.meta.correlation_id


def _day(text: str) -> date:
    return date.fromisoformat(text)
