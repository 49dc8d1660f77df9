"""Reconciles the log with the exchange: compares, takes in what the remedies report, compares again, records the rest.

Everything that follows is an input of the engine, so that the log alone leads to the same state again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from commands.adopting import Found, adoption
from commands.beyond_order import is_taken_in
from commands.endings import NOT_FOUND, ended, ends_with_resolution, resolved_alone
from commands.exchange import AmendRefused, Exchange, OrderReport
from commands.inputs import Input, Relisted, Reported
from commands.other_logs import instruments_of_other_logs
from commands.outside_amendments import is_undone
from commands.reconciliation import (
    BeginReconciliation,
    EndDiscrepancy,
    EndReconciliation,
    RecordDiscrepancy,
    ResolveDiscrepancy,
    recorded,
    renumbered,
    subject_of,
    unnumbered,
)
from commands.remedies import Remedy, remedy
from commands.routes import Command
from commands.statements import statements
from commands.stimulus import Ask, Stimulus, asks_of_engine
from commands.stray_orders import gone_instrument, is_of_gone
from commands.unknown_reports import OVER, UnknownReports
from commands.unseen_orders import PATIENCE, UnseenOrders, unseen
from commands.venue_terms import TermsWatch
from commands.world import World
from domain.arithmetic import ZERO, total
from domain.errors import ExchangeError
from domain.order import Working
from domain.reconciliation import Discrepancies
from domain.reconciliation.comparing import differences
from domain.reconciliation.differences import BalanceDiffers, Difference, TradingTermsDiffer
from domain.streams import order_stream

TOLERANCE = Decimal("0.01")
"""In the account's currency: balances that differ by no more are equal: an exchange rounds each profit and fee."""
_ROUNDS = 6
_MOST_ADOPTED = 20
"""One run adopts at most so many orders and positions; the next one goes on."""
_PUT_RIGHT = "the exchange does not trade by these terms any more"
_NOT_GONE = "log and exchange hold the position on the same side again, or neither holds one"
_CHANGED = "the exchange does not have the position in another way now, which a later discrepancy states"
_UNDONE = "the order does not have these terms any more, or it was a stop or target and has ended"
_SEEN = "the exchange states the order again, or the order has ended"
_TAKEN_IN = "taken in: the exchange's statements of the order and the position contain it"
_FOUND_ANEW = "the balance of the log has changed since: the next discrepancy states the same amount of it"
_ADOPTED = "adopted: the settings in reconciliation permit it"


class Reconciled(Struct, frozen=True, gc=False):
    """`taken_in` remedies and adoptions were taken in, and `left` differences remain. Of those, `in_doubt` were found
    for the first time: they are adopted or recorded where the next run finds them again.
    """

    taken_in: int
    left: int
    in_doubt: int


class Reconciler:
    """Reconciles on the thread that owns the log; `handle` is the driver's, `clock` gives the time of each input."""

    def __init__(
        self,
        world: World,
        exchange: Exchange,
        handle: Callable[[Input], object],
        clock: Callable[[], datetime],
        terms: TermsWatch | None = None,
        patience: timedelta = PATIENCE,
    ) -> None:
        """With `terms` the terms of trading are compared, too. `patience` is that of `UnseenOrders`."""
        self._world, self._exchange, self._handle, self._clock = world, exchange, handle, clock
        self._terms = terms
        self._unseen = UnseenOrders(patience)
        self._unknown = UnknownReports(exchange)
        self._suspects: Collection[str] = ()
        self._last: frozenset[str] | None = None
        self._standing: Sequence[Difference] = ()
        self._excess = ZERO
        self._not_addressed: set[str] = set()
        self._others: frozenset[str] | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether the last run found differences for the first time."""
        return bool(self._suspects)

    @property
    def excess(self) -> Decimal:
        """The exchange's balance less the log's, as the last run left them; 0 within the tolerance."""
        return self._excess

    @property
    def standing(self) -> Sequence[Difference]:
        """The differences that the last two runs have found, and those of an unresolved discrepancy."""
        return self._standing

    @property
    def unseen(self) -> Collection[str]:
        """The ids of the accepted orders that the last comparison, or an unresolved discrepancy, states as unseen."""
        return self._unseen.names | unseen(self._world.portfolio.discrepancies)

    @property
    def misses_orders(self) -> bool:
        """Whether an unresolved discrepancy is about an accepted order that no query finds."""
        return bool(unseen(self._world.portfolio.discrepancies))

    def begin(self, reason: str) -> None:
        """Denies new exposure from now on; has no effect where it is denied for this cause already."""
        self._command(BeginReconciliation(reason))

    def end(self, outcome: Reconciled) -> None:
        """Permits new exposure again, as far as no discrepancy is left."""
        self._command(EndReconciliation(outcome.taken_in, outcome.left))

    def hear(self) -> None:
        """Takes in the reports that have arrived."""
        if reports := self._exchange.reports():
            self._handle(Reported(self._clock(), tuple(reports)))

    def compare(self, since: datetime, under_way: Collection[str]) -> Sequence[Difference]:
        """The differences between the log and the exchange now, with the executions at or after `since` (UTC).

        An order in `under_way` that the exchange does not have may still arrive there. Raises what the queries raise.
        """
        our, their = statements(self._world, self._exchange, since)
        away = [order_id for order_id in under_way if order_id not in their.orders]
        found = differences(our, their, tolerance=TOLERANCE, under_way=away)
        self._unseen.look(found, their.orders.keys(), self._clock())
        return found

    def run(self, since: datetime, under_way: Collection[str]) -> Reconciled:
        """Makes the log equal to the exchange, and records what no remedy explains; see `compare`.

        The exchange trades between two queries, and its lists may be late, so that a difference is recorded only where
        two runs in a row find it; the caller lets a moment pass between them. Raises ExchangeUnreachable or
        ExchangeRefused where a query fails; what was taken in until then stays.
        """
        try:
            return self._run(since, under_way)
        except ExchangeError:
            self._unseen.begin_again()
            self._unknown.begin_again()
            raise

    def _run(self, since: datetime, under_way: Collection[str]) -> Reconciled:
        applied: set[tuple[str, ...]] = set()
        self._others = None
        found = self._equalised(since, under_way, applied)
        adopted = 0
        while adopted < _MOST_ADOPTED and self._adopt(found):
            adopted += 1
            left = self._equalised(since, under_way, applied)
            self._resolve_over(found, left)
            found = left
        self._resolve_not_gone(found)
        self._end(found)
        over = self._unknown.look(found, self._world.portfolio.discrepancies)
        self._resolve(OVER, over.__contains__)
        self._resolve(_SEEN, lambda name: self._unseen.is_over(name, self._is_working))
        self._resolve(_TAKEN_IN, lambda name: is_taken_in(name, self._state))
        self._resolve(_UNDONE, lambda name: is_undone(name, self._state))
        found = [*found, *self._differing_terms()]
        self._excess = total(one.excess for one in found if isinstance(one, BalanceDiffers))
        self._keep_standing(found)
        return Reconciled(len(applied) + adopted, len(found), self._record(found))

    def _equalised(
        self, since: datetime, under_way: Collection[str], applied: set[tuple[str, ...]]
    ) -> Sequence[Difference]:
        """The differences that no remedy resolves."""
        found: Sequence[Difference] = ()
        for _ in range(_ROUNDS):
            self.hear()
            found = self.compare(since, under_way)
            if not self._take_in(found, applied):
                break
        return found

    def _adopt(self, found: Sequence[Difference]) -> bool:
        """Adopts what the settings permit, of the differences that two runs in a row found; returns whether it did.

        Also orders and positions that a person has accepted as long as the settings did not permit it, but no trades.
        """
        at, portfolio = self._clock(), self._world.portfolio
        unresolved = portfolio.discrepancies.unresolved
        made = adoption(
            Found(
                differences=found,
                confirmed=set(map(unnumbered, (*self._suspects, *(self._last or ()), *unresolved)))
                - self._not_addressed,
                portfolio=portfolio,
                venue=self._exchange.venue,
                at=at,
                others=self._others or (),
            )
        )
        if made is None:
            return False
        if self._others is None:
            self._others = instruments_of_other_logs(self._world, self._exchange, at)
            return self._adopt(found)
        order = made.order
        if order is not None and not self._exchange.adopt(order.order_id, order.venue_order_id, order.terms):
            self._not_addressed.add(made.difference)
            return self._adopt(found)
        resolved = (
            ResolveDiscrepancy(name, _ADOPTED) for name in sorted(unresolved) if name.startswith(made.facts)
        )
        self._handle(Stimulus(at, (*made.asks, *asks_of_engine(resolved, at))))
        return True

    def _resolve_over(self, before: Sequence[Difference], after: Sequence[Difference]) -> None:
        """Resolves the recorded differences that an adoption has ended."""
        over = _ids(before) - _ids(after)
        self._resolve(_ADOPTED, lambda name: unnumbered(name) in over)

    def _resolve_not_gone(self, found: Sequence[Difference]) -> None:
        """Resolves a discrepancy of a position that the exchange did not have, and has again, or that neither has.

        One whose position the exchange does not have in another way now stays until that is recorded, so that the log
        states without a gap that the position is gone.
        """
        standing = _ids(found)
        gone = {gone_instrument(name): name for name in standing if is_of_gone(name)}
        unresolved = set(map(unnumbered, self._world.portfolio.discrepancies.unresolved))
        changed = {instrument for instrument, name in gone.items() if name in unresolved}

        def is_over(name: str) -> bool:
            return is_of_gone(name) and unnumbered(name) not in standing

        self._resolve(_NOT_GONE, lambda name: is_over(name) and gone_instrument(name) not in gone)
        self._resolve(_CHANGED, lambda name: is_over(name) and gone_instrument(name) in changed)

    def _end(self, found: Sequence[Difference]) -> None:
        """Resolves and ends what neither this run nor the last one has found; a process's first run ends nothing."""
        if self._last is None:
            return
        seen = self._last | _ids(found)
        over = resolved_alone(self._world.portfolio.discrepancies, seen)
        self._command(*(ResolveDiscrepancy(name, NOT_FOUND) for name in over))
        self._command(*map(EndDiscrepancy, ended(self._world.portfolio.discrepancies, seen)))

    def _differing_terms(self) -> Sequence[Difference]:
        """The terms of trading that differ; a discrepancy of terms that do not differ any more is resolved."""
        if self._terms is None:
            return ()
        found = self._terms.differences({one.id for one in self._exchange.instruments()})
        standing = _ids(found)

        def is_over(name: str) -> bool:
            return self._is_of_terms(name) and unnumbered(name) not in standing

        self._resolve(_PUT_RIGHT, is_over)
        accepted = self._world.portfolio.discrepancies.accepted
        self._command(*(EndDiscrepancy(name) for name in sorted(accepted) if is_over(name)))
        return found

    def _is_of_terms(self, discrepancy_id: str) -> bool:
        """Whether the discrepancy is about terms that were queried since the start."""
        instrument = subject_of(discrepancy_id, TradingTermsDiffer)
        return instrument is not None and self._terms is not None and self._terms.was_queried(instrument)

    def _keep_standing(self, found: Sequence[Difference]) -> None:
        unresolved = set(map(unnumbered, self._world.portfolio.discrepancies.unresolved))
        names = {recorded(one).discrepancy_id: one for one in found}
        last = self._last or ()
        self._standing = [one for name, one in names.items() if name in last or name in unresolved]
        self._last = frozenset(names)

    def _record(self, found: Sequence[Difference]) -> int:
        """Records the differences that the last run found, too; returns the number of those that it did not find."""
        before = self._world.portfolio.discrepancies
        standing = {one.discrepancy_id: one for one in map(recorded, found)}
        named = [self._named(one) for one in standing.values()]
        new = {one.discrepancy_id: one for one in named if one.discrepancy_id not in before.known}
        confirmed = [one for name, one in new.items() if name in self._suspects]
        self._suspects = new.keys()
        self._command(*_replaced(confirmed, before), *confirmed)
        return len(new) - len(confirmed)

    def _named(self, record: RecordDiscrepancy) -> RecordDiscrepancy:
        """The record with a number after its id where that difference was resolved, was over, and is back.

        A resolved difference that still stands was accepted; a position that the exchange does not have cannot be, and
        an unseen order ends with the resolution.
        """
        state = self._world.portfolio.discrepancies
        return renumbered(record, state, lambda name: name in state.over or ends_with_resolution(name))

    def _take_in(self, found: Sequence[Difference], applied: set[tuple[str, ...]]) -> bool:
        """Takes in each remedy that was not taken in before; returns whether there was any."""
        at = self._clock()
        fresh = [one for one in found if _key(one) not in applied]
        pairs = [(one, self._remedy(one, at)) for one in fresh]
        remedies = {_key(one): cure for one, cure in pairs if cure is not None}
        applied.update(remedies)
        for given in _inputs(list(remedies.values()), at):
            self._handle(given)
        return bool(remedies)

    def _remedy(self, difference: Difference, at: datetime) -> Remedy | None:
        return remedy(difference, self._exchange.venue, at) or self._unseen.given_up(difference, at)

    def _is_working(self, order_id: str) -> bool:
        return isinstance(self._state(order_id), Working)

    def _state(self, order_id: str) -> object:
        return self._world.states.get(order_stream(self._world.account_name, order_id))

    def _resolve(self, resolution: str, is_over: Callable[[str], bool]) -> None:
        """Resolves the unresolved discrepancies whose ids are over."""
        unresolved = sorted(self._world.portfolio.discrepancies.unresolved)
        self._command(*(ResolveDiscrepancy(name, resolution) for name in unresolved if is_over(name)))

    def _command(self, *commands: Command) -> None:
        if commands:
            at = self._clock()
            self._handle(Stimulus(at, asks_of_engine(commands, at)))


def not_amended(exchange: Exchange, order_ids: Sequence[str], at: datetime) -> Sequence[OrderReport]:
    """The refusal of the pending amendment of each of these orders that still works at the exchange.

    Its terms there are those from before the request, since a comparison has just found none that differ. Raises what
    the queries raise.
    """
    return [
        AmendRefused(
            order_id=order_id,
            at=at,
            fact=f"exchange:{exchange.venue}:{order_id}-not-amended-{at:%Y%m%dT%H%M%S%f}",
            reason="the exchange still has the earlier terms",
        )
        for order_id in order_ids
        if (theirs := exchange.order(order_id)) is not None and theirs.is_open
    ]


def _replaced(records: Sequence[RecordDiscrepancy], state: Discrepancies) -> Sequence[Command]:
    """Resolves and ends the unresolved discrepancies that these records, under the next number, state anew."""
    own = {unnumbered(one.discrepancy_id) for one in records}
    names = sorted(name for name in state.unresolved if unnumbered(name) in own)
    return [
        command for name in names for command in (ResolveDiscrepancy(name, _FOUND_ANEW), EndDiscrepancy(name))
    ]


def _ids(found: Sequence[Difference]) -> frozenset[str]:
    return frozenset(recorded(one).discrepancy_id for one in found)


def _key(difference: Difference) -> tuple[str, ...]:
    return (type(difference).__name__, *difference.key)


def _inputs(remedies: Sequence[Remedy], at: datetime) -> Sequence[Input]:
    """The rules first, because the other remedies are judged by them; overfills after the terms of their orders."""
    rules = [one for one in remedies if not isinstance(one, OrderReport | Ask)]
    reports = tuple(one for one in remedies if isinstance(one, OrderReport))
    overfills = tuple(one for one in remedies if isinstance(one, Ask))
    made: list[Input] = []
    if rules:
        made.append(Relisted(at, asks_of_engine(rules, at)))
    if reports:
        made.append(Reported(at, reports))
    if overfills:
        made.append(Stimulus(at, overfills))
    return made
