"""The dashboard in Chromium against the real program: first paint, weight, and the longest tasks of the page's thread.

A long list and a long chart are those of a synthetic market of 50,000 candles, whose orders and events are repeated in
the store up to 100,000. Live candles are those of a market of 20 symbols at 6,000 times its pace. Each symbol gets 20
more prices a second at the page's socket; the page Book gets 20 books a second, of 40 levels a side. `BENCH_SECONDS` is
how long each page takes prices or books; `BENCH_CANDLES` and `BENCH_ROWS` set the lengths.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.adapters.simulated.server.serving import running_venue
from tests.benchmarks.figure import Figure
from tests.benchmarks.long_lists import lengthen
from tests.browser import chromium, visit
from tests.journeys.program import patient_whence, running
from tests.journeys.serving import Started, drained, started

_SECONDS = float(os.environ.get("BENCH_SECONDS", "30"))
_CANDLES = int(os.environ.get("BENCH_CANDLES", "50000"))
_ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
_PAGE = 1_000
_PATIENCE = 600
_MINUTE = 60_000
_COINS = "BTC ETH SOL XRP ADA DOGE LTC BNB DOT LINK AVAX TRX BCH UNI ATOM ETC FIL NEAR APT ARB"
_LONGEST, _FIRST_PAINT, _WEIGHT = 50, 1_500, 400
"""Limits: ms of a task, ms until the first paint, KiB of the files that the first page loads."""
_BARS = 4_000
"""Candles of each symbol of the paced market: those of five minutes."""
_HELD = 3
"""Positions that the account of the paced market has before its pages are opened."""
_TRADING = """
[trading.tiers]
normal_confidence = 0.0
strict_confidence = 0.0
relaxed_confidence = 0.0
[trading.alpha]
minimum_trend = -1.0
minimum_reward_to_risk = "0"
[trading.risk]
max_positions = 20
cooldown_seconds = 0
max_daily_loss = "1"
minimum_win_rate = "0"
[trading.sizing]
risk = "0.0002"
"""
"""Settings that enter at nearly every signal."""
_BOOK_VIEW = """
[book_view]
shown = true
bybit_address = "{address}"
"""

_OBSERVED = """
window.measured = { tasks: [], prices: 0, candles: 0, books: 0 };
new PerformanceObserver(list => {
  for (const one of list.getEntries()) window.measured.tasks.push(one.duration);
}).observe({ type: 'longtask', buffered: true });
const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', event => {
      const { data } = event;
      // The benchmark's own books replace those of the venue, whose prices are far from theirs.
      if (window.hasBooks && event.isTrusted && data.includes('"book"')) event.stopImmediatePropagation();
      if (data.includes('"prices"')) window.measured.prices += 1;
      if (data.includes('"candles"')) window.measured.candles += 1;
    });
  }
  send(text) {
    const { id, type, payload } = JSON.parse(text);
    if (type === 'subscribe' && payload.query.includes('prices')) window.prices = { id, socket: this };
    if (type === 'subscribe' && payload.query.includes('book(')) window.book = { id, socket: this };
    super.send(text);
  }
};
"""
"""Notes the tasks that the browser reports as long, those of 50 ms and more, and counts the messages of the socket."""
_PRICES = """([instruments, rate]) => {
  const { id, socket } = window.prices;
  let round = 0;
  setInterval(() => {
    round += 1;
    for (const instrument of instruments) {
      const prices = { instrument, price: (100 + Math.sin(round) * 5).toFixed(4), at: new Date().toISOString() };
      const data = JSON.stringify({ id, type: 'next', payload: { data: { prices } } });
      socket.dispatchEvent(new MessageEvent('message', { data }));
    }
  }, 1000 / rate);
}"""
"""Prices of each instrument, so many a second, as messages of the page's own subscription: a program that shares this
machine with the browser cannot send them evenly."""
_MINUTES = """async ([instruments, updates]) => {
  const { id, socket } = window.prices;
  for (let round = 1; round <= updates; round += 1) {
    for (const instrument of instruments) {
      const prices = { instrument, price: (100 + Math.sin(round) * 5).toFixed(4), at: new Date().toISOString() };
      const data = JSON.stringify({ id, type: 'next', payload: { data: { prices } } });
      socket.dispatchEvent(new MessageEvent('message', { data }));
    }
    if (round % 20 === 0) await new Promise(done => requestAnimationFrame(done));
  }
}"""
"""So many prices of each instrument, those of a second in one frame."""
_BOOKS = """([levels, rate]) => {
  const { id, socket } = window.book;
  window.hasBooks = true;
  const side = (best, way, round) => Array.from({ length: levels }, (_, place) => ({
    price: (best + way * 0.5 * (place + (place * round) % 3 / 4)).toFixed(2),
    size: (0.1 + ((place + 1) * (round + 7)) % 97 / 10).toFixed(3),
  }));
  let round = 0;
  setInterval(() => {
    round += 1;
    const [mid, at] = [60000 + 20 * Math.sin(round / 50), new Date().toISOString()];
    const [bids, asks] = [side(mid - 0.5, -1, round), side(mid + 0.5, 1, round)];
    const walls = [{ side: 'BID', price: bids[5].price, size: bids[5].size, strength: 3, seconds: round / rate }];
    const trades = Array.from({ length: 50 }, (_, place) => ({
      id: `${round - place}`, side: (round - place) % 3 ? 'BUY' : 'SELL', price: mid.toFixed(2), size: '0.123', at,
    }));
    const figures = ['spread', 'imbalance_5', 'imbalance_20', 'microprice', 'ofi', 'depth_bid', 'depth_ask']
      .map((name, place) => ({ name, value: Math.sin(round / 10 + place), units: '' }));
    const book = {
      instrument: 'BTCUSDT-LINEAR.BYBIT', readAt: at, isKnown: true, why: '', age: 0.1, gaps: 0, updateId: round,
      bids, asks, figures, walls, trades, suspicions: [],
    };
    window.measured.books += 1;
    const data = JSON.stringify({ id, type: 'next', payload: { data: { book } } });
    socket.dispatchEvent(new MessageEvent('message', { data }));
  }, 1000 / rate);
}"""
"""Books of so many levels a side, so many a second, as messages of the page's own subscription."""
_BOOK_LEVELS = 40
_RATE = 20
_SCROLL = """async ([label, frames]) => {
  const table = document.querySelector(`[role=table][aria-label="${label}"]`);
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const [step, begin] = [(table.scrollHeight - table.clientHeight) / frames, performance.now()];
  for (let count = 1; count <= frames; count += 1) {
    table.scrollTop = count * step;
    await frame();
  }
  return (performance.now() - begin) / frames;
}"""
"""Scrolls a table to its end in so many frames; returns the mean ms of one."""
_FRAMES = 600
_TRACED = ["toplevel", "devtools.timeline"]


def run() -> Sequence[Figure]:
    """The figures of the page; a limit is that of the issue."""
    with TemporaryDirectory() as folder, chromium() as browser:
        return [
            *_over_a_long_store(browser, Path(folder) / "long"),
            *_at_prices(browser, Path(folder) / "paced"),
        ]


def _over_a_long_store(browser: Browser, folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    (folder / "whence.toml").write_text(_TRADING)
    traded = patient_whence(folder, _PATIENCE, "paper", "--bars", str(_CANDLES))
    assert traded.returncode == 0, traded.stderr
    with _served(folder) as serving:
        _await_read_models(serving)
    lengthen(folder / "whence.read.db", _ROWS)
    with _served(folder) as serving:
        yield from _first_load(browser, serving)
        with _opened(browser, serving.page(), "chart") as page:
            yield from _chart(page)
        with _opened(browser, serving.page(), "orders") as page:
            yield from _list(page, "orders", "Orders")
        with _opened(browser, serving.page(), "journal") as page:
            yield from _list(page, "events of the journal", "Journal")


def _at_prices(browser: Browser, folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    symbols = [word for coin in _COINS.split() for word in ("--symbol", f"{coin}USDT")]
    words = ("paper", "--api", "--port", "0", "--bars", str(_BARS), "--pace", "6000x", *symbols)
    with _venue() as venue:
        (folder / "whence.toml").write_text(_TRADING + _BOOK_VIEW.format(address=venue))
        yield from _paced(browser, folder, words)


def _paced(browser: Browser, folder: Path, words: Sequence[str]) -> Iterator[Figure]:
    with running(folder, *words) as program:
        address = _address(program.process.stderr or ())
        with drained(program, folder / "paper.log"):
            _await_positions(Started(program, f"{address}graphql", [], folder))
            for name in ("now", "positions", "chart"):
                with _opened(browser, address, name) as page:
                    yield from _updates(page, name)
            with _opened(browser, address, "book") as page:
                yield from _books(page)
            with _opened(browser, address, "now") as page:
                yield from _memory(page)


@contextmanager
def _venue() -> Generator[str]:
    """The address of a venue whose books the API shows. It has a thread of its own: the browser's loop runs here."""
    held = ExitStack()
    with ThreadPoolExecutor(1) as aside:
        try:
            yield aside.submit(held.enter_context, running_venue()).result().url
        finally:
            aside.submit(held.close).result()


@contextmanager
def _served(folder: Path) -> Generator[Started]:
    with started(folder, "--rate", "1000000/minute") as serving, drained(serving.program, folder / "api.log"):
        yield serving


def _address(lines: Iterator[str] | Sequence[str]) -> str:
    """The address of the dashboard, from what the program logs."""
    for line in lines:
        if line.startswith("{") and (
            found := re.search(r"dashboard on (\S+?),? ", json.loads(line)["event"] + " ")
        ):
            return found[1]
    raise AssertionError("the program ended before it served the dashboard")


def _await_read_models(serving: Started) -> None:
    """Returns when every read model has reached the head of the log."""
    deadline = perf_counter() + _PATIENCE
    while perf_counter() < deadline:
        found = serving.query(
            "{ projections { ordinal status } events(first: 1) { edges { node { ordinal } } } }"
        )
        heads = {("LIVE", one["node"]["ordinal"]) for one in found["data"]["events"]["edges"]}
        reached = {(one["status"], one["ordinal"]) for one in found["data"]["projections"]}
        if reached and reached == heads:
            return
    raise AssertionError("the read models did not catch up")


def _await_positions(serving: Started) -> None:
    """Returns when the account holds several positions."""
    deadline = perf_counter() + _PATIENCE
    while perf_counter() < deadline:
        found = serving.query("{ positions(first: 0, where: {status: OPEN}) { totalCount } }")
        if found["data"]["positions"]["totalCount"] >= _HELD:
            return
    raise AssertionError(f"the account did not get {_HELD} positions")


@contextmanager
def _opened(browser: Browser, address: str, name: str) -> Generator[Page]:
    """The page of this name with nothing measured yet."""
    with visit(browser) as visiting:
        page = visiting.page
        page.add_init_script(_OBSERVED)
        browser.start_tracing(page=page, categories=_TRACED)
        page.goto(f"{address}#/{name}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("Loading …")).to_have_count(0)
        yield page
        assert visiting.faults == []


def _first_load(browser: Browser, serving: Started) -> Iterator[Figure]:
    with _opened(browser, serving.page(), "now") as page:
        expect(page.locator(".figure").first).to_be_visible()
        loaded: dict[str, Any] = page.evaluate(
            """() => ({
              paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
              weight: [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
                .filter(one => !one.name.endsWith('graphql')).reduce((sum, one) => sum + one.encodedBodySize, 0),
            })"""
        )
        yield Figure("first contentful paint", loaded["paint"], "ms", _FIRST_PAINT, "page Now, empty cache")
        yield Figure("weight of the first page", loaded["weight"] / 1024, "KiB", _WEIGHT, "compressed")
        yield _longest(page, "load of Now", None)


def _chart(page: Page) -> Iterator[Figure]:
    read = page.locator(".total")
    expect(read).to_contain_text("1,000 candles")
    yield _longest(page, "load of Chart", None)
    _measure_anew(page)
    earlier, began, pages = page.get_by_role("button", name="Earlier candles"), perf_counter(), 1
    while pages < _CANDLES // _PAGE:
        earlier.click()
        pages += 1
        expect(read).to_contain_text(f"{pages * _PAGE:,} candles", timeout=_MINUTE)
    spent = (perf_counter() - began) / max(1, pages - 1)
    yield Figure("a page of earlier candles", spent * 1e3, "ms", None, f"mean of {pages - 1}, with the API")
    yield _longest(page, f"paging back through {pages * _PAGE:,} candles")
    _measure_anew(page)
    box = page.locator("figure.candles").bounding_box()
    assert box is not None
    across, middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(across, middle)
    for delta in (*[400] * 30, *[-400] * 30):
        page.mouse.wheel(0, delta)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(across + 6 * step, middle)
    page.mouse.up()
    yield _longest(page, f"zooming and dragging {pages * _PAGE:,} candles")


def _list(page: Page, what: str, label: str) -> Iterator[Figure]:
    expect(page.locator(".total")).to_contain_text(re.compile(r"of \d"))
    yield _longest(page, f"load of {label}", None)
    _measure_anew(page)
    frame = page.evaluate(_SCROLL, [label, _FRAMES])
    expect(page.get_by_text("Loading …")).to_have_count(0)
    table = page.get_by_role("table", name=label)
    count = int(table.get_attribute("aria-rowcount") or 0)
    expect(table.locator(f"[aria-rowindex='{count}']")).to_be_visible()
    yield Figure(
        f"a frame while {count - 1:,} {what} scroll", frame, "ms", None, f"to the end in {_FRAMES} frames"
    )
    yield _longest(page, f"scrolling {label} to the end")
    _measure_anew(page)
    began = perf_counter()
    for key, index in (("Home", 2), ("End", count)):
        table.focus()
        page.keyboard.press(key)
        expect(table.locator(f"[aria-rowindex='{index}']:not(.awaited)")).to_be_visible()
    yield Figure(
        f"jump to the first and the last of the {what}",
        (perf_counter() - began) * 1e3,
        "ms",
        None,
        "Home, End",
    )
    yield _longest(page, f"jumps in {label}")


def _updates(page: Page, name: str) -> Iterator[Figure]:
    if name == "now":
        expect(page.get_by_role("table").first).to_be_visible(timeout=_MINUTE)
    yield _longest(page, f"load of {name} at prices", None)
    _measure_anew(page)
    page.evaluate(_PRICES, [[f"{coin}USDT-LINEAR.BYBIT" for coin in _COINS.split()], _RATE])
    page.wait_for_timeout(_SECONDS * 1_000)
    seen: dict[str, Any] = page.evaluate("window.measured")
    rows = page.get_by_role("row").count()
    yield Figure(
        f"prices received on {name}", seen["prices"] / _SECONDS, "1/s", None, f"{rows} rows in sight"
    )
    if name == "chart":
        yield Figure("candles received on chart", seen["candles"] / _SECONDS, "1/s", None, "of one symbol")
    yield _longest(page, f"{_SECONDS:g} s of prices on {name}")


def _books(page: Page) -> Iterator[Figure]:
    expect(page.get_by_role("table", name="Levels")).to_be_visible(timeout=_MINUTE)
    yield _longest(page, "load of book", None)
    _measure_anew(page)
    page.evaluate(_BOOKS, [_BOOK_LEVELS, _RATE])
    page.wait_for_timeout(_SECONDS * 1_000)
    seen: dict[str, Any] = page.evaluate("window.measured")
    yield Figure(
        "books received on book", seen["books"] / _SECONDS, "1/s", None, f"{_BOOK_LEVELS} levels a side"
    )
    yield _longest(page, f"{_SECONDS:g} s of books on book")


def _memory(page: Page) -> Iterator[Figure]:
    """The live objects of the page's scripts after the prices of one minute, and after those of ten."""
    _browser(page).stop_tracing()
    instruments = [f"{coin}USDT-LINEAR.BYBIT" for coin in _COINS.split()]
    devtools: Any = page.context.new_cdp_session(page)
    kept = list[float]()
    for minutes in (1, 9):
        page.evaluate(_MINUTES, [instruments, minutes * 60 * _RATE])
        devtools.send("HeapProfiler.collectGarbage")
        kept.append(devtools.send("Runtime.getHeapUsage")["usedSize"] / 1024)
    note = f"{len(instruments)} symbols, {_RATE} prices a second each; after a collection"
    yield Figure("heap after a minute of prices", kept[0], "KiB", None, note)
    yield Figure("growth of the heap in nine more", kept[1] - kept[0], "KiB", None, note)


def _measure_anew(page: Page) -> None:
    page.evaluate("Object.assign(window.measured, { tasks: [], prices: 0, candles: 0, books: 0 })")
    _browser(page).start_tracing(page=page, categories=_TRACED)


def _longest(page: Page, during: str, limit: float | None = _LONGEST) -> Figure:
    """The greatest processor time of a task since the measurement began. Other programs do not lengthen it, as they
    lengthen what the browser reports as a long task."""
    page.wait_for_timeout(200)  # entries of an observer come after the task that they describe
    reported: Sequence[float] = page.evaluate("window.measured.tasks")
    events: Sequence[dict[str, Any]] = json.loads(_browser(page).stop_tracing())["traceEvents"]
    threads = {_thread(one) for one in events if one.get("args", {}).get("name") == "CrRendererMain"}
    tasks = [one for one in events if one["name"].endswith("RunTask") and _thread(one) in threads]
    spent = max(one.get("tdur", 0) for one in tasks) / 1e3
    note = f"processor time; {len(reported)} of 50 ms by the clock, the longest {max(reported, default=0):.0f} ms"
    return Figure(f"longest task: {during}", spent, "ms", limit, note)


def _thread(event: Mapping[str, Any]) -> tuple[int, int]:
    return event["pid"], event["tid"]


def _browser(page: Page) -> Browser:
    browser = page.context.browser
    assert browser is not None
    return browser
