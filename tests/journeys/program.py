"""Starts the program as from a shell, and sends it signals while it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from domain.errors import InvalidInput, LogUnavailable
from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.journeys import prepared
from tests.journeys.prepared import Whence, can_be_prepared

WHENCE = prepared.WHENCE
PATIENCE = 60.0
_OURS = ("WHENCE_", "KAFKA_", "SCHEMA_REGISTRY_URL", "DATABASE_URL")
_KEPT = {"WHENCE_INDEX"}


def environment(**more: str) -> dict[str, str]:
    """The environment of this process with `more`, but without other variables that would change a run."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or not name.startswith(_OURS)}
    return kept | {"COLUMNS": "100", "TERM": "dumb"} | more


def whence(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs the program in this folder and waits for its end."""
    return patient_whence(folder, PATIENCE, *words, **more)


def patient_whence(
    folder: Path, patience: float, *words: str, **more: str
) -> subprocess.CompletedProcess[str]:
    """Runs the program in this folder and waits for its end, `patience` seconds at most."""
    with running(folder, *words, **more) as program:
        out, err = program.process.communicate(timeout=patience)
        return subprocess.CompletedProcess(program.process.args, program.process.returncode, out, err)


class Running:
    """A program that was started and may still be running."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def processor_seconds(self) -> float:
        """The processor time that the program has taken."""
        spent = psutil.Process(self.pid).cpu_times()
        return spent.user + spent.system

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """Kills the program as `kill -9` does; returns when it has ended."""
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)

    def interrupt(self) -> tuple[int, str, str]:
        """Interrupts the program as Ctrl-C does; returns exit code, stdout and stderr."""
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self) -> tuple[int, str, str]:
        """Waits for the program to end; returns exit code, stdout and stderr."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


@contextmanager
def running(folder: Path, *words: str, **more: str) -> Generator[Running]:
    """Starts the program in this folder; kills it at the end of the block if it is still running."""
    process = _started(words, folder, environment(**more))
    try:
        yield Running(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _started(words: Sequence[str], folder: Path, variables: Mapping[str, str]) -> subprocess.Popen[str]:
    if can_be_prepared(variables):
        return Whence(words, folder=folder, environment=variables)
    return subprocess.Popen(
        [WHENCE, *words],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(address: str, ordinal: int) -> int:
    """Waits until another process's log, which may not exist yet, has reached this ordinal; returns the log's head."""
    deadline = time.monotonic() + PATIENCE
    while True:
        assert time.monotonic() < deadline, f"{address} has not reached ordinal {ordinal}"
        try:
            reader = open_reader(WhenceSettings(log=address))
        except (InvalidInput, LogUnavailable):
            time.sleep(0.05)
            continue
        with closing(reader):
            for recorded in reader.follow(0, lambda: time.monotonic() > deadline, patience=0.1):
                if recorded.ordinal >= ordinal:
                    return reader.head()
