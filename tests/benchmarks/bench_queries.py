"""The API under 50 concurrent clients, over a long log in PostgreSQL: the server's time for a response.

The server's time is taken from its access log: from the first byte read to the last byte written, including the time in
the server's queue. `BENCH_EVENTS` sets the log's length.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

import aiohttp
import psycopg
from psycopg import sql
from sqlalchemy import Engine, select

from domain.log import LogReader
from infra.config import load
from infra.store import migrate, open_store
from projections import history
from projections.bookkeeping import BuildKind
from projections.builds import kept_up
from projections.catalogue import PROJECTIONS
from projections.runner import Runner
from projections.source import ReadModels
from projections.work import works
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, reader
from tests.benchmarks.long_log import fill, history_of_one
from tests.journeys.program import Running, running, whence

_EVENTS = int(os.environ.get("BENCH_EVENTS", "200000"))
_CLIENTS = 50
_PACED_SECONDS = 20
_FULL_SECONDS = 10
_RAW = 500

_ORDERS = """query ($after: String) { orders(first: 50, after: $after) {
  edges { cursor node { id account instrument side type purpose status quantity limitPrice filled averagePrice
                        fees placedAt closedAt } } pageInfo { hasNextPage endCursor } } }"""
_CHAIN = """query ($id: ID!) { chain(id: $id) {
  ids roots beganAt nodes { parentId depth because event { ordinal type line occurredAt } } } }"""


class Served:
    """A running API with its address and the milliseconds of each of its responses."""

    def __init__(self, program: Running) -> None:
        self.took: list[float] = []
        self._program = program
        self._up = threading.Event()
        self.url = ""
        self._reading = threading.Thread(target=self._read)
        self._reading.start()
        assert self._up.wait(60), "the API did not come up"

    def _read(self) -> None:
        assert self._program.process.stderr is not None
        for line in self._program.process.stderr:
            entry = json.loads(line)
            if str(entry["event"]).startswith("API on "):
                self.url = str(entry["event"]).removeprefix("API on ")
                self._up.set()
            if "milliseconds" in entry and str(entry["event"]).endswith(" 200"):
                self.took.append(float(entry["milliseconds"]))

    def stop(self) -> None:
        self._program.process.terminate()
        self._reading.join()


def run(events: int = _EVENTS) -> Sequence[Figure]:
    """The server's milliseconds for each query, and the milliseconds to read the same rows directly from PostgreSQL."""
    with fresh("SQLite") as address, _store() as store, ExitStack() as held:
        count = fill(address, history_of_one(), events)
        settings = load(log=address, store=store)
        engine = open_store(settings)
        held.callback(engine.dispose)
        migrate(engine)
        log = held.enter_context(closing(reader(address)))
        _caught_up(engine, log)
        raw = _raw(ReadModels(engine, PROJECTIONS))
        chains = _chains(ReadModels(engine, PROJECTIONS))
        return [
            *_quantiles("raw SQL, 50 orders", raw, None, f"{count:,} events"),
            *_api(address, store, chains),
        ]


def _caught_up(engine: Engine, log: LogReader) -> None:
    """Completes all builds, also the histories, because an API that is still building them would answer more slowly."""
    for kind, made in ((BuildKind.TODAY, works), (BuildKind.HISTORY, history.works)):
        begun = kept_up(engine, PROJECTIONS.values(), kind)
        with closing(Runner(log, made(engine, begun, PROJECTIONS, 0))) as runner:
            runner.catch_up()


def _api(address: str, store: str, chains: Sequence[str]) -> Iterator[Figure]:
    words = ("api", "--read-only", "--port", "0", "--rate", "1000000/minute")
    with (
        TemporaryDirectory() as folder,
        running(Path(folder), *words, "--log", address, "--store", store) as program,
    ):
        served = Served(program)
        for name, bodies_of in (("50 orders", _pages), ("chain", _stories)):
            bodies = bodies_of(chains)
            _requested(served, bodies, 2, pause=0.2)
            processor = program.processor_seconds
            took, seconds = _requested(served, bodies, _FULL_SECONDS, pause=0)
            spent = program.processor_seconds - processor
            yield from _quantiles(
                f"{name}, {_CLIENTS} clients at full speed", took, None, "including the wait for a turn"
            )
            yield Figure(f"{name}, answers", len(took) / seconds, "1/s", None, "one process")
            yield Figure(f"{name}, processor time", spent / len(took) * 1e3, "ms", None, "of one answer")
            half = 2 * _CLIENTS * seconds / len(took)
            yield from _at_half(f"{name}, {_CLIENTS} clients at half of it", served, bodies, half)
            with _catching_up(Path(folder), address, store):
                yield from _at_half(
                    f"{name}, the same while another process catches up", served, bodies, half
                )
        served.stop()


def _at_half(name: str, served: Served, bodies: Sequence[bytes], pause: float) -> Iterator[Figure]:
    took, _ = _requested(served, bodies, _PACED_SECONDS, pause=pause)
    yield from _quantiles(name, took, 20, "the server's own time")


@contextmanager
def _catching_up(folder: Path, address: str, store: str) -> Generator[None]:
    """A process that builds the read model of orders from the first event, again and again."""
    ended = threading.Event()

    def build() -> None:
        while not ended.is_set():
            done = whence(folder, "projections", "rebuild", "orders", "--log", address, "--store", store)
            assert done.returncode == 0, done.stderr

    building = threading.Thread(target=build)
    building.start()
    try:
        yield
    finally:
        ended.set()
        building.join()


def _pages(_chains: Sequence[str]) -> Sequence[bytes]:
    return [json.dumps({"query": _ORDERS}).encode()]


def _stories(chains: Sequence[str]) -> Sequence[bytes]:
    return [json.dumps({"query": _CHAIN, "variables": {"id": chain}}).encode() for chain in chains]


def _requested(
    served: Served, bodies: Sequence[bytes], seconds: float, *, pause: float
) -> tuple[list[float], float]:
    served.took.clear()
    began = perf_counter()
    asyncio.run(_clients(served.url, bodies, seconds, pause))
    return list(served.took), perf_counter() - began


async def _clients(url: str, bodies: Sequence[bytes], seconds: float, pause: float) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_CLIENTS)) as session:
        await asyncio.gather(*(_client(session, url, bodies, seconds, pause, n) for n in range(_CLIENTS)))


async def _client(
    session: aiohttp.ClientSession,
    url: str,
    bodies: Sequence[bytes],
    seconds: float,
    pause: float,
    number: int,
) -> None:
    chance = random.Random(number)
    until = perf_counter() + seconds
    await asyncio.sleep(chance.random() * pause)
    while perf_counter() < until:
        body = chance.choice(bodies)
        async with session.post(url, data=body, headers={"content-type": "application/json"}) as answer:
            response = await answer.json()
            assert "errors" not in response, response
        await asyncio.sleep(pause)


def _raw(models: ReadModels) -> list[float]:
    took: list[float] = []
    for _ in range(_RAW):
        with models.now() as source:
            rows = source.table("orders")
            page = select(rows).order_by(rows.c.ordinal.desc()).limit(50)
            began = perf_counter()
            source.connection.execute(page).all()
            took.append((perf_counter() - began) * 1e3)
    return took


def _chains(models: ReadModels) -> Sequence[str]:
    with models.now() as source:
        rows = source.table("decisions")
        entered = select(rows.c.id).where(rows.c.verdict == "ENTER").limit(2_000)
        return list(source.connection.execute(entered).scalars())


def _quantiles(name: str, took: list[float], limit: float | None, note: str) -> Iterator[Figure]:
    ordered = sorted(took)
    yield Figure(f"{name}, p50", ordered[len(ordered) // 2], "ms", None, note)
    yield Figure(f"{name}, p99", ordered[int(len(ordered) * 0.99)], "ms", limit, f"{len(took):,} answers")


@contextmanager
def _store() -> Generator[str]:
    name = sql.Identifier(f"bench_{uuid4().hex}")
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection, ExitStack() as held:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        held.callback(connection.execute, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        plain = name.as_string(connection).strip('"')
        yield f"{server.rsplit('/', 1)[0]}/{plain}"
