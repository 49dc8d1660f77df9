"""`whence venue` as a person starts it."""

from __future__ import annotations

import asyncio
import re
import resource
import signal
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from adapters.simulated.server import VenueServer
from adapters.simulated.server.clock import VirtualClock
from adapters.simulated.server.state_file import StateFile
from adapters.simulated.venue import Venue
from adapters.simulated.venue.requests import OrderRequest, read
from domain.errors import InvalidInput
from infra.cli import INTERRUPTED, application
from infra.run.venue import VenueOptions, serve, venue_of
from infra.run.venue_terminal import MARKET_EVERY, MOST_LINES, Terminal
from tests.journeys.program import PATIENCE, WHENCE, environment

KEY = "mine"


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
    kinds = [next(line for line in lines if f" {kind} " in line) for kind in ("order", "fill")]
    assert ["BTCUSDT Buy" in line for line in kinds] == [True, True]
    started.send_signal(signal.SIGINT)
    assert started.wait(PATIENCE) == INTERRUPTED
    assert "ended: 3 requests, 1 fill; nothing is kept (no --state)\n" in lines


def test_a_termination_ends_it_in_an_orderly_way(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    options = ["--port", "0", "--admin-port", "0", "--symbol", "BTCUSDT", "--quiet", "--state", str(file)]
    with subprocess.Popen(
        [str(WHENCE), "venue", *options], stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.terminate()
        assert f"ended: 0 requests, 0 fills; the state is in {file}" in process.stdout.read()
    assert process.returncode == 143


def test_notices_beyond_the_most_of_a_second_are_counted_and_lines_are_cut_to_the_width() -> None:
    lines: list[str] = []
    venue = venue_of(VenueOptions(symbols=("BTCUSDT",)))
    terminal = Terminal(venue.server, venue.account, venue.shown, lines.append, width=40)
    for number in range(MOST_LINES + 5):
        terminal.notice("refused", f"POST /v5/order/create 110007 {number}")
    terminal.tick()
    assert "market time" in lines[0]
    assert max(map(len, lines)) == 39
    assert "5 lines of this second are left out"[:20] in lines[-1]
    assert len(lines) == 1 + MOST_LINES + 1


@pytest.mark.parametrize(
    ("watches", "has_news", "printed"), [(True, False, 1), (False, False, 0), (False, True, 1)]
)
def test_the_market_has_a_line_every_ten_seconds_and_in_a_file_only_after_something_happened(
    *, watches: bool, has_news: bool, printed: int
) -> None:
    lines: list[str] = []
    venue = venue_of(VenueOptions(symbols=("BTCUSDT",)))
    terminal = Terminal(venue.server, venue.account, venue.shown, lines.append, watches=watches)
    venue.server.rest.requests += has_news
    for _second in range(MARKET_EVERY):
        terminal.tick()
    shown = [line for line in lines if " market " in line and "BTCUSDT" in line]
    assert len(shown) == printed
    assert all("10000.00 USDT" in line and len(line) < 80 for line in shown)
    assert ["1 request" in line for line in shown] == [has_news] * printed


def test_the_end_of_a_recording_is_noticed_once_and_the_start_block_states_what_is_played(
    tmp_path: Path,
) -> None:
    file = tmp_path / "FOOUSDT_1m.csv"
    rows = [f"{1_700_000_040 + minute * 60},10,11,9,10.5,100" for minute in range(5)]
    file.write_text("\n".join(["time,open,high,low,close,volume", *rows]))
    venue = venue_of(VenueOptions(files=(file,), past=2, pace=1e9))
    assert (
        "FOOUSDT from 2023-11-14 22:16:00 to 2023-11-14 22:18:00 UTC; its rules are guessed"
        in venue.greeting()
    )
    seen: list[str] = []
    venue.server.notices.listeners.append(lambda _kind, text: seen.append(text))
    for _ in range(2):
        venue.watch_end()
    assert seen == ["the recording has ended: prices stand still from now on"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--key", "--secret"], "looks like an option"),
        (["--key", ""], "is empty"),
        (["--past", "5"], "--past is for files"),
        (["--port", "9001", "--admin-port", "9001"], "must differ"),
        (["--symbol", "foo"], "not FOO"),
        (["--level", "vip 9"], "no level 'vip 9'"),
        (["FOO_1m.csv", "--past", "0"], "--symbol FOOUSDT"),
        (["start.sh", "--symbol", "FOOUSDT"], "docs/venue.md lists what can be played"),
        (["FOOUSDT_1m.csv", "--past", "9"], "choose --past below 1"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_what_to_do(
    options: list[str],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("FOO_1m.csv", "FOOUSDT_1m.csv"):
        rows = [f"{1_700_000_040 + minute * 60},10,11,9,10.5,100" for minute in range(2)]
        Path(name).write_text("\n".join(["time,open,high,low,close,volume", *rows]))
    Path("start.sh").write_text("#!/bin/sh\nset -e\necho 1, 2, 3\n")
    with pytest.raises(InvalidInput) as refused:
        application(["venue"])(["venue", *options], standalone_mode=False)
    assert reason in str(refused.value)


def test_a_kept_state_is_taken_up_by_the_next_run(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    options = VenueOptions(state=file, symbols=("BTCUSDT",))
    first = venue_of(options)
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


def test_every_acknowledged_order_is_kept_when_the_process_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    options = ["--port", "0", "--admin-port", "0", "--symbol", "BTCUSDT", "--no-limits", "--quiet"]
    command = [str(WHENCE), "venue", *options, "--key", KEY, "--secret", KEY, "--state", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        session: Any = import_module("pybit.unified_trading").HTTP(api_key=KEY, api_secret=KEY)
        session.endpoint = process.stdout.readline().split()[1]
        order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "qty": "0.002"}
        kinds = ({"orderType": "Market"}, {"orderType": "Limit", "price": "59500"})
        known = [
            session.place_order(**order, **kinds[number % 2])["result"]["orderId"] for number in range(20)
        ]
        process.kill()
    venue = venue_of(VenueOptions(state=file, symbols=("BTCUSDT",)))
    assert [one for one in known if venue.account.find(one, "") is None] == []
    assert sum(one.qty for one in venue.account.executions) == Decimal("0.02")
    assert [one.size for one in venue.account.held()] == [Decimal("0.02")]
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("key", [{"key": "other"}, {"secret": "other"}])
def test_another_key_than_that_of_the_state_is_refused(tmp_path: Path, key: dict[str, Any]) -> None:
    options: dict[str, Any] = {"state": tmp_path / "venue.json", "symbols": ("BTCUSDT",)}
    venue_of(VenueOptions(**options, key=KEY, secret=KEY)).keep()
    assert venue_of(VenueOptions(**options, key=KEY)).account.secret == KEY
    with pytest.raises(InvalidInput, match="leave out --key"):
        venue_of(VenueOptions(**{**options, **key}))


def test_a_state_that_cannot_be_lengthened_is_refused_from_then_on(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "venue.json")
    file.replace(b"{}")
    file.append(b"{}\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, limits[1]))
    try:
        for call in (partial(file.append, b"[0, 1, 2]\n"), file.check):
            with pytest.raises(InvalidInput, match="cannot be written"):
                call()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        file.close()
    assert (tmp_path / "venue.json").read_bytes() == b"{}\n{}\n[0"


def test_a_market_that_fails_ends_the_venue_with_its_error() -> None:
    def fails(now: int) -> None:
        raise ArithmeticError(f"no price at {now}")

    async def run() -> None:
        server = VenueServer(Venue([], 0), VirtualClock(0), move=fails)
        await server.start()
        try:
            await server.watch(10)
        finally:
            with pytest.raises(ArithmeticError):
                await server.stop()

    with pytest.raises(ArithmeticError):
        asyncio.run(run())


@pytest.mark.parametrize("name", ["folder", "damaged"])
def test_a_state_that_cannot_be_read_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    if name == "folder":
        file.mkdir()
    else:
        file.write_bytes(b"\xff")
    with pytest.raises(InvalidInput, match=f"{name}.*another --state"):
        venue_of(VenueOptions(state=file))


@pytest.mark.parametrize("category", ["linear", "spot"])
def test_a_recording_is_played_as_a_market_of_its_category(tmp_path: Path, category: str) -> None:
    file = tmp_path / "BTCUSDT.csv"
    rows = [f"{1_700_000_000 + number},BTCUSDT,Buy,0.5,3{number}000" for number in range(1, 4)]
    file.write_text("\n".join(["timestamp,symbol,side,size,price", *rows]))
    venue = venue_of(VenueOptions(files=(file,), category=category)).server.venue
    assert [one.category for one in venue.every_market()] == [category]
    assert venue.market("BTCUSDT", category).last == 31_000


def test_the_synthetic_market_has_contracts_and_pairs_that_follow_them() -> None:
    venue = venue_of(VenueOptions()).server.venue
    assert set(venue.spot) == {"BTCUSDT", "ETHUSDT"}
    for symbol, pair in venue.spot.items():
        contract = venue.markets[symbol]
        assert pair.last is not None
        assert contract.last is not None
        assert abs(pair.last / contract.last - 1) < Decimal("0.01")


@pytest.mark.parametrize(
    "options",
    [
        VenueOptions(level="VIP 9"),
        VenueOptions(category="option"),
        VenueOptions(state=Path()),
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
        with pytest.raises(InvalidInput, match=r"is in use, .* choose another --port, or 0"):
            asyncio.run(serve(options, print))
