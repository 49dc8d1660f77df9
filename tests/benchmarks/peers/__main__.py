"""Peers and this program on the same work, in one run: `python -m tests.benchmarks.peers FOLDER`.

FOLDER gets a virtual environment for each peer of `versions.txt`, made once; it lies outside of the tree. The work is
the recorded month of one-minute candles and the cross of two EMAs (`tests/benchmarks/crosses.py`). Each run is a
process of its own, which measures its CPU time without the time to read the file; the runs alternate, and the fastest
of each counts. By hand only: CI has neither the time nor the peers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.benchmarks.crosses import RECORDED

_HERE = Path(__file__).parent
_LONGS = 1_033
_LIMIT_SECONDS = 900
_ONE_CORE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)


class Peer(NamedTuple):
    """One line of `versions.txt`."""

    name: str
    python: str
    requirement: str
    program: str


class Run(NamedTuple):
    """One measured run: CPU seconds of candles, and the longs and orders that it led to."""

    candles: int
    seconds: float
    longs: int
    orders: int

    @property
    def rate(self) -> float:
        """Candles a second of CPU time."""
        return self.candles / self.seconds


def peers() -> Sequence[Peer]:
    """The peers of `versions.txt`, the measure of the others first."""
    lines = (_HERE / "versions.txt").read_text(encoding="utf-8").splitlines()
    return [Peer(*line.split()) for line in lines if line and not line.startswith("#")]


def main(arguments: Sequence[str]) -> None:
    """Prints the table. Raises SystemExit where a run had other longs than ours, or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the environments of the peers are or will be")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the fastest counts")
    parser.add_argument(
        "--interpreter",
        action="append",
        default=[],
        metavar="NAME=PROGRAM",
        help="a Python that has this peer installed, instead of an environment below the folder",
    )
    given = parser.parse_args(arguments)
    named = dict(one.split("=", 1) for one in given.interpreter)
    commands = {peer.requirement: _command(peer, given.folder.resolve(), named) for peer in peers()}
    ours = {f"whence {manner}": _ours(*manner.split()) for manner in ("memory", "sqlite", "memory each")}
    runnable = {name: one for name, one in {**commands, **ours}.items() if one is not None}
    runs: dict[str, list[Run]] = {name: [] for name in runnable}
    with TemporaryDirectory() as scratch:  # for what a peer writes into its working directory
        for _round in range(given.rounds):
            for name, command in runnable.items():
                runs[name].append(_measured(name, command, None if name in ours else scratch))
    _show({name: min(of, key=lambda run: run.seconds) for name, of in runs.items()})


def _ours(*manner: str) -> Sequence[str]:
    return (sys.executable, "-m", "tests.benchmarks.peers.whence", *manner)


def _command(peer: Peer, folder: Path, named: Mapping[str, str]) -> Sequence[str] | None:
    """The command that runs the peer; None, with a line that states why, where this machine cannot run it."""
    python = named.get(peer.name) or _installed(peer, folder / peer.name)
    return None if python is None else (python, str(_HERE / "programs" / peer.program), str(RECORDED))


def _installed(peer: Peer, environment: Path) -> str | None:
    python = environment / "bin" / "python"
    if not python.exists():
        if tuple(map(int, peer.python.split("."))) > sys.version_info[:2]:
            print(f"{peer.requirement}: left out, it needs Python {peer.python}; see --interpreter")
            return None
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", peer.requirement], check=True)
    return str(python)


def _measured(name: str, command: Sequence[str], folder: str | None) -> Run:
    ended = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        env={**os.environ, **_ONE_CORE},
        check=False,
    )
    if ended.returncode != 0:
        raise SystemExit(f"{name} failed: {ended.stderr[-2000:]}")
    found = json.loads(ended.stdout.splitlines()[-1])
    run = Run(found["candles"], found["seconds"], found["longs"], found["orders"])
    if run.longs != _LONGS:
        raise SystemExit(f"{name} had {run.longs} longs, not {_LONGS}: this is not the same work")
    return run


def _show(fastest: Mapping[str, Run]) -> None:
    measure = next(iter(fastest.values())).rate
    print("| program | longs | orders | CPU seconds | candles/s | times the first |")
    print("|---|---|---|---|---|---|")
    for name, run in fastest.items():
        figures = f"{run.longs:,} | {run.orders:,} | {run.seconds:.2f} | {run.rate:,.0f}"
        print(f"| {name} | {figures} | {run.rate / measure:.2f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
