"""The README's commands work in order, after `make demo` alone, and print what the page shows."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from adapters.tapes import synthetic_tape
from tests.journeys.program import environment

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## What to do next")[2].partition("## What it promises")[0]
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
SYMBOLS = ("BTCUSDT", "ETHUSDT")
LASTING = {
    "whence log --follow": '"ordinal"',
    "whence api ": "API on ",
    "whence paper --candles BTCUSDT_5m.csv --log sqlite:///watched.db": "API on ",
    "whence projections run": "up to date at event",
}
"""Commands that run until Ctrl-C, and what each prints once it works."""
OTHERS = ("make ", "whence dev down")
"""Commands that are tested elsewhere: they install packages, or stop servers."""


def blocks() -> Iterator[tuple[str, str]]:
    """The language and the text of each block of the section, in order."""
    yield from BLOCK.findall(SECTION)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the candle files that the page names, and the log of `make demo`."""
    folder = tmp_path_factory.mktemp("readme")
    for tape in synthetic_tape(4, SYMBOLS, candles=1_500):
        rows = [
            f"{candle.open_time.isoformat()},{candle.open},{candle.high},{candle.low},{candle.close},{candle.volume}"
            for candle in tape.candles
        ]
        text = "\n".join(["time,open,high,low,close,volume", *rows, ""])
        (folder / f"{tape.instrument.partition('-')[0]}_5m.csv").write_text(text)
    return folder


def shell(folder: Path, line: str, **more: str) -> subprocess.Popen[str]:
    """Starts a line of the page in bash; `whence` is the program of this environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.Popen(
        ["bash", "-c", line],
        cwd=folder,
        env=environment(COLUMNS="80", PATH=path, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(folder: Path, line: str, **more: str) -> str:
    """The output of a line; a line that runs until Ctrl-C is interrupted once it works."""
    sign = next((sign for start, sign in LASTING.items() if line.startswith(start)), None)
    with shell(folder, line, **more) as process:
        assert process.stdout is not None
        if sign is None:
            out, _ = process.communicate(timeout=120)
            assert process.returncode == 0, f"{line}\n{out}"
            return out
        seen: list[str] = []
        while not seen or sign not in seen[-1]:
            seen.append(process.stdout.readline())
            assert seen[-1], f"{line}\n{''.join(seen)}"
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        assert process.returncode in (0, 130), f"{line}\n{''.join(seen)}{out}"
        return "".join(seen)


def check_reports(folder: Path) -> None:
    """The order and the name of the file that docs/reports.md names are those of the demo's log."""
    page = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    commands = [line.partition("  #")[0] for line in page.splitlines() if line.startswith("whence report ")]
    for command in commands[0], *(one for one in commands if "--order" in one):
        (name,) = run(folder, command).split()
        assert f"`{name}`" in page or "--order" in command, name
        (folder / name).unlink()


def prepared(line: str, topic: str) -> str:
    """The line with a free port and a topic of this test."""
    serves = line.startswith("whence api ") or " --api" in line
    words, _, _ = line.partition("  #")
    return words.replace("whence.events", topic) + (" --port 0" if serves else "")


def lines(block: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Each command of a block, and the output that the page shows below it (lines after one that begins with `$`)."""
    shown = block.splitlines()
    if block.startswith("$ "):
        yield shown[0].removeprefix("$ "), shown[1:]
    else:
        yield from ((line, ()) for line in shown)


@pytest.mark.timeout(600)
def test_the_commands_work_in_order_after_make_demo(
    folder: Path, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    makefile = (ROOT / "Makefile").read_text()
    (demo,) = re.findall(r"^demo:.*\n\t\$\(BIN\)/(.*) \$\(ARGS\)$", makefile, re.MULTILINE)
    servers = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap_servers,
        "SCHEMA_REGISTRY_URL": "http://127.0.0.1:1",
        "DATABASE_URL": "postgresql://127.0.0.1:1/whence",
    }
    assert "SYNTHETIC MARKET" in run(folder, demo)
    check_reports(folder)
    ran = 0
    for language, block in blocks():
        if language == "toml":
            (folder / "whence.toml").write_text(block)
        for line, shown in () if language else lines(block):
            if line.startswith(OTHERS):
                continue
            allowed = (
                " || true" if line == "whence dev status" else ""
            )  # the registry named here does not exist
            out = run(folder, prepared(line, kafka_topic) + allowed, **servers)
            assert [one.rstrip() for one in out.splitlines()] == list(shown) or not shown, line
            ran += 1
    assert ran > 20
    assert (folder / "first.svg").read_text().startswith("<svg ")
    assert (
        not {path.suffix for path in folder.iterdir()}
        - {".csv", ".db", ".owner", ".svg", ".toml", ".0"}
        - {
            ".db-shm",
            ".db-wal",
        }
    )


def test_make_demo_can_be_repeated_after_an_order_by_hand(folder: Path) -> None:
    """A log that holds other trading is kept, with its store, and a new one begins."""
    log = "sqlite:///demo.db"
    play = f"whence paper --bars 300 --fresh --log {log}"
    run(folder, play)
    run(folder, f"whence projections rebuild orders --log {log}")
    assert "is kept as" not in run(folder, play)
    assert "is kept as sqlite:///demo.1.db" in run(folder, f"{play} --seed 8")
    assert "is kept as sqlite:///demo.2.db" in run(folder, f"{play} --seed 9")
    names = {path.name for path in folder.glob("demo*") if path.suffix == ".db"}
    logs = ("demo", "demo.1", "demo.2")
    assert names == {f"{one}{end}" for one in logs for end in (".db", ".read.db")}
    assert "LogOpened" in run(folder, "whence log --to 1 --log sqlite:///demo.1.db")
    refused = shell(folder, f"whence paper --bars 300 --seed 10 --log {log}")
    out, _ = refused.communicate(timeout=60)
    assert (refused.returncode, "this log was made by another run" in out) == (2, True)
