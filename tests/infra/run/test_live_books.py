"""Order books of a live run: opened for what needs them, handed to the engine, and refused where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from commands.book_readings import BookReadings
from commands.request import ChangeSettings
from commands.watching import Instance
from domain.book.settings import BookSettings, OwnBookSettings
from domain.errors import InvalidSettings
from domain.features.book import BOOK_1
from domain.features.core import CORE_1
from domain.management.settings import ManagementSettings
from domain.manipulation import COOLDOWN, ManipulationSuspected
from domain.market import BookReading, Level
from domain.model import NO_MODELS, ModelInForce, ModelsInForce
from domain.order import OrderFilled
from domain.settings import AlphaSettings, Settings, StrategySettings
from domain.signal import DecisionMade
from infra.run.clock import SteadyClock, utc_now
from infra.run.live_books import LiveBooks, reads_books, with_books
from infra.run.live_plan import Wake
from tests.commands.models_of_tests import FIRST
from tests.commands.test_book_reads import OfCandles, Reader
from tests.commands.test_manipulating import FIRST as SUSPECTED
from tests.domain.history import BTC, ETH, D
from tests.infra.run.demo_desk import START, DemoDesk
from tests.infra.run.live_desk import PLAN
from tests.replacing import replace

READER = Instance(id="reader", strategy=Reader(), instruments=(BTC,))
CANDLES = Instance(id="candles", strategy=OfCandles())


class Silent(Reader):
    """Reads books and proposes nothing."""

    def on_book(self, reading: BookReading) -> None:
        self.seen.append(reading)


class HandBooks:
    """A source of readings that a test makes."""

    def __init__(self) -> None:
        self.waiting: list[BookReading] = []
        self.asked: tuple[Sequence[str], BookSettings] | None = None
        self.is_open = False

    def made(self, instruments: Sequence[str], settings: BookSettings, _wake: Wake) -> BookReadings:
        self.asked = instruments, settings
        return self

    def start(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def readings(self) -> Sequence[BookReading]:
        waiting, self.waiting = self.waiting, []
        return waiting


@pytest.mark.parametrize(
    ("instances", "settings", "needed"),
    [
        ((CANDLES,), Settings(), []),
        ((READER, CANDLES), Settings(), [BTC]),
        ((CANDLES,), Settings(book=BookSettings(required=True)), [BTC, ETH]),
        ((CANDLES,), Settings(management=ManagementSettings(book_stop_at=D("0.001"))), [BTC, ETH]),
        (
            (replace(CANDLES, instruments=(ETH,)),),
            Settings(management=ManagementSettings(book_exit_share=D("0.5"))),
            [BTC, ETH],
        ),
        (
            (replace(CANDLES, instruments=(ETH,)),),
            Settings(strategies=(StrategySettings("candles", book=OwnBookSettings(required=True)),)),
            [ETH],
        ),
    ],
)
def test_a_book_is_needed_by_instances_that_read_it_and_by_all_where_it_is_required_or_manages_scanners_positions(
    instances: Sequence[Instance], settings: Settings, needed: list[str]
) -> None:
    assert with_books((BTC, ETH), instances, settings) == needed


def a_plan(**changed: Any) -> Any:
    settings = replace(
        PLAN.settings,
        strategies=(StrategySettings("reader"),),
        alpha=AlphaSettings(minimum_trend=-1.0),
        book=BookSettings(levels=5),
    )
    instances = (Instance(id="reader", strategy=Reader()),)
    return replace(PLAN, **{"instances": instances, "settings": settings, **changed})


def a_reading(desk: DemoDesk, update: int) -> BookReading:
    return BookReading(
        instrument=BTC,
        at=desk.now,
        update_id=update,
        is_known=True,
        bids=(Level(D("99.9"), D(90)),),
        asks=(Level(D(100), D(90)),),
    )


def test_a_demo_run_trades_on_readings_once_its_log_was_compared_and_closes_the_source_at_its_end() -> None:
    books = HandBooks()
    desk = DemoDesk(plan=a_plan(), books_of=books.made)
    books.waiting.append(a_reading(desk, 1))
    desk.run.start()
    assert books.asked == ([BTC], BookSettings(levels=5))
    assert not books.is_open
    desk.run.connect()
    assert books.is_open
    desk.passes(1)
    assert desk.run.is_trading
    assert "DecisionMade" in desk.names(), "the reading that waited was handed over with the first look"
    desk.shows("99.9", "100")
    (filled,) = [one.event for one in desk.log.envelopes if isinstance(one.event, OrderFilled)]
    assert filled.price == D(100)
    desk.run.close()
    assert not books.is_open


def test_a_restart_knows_no_book_until_a_reading_arrives_and_enters_no_second_time() -> None:
    books = HandBooks()
    desk = DemoDesk(plan=a_plan(), books_of=books.made).started()
    books.waiting.append(a_reading(desk, 1))
    desk.passes(1)
    desk.shows("99.9", "100")
    desk.run.close()
    again = DemoDesk(desk.log, desk.now, plan=a_plan(), books_of=books.made).started()
    books.waiting.append(a_reading(again, 2))
    again.passes(1)
    decided = [one for one in again.log.envelopes if isinstance(one.event, DecisionMade)]
    assert len(decided) == 1


def test_an_episode_of_manipulation_is_recorded_once_over_a_restart() -> None:
    books = HandBooks()
    plan = a_plan(instances=(Instance(id="reader", strategy=Silent()),))
    desk = DemoDesk(plan=plan, books_of=books.made).started()
    one = replace(SUSPECTED, last_at=desk.now)
    books.waiting.append(replace(a_reading(desk, 1), suspicions=(one,)))
    desk.passes(1)
    desk.run.close()
    again = DemoDesk(desk.log, desk.now, plan=plan, books_of=books.made).started()
    for update, age in ((2, COOLDOWN - timedelta(milliseconds=1)), (3, COOLDOWN)):
        later = replace(one, last_at=one.last_at + age, episode=f"episode {update}")
        books.waiting.append(replace(a_reading(again, update), suspicions=(later,)))
        again.passes(1)
    recorded = [one.event for one in again.log.envelopes if isinstance(one.event, ManipulationSuspected)]
    assert [event.episode for event in recorded] == [one.episode, "episode 3"]


def test_a_lost_book_is_stated_once_with_its_reason_and_so_is_its_return(
    caplog: pytest.LogCaptureFixture,
) -> None:
    books = HandBooks()
    desk = DemoDesk(plan=a_plan(instances=(Instance(id="reader", strategy=Silent()),)), books_of=books.made)
    desk.started()
    known = a_reading(desk, 1)
    lost = replace(known, is_known=False, why="a delta is missing", bids=(), asks=())
    for one in (known, lost, lost, known):
        books.waiting.append(one)
        desk.passes(1)
    assert [one.getMessage() for one in caplog.records if "order book" in one.getMessage()] == [
        f"the order book of {BTC} is lost, entries that need it wait: a delta is missing",
        f"the order book of {BTC} is known again",
    ]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"figures": "book.2", "values": (1.0,)}, "another version of the program"),
        ({"figures": BOOK_1.id, "values": (1.0,)}, "another version of the program"),
        ({"ahead": timedelta(seconds=60)}, "60.0 s ahead"),
    ],
)
def test_a_reading_of_another_version_or_of_a_clock_that_is_ahead_is_not_known_and_keeps_its_suspicions(
    changed: dict[str, Any], reason: str
) -> None:
    source, now = HandBooks(), START
    books = LiveBooks(source.made, lambda: None, SteadyClock(lambda: now))
    books.choose([BTC], (READER,), Settings(), NO_MODELS)
    at = now + changed.pop("ahead", timedelta())
    known = BookReading(instrument=BTC, at=at, update_id=1, is_known=True, bids=(Level(D(99), D(1)),))
    known = replace(known, suspicions=(SUSPECTED,))
    source.waiting.append(replace(known, **changed))
    (move,) = books.moves()
    (reading,) = move.events
    assert isinstance(reading, BookReading)
    assert (reading.is_known, reading.bids, reading.at) == (False, (), now)
    assert reason in reading.why
    assert reading.suspicions == (SUSPECTED,), "what was seen is recorded"
    assert move.at - now < timedelta(seconds=1)


def test_a_reading_within_two_seconds_ahead_is_taken_and_no_later_time_is_before_it() -> None:
    source = HandBooks()
    books = LiveBooks(source.made, lambda: None, SteadyClock(lambda: START))
    books.choose([BTC], (READER,), Settings(), NO_MODELS)
    ahead = START + timedelta(seconds=1.5)
    source.waiting.append(BookReading(instrument=BTC, at=ahead, update_id=1, is_known=True))
    (move,) = books.moves()
    assert move.at >= ahead
    assert move.events == (BookReading(instrument=BTC, at=ahead, update_id=1, is_known=True),)


def test_a_run_without_an_adapter_of_books_is_refused_before_it_trades() -> None:
    desk = DemoDesk(plan=a_plan())
    with pytest.raises(InvalidSettings, match=f"needs the order book of {BTC}.*no books at exchange speed"):
        desk.run.start()
    assert desk.log.envelopes == []


def test_a_run_without_an_adapter_of_books_starts_with_a_warning_where_a_position_is_open(
    caplog: pytest.LogCaptureFixture,
) -> None:
    books = LiveBooks(None, lambda: None, SteadyClock(utc_now))
    books.choose([BTC], (READER,), Settings(), NO_MODELS, holds=True)
    books.follow(Settings(), NO_MODELS)
    assert [one.getMessage() for one in caplog.records if "positions are open" in one.getMessage()] == [
        one.getMessage() for one in caplog.records
    ]
    assert list(books.moves()) == []


@pytest.mark.parametrize("has_books", [True, False])
def test_a_book_that_a_change_of_the_settings_requires_is_opened_or_a_warning_states_that_there_is_none(
    has_books: bool, caplog: pytest.LogCaptureFixture
) -> None:
    books = HandBooks()
    desk = DemoDesk(books_of=books.made if has_books else None).started()
    desk.asks(ChangeSettings({"book.required": "true", "book.levels": "5"}))
    desk.passes(1)
    warnings = [
        one.getMessage() for one in caplog.records if "no books at exchange speed" in one.getMessage()
    ]
    if has_books:
        assert (books.asked, books.is_open) == (([BTC], BookSettings(required=True, levels=5)), True)
        assert warnings == []
    else:
        assert len(warnings) == 1, "stated once"


def test_a_run_of_strategies_of_candles_opens_no_books() -> None:
    books = HandBooks()
    DemoDesk(books_of=books.made).started()
    assert books.asked is None


@pytest.mark.parametrize(
    ("models", "reads"),
    [
        (NO_MODELS, False),
        (ModelsInForce(champion=ModelInForce("m", FIRST, CORE_1.id)), False),
        (ModelsInForce(champion=ModelInForce("m", FIRST, BOOK_1.id)), True),
        (ModelsInForce(challengers=(ModelInForce("m", FIRST, BOOK_1.id),)), True),
    ],
)
def test_a_model_in_force_of_the_feature_set_of_books_opens_them(
    models: ModelsInForce,
    reads: bool,
) -> None:
    assert reads_books(models) is reads
