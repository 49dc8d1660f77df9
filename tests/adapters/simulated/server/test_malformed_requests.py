"""Requests that no client library sends: each gets a return code, and nothing of it is executed."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp
import pytest

from adapters.simulated.server import VenueServer, VirtualClock
from adapters.simulated.server.signatures import signature
from adapters.simulated.venue import Venue
from tests.adapters.simulated.server.serving import KEY, SECRET, RunningVenue, running_venue
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


def socket_login() -> list[Any]:
    """The arguments of `auth`."""
    expires = time.time_ns() // 1_000_000 + 60_000
    return [KEY, expires, signature(SECRET, f"GET/realtime{expires}".encode())]


def reply_to(venue: RunningVenue, channel: str, message: dict[str, Any]) -> dict[str, Any]:
    """The first message that the socket of a channel sends back."""

    async def exchange() -> dict[str, Any]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{venue.socket_url}/v5/{channel}") as socket,
        ):
            await socket.send_json(message)
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


@pytest.mark.parametrize("body", [b'{"category":"\xff"}', b"[" * 100_000, b'{"a":' * 50_000])
def test_a_body_that_is_no_text_or_too_deep_is_refused(venue: RunningVenue, body: bytes) -> None:
    assert sent(venue, "/v5/order/create", body=body, headers={})["retCode"] == 10003


def frames(venue: RunningVenue, channel: str, texts: list[str], count: int) -> list[dict[str, Any]]:
    """The first messages that the socket of a channel sends back."""

    async def exchange() -> list[dict[str, Any]]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{venue.socket_url}/v5/{channel}") as socket,
        ):
            for text in texts:
                await socket.send_str(text)
            return [await socket.receive_json(timeout=5) for _ in range(count)]

    return asyncio.run(exchange())


@pytest.mark.parametrize("text", ["[" * 100_000, '{"op":' * 50_000])
def test_a_frame_that_is_too_deep_does_not_end_the_connection(venue: RunningVenue, text: str) -> None:
    refused, pong = frames(venue, "public/linear", [text, '{"op":"ping"}'], 2)
    assert (refused["success"], pong["ret_msg"]) == (False, "pong")


@pytest.mark.parametrize(
    ("channel", "args"),
    [
        ("public/linear", ["tickers.BTCUSDT", "tickers.BTCUSDT"]),
        ("private", ["order", "order.linear"]),
        ("private", ["execution.fast", "order.linear"]),
    ],
)
def test_topics_that_do_not_fit_each_other_are_refused(
    venue: RunningVenue, channel: str, args: list[str]
) -> None:
    login = {"op": "auth", "args": socket_login()}
    texts = [json.dumps(login)] if channel == "private" else []
    *_, reply = frames(
        venue, channel, [*texts, json.dumps({"op": "subscribe", "args": args})], 1 + len(texts)
    )
    assert (reply["op"], reply["success"]) == ("subscribe", False)


def test_an_unsubscription_comes_after_the_subscription_before_it(venue: RunningVenue) -> None:
    texts = [json.dumps({"op": op, "args": ["publicTrade.BTCUSDT"]}) for op in ("subscribe", "unsubscribe")]
    replies = frames(venue, "public/linear", texts, 2)
    assert [one["op"] for one in replies] == ["subscribe", "unsubscribe"]


def test_of_a_batch_the_orders_beyond_the_limit_are_refused_alone() -> None:
    with running_venue(limited=True) as limited:
        body = json.dumps({"category": "linear", "request": [ORDER] * 12})
        answer = sent(limited, "/v5/order/create-batch", body=body.encode(), headers=signed(limited, body))
        codes = [one["code"] for one in answer["retExtInfo"]["list"]]
        assert (answer["retCode"], codes) == (0, [0] * 10 + [10006] * 2)
        assert len(limited.account.orders) == 10


def test_an_error_that_ends_the_market_is_raised_to_whoever_waits_for_its_end() -> None:
    def broken(_now: int) -> None:
        raise ArithmeticError("the market")

    async def run() -> None:
        server = VenueServer(Venue([], 0), VirtualClock(0), broken)
        await server.start()
        try:
            await server.ended()
        finally:
            await server.stop()

    with pytest.raises(ArithmeticError):
        asyncio.run(run())
