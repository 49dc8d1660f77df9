"""`whence venue` as a person starts it."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from adapters.simulated.venue.requests import OrderRequest, read
from domain.errors import InvalidInput
from infra.cli import INTERRUPTED
from infra.run.venue import VenueOptions, serve, venue_of
from tests.journeys.program import PATIENCE, WHENCE, environment


@pytest.fixture
def started() -> Iterator[subprocess.Popen[str]]:
    command = [str(WHENCE), "venue", "--port", "0", "--admin-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        yield process
        process.kill()


def test_the_lines_that_it_prints_trade_and_it_narrates_until_it_is_interrupted(
    started: subprocess.Popen[str],
) -> None:
    assert started.stdout is not None
    lines = iter(started.stdout.readline, "")
    text = "".join(line for line, _ in zip(lines, range(13), strict=False))
    key, secret = (re.search(f"{name} +(\\S+)", text) for name in ("API key", "secret"))
    assert key is not None
    assert secret is not None
    code = text[text.index("from pybit") :]
    printed: list[Any] = []
    exec(code, {"print": printed.append})  # noqa: S102 - what a person copies
    assert printed[1]["retCode"] == 0
    assert printed[2]["result"]["list"][0]["side"] == "Buy"
    assert "1 executions" in next(line for line in lines if "1 positions" in line)
    started.send_signal(signal.SIGINT)
    assert started.wait(PATIENCE) == INTERRUPTED


def test_a_kept_state_is_taken_up_by_the_next_run(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    options = VenueOptions(state=file, symbols=("BTCUSDT",))
    first = venue_of(options)
    first.begin()
    now = first.server.clock.market()
    body = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.001"}
    order = first.server.venue.create(first.account, read(OrderRequest, {**body, "price": "59500"}), now)
    first.keep()
    assert first.state is not None
    first.state.close()
    assert file.stat().st_mode & 0o077 == 0
    second = venue_of(options)
    assert (second.account.key, list(second.account.orders)) == (first.account.key, [order.id])
    assert venue_of(VenueOptions(symbols=("BTCUSDT",))).account.orders == {}


@pytest.mark.parametrize(
    "options",
    [
        VenueOptions(level="VIP 9"),
        VenueOptions(symbols=("DOGEUSDT",)),
        VenueOptions(files=(Path("no.csv"),)),
        VenueOptions(files=(Path("no.csv"),), symbols=("BTCUSDT", "ETHUSDT")),
    ],
)
def test_options_that_name_nothing_are_refused(options: VenueOptions) -> None:
    with pytest.raises(InvalidInput):
        venue_of(options)


def test_a_taken_port_is_refused() -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        options = VenueOptions(symbols=("BTCUSDT",), port=taken.getsockname()[1])
        with pytest.raises(InvalidInput, match="cannot listen"):
            asyncio.run(serve(options, print))
