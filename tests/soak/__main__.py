"""The soak: `python -m tests.soak --hours 1 --out FOLDER`; see docs/soak.md."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from msgspec import json

from tests.journeys.program import WHENCE, Running, environment, patient_whence
from tests.soak.dashboard import Subscriber
from tests.soak.market import SoakMarket
from tests.soak.report import CHECKS, LOG, MARKET, SAMPLES, VENUE_STATE, report
from tests.soak.sampling import Sampler
from tests.soak.settings import SETTINGS

_KEY = "soak"
_PATIENCE = 1_800.0
_EVERY = 5.0
_MARGIN = 2
"""Minutes that the market goes on after the soak's time. It then stands still, so that nothing happens at the exchange
between the engine's end and the checks."""
_SETTLING = 10.0
"""Seconds after the market's end in which the engine records what the last candle has led to."""
_ROOT = Path(__file__).parents[2]
_GLANCE = 0.1
_ADDRESS = re.compile(r"REST\s+(\S+)")
_API = re.compile(r"API on (http\S+/)graphql")


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
    files = market.write(folder / MARKET)
    (folder / "whence.toml").write_text(SETTINGS)
    keys = {"BYBIT_API_KEY": _KEY, "BYBIT_API_SECRET": _KEY}
    with ExitStack() as held:
        words = (sys.executable, "-m", "tests.soak.venue", str(folder / VENUE_STATE), _KEY, *map(str, files))
        venue = held.enter_context(_program(_ROOT, folder / "venue.log", words))
        address = _logged(venue, folder / "venue.log", _ADDRESS)
        market_ends = time.monotonic() + market.played * 60
        trade = ("live", "--address", address, "--instruments", ",".join(market.names), "--interval", "1m")
        place = ("--leverage", "5", "--port", "0", "--log", f"sqlite:///{LOG}")
        words = (str(WHENCE), *trade, *place)
        live = held.enter_context(_program(folder, folder / "live.log", words, **keys))
        api = _logged(live, folder / "live.log", _API)
        held.enter_context(Subscriber(f"{api.replace('http', 'ws', 1)}graphql"))
        sampler = Sampler({"venue": venue, "engine": live}, f"{api}metrics", folder / LOG)
        _sample(sampler, folder / SAMPLES, hours * 3_600)
        time.sleep(max(market_ends + _SETTLING - time.monotonic(), 0.0))
        live.process.terminate()
        checks = {"the engine": live.process.wait(_PATIENCE)}
        checks["whence reconcile"] = _code(folder, keys, "reconcile", "--address", address)
        venue.process.terminate()
        venue.process.wait(_PATIENCE)
    checks["whence replay"] = _code(folder, {}, "replay")
    checks["whence replay --verify"] = _code(folder, {}, "replay", "--verify")
    (folder / CHECKS).write_bytes(json.encode(checks))
    text, is_good = report(folder)
    typer.echo(text)
    if not is_good:
        sys.exit(1)


@contextmanager
def _program(folder: Path, log: Path, words: Sequence[str], **variables: str) -> Generator[Running]:
    """A program that writes to a file. It is no fork of a prepared process: that one would share its memory."""
    with log.open("w") as lines:
        process = subprocess.Popen(
            words, cwd=folder, env=environment(**variables), stdout=lines, stderr=subprocess.STDOUT, text=True
        )
    try:
        yield Running(process)
    finally:
        process.kill()
        process.wait()


def _logged(program: Running, log: Path, wanted: re.Pattern[str]) -> str:
    """The group of the pattern, once the program has logged it. Raises RuntimeError where it ends without."""
    while program.is_alive:
        if found := wanted.search(log.read_text()):
            return found[1]
        time.sleep(_GLANCE)
    raise RuntimeError(f"the program has ended without {wanted.pattern!r}: {log.read_text()}")


def _sample(sampler: Sampler, file: Path, seconds: float) -> None:
    """Writes a line for each sample, as JSON."""
    with file.open("wb", buffering=0) as lines:
        while (at := sampler.passed) < seconds:
            lines.write(json.encode(sampler.sample()) + b"\n")
            time.sleep(max(at + _EVERY - sampler.passed, 0.0))


def _code(folder: Path, variables: dict[str, str], *words: str) -> int:
    """Runs a command on the log; keeps what it printed beside it and returns its exit code."""
    done = patient_whence(folder, _PATIENCE, *words, "--log", f"sqlite:///{LOG}", **variables)
    name = f"{words[0]}-verify" if "--verify" in words else words[0]
    (folder / f"{name}.txt").write_text(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    typer.run(soak)
