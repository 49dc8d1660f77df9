"""Distributes what the venue's outbox holds: private pushes by account, public ones by topic."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from adapters.simulated.server.clock import Clock
from adapters.simulated.server.delivery import Delivery
from adapters.simulated.server.execution_row import execution_push, fast_execution
from adapters.simulated.server.order_row import order_push
from adapters.simulated.server.position_row import position_push
from adapters.simulated.server.session import Session
from adapters.simulated.server.wallet_row import wallet_row
from adapters.simulated.venue.execution import ExecType
from adapters.simulated.venue.outbox import Changes
from adapters.simulated.venue.venue import Venue

Row = dict[str, object]
ENCODE = msgspec.json.Encoder().encode
PRIVATE_TOPICS = ("order", "execution", "execution.fast", "position", "wallet")
_CATEGORISED = ".linear"
SUBSCRIBABLE = frozenset(
    {*PRIVATE_TOPICS, *(f"{one}{_CATEGORISED}" for one in PRIVATE_TOPICS if one != "wallet")}
)


class Push(Struct, frozen=True, gc=False):
    """Rows of one topic for one account, as they were when the venue changed."""

    uid: int
    topic: str
    id: str
    at: int
    rows: list[Row]

    def frame(self, topic: str) -> bytes:
        return ENCODE({"id": self.id, "topic": topic, "creationTime": self.at, "data": self.rows})


class Hub:
    """Pushes are made when the venue changed and sent when the caller says so, so an answer can go before them."""

    def __init__(self, venue: Venue, clock: Clock, delivery: Delivery) -> None:
        self._venue, self._clock, self._delivery = venue, clock, delivery
        self._private: set[Session] = set()

    @property
    def sessions(self) -> list[Session]:
        return list(self._private)

    def join(self, session: Session) -> None:
        self._private.add(session)

    def leave(self, session: Session) -> None:
        self._private.discard(session)

    def collect(self) -> list[Push]:
        """Takes the accounts' changes out of the outbox."""
        return [push for changes in self._venue.outbox.drain() for push in self._pushes(changes)]

    def deliver(self, pushes: Iterable[Push]) -> None:
        """Queues the pushes for every session that subscribed to their topics."""
        for push in pushes:
            for topic in (push.topic, f"{push.topic}{_CATEGORISED}"):
                self._deliver(push, topic)

    def _deliver(self, push: Push, topic: str) -> None:
        sessions = [one for one in self._private if topic in one.topics and _belongs(one, push.uid)]
        if sessions:
            self._delivery.send(sessions, push.topic, push.rows[0], topic, push.frame(topic))

    def _pushes(self, changes: Changes) -> list[Push]:
        uid, now = changes.account.uid, self._clock.market()
        wanted = self._wanted(uid)
        made: list[Push] = []
        for topic in PRIVATE_TOPICS:
            rows = self._rows(topic, changes) if topic in wanted else []
            if rows:
                symbol = rows[0].get("symbol", "wallet")
                made.append(Push(uid, topic, f"{uid}_{symbol}_{self._venue.ids.seq}", now, rows))
        return made

    def _wanted(self, uid: int) -> set[str]:
        return {
            topic.removesuffix(_CATEGORISED)
            for session in self._private
            if _belongs(session, uid)
            for topic in session.topics
        }

    def _rows(self, topic: str, changes: Changes) -> list[Row]:
        markets = self._venue.markets
        match topic:
            case "order":
                return [order_push(one, markets[one.symbol].contract) for one in changes.orders.values()]
            case "execution":
                return [execution_push(one) for one in changes.executions]
            case "execution.fast":
                return [fast_execution(one) for one in changes.executions if one.type is ExecType.TRADE]
            case "position":
                return [
                    position_push(one, markets[one.contract.symbol].mark_price)
                    for one in changes.positions.values()
                ]
            case _:
                account = changes.account
                return [wallet_row(account, lambda one: markets[one].mark_price)] if changes.wallet else []


def _belongs(session: Session, uid: int) -> bool:
    return session.account is not None and session.account.uid == uid
