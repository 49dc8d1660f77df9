"""The soak: `python -m tests.soak --hours 1 --out FOLDER`; see docs/soak.md."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import psutil
import typer
from msgspec import json

from tests.journeys.program import Running, patient_whence, running
from tests.journeys.serving import drained
from tests.soak.dashboard import Subscriber
from tests.soak.market import PAST, SoakMarket
from tests.soak.report import report
from tests.soak.sampling import Sample, log_bytes, process_samples, scraped

_KEY = "soak"
_PATIENCE = 600.0
_EVERY = 5.0
_MARGIN = 15
"""Minutes that the market goes on after the soak's time, for the start and the checks."""
_LOG = "sqlite:///live.db"
_ADDRESS = re.compile(r"REST\s+(\S+)")
_API = re.compile(r"API on (http\S+/)graphql")
_SETTINGS = """
[trading.risk]
max_positions = 60
max_total_risk = "0.5"
max_daily_loss = "0.9"
minimum_win_rate = 0
cooldown_seconds = 0

[trading.sizing]
risk = "0.001"

[trading.caps]
max_orders_per_minute = 0
"""
_STRATEGIES = ("trend", "breakout", "mean-reversion", "supertrend", "momentum")


def soak(
    out: Annotated[Path, typer.Option(help="A new folder for log, samples and report.")],
    hours: Annotated[float, typer.Option(help="How long it trades.")] = 1.0,
    speed: Annotated[float, typer.Option(help="Minutes of the market in a minute, 1 to 24.")] = 24.0,
    symbols: Annotated[int, typer.Option(help="Instruments that are traded.")] = 100,
) -> None:
    """Trades live over a venue of this machine, samples every process, and checks log and exchange at the end."""
    market = SoakMarket(symbols=symbols, speed=speed, played=int(hours * 60) + _MARGIN)
    out.mkdir(parents=True)
    folder = out.resolve()
    files = market.write(folder / "market")
    (folder / "whence.toml").write_text(_settings())
    with ExitStack() as held:
        words = (
            "--market",
            *map(str, files),
            "--past",
            str(PAST),
            "--from-now",
            "--key",
            _KEY,
            "--secret",
            _KEY,
        )
        more = ("--port", "0", "--admin-port", "0", "--balance", "1000000", "--no-limits", "--quiet")
        venue = held.enter_context(running(folder, "venue", *words, *more))
        address = _found(venue.process.stdout, _ADDRESS)
        keys = {"BYBIT_API_KEY": _KEY, "BYBIT_API_SECRET": _KEY}
        trade = ("live", "--address", address, "--instruments", ",".join(market.names), "--interval", "1m")
        place = ("--leverage", "5", "--port", "0", "--log", _LOG)
        live = held.enter_context(running(folder, *trade, *place, **keys))
        api = _found(live.process.stderr, _API)
        held.enter_context(drained(live, folder / "live.log"))
        held.enter_context(Subscriber(f"{api.replace('http', 'ws', 1)}graphql"))
        _sample(folder, {"venue": venue, "engine": live}, f"{api}metrics", hours * 3_600)
        live.process.terminate()
        stopped = live.process.wait(_PATIENCE)
        checks = {
            "the engine's exit code": stopped,
            "whence reconcile": _code(folder, keys, "reconcile", "--address", address),
            "whence replay": _code(folder, {}, "replay"),
            "whence replay --verify": _code(folder, {}, "replay", "--verify"),
        }
    typer.echo(report(folder, checks))
    if any(checks.values()):
        sys.exit(1)


def _settings() -> str:
    tables = "".join(f'\n[[trading.strategies]]\nname = "{name}"\n' for name in _STRATEGIES)
    return f"{_SETTINGS}{tables}"


def _found(lines: Iterable[str] | None, wanted: re.Pattern[str]) -> str:
    """The group of the first line with the pattern. Raises RuntimeError with the output where there is none."""
    read: list[str] = []
    for line in lines or ():
        read.append(line)
        if found := wanted.search(line):
            return found[1]
    raise RuntimeError(f"the program has ended without {wanted.pattern!r}: {''.join(read)}")


def _sample(folder: Path, programs: dict[str, Running], metrics: str, seconds: float) -> None:
    """Writes a line for each sample, as JSON."""
    processes = {name: psutil.Process(one.pid) for name, one in programs.items()}
    begun = time.monotonic()
    with (folder / "samples.jsonl").open("wb", buffering=0) as lines:
        while (at := time.monotonic() - begun) < seconds:
            decided, lag = scraped(metrics)
            sample = Sample(
                at=at,
                processes=[each for name, one in processes.items() for each in process_samples(name, one)],
                decided=decided,
                lag=lag,
                log_bytes=log_bytes(folder),
            )
            lines.write(json.encode(sample) + b"\n")
            time.sleep(max(at + _EVERY - (time.monotonic() - begun), 0.0))


def _code(folder: Path, variables: dict[str, str], *words: str) -> int:
    """Runs a command on the log; keeps what it printed beside it and returns its exit code."""
    done = patient_whence(folder, _PATIENCE, *words, "--log", _LOG, **variables)
    name = "-".join(word.strip("-") for word in words if not word.startswith("http"))
    (folder / f"{name}.txt").write_text(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    typer.run(soak)
