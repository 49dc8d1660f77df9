"""Requests that no client library sends: each gets a return code, and nothing of it is executed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from contextlib import suppress
from socket import SHUT_WR, create_connection
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import aiohttp.web
import pytest

from adapters.simulated.server import VenueServer
from adapters.simulated.server.clock import WallClock
from adapters.simulated.server.session import MOST_FRAMES, Session
from adapters.simulated.server.sockets import idle_seconds
from tests.adapters.simulated.server.clients import pybit_http
from tests.adapters.simulated.server.serving import KEY, SECRET, RunningVenue
from tests.adapters.simulated.server.test_signatures import BALANCE, ORDER, QUERY, sent, signed

TOO_LONG = "1" * 4_301
"""More digits than `int` reads."""

LISTED = "category=linear&symbol=BTCUSDT"


@pytest.mark.parametrize("other", [None, 7, [], "order"])
def test_a_batch_that_holds_no_object_is_refused_before_any_of_its_orders(
    venue: RunningVenue, other: object
) -> None:
    body = json.dumps({"category": "linear", "request": [ORDER, other]})
    answer = sent(venue, "/v5/order/create-batch", body=body.encode(), headers=signed(venue, body))
    assert (answer["retCode"], list(venue.account.orders)) == (10001, [])


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("X-BAPI-SIGN", "é", 10004),
        ("X-BAPI-SIGN", "\udcff", 10004),
        ("X-BAPI-API-KEY", "\udcff", 10003),
        ("X-BAPI-TIMESTAMP", "\udcff", 10002),
        ("X-BAPI-TIMESTAMP", TOO_LONG, 10002),
        ("X-BAPI-RECV-WINDOW", "\udcff", 10004),
        ("X-BAPI-RECV-WINDOW", TOO_LONG, 10004),
    ],
    ids=["sign", "sign not UTF-8", "key", "time", "long time", "window", "long window"],
)
def test_a_header_that_is_no_ascii_or_too_long_is_refused(
    venue: RunningVenue, name: str, text: str, code: int
) -> None:
    headers: dict[str, Any] = {**signed(venue, QUERY), name: text.encode(errors="surrogateescape")}
    assert sent(venue, BALANCE, QUERY, headers=headers)["retCode"] == code


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v5/market/recent-trade", f"{LISTED}&limit={TOO_LONG}"),
        ("/v5/market/kline", f"{LISTED}&interval=1&start={TOO_LONG}"),
        ("/v5/order/history", f"{LISTED}&cursor=1%3A{TOO_LONG}%2C"),
    ],
)
def test_a_number_of_too_many_digits_is_refused(venue: RunningVenue, path: str, query: str) -> None:
    assert sent(venue, path, query, headers=signed(venue, query))["retCode"] == 10001


@pytest.mark.parametrize(
    "body",
    [b'{"category":"\xff"}', b"[" * 100_000, b'{"a":' * 50_000],
    ids=["no UTF-8", "deep list", "deep object"],
)
def test_a_body_that_cannot_be_read_is_refused(venue: RunningVenue, body: bytes) -> None:
    text = body.decode("latin-1")
    answer = sent(venue, "/v5/order/create", body=body, headers=signed(venue, text))
    assert answer["retCode"] in (10001, 10004)


@pytest.mark.parametrize("cursor", ["3", "page_token%3D3%26", "a:b,", ":5,"])
def test_a_cursor_of_another_form_is_refused(venue: RunningVenue, cursor: str) -> None:
    query = f"category=linear&cursor={cursor}"
    assert sent(venue, "/v5/order/history", query, headers=signed(venue, query))["retCode"] == 10001


def test_pages_neither_repeat_nor_hide_a_row_where_others_come_and_go(venue: RunningVenue) -> None:
    session = pybit_http(venue)
    order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01"}

    def ends(name: str) -> None:
        session.place_order(**order, price="49000", orderLinkId=name)
        session.cancel_order(category="linear", symbol="BTCUSDT", orderLinkId=name)
        venue.act("advance", ms=1_000)

    for name in "abcd":
        ends(name)
    seen: list[str] = []
    cursor = ""
    while True:
        page = session.get_order_history(category="linear", limit=1, cursor=cursor)["result"]
        seen += [one["orderLinkId"] for one in page["list"]]
        cursor = page["nextPageCursor"]
        if not cursor:
            break
        ends(f"later{len(seen)}")
    assert seen == list("dcba")


def test_pages_of_open_orders_go_on_where_the_last_row_has_ended(venue: RunningVenue) -> None:
    session = pybit_http(venue)
    order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01"}
    for name in "abcd":
        session.place_order(**order, price="49000", orderLinkId=name)
        venue.act("advance", ms=1_000)
    first = session.get_open_orders(category="linear", symbol="BTCUSDT", limit=2)["result"]
    session.cancel_order(category="linear", symbol="BTCUSDT", orderLinkId="c")
    cursor = first["nextPageCursor"]
    second = session.get_open_orders(category="linear", symbol="BTCUSDT", limit=2, cursor=cursor)["result"]
    assert [one["orderLinkId"] for page in (first, second) for one in page["list"]] == list("dcba")


def test_a_client_that_sends_half_of_a_body_and_waits_is_cut(venue: RunningVenue) -> None:
    venue.do(lambda one: setattr(one.rest, "patience", 0.05))
    with create_connection((urlsplit(venue.url).hostname or "", venue.server.port), timeout=10) as client:
        client.sendall(b'POST /v5/order/create HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a"')
        with suppress(ConnectionResetError):
            assert client.recv(1_000) == b""


def test_a_client_that_ends_before_its_handshake_is_answered_leaves_no_error(
    venue: RunningVenue, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = urlsplit(venue.url).hostname or "", venue.server.port
    handshake = (
        "GET /v5/private HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )

    def ended(_server: VenueServer) -> None:
        """While the server is busy, so that request and end arrive together."""
        for _ in range(10):
            with create_connection((host, port), timeout=10) as client:
                client.sendall(handshake.encode())

    venue.do(ended)
    assert reply_to(venue, "private", {"op": "ping"})["op"] == "pong"
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []


@pytest.mark.parametrize("channel", ["public/option", "nothing"])
def test_a_socket_that_is_not_served_has_its_handshake_refused(venue: RunningVenue, channel: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        reply_to(venue, channel, {"op": "ping"})
    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1m", 60), ("10m", 600), ("29s", 600), ("601s", 600), ("", 600), ("s", 600), ("30", 600)],
)
def test_an_idle_time_is_read_within_its_bounds(text: str, seconds: int) -> None:
    assert idle_seconds(text) == seconds


def test_the_market_goes_on_where_the_machine_is_set_back() -> None:
    second = 1_000_000_000
    machine, monotonic = iter([9, 10, 5, 6, 20]), iter([0, 1, 1, 2, 2, 3, 3, 4, 4])
    clock = WallClock(lambda: next(machine) * second, lambda: next(monotonic) * second)
    assert [clock.market() for _ in range(4)] == [10_000, 11_000, 12_000, 20_000]


@pytest.mark.parametrize("channel", ["private", "public/linear", "trade"])
def test_a_frame_that_is_nested_too_deeply_is_refused(venue: RunningVenue, channel: str) -> None:
    assert reply_to(venue, channel, "[" * 100_000)


def reply_to(venue: RunningVenue, channel: str, message: dict[str, Any] | str) -> dict[str, Any]:
    """The first message that the socket of a channel sends back."""

    async def exchange() -> dict[str, Any]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{venue.socket_url}/v5/{channel}") as socket,
        ):
            await socket.send_str(message if isinstance(message, str) else json.dumps(message))
            reply: dict[str, Any] = await socket.receive_json(timeout=5)
            return reply

    return asyncio.run(exchange())


@pytest.mark.parametrize("args", [[KEY, 9_999_999_999_999, "é"], [KEY, TOO_LONG, "sign"]])
@pytest.mark.parametrize(
    ("channel", "seen"), [("private", {"success": False}), ("trade", {"retCode": 10004})]
)
def test_a_socket_refuses_a_signature_that_is_no_ascii_or_too_long(
    venue: RunningVenue, channel: str, seen: dict[str, Any], args: list[Any]
) -> None:
    assert seen.items() <= reply_to(venue, channel, {"op": "auth", "args": args}).items()


def test_a_topic_whose_depth_has_too_many_digits_is_refused(venue: RunningVenue) -> None:
    topic = f"orderbook.{TOO_LONG}.BTCUSDT"
    reply = reply_to(venue, "public/linear", {"op": "subscribe", "args": [topic]})
    assert not reply["success"]


def replies_to(venue: RunningVenue, channel: str, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers to messages that are sent at once, without what is pushed in between."""

    async def exchange() -> list[dict[str, Any]]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{venue.socket_url}/v5/{channel}") as socket,
        ):
            for message in messages:
                await socket.send_json(message)
            replies: list[dict[str, Any]] = []
            while len(replies) < len(messages):
                reply = await socket.receive_json(timeout=5)
                replies += [reply] if "op" in reply else []
            return replies

    return asyncio.run(exchange())


@pytest.mark.parametrize(
    ("channel", "topic"), [("public/linear", "publicTrade.BTCUSDT"), ("private", "order")]
)
def test_messages_of_a_connection_are_executed_in_their_order(
    venue: RunningVenue, channel: str, topic: str
) -> None:
    messages: list[dict[str, Any]] = [
        {"op": op, "args": [topic], "req_id": op} for op in ("subscribe", "unsubscribe")
    ]
    replies = replies_to(venue, channel, messages)
    assert [one["req_id"] for one in replies] == ["subscribe", "unsubscribe"]


@pytest.mark.parametrize(
    ("channel", "args"),
    [
        ("public/linear", ["publicTrade.BTCUSDT"] * 2),
        ("public/linear", ["x" * 21_001]),
        ("private", ["order", "position.linear"]),
        ("private", ["order.linear", "order.linear"]),
    ],
)
def test_topics_that_are_repeated_mixed_or_too_long_are_refused(
    venue: RunningVenue, channel: str, args: list[str]
) -> None:
    expires = venue.do(lambda one: one.clock.wall()) + 10_000
    sign = hmac.new(SECRET.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()
    messages: list[dict[str, Any]] = [
        {"op": "auth", "args": [KEY, expires, sign]},
        {"op": "subscribe", "args": args},
    ]
    *_authenticated, reply = replies_to(venue, channel, messages)
    assert not reply["success"]
    assert reply["ret_msg"].startswith("error:")


@pytest.mark.parametrize("head", ["Content-Length: 100", "Content-Length: 4\r\nContent-Encoding: gzip"])
def test_a_body_that_ends_too_early_or_is_encoded_wrongly_leaves_no_error(
    venue: RunningVenue, head: str, caplog: pytest.LogCaptureFixture
) -> None:
    with create_connection((urlsplit(venue.url).hostname or "", venue.server.port)) as client:
        client.sendall(f'POST /v5/order/create HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{{"a"'.encode())
        client.shutdown(SHUT_WR)
        while client.recv(1_000):
            pass
    assert pybit_http(venue).get_server_time()["retCode"] == 0
    assert caplog.records == []


def test_a_client_that_reads_nothing_is_cut() -> None:
    class Wire(asyncio.Transport):
        cut = False

        def abort(self) -> None:
            self.cut = True

    async def flood() -> bool:
        wire = Wire()
        session = Session(aiohttp.web.WebSocketResponse(), wire)
        for _ in range(MOST_FRAMES):
            session.send(b"{}")
        before = wire.cut
        session.send(b"{}")
        return not before and wire.cut

    assert asyncio.run(flood())
