"""A shadow makes what a what-if makes of the same tape, while the tape grows, and goes on after any end."""

# pyright: reportPrivateUsage=false
# A what-if keeps both logs in memory to itself, and a shadow its own.

from __future__ import annotations

import logging
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import UUID

import pytest

from adapters.avro import AvroCodec
from adapters.inputs.batch import TapedInput
from adapters.inputs.following import FollowedTape
from adapters.inputs.sqlite import FollowedSqlite, read_sqlite
from adapters.log.recorder_log import RecorderLog
from adapters.log.sqlite import open_sqlite
from adapters.log.sqlite import read_sqlite as read_log
from commands.door import Completed
from commands.input_tape import SessionBegun
from commands.inputs import MarketMoved
from commands.request import Requested
from domain.candle import Candle
from domain.errors import InvalidInput, InvalidSettings, LogLost, LogUnavailable, TapeMismatch
from domain.instrument import Instrument
from domain.log import Envelope, LogReader
from domain.opening import LogOpened
from infra.config import WhenceSettings
from infra.inputs import followed_tape, input_tape, taped_inputs
from infra.logs import open_owned, open_reader
from infra.run.backtest import Change
from infra.run.clock import utc_now
from infra.run.live_feed import book_feed_of
from infra.run.paper_live import demo_run
from infra.run.patient_tape import PatientTape
from infra.run.place import Place
from infra.run.recorded_inputs import recorded_inputs
from infra.run.remade_log import RemadeLog
from infra.run.shadow import Shadow
from infra.run.shadow_logs import compared_logs
from infra.run.what_if import WhatIf
from projections.comparison import Comparison
from tests.adapters.inputs.test_kafka_tape import add, records
from tests.adapters.simulated.server.serving import running_venue
from tests.infra.run.demo_desk import DEMO
from tests.infra.run.live_desk import FIVE, LIMIT, PLAN
from tests.infra.run.taped import INSTANTS, TapedRun, frames, trade
from tests.infra.run.taped import PLAN as TAPED_PLAN
from tests.infra.run.test_paper_live_feed import show, until
from tests.replacing import replace

CHANGE = Change(values={"risk.max_positions": "1", "sizing.risk": "0.0004"})
LOG_ID = TAPED_PLAN.opening.log_id


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of two sessions with its tape; no test writes to it."""
    path = tmp_path_factory.mktemp("source") / "a.db"
    trade(path, 0, 150)
    trade(path, 150, 290)
    return path


@pytest.fixture(scope="module")
def expected(source: Path) -> WhatIf:
    """The what-if of that tape."""
    return what_if(source)


class Logs:
    """The logs of a shadow in a folder, opened and owned while the block lasts."""

    def __init__(self, folder: Path) -> None:
        self.control, self.candidate = folder / "b.control.db", folder / "b.db"

    def shadow(self, held: ExitStack, change: Change = CHANGE, log_id: UUID = LOG_ID) -> Shadow:
        owned = [held.enter_context(closing(open_sqlite(one, AvroCodec()))) for one in self]
        first, second = (RemadeLog(one, "--into") for one in owned)
        return Shadow(log_id, change, first, second)

    def __iter__(self) -> Iterator[Path]:
        yield from (self.control, self.candidate)

    @property
    def frames(self) -> Sequence[Sequence[tuple[int, bytes]]]:
        return [frames(one) for one in self]

    def follow(self, tape: Iterable[TapedInput], change: Change = CHANGE) -> int:
        """One process that feeds these inputs; returns their number."""
        with ExitStack() as held:
            made = self.shadow(held, change)
            fed = sum(1 for _number in made.take(tape))
            made.check_complete()
            return fed


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


def what_if(path: Path) -> WhatIf:
    with closing(read_log(path, AvroCodec())) as log:
        made = WhatIf(recorded_inputs(log, lambda: read_sqlite(path)), log, CHANGE)
        list(made.steps())
    return made


def made_by(found: WhatIf) -> Sequence[Sequence[tuple[int, bytes]]]:
    return [list(log.frames(0, log.head())) for log in (found._control_log, found._candidate_log)]


def test_both_logs_are_those_of_a_what_if_of_the_same_tape(
    source: Path, logs: Logs, expected: WhatIf
) -> None:
    assert logs.follow(read_sqlite(source)) == len(list(read_sqlite(source)))
    control, candidate = logs.frames
    assert [control, candidate] == made_by(expected)
    assert len(control) > 40
    assert control != candidate


def test_a_tape_that_grows_is_followed_over_a_restart_of_its_engine_and_a_second_start_writes_nothing(
    tmp_path: Path, logs: Logs
) -> None:
    path = tmp_path / "a.db"
    trade(path, 0, 40)
    with ExitStack() as held:
        made = logs.shadow(held)
        tape = held.enter_context(closing(FollowedSqlite(path)))
        before = len(list(made.take(tape.new())))
        assert list(made.take(tape.new())) == []
        trade(path, 40, 80)
        after = len(list(made.take(tape.new())))
        assert min(before, after) > 80
        made.check_complete()
    found = logs.frames
    assert found == made_by(what_if(path))
    assert logs.follow(read_sqlite(path)) == before + after
    assert logs.frames == found


def test_a_process_that_is_killed_between_two_units_is_continued_to_the_same_logs(
    source: Path, logs: Logs, expected: WhatIf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process ends at its next append but some, before it or after it, with one log ahead of the other."""
    append = RecorderLog.append

    class Killed(BaseException):
        pass

    def killed_after(count: int, *, is_durable: bool) -> None:
        left = count

        def appended(log: RecorderLog, envelopes: Sequence[Envelope]) -> int:
            nonlocal left
            left -= 1
            if left == 0 and not is_durable:
                raise Killed
            last = append(log, envelopes)
            if left == 0:
                raise Killed
            return last

        monkeypatch.setattr(RecorderLog, "append", appended)
        with pytest.raises(Killed):
            logs.follow(read_sqlite(source))
        monkeypatch.undo()

    for count in (1, 2, 20):
        killed_after(count, is_durable=False)
        killed_after(count, is_durable=True)
    logs.follow(read_sqlite(source))
    assert logs.frames == made_by(expected)


def test_a_log_that_ends_amid_a_unit_is_completed(source: Path, logs: Logs, expected: WhatIf) -> None:
    """No append of ours is torn; a log that was cut from outside may be."""
    control, candidate = expected._control_log, expected._candidate_log
    cut = 3
    for path, log in zip(logs, (control, candidate), strict=True):
        with closing(open_sqlite(path, AvroCodec())) as owned:
            owned.append([one.envelope for one in log.read(upto=cut)])
    logs.follow(read_sqlite(source))
    assert logs.frames == made_by(expected)


def test_a_log_of_other_settings_is_refused_with_its_first_event_and_keeps_its_events(
    source: Path, logs: Logs
) -> None:
    logs.follow(read_sqlite(source))
    before = logs.frames
    other = Change(values={"risk.max_positions": "2"})
    with pytest.raises(TapeMismatch, match="--into: event 1 is another one than this run makes"):
        logs.follow(read_sqlite(source), other)
    assert logs.frames == before


def _with_other_candles(tape: Sequence[TapedInput], number: int) -> Iterator[TapedInput]:
    """The tape, whose candles from this input on close one unit higher."""
    for one in tape:
        given = one.given
        if one.number >= number and isinstance(given, MarketMoved):
            candles = (event for event in given.events if isinstance(event, Candle))
            raised = tuple(replace(each, close=each.close + 1, high=each.high + 1) for each in candles)
            yield one._replace(given=MarketMoved(given.at, raised))
        else:
            yield one


def test_a_changed_tape_is_refused_with_the_first_event_that_differs(source: Path, logs: Logs) -> None:
    whole = list(read_sqlite(source))
    logs.follow(whole)
    before = logs.frames
    with pytest.raises(TapeMismatch, match=r"event (\d+) is another one") as refused:
        logs.follow(_with_other_candles(whole, 400))
    ordinal = int(str(refused.value).split("event ")[1].split()[0])
    fresh = Logs(logs.control.parent / "other")
    fresh.control.parent.mkdir()
    fresh.follow(_with_other_candles(whole, 400))
    differing = [one for one, other in zip(before[0], fresh.frames[0], strict=False) if one != other]
    assert differing[0][0] == ordinal > 10
    assert logs.frames == before


def test_a_log_with_more_events_than_the_tape_leads_to_is_refused(source: Path, logs: Logs) -> None:
    whole = list(read_sqlite(source))
    logs.follow(whole)
    with pytest.raises(TapeMismatch, match=r"event \d+ follows from no input of the tape"):
        logs.follow(whole[: len(whole) // 2])


def test_events_that_another_process_appends_are_refused(source: Path, logs: Logs, expected: WhatIf) -> None:
    whole = list(read_sqlite(source))
    half = len(whole) // 2
    with ExitStack() as held:
        made = logs.shadow(held)
        list(made.take(whole[:half]))
        stranger = made._candidate_log._log
        head = stranger.head()
        later = [one.envelope for one in islice(expected._candidate_log.read(after=head), 1)]
        stranger.append(later)
        with pytest.raises(TapeMismatch, match=f"event {head + 1} was written by another process"):
            list(made.take(whole[half:]))


def test_a_tape_without_the_opening_of_its_log_is_refused_with_the_setting(source: Path, logs: Logs) -> None:
    whole = list(read_sqlite(source))
    second = [place for place, one in enumerate(whole) if isinstance(one.given, SessionBegun)][1]
    with pytest.raises(InvalidInput, match=r"begins after event \d+ of the log: .*\(inputs_days\)"):
        logs.follow(whole[second:])


def test_a_tape_that_goes_on_with_another_log_is_refused(source: Path, logs: Logs) -> None:
    whole = list(read_sqlite(source))
    begins = whole[0].given
    assert isinstance(begins, SessionBegun)
    foreign = whole[0]._replace(given=replace(begins, log_id=UUID(int=7)))
    with pytest.raises(LogLost, match="the tape goes on with another log, 00000000-"):
        logs.follow([foreign, *whole, foreign])


@pytest.mark.parametrize("values", [{"risk.max_positions": "-1"}, {"risk.max_position": "1"}])
def test_settings_that_no_log_may_have_are_refused_before_anything_is_written(
    source: Path, logs: Logs, values: dict[str, str]
) -> None:
    with pytest.raises(InvalidSettings):
        logs.follow(read_sqlite(source), Change(values=values))
    assert logs.frames == [[], []]


def test_a_log_that_does_not_answer_ends_the_shadow_and_the_next_one_goes_on(
    source: Path, logs: Logs, expected: WhatIf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_log: RecorderLog, _envelopes: Sequence[Envelope]) -> int:
        raise LogUnavailable("the disk is full")

    monkeypatch.setattr(RecorderLog, "append", failing)
    with pytest.raises(LogUnavailable):
        logs.follow(read_sqlite(source))
    monkeypatch.undo()
    logs.follow(read_sqlite(source))
    assert logs.frames == made_by(expected)


def test_a_tape_whose_store_is_away_for_a_while_is_read_on(
    source: Path, logs: Logs, expected: WhatIf, caplog: pytest.LogCaptureFixture
) -> None:
    whole = list(read_sqlite(source))

    class Tape:
        """Fails twice amid the tape."""

        def __init__(self) -> None:
            self.parts = [whole[:100], None, None, whole[100:]]

        def new(self) -> Iterator[TapedInput]:
            while self.parts:
                part = self.parts.pop(0)
                if part is None:
                    raise LogUnavailable("the broker is away")
                yield from part

        def close(self) -> None: ...

    caplog.set_level(logging.INFO)
    tape, faults = PatientTape(Tape()), list[bool]()
    with ExitStack() as held:
        made = logs.shadow(held)
        for _read in range(3):
            list(made.take(tape.new()))
            faults.append(tape.fault is not None)
    assert faults == [True, True, False]
    assert caplog.messages[-2:] == [
        "the broker is away; the tape is read on once it answers",
        "the tape answers again",
    ]
    assert logs.frames == made_by(expected)


def test_a_follower_amid_a_tape_holds_no_transaction_open(source: Path, tmp_path: Path) -> None:
    """An open one would keep the engine from shortening its `-wal` file: the checkpoint states 1 for busy then."""
    for name in ("a.db", "a.db.inputs"):
        shutil.copy(source.with_name(name), tmp_path)
    with (
        closing(FollowedSqlite(tmp_path / "a.db")) as tape,
        closing(sqlite3.connect(tmp_path / "a.db.inputs", timeout=0.1)) as engine,
    ):
        assert next(tape.new())
        engine.execute("UPDATE inputs SET at = at + 1")
        engine.commit()
        assert engine.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def test_a_tape_that_is_removed_or_replaced_is_not_followed_any_more(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    trade(path, 0, 20)
    with closing(FollowedSqlite(path)) as tape:
        assert list(tape.new())
        for one in tmp_path.glob("a.db.inputs*"):
            one.unlink()
        with pytest.raises(LogLost, match=r"a\.db\.inputs was removed or replaced"):
            list(tape.new())


def test_an_instrument_that_is_listed_later_is_traded_from_then_on() -> None:
    """The exchange of a shadow begins with the instruments of the opening."""
    rules: Instrument = next(one for one in TAPED_PLAN.instruments)
    exchange = TAPED_PLAN.exchange()
    later = replace(rules, id="NEWUSDT-LINEAR.BYBIT")
    candle = replace(INSTANTS[0][1][0], instrument=later.id)
    with pytest.raises(InvalidInput, match="which is not traded here"):
        exchange.on_candles([candle])
    exchange.relist(later)
    exchange.on_candles([candle])
    assert exchange.position(later.id) == 0


def differing(found: Comparison) -> Sequence[int]:
    return [len(found.decisions), found.orders, found.fills]


def test_the_report_of_both_logs_is_that_of_a_what_if_up_to_the_last_hour_of_both(
    source: Path, logs: Logs, expected: WhatIf
) -> None:
    """The candidate's log ends earlier: both are compared at the same input."""
    whole = list(read_sqlite(source))
    logs.follow(whole)
    half = Logs(logs.control.parent / "half")
    half.control.parent.mkdir()
    half.follow(whole[: len(whole) * 2 // 3])
    with ExitStack() as held:
        log, control, late, early = (
            held.enter_context(closing(read_log(one, AvroCodec()))) for one in (source, *logs, half.candidate)
        )
        found, shorter = compared_logs(log, control, late), compared_logs(log, control, early)
    assert found is not None
    assert shorter is not None
    assert differing(found.reproduced) == differing(expected.reproduced) == [0, 0, 0]
    assert differing(found.comparison) == differing(expected.comparison)
    assert found.log_id == expected.log_id
    hours = [sorted(one.comparison.candidate.marks) for one in (found, shorter)]
    assert hours[1] == hours[0][: len(hours[1])]
    assert max(shorter.comparison.control.marks) == hours[1][-1] < hours[0][-1]
    whole_equity = {pair.hour: pair for pair in expected.comparison.equity}
    assert all(whole_equity[pair.hour] == pair for pair in found.comparison.equity)


def test_logs_that_are_not_of_one_shadow_are_not_compared(source: Path, logs: Logs) -> None:
    logs.follow(read_sqlite(source))
    with ExitStack() as held:
        log, control, candidate = (
            held.enter_context(closing(read_log(one, AvroCodec()))) for one in (source, *logs)
        )
        with pytest.raises(InvalidInput, match="the control's log has other settings"):
            compared_logs(log, candidate, candidate)
        with pytest.raises(InvalidInput, match="the candidate's log is not that of a shadow of"):
            compared_logs(log, control, log)


def test_a_demo_run_on_a_venue_is_followed_while_it_runs_and_is_not_disturbed(
    tmp_path: Path, logs: Logs
) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'a.db'}")
    with ExitStack() as held:
        venue = held.enter_context(running_venue(start=time.time_ns() // 1_000_000))
        venue.do(partial(show, bid="99.5", ask="99.7"))
        log = held.enter_context(closing(open_owned(settings)))
        taken = held.enter_context(input_tape(settings, log, utc_now))
        feed_of = partial(book_feed_of, Place("bybit", address=venue.url), PLAN.interval)
        run = held.enter_context(
            closing(demo_run(log, PLAN, DEMO, feed_of, list[Envelope]().append, tape=taken))
        )
        run.start()
        run.connect()
        opened = next(log.read()).envelope.event
        assert isinstance(opened, LogOpened)
        made = logs.shadow(held, log_id=opened.log_id)
        tape = held.enter_context(followed_tape(settings))
        until(run, lambda: run.is_trading)
        asked = Requested(id="1", account="main", actor="eve", valid_until=utc_now() + FIVE, request=LIMIT)
        until(run, lambda: isinstance(run.answer(asked), Completed))

        def has_placed() -> bool:
            list(made.take(tape.new()))
            return "OrderPlaced" in names(made._candidate_log)

        until(run, has_placed)
        followed, fed = [list(one._log.frames(0, one.made)) for one in _remade(made)], made.inputs
    again = Logs(tmp_path / "again")
    again.control.parent.mkdir()
    with ExitStack() as held:
        made = again.shadow(held, log_id=opened.log_id)
        assert len(list(made.take(read_sqlite(tmp_path / "a.db")))) >= fed
    for whole, part in zip(again.frames, followed, strict=True):
        assert whole[: len(part)] == part


def names(log: LogReader) -> Sequence[str]:
    return [type(one.envelope.event).__name__ for one in log.read()]


def _remade(made: Shadow) -> Sequence[RemadeLog]:
    return made._control_log, made._candidate_log


def test_on_kafka_a_tape_with_records_of_strangers_is_followed_into_logs_on_kafka(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    source, control, candidate = (
        WhenceSettings(log=f"kafka://{kafka_bootstrap_servers}/{kafka_topic}.{name}.events")
        for name in ("a", "b.control", "b")
    )

    def traded(first: int, upto: int) -> None:
        with closing(open_owned(source)) as log, input_tape(source, log, lambda: INSTANTS[0][0]) as tape:
            TapedRun(log, tape, first).trade(first, upto)

    def followed(held: ExitStack) -> tuple[Shadow, Sequence[RecorderLog], FollowedTape]:
        owned = [held.enter_context(closing(open_owned(one))) for one in (control, candidate)]
        first, second = (RemadeLog(one, "--into") for one in owned)
        made = Shadow(LOG_ID, CHANGE, first, second)
        return made, owned, held.enter_context(followed_tape(source))

    traded(0, 30)
    with ExitStack() as held:
        made, _owned, tape = followed(held)
        before = len(list(made.take(tape.new())))
        copied = records(kafka_bootstrap_servers, f"{kafka_topic}.a.tape")[2]
        add(kafka_bootstrap_servers, f"{kafka_topic}.a.tape", [b"a stranger", copied])
        assert list(made.take(tape.new())) == []
    traded(30, 50)
    with ExitStack() as held:
        made, owned, tape = followed(held)
        assert len(list(made.take(tape.new()))) == len(list(taped_inputs(source))) > before > 60
        assert list(made.take(tape.new())) == []
        log = held.enter_context(closing(open_reader(source)))
        found = WhatIf(recorded_inputs(log, lambda: taped_inputs(source)), log, CHANGE)
        list(found.steps())
        assert [list(one.frames(0, one.head())) for one in owned] == made_by(found)
