"""The API's process is killed, stopped and orphaned while the engine trades."""

from __future__ import annotations

import itertools
import json
import re
import signal
from collections.abc import Iterator
from time import monotonic

import httpx2
import psutil
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.adversary.late_requests import SECONDS, ByHttp, ByWebsocket, keys, paused_and_resumed, stopped
from tests.adversary.trading import Trading, trading
from tests.adversary.waiting import until

PRICES = "subscription { prices { instrument price at } }"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trading]:
    with trading(tmp_path_factory.mktemp("desk")) as found:
        yield found


def test_no_other_process_can_open_the_connection_between_engine_and_api(desk: Trading) -> None:
    names = [one.laddr for process in (desk.engine, desk.api) for one in process.net_connections("unix")]
    assert names
    assert {str(name) for name in names} == {""}


def test_prices_and_metrics_of_the_engine_reach_its_api(desk: Trading) -> None:
    until(desk.ready, "the API serves")
    address = desk.url.replace("http://", "ws://")
    with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        for message in (
            {"type": "connection_init"},
            {"type": "subscribe", "id": "1", "payload": {"query": PRICES}},
        ):
            socket.send(json.dumps(message))
        found = [json.loads(socket.recv(timeout=20)) for _ in range(8)]
    prices = [one["payload"]["data"]["prices"] for one in found if one["type"] == "next"]
    assert {price["instrument"].partition("-")[0] for price in prices} == {"BTCUSDT", "ETHUSDT", "SOLUSDT"}
    assert len({price["at"] for price in prices}) > 1
    metrics = httpx2.get(desk.url.replace("graphql", "metrics"), timeout=20).text
    seen = re.search(r"whence_candles_processed_total\{instrument=\"BTCUSDT-LINEAR.BYBIT\"\} (\S+)", metrics)
    assert seen
    assert float(seen[1]) > 1


@pytest.mark.parametrize("way", [ByHttp, ByWebsocket])
def test_a_mutation_that_waited_in_a_stopped_api_longer_than_its_timeout_is_refused(
    desk: Trading, way: type[ByHttp | ByWebsocket]
) -> None:
    client, key = way(desk), f"late-{way.__name__}"
    with stopped(desk.api):
        client.send(key)
        sent = monotonic()
        until(lambda: monotonic() > sent + 2 * SECONDS, "the timeout has passed")
    answer = client.answer()
    assert answer["__typename"] == "Refused", answer
    assert answer["code"] == "Expired"
    assert "it was to be carried out until" in answer["reason"]
    paused_and_resumed(desk, f"{key}-next")
    assert key not in keys(desk)


def test_a_mutation_that_a_stopped_engine_did_not_take_within_its_timeout_is_never_carried_out(
    desk: Trading,
) -> None:
    client, engine = ByHttp(desk), desk.engine
    with stopped(engine):
        client.send("unread")
        answer = client.answer()
    assert answer["__typename"] == "TimedOut"
    assert "withdrawn, or it is carried out as a whole" in answer["known"]
    paused_and_resumed(desk, "next")
    assert "unread" not in keys(desk)


def test_a_killed_api_process_is_restarted_at_its_address_while_the_engine_trades(desk: Trading) -> None:
    until(desk.ready, "the API serves")
    killed, head = desk.api.pid, desk.head
    desk.api.kill()
    answers: dict[str, str] = {}
    for number in itertools.count():
        key = f"gap{number}"
        answers[key] = desk.paused(key)
        if answers[key] == "Completed":
            break
        assert number < 5_000
    until(lambda: desk.head > head + 20, "the engine trades")
    assert desk.api.pid != killed
    refused = {key for key, answer in answers.items() if answer != "Completed"}
    assert refused
    found = {cause.partition(":")[2].partition("/")[0] for cause in desk.causes()}
    assert not refused & found
    assert answers.keys() - refused <= found


def test_a_stopped_api_process_does_not_stop_the_engine(desk: Trading) -> None:
    until(desk.ready, "the API serves")
    child = desk.api
    with stopped(child):
        head = desk.head
        until(lambda: desk.head > head + 20, "the engine trades")
        assert child.status() == psutil.STATUS_STOPPED
    until(desk.ready, "the API serves again")


def test_signals_for_the_terminals_group_do_not_end_the_api_process(desk: Trading) -> None:
    until(desk.ready, "the API serves")
    child = desk.api
    child.send_signal(signal.SIGINT)
    child.send_signal(signal.SIGTERM)
    assert desk.ready()
    assert desk.api.pid == child.pid


def test_the_api_process_ends_with_a_killed_engine(desk: Trading) -> None:
    child = desk.api
    desk.engine.kill()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()
    assert not desk.ready()
