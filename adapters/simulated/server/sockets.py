"""The WebSocket connections: reads messages, answers pings, calls the operation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from aiohttp import WSMsgType, web

from adapters.simulated.server.call import whole
from adapters.simulated.server.clock import Clock
from adapters.simulated.server.hub import ENCODE, SUBSCRIBABLE, Hub, mixed
from adapters.simulated.server.operations import Message, done, fault_of, parsed, refused, topics_of
from adapters.simulated.server.public_feed import PublicFeed
from adapters.simulated.server.session import Session
from adapters.simulated.server.signatures import socket_signer
from adapters.simulated.server.trade_socket import TradeSocket
from adapters.simulated.venue.categories import LINEAR, SPOT
from adapters.simulated.venue.venue import Venue

NETWORK = 0.05
"""Seconds that subscriptions and messages of the trade socket take to arrive. pybit records a message after sending it:
an answer that comes before that, as no network delivers it, is lost, or ends the connection for good.
"""

_LEAST_IDLE, _MOST_IDLE = 30, 600
_UNITS: Mapping[str, int] = {"s": 1, "m": 60}
MOST_SPOT_TOPICS = 10
"""The topics of one subscription to spot."""

_CONFIRMED: Mapping[str, str] = {LINEAR: "", SPOT: "subscribe"}
"""`ret_msg` of a subscription."""

Operate = Callable[[Session, Message], None]


class Sockets:
    """`sessions` are all open connections; `network` is described at `NETWORK`."""

    def __init__(
        self, venue: Venue, clock: Clock, hub: Hub, trade: TradeSocket, network: float = NETWORK
    ) -> None:
        self._network = network
        self._venue, self._clock, self._hub, self._trade = venue, clock, hub, trade
        self.sessions: set[Session] = set()

    async def public(self, feed: PublicFeed, request: web.Request) -> web.StreamResponse:
        """/v5/public/ and the category of the feed."""
        return await self._serve(request, partial(self._operate_public, feed), feed)

    async def private(self, request: web.Request) -> web.StreamResponse:
        """/v5/private. A client that sends nothing for `max_active_time` is cut."""
        idle = idle_seconds(request.query.get("max_active_time", ""))
        return await self._serve(request, self._operate_private, idle=idle)

    async def trade(self, request: web.Request) -> web.StreamResponse:
        """/v5/trade."""
        return await self._serve(request, partial(self._later, self._trade.operate))

    def cut(self) -> int:
        """Cuts every connection without a closing handshake; returns how many."""
        open_ones = list(self.sessions)
        for session in open_ones:
            session.abort()
        return len(open_ones)

    def silence(self) -> int:
        """Leaves every connection open, and neither sends nor answers on it any more; returns how many."""
        for session in self.sessions:
            session.silent = True
        return len(self.sessions)

    async def _serve(
        self,
        request: web.Request,
        operate: Operate,
        feed: PublicFeed | None = None,
        idle: float | None = None,
    ) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False, compress=False, receive_timeout=idle)
        try:
            await socket.prepare(request)
        except ConnectionResetError:  # the client has ended; nobody waits for the handshake's answer
            return web.Response()
        session = Session(socket, request.transport)
        self.sessions.add(session)
        self._hub.join(session)
        writer = asyncio.create_task(session.write())
        try:
            with suppress(TimeoutError):
                await _read(session, operate)
        finally:
            writer.cancel()
            self.sessions.discard(session)
            self._hub.leave(session)
            if feed is not None:
                feed.leave(session)
        return socket

    def _operate_public(self, feed: PublicFeed, session: Session, message: Message) -> None:
        match message.get("op"):
            case "subscribe":
                self._later(partial(_subscribe_public, feed), session, message)
            case "unsubscribe":
                self._later(partial(_unsubscribe_public, feed), session, message)
            case "ping":
                pong = {"success": True, "ret_msg": "pong", "conn_id": session.id}
                session.send(ENCODE({**pong, "req_id": message.get("req_id", ""), "op": "ping"}))
            case _:
                refused(session, message, "error:invalid op")

    def _operate_private(self, session: Session, message: Message) -> None:
        match message.get("op"):
            case "auth":
                self._authenticate(session, message)
            case "subscribe":
                self._later(self._subscribe, session, message)
            case "unsubscribe":
                self._later(_unsubscribe, session, message)
            case "ping":
                pong = {"req_id": message.get("req_id", ""), "op": "pong", "conn_id": session.id}
                session.send(ENCODE({**pong, "args": [str(self._clock.wall())]}))
            case _:
                refused(session, message, "error:invalid op")

    def _later(self, operate: Operate, session: Session, message: Message) -> None:
        def operate_if_open() -> None:
            if session in self.sessions:
                operate(session, message)

        asyncio.get_running_loop().call_later(self._network, operate_if_open)

    def _authenticate(self, session: Session, message: Message) -> None:
        session.account = socket_signer(self._venue.accounts, message.get("args"), self._clock.wall())
        if session.account is None:
            refused(session, message, "Params Error")
        else:
            done(session, message)

    def _subscribe(self, session: Session, message: Message) -> None:
        topics = topics_of(message)
        fault = fault_of(session, topics, SUBSCRIBABLE.__contains__) or mixed(topics)
        if session.account is None:
            fault = "Request not authorized"
        if fault is None:
            session.topics.update(topics)
            done(session, message)
        else:
            refused(session, message, fault)


def idle_seconds(text: str) -> int:
    """`30s` to `600s`, or `1m` to `10m`, in seconds; ten minutes for any other text."""
    seconds = (whole(text[:-1]) or 0) * _UNITS.get(text[-1:], 0)
    return seconds if _LEAST_IDLE <= seconds <= _MOST_IDLE else _MOST_IDLE


def _unsubscribe(session: Session, message: Message) -> None:
    session.topics.difference_update(topics_of(message))
    done(session, message)


def _unsubscribe_public(feed: PublicFeed, session: Session, message: Message) -> None:
    feed.unsubscribe(session, topics_of(message))
    done(session, message)


def _subscribe_public(feed: PublicFeed, session: Session, message: Message) -> None:
    topics = topics_of(message)
    fault = fault_of(session, topics, feed.serves)
    if feed.category == SPOT and len(topics) > MOST_SPOT_TOPICS:
        fault = "error:args size >10"
    if fault is None:
        done(session, message, _CONFIRMED[feed.category])
        feed.subscribe(session, topics)
    else:
        refused(session, message, fault)


async def _read(session: Session, operate: Operate) -> None:
    async for message in session.socket:
        if session.silent:
            continue
        if message.type is WSMsgType.PING:
            await session.socket.pong(message.data)
        elif message.type is WSMsgType.TEXT:
            operate(session, parsed(message.data))
