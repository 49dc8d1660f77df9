"""`whence live` against `whence venue`, each in a process of its own: kill -9 around a submit, a stop by SIGTERM."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.bybit import Credentials, Site, Timing
from adapters.bybit.client import http
from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.journeys.program import PATIENCE, WHENCE, environment, whence

KEY, SECRET = "mine", "hidden"
LOG = "sqlite:///live.db"
KEYS = {
    f"{name}_{kind}": value
    for name in ("BYBIT", "CCXT_BYBIT")
    for kind, value in (("API_KEY", KEY), ("API_SECRET", SECRET))
}


@pytest.fixture
def url(venue: str) -> str:
    """The venue, without orders of earlier tests."""
    session(venue).cancel_all_orders(category="linear", symbol="BTCUSDT")
    return venue


@pytest.fixture(scope="module")
def venue() -> Iterator[str]:
    words = ["venue", "--port", "0", "--admin-port", "0", "--symbol", "BTCUSDT", "--key", KEY]
    command = [str(WHENCE), *words, "--secret", SECRET, "--no-limits"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", one) for one in process.stdout)))
        yield found[0]
        process.kill()


def live(
    folder: Path, url: str, step: str, exchange: str = "bybit", way: str = "REST"
) -> subprocess.CompletedProcess[str]:
    words = [
        "--exchange",
        exchange,
        "--address",
        url,
        "--log",
        LOG,
        "--instruments",
        "BTCUSDT",
        "--interval",
        "1m",
        "--leverage",
        "5",
        "--port",
        "0",
    ]
    return subprocess.run(
        [sys.executable, "-m", "tests.adversary.dying_live", step, "live", *words],
        cwd=folder,
        env=environment(**KEYS, WHENCE_ORDER_ENTRY=way, PYTHONPATH=str(Path.cwd())),
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE,
    )


def session(url: str) -> Any:
    return http(Credentials(KEY, SECRET), Site(http=url), Timing())


def entries(url: str) -> list[dict[str, Any]]:
    """The open orders of the account, stops and targets left out."""
    return [one for one in open_orders(url) if not one["stopOrderType"]]


def open_orders(url: str) -> list[dict[str, Any]]:
    answered, _, _ = session(url).get_open_orders(category="linear", symbol="BTCUSDT", limit=50)
    found: list[dict[str, Any]] = answered["result"]["list"]
    return found


@pytest.mark.parametrize(("step", "way"), [("before", "REST"), ("after", "WEBSOCKET")])
def test_an_engine_killed_around_a_submit_has_exactly_one_order_and_stops_in_an_orderly_way(
    url: str, tmp_path: Path, step: str, way: str
) -> None:
    killed = live(tmp_path, url, step, way=way)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2_000:]
    assert len(entries(url)) == (step == "after")
    again = live(tmp_path, url, "never", way=way)
    assert again.returncode == 0, again.stderr[-2_000:]
    (order,) = entries(url)
    with closing(open_reader(WhenceSettings(log=f"sqlite:///{tmp_path}/live.db"))) as log:
        events = [one.envelope for one in log.read()]
    placed = [one for one in events if one.meta.stream == f"order-paper-{order['orderLinkId']}"]
    assert [type(one.event).__name__ for one in placed] == ["OrderPlaced", "OrderAccepted"]
    assert f"entry {order['orderLinkId']} waits in BTCUSDT-LINEAR.BYBIT: ACCEPTED" in again.stderr
    made_again = whence(tmp_path, "replay", "--log", LOG)
    assert made_again.returncode == 0, made_again
    assert f"of 2 sessions led to {len(events)} events that equal the log's." in made_again.stdout


def test_an_engine_killed_within_a_submit_through_ccxt_has_each_order_once_and_equals_the_exchange(
    url: str, tmp_path: Path
) -> None:
    """Through ccxt the stop and the entry are two requests, in this order; it dies after the first. The target is sent
    when the entry has filled.
    """
    killed = live(tmp_path, url, "between", "ccxt:bybit")
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2_000:]
    assert (len(entries(url)), len(open_orders(url))) == (0, 1)
    again = live(tmp_path, url, "never", "ccxt:bybit")
    assert again.returncode == 0, again.stderr[-2_000:]
    (order,) = entries(url)
    name = order["orderLinkId"]
    stem = name.rpartition("-")[0]
    assert sorted(one["orderLinkId"] for one in open_orders(url)) == [name, f"{stem}-s1"]
    assert f"entry {name} waits in BTCUSDT-LINEAR.BYBIT: ACCEPTED" in again.stderr
    same = whence(tmp_path, "reconcile", "--exchange", "ccxt:bybit", "--address", url, "--log", LOG, **KEYS)
    assert (same.returncode, same.stdout) == (0, "the log and the exchange are equal\n"), same
    assert SECRET not in killed.stderr + again.stderr + same.stdout + same.stderr


def test_a_comparison_beside_the_engine_prints_a_strangers_order_and_exits_with_1(
    url: str, tmp_path: Path
) -> None:
    assert live(tmp_path, url, "never").returncode == 0
    last, _, _ = session(url).get_tickers(category="linear", symbol="BTCUSDT")
    price = str(round(float(last["result"]["list"][0]["lastPrice"]) * 0.95))
    session(url).place_order(
        category="linear", symbol="BTCUSDT", side="Buy", orderType="Limit", qty="0.01", price=price
    )
    done = whence(tmp_path, "reconcile", "--address", url, "--log", LOG, "--json", **KEYS)
    assert (done.returncode, "OrderUnknownToUs" in done.stdout) == (1, True), done
    assert SECRET not in done.stdout + done.stderr
