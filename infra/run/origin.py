"""Where a replay begins: with the first input of its log, or with a snapshot at the start of a session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

from adapters.inputs.batch import TapedInput
from adapters.log.recorder_log import RecordedLog
from adapters.snapshots import KeptSnapshots, OtherProgram, SnapshotFile, Unfit
from commands.input_tape import SessionBegun
from commands.world import World
from commands.world_snapshot import restored
from domain.errors import InvalidInput, LogCorrupt, LogUnavailable, WhenceError
from domain.log import LogReader
from domain.opening import LogOpened, Mode
from infra.config import WhenceSettings
from infra.run.snapshots import kept_snapshots, snapshot_at

Tape = Iterable[TapedInput]
_FOLD = "`--fold` takes the events before it from the log"
_NOT_NEEDED = (
    "no snapshot is needed for this log: no inputs were removed from its tape, which can be replayed from its first "
    "input on, without --from-snapshot"
)


def of_this_log(tape: Tape, log: LogReader) -> Iterator[TapedInput]:
    """The inputs from the first session of this log on; all where the log has no events.

    A session of another log came before: that log was moved or removed, or its opening was never recorded. Raises
    InvalidInput where there is no session of this log.
    """
    opened = opened_as(log)
    return _from_session(
        tape,
        lambda session: opened is None or session.log_id == opened.log_id,
        lambda: InvalidInput(_without_session(opened)),
    )


def _without_session(opened: LogOpened | None) -> str:
    if opened is not None and opened.mode is Mode.TAPE:
        return (
            "the tape of inputs holds no session of this log, which was made from candles: only a live run, or one in "
            "a market at rest with inputs_at_rest, keeps inputs; the same `whence paper` with another --log makes it "
            "again"
        )
    return f"the tape of inputs holds no session of this log, whose id is {opened.log_id if opened else 'not known'}"


def from_first_input(tape: Tape, log: RecordedLog, settings: WhenceSettings) -> Iterator[TapedInput]:
    """The inputs of this log, from the one that opened it on.

    Raises InvalidInput, which names the kept snapshot at which the tape begins, where the tape does not hold them all,
    and what `of_this_log` raises.
    """
    inputs = of_this_log(tape, log)
    first = list(islice(inputs, 1))
    for given in (one.given for one in first):
        if isinstance(given, SessionBegun) and given.folded:
            raise InvalidInput(
                f"the tape begins after event {given.folded}: the inputs before it are not on it; "
                f"{_kept_at(given.folded, settings)}"
            )
    return chain(first, inputs)


class FromSnapshot:
    """A replay that begins with the snapshot at `ordinal`, after which a session begins. `world` has its states."""

    def __init__(self, settings: WhenceSettings, log: RecordedLog, tape: Tape, ordinal: int | None) -> None:
        """`ordinal` is by default that of the kept snapshot at which the tape begins; `tape` has no replay yet.

        Raises InvalidInput where the snapshot is missing, or is of another log or program; LogCorrupt where it was
        changed or cut off; LogUnavailable where it cannot be read; and what `of_this_log` raises.
        """
        kept = kept_snapshots(settings)
        if kept is None:
            raise InvalidInput("snapshots are kept for logs in SQLite files and on Kafka")
        inputs = of_this_log(tape, log)
        first = next(inputs)
        assert isinstance(first.given, SessionBegun)  # `of_this_log` begins with one
        self._begins, self._tape = first.given.folded, chain([first], inputs)
        self.ordinal = _first(kept, self._begins) if ordinal is None else ordinal
        self._file = self._found(settings, kept)
        self._check_log(log)
        self.world = self._restored()

    def inputs(self) -> Iterator[TapedInput]:
        """The inputs from the session on that begins after the snapshot; called once.

        Raises LogCorrupt where no session begins there.
        """
        inputs = _from_session(
            self._tape,
            lambda session: session.folded == self.ordinal,
            lambda: LogCorrupt(
                f"no session on the tape begins after event {self.ordinal}, where the snapshot {self._file.path} is: "
                "the event is amid a session, or the inputs after it were removed; the tape begins after event "
                f"{self._begins}"
            ),
        )
        return chain(list(islice(inputs, 1)), inputs)

    def _found(self, settings: WhenceSettings, kept: KeptSnapshots) -> SnapshotFile:
        """The kept snapshot, else that of the log's engine."""
        if self.ordinal in _ordinals(kept):
            try:
                return kept.file(self.ordinal)
            except Unfit as fault:
                raise _refused(str(kept.path(self.ordinal)), fault) from None
        try:
            return snapshot_at(settings, self.ordinal)
        except Unfit:
            if not self._begins:
                raise InvalidInput(
                    f"there is no snapshot at event {self.ordinal}, and {_NOT_NEEDED}"
                ) from None
            raise InvalidInput(
                f"there is no snapshot at event {self.ordinal}: {kept.path(self.ordinal)} is missing, and "
                f"the engine's own snapshot has no such part; {_names(kept, self._begins)}, and {_FOLD}"
            ) from None

    def _check_log(self, log: RecordedLog) -> None:
        if log.link(self.ordinal) != self._file.link:
            raise InvalidInput(
                f"the snapshot {self._file.path} is of another log, or of events that this log does not have"
            )

    def _restored(self) -> World:
        try:
            world = restored(self._file.read()[0])
        except (Unfit, ValueError) as fault:
            raise LogCorrupt(f"the snapshot {self._file.path} cannot be used: {fault}") from None
        world.changes = None  # no later part follows
        return world


def _refused(path: str, fault: Unfit) -> InvalidInput | LogCorrupt:
    text = f"the kept snapshot {path} cannot be used: {fault}"
    if isinstance(fault, OtherProgram):
        return InvalidInput(f"{text}; replay with that version, or without the snapshot: {_FOLD}")
    return LogCorrupt(f"{text}; {_FOLD}")


def _first(kept: KeptSnapshots, begins: int) -> int:
    """The ordinal of the kept snapshot at which the tape begins; one that a killed removal left replaces nothing."""
    ordinals = _ordinals(kept)
    if not begins:
        raise InvalidInput(_NOT_NEEDED)
    if not ordinals:
        raise InvalidInput(
            f"the tape begins after event {begins}, and no snapshot is kept for this log; {_FOLD}"
        )
    return begins if begins in ordinals else ordinals[0]


def _kept_at(begins: int, settings: WhenceSettings) -> str:
    """How a tape can be replayed that begins after this event."""
    kept = kept_snapshots(settings)
    if kept is None or begins not in _ordinals(kept):
        return f"no snapshot is kept at that event, and {_FOLD}"
    return f"`--from-snapshot {begins}` begins with the kept snapshot {kept.path(begins)}, and {_FOLD}"


def _names(kept: KeptSnapshots, begins: int) -> str:
    """Names the kept snapshots of which the tape has the inputs."""
    ordinals = ", ".join(str(one) for one in _ordinals(kept) if one >= begins)
    return f"snapshots are kept at the events {ordinals}" if ordinals else "no snapshot is kept"


def _ordinals(kept: KeptSnapshots) -> Sequence[int]:
    try:
        return kept.ordinals()
    except OSError as fault:
        raise LogUnavailable(f"the kept snapshots cannot be listed: {fault}") from None


def _from_session(
    tape: Tape, is_it: Callable[[SessionBegun], bool], missing: Callable[[], WhenceError]
) -> Iterator[TapedInput]:
    """The inputs from the first session on for which `is_it` holds; raises `missing()` where there is none."""
    begun = False
    for taped in tape:
        begun = begun or (isinstance(taped.given, SessionBegun) and is_it(taped.given))
        if begun:
            yield taped
    if not begun:
        raise missing()


def opened_as(log: LogReader) -> LogOpened | None:
    """The first event of the log; None for a log without events."""
    for recorded in log.read(upto=1):
        event = recorded.envelope.event
        return event if isinstance(event, LogOpened) else None
    return None
