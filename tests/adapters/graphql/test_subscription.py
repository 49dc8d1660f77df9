"""Subscriptions over a real websocket send every event once from any ordinal, and end with a reason."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gql.transport.exceptions import TransportQueryError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from adapters.graphql.subscription_messages import prices_seen
from adapters.live import LiveTail
from commands.door import Completed
from commands.request import ClosePosition, MoveProtection, RaiseSignal, TripKillSwitch
from domain.account import KillSwitchTripped
from domain.log import Envelope
from domain.streams import parse
from tests.adapters.graphql.serving import Serving, connected, first, serving
from tests.adapters.log.days import days
from tests.commands.desk import a_fill_of
from tests.commands.outside import outside
from tests.commands.requests.asking import PRICE, TERMS, Asking
from tests.domain.history import ACCOUNT, BTC, ETH, NOW, D, a_signal

pytestmark = pytest.mark.anyio

_EVENTS = (
    "subscription ($after: Ordinal, $where: EventsFilter) { events(after: $after, where: $where) { %s } }"
)
_ALL = _EVENTS % "ordinal"
_POSITIONS = """subscription ($after: Ordinal) { positions(after: $after, account: "main") {
    ordinal id n status quantity maxQuantity averagePrice stop net entryOrderId exitOrderId exitReason
    closedByChainId updatedAt event { type version } } }"""


@pytest.fixture(scope="module")
def history() -> Sequence[Envelope]:
    """A day with an entry by hand, a moved stop, a closed position, a signal and a tripped kill switch."""
    asking = Asking()
    asking.entered(TERMS)
    asking.accepted(MoveProtection(f"{BTC}-LONG-1", stop=D(97)), "move")
    out = asking.ask(ClosePosition(f"{BTC}-LONG-1", "enough"), "out")
    assert isinstance(out, Completed)
    (order,) = (parse(event.stream).id for event in out.events if event.type.endswith("OrderPlaced"))
    asking.desk.tell(a_fill_of(order, "x-out", D(10), PRICE))
    asking.accepted(RaiseSignal(outside(a_signal(candle_closed_at=asking.desk.at))), "signal")
    asking.accepted(TripKillSwitch("enough"), "trip")
    return asking.desk.log.envelopes


@pytest.fixture
def api(tmp_path: Path, history: Sequence[Envelope]) -> Iterator[Serving]:
    with serving(f"sqlite:///{tmp_path / 'log.db'}", history, held=1_024) as api:
        yield api


def more(count: int, begun: int = 1) -> list[Envelope]:
    return list(days("account-other", begun, begun + count - 1))


async def test_each_event_is_sent_with_all_its_fields(api: Serving, history: Sequence[Envelope]) -> None:
    wanted = (
        "ordinal id stream noun account version type chainId causeId actor occurredAt recordedAt line json"
    )
    async with connected(api) as session:
        received = await first(session, _EVENTS % wanted, len(history), after=0)
    assert [one["ordinal"] for one in received] == list(range(1, len(history) + 1))
    for one, envelope in zip(received, history, strict=True):
        meta = envelope.meta
        assert (one["id"], one["stream"], one["version"]) == (str(meta.event_id), meta.stream, meta.version)
        assert one["type"] == type(envelope.event).__name__
        assert one["line"]
        assert isinstance(one["json"], dict)


async def test_past_and_new_events_are_sent_without_gap_or_repetition(api: Serving) -> None:
    head = api.read().head()
    async with connected(api) as session:
        following = asyncio.create_task(first(session, _ALL, 200 - 10, after=10))
        for begun in range(1, 200 - head + 1, 20):
            await asyncio.to_thread(api.write, more(20, begun))
        assert [one["ordinal"] for one in await following] == list(range(11, 201))


async def test_a_client_that_subscribes_again_resumes_after_its_last_ordinal(api: Serving) -> None:
    async with connected(api) as session:
        (last,) = (await first(session, _ALL, 5, after=0))[-1:]
    api.write(more(1))
    async with connected(api) as session:
        assert (await first(session, _ALL, 1, after=last["ordinal"]))[0]["ordinal"] == 6


@pytest.mark.parametrize(
    "where",
    [
        {"nouns": ["position"]},
        {"types": ["OrderFilled", "whence.account.KillSwitchTripped"]},
        {"stream": f"order-{ACCOUNT}-nobody"},
        {"account": ACCOUNT, "nouns": ["order"], "types": ["OrderPlaced"]},
    ],
)
async def test_only_events_that_meet_the_filter_are_sent(
    api: Serving, history: Sequence[Envelope], where: dict[str, Any]
) -> None:
    def wanted(envelope: Envelope) -> bool:
        meta, kind = envelope.meta, type(envelope.event).__name__
        types = [name.rpartition(".")[2] for name in where.get("types", [kind])]
        nouns = where.get("nouns", [meta.stream.partition("-")[0]])
        return (
            meta.stream.partition("-")[0] in nouns
            and kind in types
            and where.get("stream", meta.stream) == meta.stream
        )

    expected = [n for n, envelope in enumerate(history, 1) if wanted(envelope)]
    end = api.write(more(1))
    both = "subscription ($where: EventsFilter) { events(after: 0, where: $where) { ordinal } }"
    async with connected(api) as session:
        received = await first(session, both, len(expected), where=where) if expected else []
        assert [one["ordinal"] for one in received] == expected
        last = await first(session, _ALL, 1, after=end - 1)
    assert last[0]["ordinal"] == end


async def test_a_filter_that_no_event_can_meet_is_refused(api: Serving) -> None:
    for where, message in (
        ({"nouns": ["trade"]}, "there is no noun 'trade'; there are: account, "),
        ({"types": ["OrderFiled"]}, "there is no type 'OrderFiled'; there are: "),
        ({"stream": "Order main"}, "'Order main' is not a stream"),
    ):
        assert (await refused(api, _ALL, where=where)) == ("BAD_INPUT", message)


async def refused(api: Serving, document: str, role: str = "viewer", **variables: Any) -> tuple[str, str]:
    """The code of the only error, and the text in `_BEGINNINGS` that its message begins with."""
    async with connected(api, role) as session:
        with pytest.raises(TransportQueryError) as refusal:
            await first(session, document, 1, **variables)
    (error,) = refusal.value.errors or []
    beginnings = [word for word in _BEGINNINGS if error["message"].startswith(word)]
    return error["extensions"]["code"], beginnings[0] if beginnings else error["message"]


_BEGINNINGS = (
    "there is no noun 'trade'; there are: account, ",
    "there is no type 'OrderFiled'; there are: ",
    "'Order main' is not a stream",
    "the log ends at ordinal ",
    "no engine runs in this process",
)


async def test_an_ordinal_beyond_the_log_is_refused(api: Serving) -> None:
    assert await refused(api, _ALL, after=10_000) == ("BAD_INPUT", "the log ends at ordinal ")


async def test_positions_are_sent_as_of_each_of_their_events(
    api: Serving, history: Sequence[Envelope]
) -> None:
    where = [n for n, one in enumerate(history, 1) if one.meta.stream.startswith("position-")]
    async with connected(api) as session:
        received = await first(session, _POSITIONS, len(where), after=0)
        assert [one["ordinal"] for one in received] == where
        opened, closed = received[0], received[-1]
        assert (opened["status"], opened["quantity"], opened["exitReason"]) == ("OPEN", "10", None)
        assert (closed["status"], closed["quantity"], closed["exitReason"]) == ("CLOSED", "0", "MANUAL")
        for n, one in enumerate(received[:-1]):
            later = await first(session, _POSITIONS, len(where) - n - 1, after=one["ordinal"])
            assert later == received[n + 1 :], "begun in the middle, the states differ"


async def test_signals_and_alerts_are_sent_with_the_values_of_the_read_models(
    api: Serving, history: Sequence[Envelope]
) -> None:
    signals = """subscription { signals(after: 0) { ordinal id status verdict reasons strategy price inputs actor
        intervalSeconds detectedAt decidedAt event { type occurredAt } } }"""
    alerts = "subscription { alerts(after: 0) { ordinal severity kind line stream chainId at account } }"
    async with connected(api) as session:
        detected, decided = await first(session, signals, 2)
        (alert,) = await first(session, alerts, 1)
    assert (detected["status"], detected["verdict"], decided["status"]) == ("DETECTED", None, "DECIDED")
    assert decided["id"] == detected["id"]
    assert (detected["detectedAt"], detected["decidedAt"]) == (detected["event"]["occurredAt"], None)
    assert decided["decidedAt"] == decided["event"]["occurredAt"]
    assert decided["verdict"] in {"ENTER", "SKIP"}
    assert (alert["kind"], alert["severity"]) == ("KILL_SWITCH_TRIPPED", "CRITICAL")
    (ordinal,) = (n for n, one in enumerate(history, 1) if isinstance(one.event, KillSwitchTripped))
    assert alert["ordinal"] == ordinal


async def test_prices_are_sent_as_the_engine_receives_them(api: Serving) -> None:
    document = "subscription ($of: [String!]) { prices(instruments: $of) { instrument price at } }"
    assert api.live is not None
    prices = api.live.prices
    assert prices is not None
    prices.saw(BTC, D("100.10"), NOW)
    async with connected(api) as session:
        (known,) = await first(session, document, 1)
        assert (known["instrument"], known["price"]) == (BTC, "100.10")
        following = asyncio.create_task(first(session, document, 1, of=[ETH]))
        prices.saw(BTC, D(101), NOW + timedelta(minutes=5))
        prices.saw(ETH, D(9), NOW + timedelta(minutes=5))
        (received,) = await following
    assert (received["instrument"], received["price"], received["at"]) == (
        ETH,
        "9",
        "2025-04-03T12:05:00.000000Z",
    )


async def test_the_last_prices_are_in_the_order_of_instruments_and_none_without_an_engine(
    api: Serving,
) -> None:
    assert prices_seen(None) is None
    assert api.live is not None
    assert api.live.prices is not None
    async with connected(api) as session:
        api.live.prices.saw(ETH, D(9), NOW)
        api.live.prices.saw(BTC, D("100.10"), NOW)
        await first(session, "subscription { prices { price } }", 2)
    found = prices_seen(api.live)
    assert found is not None
    assert [(one.instrument, one.price) for one in found] == [(BTC, D("100.10")), (ETH, D(9))]


async def test_without_an_engine_a_subscription_to_prices_is_refused(
    tmp_path: Path, history: Sequence[Envelope]
) -> None:
    with serving(f"sqlite:///{tmp_path / 'log.db'}", history, trades=False) as api:
        code = await refused(api, "subscription { prices { price } }")
    assert code == ("REFUSED", "no engine runs in this process")


async def test_a_connection_with_an_invalid_token_is_closed(api: Serving) -> None:
    async with raw(api) as socket:
        await send(socket, type="connection_init", payload={"authorization": "Bearer nobody-knows"})
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


def raw(api: Serving, **more: Any) -> connect:
    return connect(
        f"ws://127.0.0.1:{api.port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")], **more
    )


async def send(socket: ClientConnection, **message: object) -> None:
    await socket.send(json.dumps(message))


async def receive(socket: ClientConnection) -> dict[str, Any]:
    received: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 10))
    return received


async def begun(socket: ClientConnection, document: str) -> None:
    await send(socket, type="connection_init", payload={"authorization": "Bearer viewer"})
    assert (await receive(socket))["type"] == "connection_ack"
    await send(socket, id="1", type="subscribe", payload={"query": document})


def tail_of(api: Serving) -> LiveTail:
    assert api.live is not None
    return api.live.tail


async def until(condition: Callable[[], bool]) -> None:
    """Waits until another thread makes the condition true; fails after 10 s."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the condition was not met within 10 s")


async def test_the_subscription_of_a_slow_client_ends_with_the_error_too_slow(
    api: Serving, history: Sequence[Envelope]
) -> None:
    """The client reads nothing while more events are written than the ring of the log's tail and both socket buffers
    hold. Then it reads again."""
    document = "subscription { events(after: 0) { ordinal stream line json causeId chainId id } }"
    async with raw(api, max_queue=1, write_limit=1, ping_interval=None) as socket:
        await begun(socket, document)
        for _ in history:
            await receive(socket)
        # Waits until the client reads from the ring. While a client reads earlier events from the log, it is never too
        # slow.
        await asyncio.to_thread(api.write, more(1))
        ordinals = [(await receive(socket))["payload"]["data"]["events"]["ordinal"]]
        assert ordinals == [len(history) + 1]
        tail = tail_of(api)
        for begins in range(2, 40_002, 4_000):
            await asyncio.to_thread(api.write, more(4_000, begins))
        end = api.read().head()
        await until(lambda: tail.ordinal == end)
        while True:
            received = await receive(socket)
            if received["payload"].get("errors"):
                break
            ordinals.append(received["payload"]["data"]["events"]["ordinal"])
        assert (await receive(socket)) == {"id": "1", "type": "complete"}
    (error,) = received["payload"]["errors"]
    assert error["extensions"]["code"] == "TOO_SLOW"
    assert f"after ordinal {ordinals[-1]}," in error["message"]
    assert ordinals == list(range(ordinals[0], ordinals[-1] + 1))


async def test_a_client_that_reads_nothing_is_dropped(tmp_path: Path, history: Sequence[Envelope]) -> None:
    """The client does not respond to pings, so the server cannot distinguish it from one that has disconnected."""
    with serving(f"sqlite:///{tmp_path / 'log.db'}", history, ping=0.2) as api:
        async with raw(api, max_queue=1, ping_interval=None, close_timeout=0.1) as socket:
            await begun(socket, "subscription { events(after: 0) { ordinal } }")
            tail = tail_of(api)
            await until(lambda: tail.subscribers == 1)
            await until(lambda: tail.subscribers == 0)


async def test_a_completed_subscription_is_removed(api: Serving) -> None:
    async with raw(api) as socket:
        await begun(socket, "subscription { events { ordinal } }")
        tail = tail_of(api)
        await until(lambda: tail.subscribers == 1)
        await send(socket, id="1", type="complete")
        await send(socket, type="ping")
        assert (await receive(socket))["type"] == "pong"
        await until(lambda: tail.subscribers == 0)


async def test_the_subscription_of_a_client_whose_connection_breaks_is_removed(api: Serving) -> None:
    async with raw(api) as socket:
        await begun(socket, "subscription { events { ordinal } }")
        tail = tail_of(api)
        await until(lambda: tail.subscribers == 1)
        socket.transport.abort()
    await until(lambda: tail.subscribers == 0)
