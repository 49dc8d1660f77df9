"""Opens logs in tests and makes events for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import Environment

from adapters.kafka.factory import KafkaFactory
from adapters.kafka.record import Record
from adapters.kafka.recorders import KafkaApplicationRecorder


def environment(servers: str, topic: str, **settings: str) -> Environment:
    """The environment of a log, with a short timeout so that a broken test ends."""
    return Environment(
        "",
        {
            "PERSISTENCE_MODULE": "adapters.kafka",
            "KAFKA_BOOTSTRAP_SERVERS": servers,
            "KAFKA_TOPIC": topic,
            "KAFKA_TIMEOUT": "20",
            **settings,
        },
    )


def events(stream: str, first: int, last: int, state: bytes = b"state") -> list[StoredEvent]:
    """The events `first` to `last` of `stream`, all of one type."""
    return [StoredEvent(stream, version, "whence.test.Happened", state) for version in range(first, last + 1)]


class Log:
    """One opened log."""

    def __init__(self, env: Environment) -> None:
        self.factory = KafkaFactory(env)
        self.store = self.factory.store

    @property
    def recorder(self) -> KafkaApplicationRecorder:
        recorder = self.factory.application_recorder()
        assert isinstance(recorder, KafkaApplicationRecorder)
        return recorder

    def append(self, stored_events: Sequence[StoredEvent]) -> list[int]:
        """Appends the events and returns their ordinals."""
        return list(self.recorder.insert_events(stored_events) or ())

    def replay(self, start: int = 1) -> list[Record]:
        """Every event from ordinal `start` on."""
        return [record for batch in self.store.replay(start) for record in batch]

    def contents(self, start: int = 1) -> list[tuple[int, str, int]]:
        """Ordinal, stream and version of every event from ordinal `start` on."""
        return [(record.ordinal, record.stream, record.version) for record in self.replay(start)]

    def close(self) -> None:
        self.factory.close()


class Logs:
    """Opens one log several times, and closes all of them at the end."""

    def __init__(self, env: Environment) -> None:
        self._env, self._opened = env, ExitStack()

    def open(self, **settings: str) -> Log:
        """Opens the log with some settings changed and with text ids."""
        log = Log(Environment("", {**self._env, "ORIGINATOR_ID_TYPE": "text", **settings}))
        self._opened.callback(log.close)
        return log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()


def streams(log: Log, names: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """Each stream with the versions that the index lists."""
    for name in names:
        yield name, [event.originator_version for event in log.recorder.select_events(name)]
