"""A log with events and its notary."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.notary.comparison import Comparison
from adapters.notary.folder import key_of
from adapters.notary.notary import Notary, Pace
from adapters.notary.verifying import Trust, read_signed, verified
from domain.account import DayOpened
from domain.log import Envelope
from domain.notary.checkpoint import origin_of
from domain.notary.note import VerifierKey
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.notary import opened_notary
from tests.adapters.log.days import LOG_ID, day, opened

ACCOUNT = "account-main"
ORIGIN = origin_of(LOG_ID)
EVENTS = 20
PACE = Pace(events=7)


def balances(*amounts: int, stream: str = ACCOUNT, first: int = 1) -> Sequence[Envelope]:
    """Days of an account, each of which opens with one of these balances."""
    return [
        Envelope(one.meta, DayOpened(one.meta.occurred_at.date().isoformat(), Decimal(amount)))
        for version, amount in enumerate(amounts, first)
        for one in [day(stream, version)]
    ]


GENUINE = [opened(), *balances(*range(2, EVENTS + 1))]
"""Twenty events: the event with ordinal N has the balance N."""


class Bench:
    """A SQLite log with a notary's folder beside it."""

    def __init__(self, folder: Path) -> None:
        self.path, self.folder = folder / "log.db", folder / "notary"

    @property
    def settings(self) -> WhenceSettings:
        return WhenceSettings(log=f"sqlite:///{self.path}")

    @property
    def key(self) -> VerifierKey:
        return key_of(self.folder, ORIGIN).verifier

    def write(self, envelopes: Sequence[Envelope]) -> None:
        with closing(open_owned(self.settings)) as log:
            log.append(envelopes)

    def rewritten(self, envelopes: Sequence[Envelope]) -> None:
        """Puts another log in this one's place, with valid marks: only the holder of the installation's key can."""
        for file in self.path.parent.glob("log.db*"):
            file.unlink()
        self.write(envelopes)

    @contextmanager
    def notary(self, pace: Pace = PACE, git: Path | None = None) -> Generator[Notary]:
        with opened_notary(self.settings, self.folder, git, pace) as notary:
            yield notary

    def sign(self, pace: Pace = PACE, git: Path | None = None) -> int:
        """Signs the log as it is; returns the number of signed events."""
        with self.notary(pace, git) as notary:
            notary.sign()
            return notary.size

    def verify(self, checkpoints: Path | None = None, *witnesses: VerifierKey) -> Comparison:
        """Verifies the log as `whence audit verify` does, by the notary's folder where no checkpoints are given."""
        path = checkpoints or self.folder
        with closing(open_reader(self.settings)) as log:
            return verified(log, read_signed(path, Trust(self.key, witnesses)), path)

    def copied(self, folder: Path) -> Bench:
        """A copy of the log and of the notary's folder with its key."""
        shutil.copytree(self.path.parent, folder)
        return Bench(folder)


@pytest.fixture(scope="session")
def genuine_bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The twenty events, of which a notary has signed the first 7, 14 and 20. It is copied, never changed."""
    bench = Bench(tmp_path_factory.mktemp("notary") / "genuine")
    bench.path.parent.mkdir()
    bench.write(GENUINE)
    assert bench.sign() == EVENTS
    return bench


@pytest.fixture
def bench(genuine_bench: Bench, tmp_path: Path) -> Bench:
    """A copy of the signed log, which the test may change."""
    return genuine_bench.copied(tmp_path / "bench")
