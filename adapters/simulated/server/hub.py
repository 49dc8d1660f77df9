"""Distributes what the venue's outbox holds: private pushes by account, public ones by topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from adapters.simulated.server.clock import Clock
from adapters.simulated.server.delivery import Delivery
from adapters.simulated.server.execution_row import execution_push, fast_execution
from adapters.simulated.server.notices import Notices
from adapters.simulated.server.order_row import order_push
from adapters.simulated.server.position_row import position_push
from adapters.simulated.server.session import Session
from adapters.simulated.server.wallet_row import wallet_row
from adapters.simulated.venue.categories import LINEAR, SERVED, SPOT
from adapters.simulated.venue.execution import ExecType
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.outbox import Changes
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.venue import Venue

Row = dict[str, object]
ENCODE = msgspec.json.Encoder().encode
PRIVATE_TOPICS = ("order", "execution", "execution.fast", "position", "wallet")
_OF_CATEGORY: Mapping[str, tuple[str, ...]] = {
    LINEAR: ("order", "execution", "execution.fast", "position"),
    SPOT: ("order", "execution", "execution.fast"),
}
_PLAIN: Mapping[str, str] = {
    **{topic: topic for topic in PRIVATE_TOPICS},
    **{f"{topic}.{category}": topic for category, topics in _OF_CATEGORY.items() for topic in topics},
}
"""Each topic that can be subscribed to, with the topic whose rows it has."""

SUBSCRIBABLE = frozenset(_PLAIN)


def mixed(topics: Sequence[str]) -> str | None:
    """Why topics may not be subscribed to in one request: one of every category with those of one category."""
    categorised = {topic not in PRIVATE_TOPICS for topic in topics if topic != "wallet"}
    return "error:topics of a category cannot be mixed with those of all" if len(categorised) > 1 else None


class Push(Struct, frozen=True, gc=False):
    """Rows of one topic for one account, as they were when the venue changed."""

    uid: int
    topic: str
    id: str
    at: int
    rows: list[Row]

    def rows_of(self, category: str | None) -> list[Row]:
        """The rows of one category; all of them where it is None."""
        return (
            self.rows if category is None else [row for row in self.rows if row.get("category") == category]
        )

    def frame(self, topic: str, rows: list[Row]) -> bytes:
        return ENCODE({"id": self.id, "topic": topic, "creationTime": self.at, "data": rows})


Keep = Callable[[Sequence[Changes]], None]
"""Makes changes last, or shows them."""


class Hub:
    """`keep` is called with every change, before it is answered or pushed; the `listeners` are called after it.

    Pushes are made when the venue changed and sent when the caller says so, so an answer can go before them."""

    def __init__(self, venue: Venue, clock: Clock, delivery: Delivery, notices: Notices) -> None:
        self._venue, self._clock, self._delivery, self.notices = venue, clock, delivery, notices
        self.listeners: list[Keep] = [notices.changed]
        self._private: set[Session] = set()
        self.keep: Keep | None = None

    def join(self, session: Session) -> None:
        self._private.add(session)

    def leave(self, session: Session) -> None:
        self._private.discard(session)

    def collect(self) -> list[Push]:
        """Takes the accounts' changes out of the outbox. They are kept before anybody hears of them."""
        drained = self._venue.outbox.drain()
        if self.keep is not None:
            self.keep(drained)
        for listener in self.listeners:
            listener(drained)
        return [push for changes in drained for push in self._pushes(changes)]

    def deliver(self, pushes: Iterable[Push]) -> None:
        """Queues the pushes for every session that subscribed to their topics."""
        for push in pushes:
            self._deliver(push, None)
            for category in SERVED:
                self._deliver(push, category)

    def _deliver(self, push: Push, category: str | None) -> None:
        topic = push.topic if category is None else f"{push.topic}.{category}"
        sessions = [one for one in self._private if topic in one.topics and _belongs(one, push.uid)]
        rows = push.rows_of(category) if sessions else []
        if rows:
            self._delivery.send(sessions, push.topic, rows[0], topic, push.frame(topic, rows))

    def _pushes(self, changes: Changes) -> list[Push]:
        uid, now = changes.account.uid, self._clock.market()
        wanted = self._wanted(uid)
        made: list[Push] = []
        for topic in PRIVATE_TOPICS:
            for rows in self._rows(topic, changes) if topic in wanted else ():
                symbol = rows[0].get("symbol", "wallet")
                made.append(Push(uid, topic, f"{uid}_{symbol}_{self._venue.ids.seq}", now, rows))
        return made

    def _wanted(self, uid: int) -> set[str]:
        return {
            _PLAIN[topic] for session in self._private if _belongs(session, uid) for topic in session.topics
        }

    def _rows(self, topic: str, changes: Changes) -> Iterator[list[Row]]:
        """The rows of each message. Orders that were triggered are shown as such in a message of their own."""
        if topic == "order" and changes.triggered:
            yield [self._order(one) for one in changes.triggered]
        rows = self._last_rows(topic, changes)
        if rows:
            yield rows

    def _last_rows(self, topic: str, changes: Changes) -> list[Row]:
        match topic:
            case "order":
                return [self._order(one) for one in changes.orders.values()]
            case "execution":
                return [execution_push(one) for one in changes.executions]
            case "execution.fast":
                return [fast_execution(one) for one in changes.executions if one.type is ExecType.TRADE]
            case "position":
                return [self._position(one) for one in changes.positions.values()]
            case _:
                return [wallet_row(changes.account, self._venue, changes.coins)] if changes.wallet else []

    def _order(self, order: Order) -> Row:
        return order_push(order, self._venue.market_of(order).contract)

    def _position(self, position: Position) -> Row:
        return position_push(position, self._venue.markets[position.contract.symbol].mark_price)


def _belongs(session: Session, uid: int) -> bool:
    return session.account is not None and session.account.uid == uid
