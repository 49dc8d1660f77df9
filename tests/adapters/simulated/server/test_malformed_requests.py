"""Requests that no client library sends: each gets a return code, and nothing of it is executed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from socket import SHUT_WR, create_connection
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import aiohttp.web
import pytest

from adapters.simulated.server.session import MOST_FRAMES, Session
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
        ("/v5/order/history", f"{LISTED}&cursor=page_token%3D{TOO_LONG}%26"),
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
