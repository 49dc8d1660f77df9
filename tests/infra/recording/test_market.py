"""A recording gives the books that were received: readings equal those of the feed, and what it lacks is stated."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapters.bybit.book_frame import book_terms
from adapters.market_recordings.contents import faults_of
from adapters.market_recordings.manifest import MANIFEST
from adapters.market_recordings.parts import OPEN
from adapters.market_recordings.reader import Wanted
from adapters.market_recordings.recorder import Recorder
from adapters.market_recordings.relisting import relist
from adapters.market_recordings.row import (
    BookRow,
    CandleRow,
    MarketRow,
    Notice,
    NoticeRow,
    QuoteRow,
    TradeRow,
)
from adapters.market_recordings.sealing import seal
from adapters.market_recordings.segment import HOUR_NS
from adapters.market_recordings.tap import MarketTap
from adapters.market_topic.place import MarketTopic
from adapters.market_topic.publisher import MarketPublisher
from adapters.milliseconds import at_ms
from domain.book.analysis.bins import Bins
from domain.book.depth import PublicTrade
from domain.book.readings import ReadingMaker
from domain.errors import InvalidInput
from domain.market import BookReading, BookUpdate
from infra.cli.recording_options import RecordingOptions
from infra.recording.check import checked
from infra.recording.market import RecordedMarket, of_folder, of_rows
from infra.run.book_recording import by_receipt
from tests.domain.book.exchange import Exchange
from tests.domain.book.frames import ASKS, BIDS, delta, snapshot
from tests.infra.recording.traffic import (
    Receiver,
    binance_traffic,
    received_from_binance,
    received_from_bybit,
    recorded,
)
from tests.replacing import replace

BTC, ETH = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"
MS = 1_000_000
START = 475_000 * HOUR_NS
MINUTE = timedelta(minutes=1)
_NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
EVER = datetime(1970, 1, 1, tzinfo=UTC)


def readings_of(folder: Path, instrument: str) -> list[BookReading]:
    market = RecordedMarket(of_folder(folder), [instrument])
    return [one for each in market.moments([ReadingMaker(instrument)], EVER) for one in each.readings]


def assert_read(folder: Path, received: Receiver) -> None:
    """The readings are those of the feed; the book is not known after the end of the recording."""
    found = readings_of(folder, received.instrument)
    if received.readings[-1].is_known:
        assert found.pop().why == "the recording ended"
    assert found == received.readings


def test_readings_of_binance_s_recorded_traffic_are_those_that_were_read_live(
    market_data: Path, tmp_path: Path
) -> None:
    received = received_from_binance(
        binance_traffic(market_data, datetime(2024, 8, 8, 23, 54, 40, tzinfo=UTC))
    )
    assert len(received.readings) > 150
    assert_read(recorded(received, tmp_path), received)


def test_readings_of_bybit_s_recorded_traffic_are_those_that_were_read_live(
    market_data: Path, tmp_path: Path
) -> None:
    received = received_from_bybit(market_data)
    assert len(received.readings) > 30
    assert_read(recorded(received, tmp_path), received)


@settings(max_examples=8, deadline=None, phases=_NO_SHRINKING)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_whatever_is_lost_repeated_or_late_the_recording_gives_the_readings_of_the_feed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, seed: int
) -> None:
    exchange = Exchange(seed, depth=8)
    received = Receiver(ETH, book_terms(8, patience=60.0))
    now = exchange.moments[0].matched_ms + 30
    received.begin(now * MS)
    received.book(now * MS, exchange.snapshot(exchange.moments[0]))
    for step in range(1, 30):
        moment = exchange.step()
        now = max(now, moment.matched_ms + data.draw(st.integers(5, 90)))
        for what in data.draw(st.sampled_from(_FATES)):
            if what == "connection":
                received.begin(now * MS)
            if what in ("snapshot", "connection"):
                received.book(now * MS, exchange.snapshot(moment))
            elif what == "trade":
                received.trade(now * MS, _trade(moment.matched_ms), partial(_tapped, moment.matched_ms))
            else:
                received.book(now * MS, exchange.delta(step))
    received.end()
    assert_read(recorded(received, tmp_path_factory.mktemp("recording")), received)


_FATES: Sequence[Sequence[str]] = (
    *(("delta",) for _ in range(6)),
    ("trade", "delta"),
    ("delta", "delta"),
    (),
    ("snapshot",),
    ("connection",),
)


def _trade(at: int) -> PublicTrade:
    return PublicTrade(instrument=ETH, id=str(at), price=2.0, size=0.5, is_buy=bool(at % 2), matched_ms=at)


def _tapped(at: int, tap: MarketTap) -> None:
    tap.trade(ETH, str(at), "2.0", "0.5", is_buy=bool(at % 2), matched_ms=at)


def book_row(at_ms_: int, update: int, *, whole: bool = False, instrument: str = BTC) -> BookRow:
    """A message that arrives 20 ms after it was sent at `at_ms_` after the start."""
    sent = START // MS + at_ms_
    frame = snapshot(update, at=sent) if whole else delta(update, [("100.2", f"{update}.5")], at=sent)
    return BookRow(arrived_ns=START + (at_ms_ + 20) * MS, instrument=instrument, depth=50, frame=frame)


def trade_row(at_ms_: int, price: str = "100.3", instrument: str = BTC) -> TradeRow:
    return TradeRow(
        arrived_ns=START + (at_ms_ + 20) * MS,
        instrument=instrument,
        id=str(at_ms_),
        price=price,
        size="2",
        is_buy=True,
        matched_ms=START // MS + at_ms_,
    )


def candle_row(minute: int, *, is_closed: bool = True, instrument: str = BTC) -> CandleRow:
    return CandleRow(
        arrived_ns=START + (minute + 1) * 60_000 * MS + 130 * MS,
        instrument=instrument,
        seconds=60,
        opened_ms=START // MS + minute * 60_000,
        open="100",
        high="101",
        low="99",
        close="100.5",
        volume="7",
        is_closed=is_closed,
    )


def notice_row(at_ms_: int, notice: Notice, detail: str = "", instrument: str = BTC) -> NoticeRow:
    return NoticeRow(arrived_ns=START + at_ms_ * MS, instrument=instrument, notice=notice, detail=detail)


def written(folder: Path, rows: Sequence[MarketRow], *, is_sealed: bool = True, session: int = START) -> Path:
    recorder = Recorder(folder, session)
    for row in rows:
        recorder.add(row)
    recorder.flush()
    recorder.release()
    for segment in sorted((folder / OPEN).glob("*.arrow")) if is_sealed else ():
        seal(folder, segment)
    return folder


def as_of_an_earlier_version(folder: Path) -> None:
    """Leaves the folder as a version without manifests would have: no sealed file states that it was listed."""
    (folder / MANIFEST).unlink()
    parquet = importlib.import_module("pyarrow.parquet")
    for path in folder.rglob("*.parquet"):
        parquet.write_table(
            parquet.ParquetFile(path).read().replace_schema_metadata(), path, compression="zstd"
        )


def test_a_gap_that_a_notice_declares_is_one_reading_until_the_next_whole_book(tmp_path: Path) -> None:
    rows: list[MarketRow] = [
        book_row(0, 1, whole=True),
        book_row(100, 2),
        notice_row(300, Notice.GAP, "nothing came for 10 s"),
        book_row(400, 3),
        book_row(500, 4, whole=True),
    ]
    found = readings_of(written(tmp_path, rows), BTC)
    assert [(one.update_id, one.is_known, one.why) for one in found] == [
        (1, True, ""),
        (2, True, ""),
        (2, False, "nothing came for 10 s"),
        (4, True, ""),
    ]
    assert (found[2].bids, found[2].values) == ((), ())


class ReferredMaker(ReadingMaker):
    """Keeps the half seconds of other instruments that its readings are made with."""

    def reading(
        self, now: datetime, reference: Bins | None = None, venue: Bins | None = None
    ) -> BookReading | None:
        self.referred = reference
        return super().reading(now, reference, venue)


def test_readings_of_a_recording_have_the_reference_of_those_of_a_feed(tmp_path: Path) -> None:
    rows: list[MarketRow] = [book_row(0, 1, whole=True), book_row(10, 1, whole=True, instrument=ETH)]
    market = RecordedMarket(of_folder(written(tmp_path, rows)))
    btc, eth = ReferredMaker(BTC), ReferredMaker(ETH)
    assert len(list(market.moments([btc, eth], EVER))) == 1
    assert eth.referred is btc.bins
    assert btc.referred is None


def test_a_book_of_which_rows_were_lost_is_not_known_until_the_next_whole_one_and_the_gap_is_declared(
    tmp_path: Path,
) -> None:
    rows: list[MarketRow] = [
        book_row(0, 1, whole=True),
        notice_row(150, Notice.LOST, "2 rows found no room"),
        book_row(400, 4),
        notice_row(450, Notice.GAP, "rows of its recording were lost"),
        book_row(500, 5, whole=True),
    ]
    found = readings_of(written(tmp_path, rows), BTC)
    assert [(one.update_id, one.is_known, one.why) for one in found] == [
        (1, True, ""),
        (1, False, "2 rows found no room"),
        (5, True, ""),
    ]
    (one,) = checked(rows)
    assert (one.declared, one.undeclared, one.is_known) == (1, 0, True)
    (torn,) = checked([*rows, book_row(700, 7)])
    assert (torn.declared, torn.undeclared) == (1, 1)


def test_a_declared_gap_hides_no_earlier_gap_that_is_not_declared() -> None:
    rows: list[MarketRow] = [
        book_row(0, 1, whole=True),
        book_row(100, 3),
        book_row(200, 4),
        notice_row(250, Notice.GAP, "nothing came for 10 s"),
        book_row(300, 5, whole=True),
    ]
    (found,) = checked(rows)
    assert (found.declared, found.undeclared, found.is_known) == (1, 1, True)


def test_a_recording_that_is_silent_for_ten_seconds_has_lost_its_book_from_then_on(tmp_path: Path) -> None:
    rows: list[MarketRow] = [book_row(0, 1, whole=True), book_row(60_000, 2)]
    found = readings_of(written(tmp_path, rows), BTC)
    assert [(one.is_known, one.why) for one in found] == [
        (True, ""),
        (False, "nothing was recorded for 10 s"),
    ]
    assert found[1].at == at_ms(START // MS + 10_100)


def test_a_book_that_nothing_changes_is_confirmed_until_the_recording_is_silent_for_ten_seconds(
    tmp_path: Path,
) -> None:
    rows: list[MarketRow] = [book_row(0, 1, whole=True), book_row(60_000, 2)]
    market = RecordedMarket(of_folder(written(tmp_path, rows)))
    maker = ReadingMaker(BTC, confirms=timedelta(seconds=4))
    found = [one for each in market.moments([maker], EVER) for one in each.readings]
    sent = at_ms(START // MS)
    assert [((one.known_at - sent).total_seconds(), one.is_known) for one in found] == [
        (0.0, True),
        (4.1, True),
        (8.1, True),
        (10.1, False),
    ]


def test_readings_of_a_market_whose_figures_nobody_reads_have_its_levels_alone(tmp_path: Path) -> None:
    rows: list[MarketRow] = [book_row(0, 1, whole=True), trade_row(50), book_row(100, 2)]
    market = RecordedMarket(of_folder(written(tmp_path, rows)))
    found = [list(market.moments([ReadingMaker(BTC, analyses=one)], EVER)) for one in (True, False)]
    (full, plain) = [[one for each in moments for one in each.readings] for moments in found]
    assert [(one.update_id, one.bids, one.asks) for one in full] == [
        (one.update_id, one.bids, one.asks) for one in plain
    ]
    assert [(one.figures, one.values) for one in plain] == [("", ())] * len(full)
    assert {len(one.values) for one in full} == {122}


def test_moments_begin_with_the_whole_book_of_what_came_before(tmp_path: Path) -> None:
    rows: list[MarketRow] = [book_row(0, 1, whole=True), *(book_row(100 * n, n + 1) for n in range(1, 20))]
    market = RecordedMarket(of_folder(written(tmp_path, rows)))
    begin = at_ms(START // MS + 1_000)
    first, second, *_ = market.moments([ReadingMaker(BTC)], begin)
    (whole,) = first.market
    assert isinstance(whole, BookUpdate)
    assert (whole.snapshot, whole.update_id, first.at) == (True, 10, begin)
    assert (len(whole.bids), len(whole.asks), str(whole.bids[0].size)) == (len(BIDS), len(ASKS), "10.5")
    assert [one.update_id for one in second.market if isinstance(one, BookUpdate) and not one.snapshot] == [
        11
    ]


def test_later_hours_are_not_opened_before_they_are_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = 5
    for hour in range(hours):
        late = hour * 3_600_000
        rows = [book_row(late, 1, whole=True), *(book_row(late + 100 * n, n + 1) for n in range(1, 50))]
        written(tmp_path, rows, session=START + hour)
    opened: list[Path] = []
    parquet = importlib.import_module("pyarrow.parquet")
    file_of = parquet.ParquetFile

    def counted(path: Path) -> object:
        opened.append(path)
        return file_of(path)

    found = of_folder(tmp_path)
    monkeypatch.setattr(parquet, "ParquetFile", counted)
    moments = RecordedMarket(found).moments([ReadingMaker(BTC)], EVER)
    next(moments)
    assert len(opened) == 1
    assert len(list(moments)) == hours * 50 + hours - 2
    assert len(opened) == hours


def test_closed_candles_are_those_of_the_exchange_and_known_when_they_were_received(tmp_path: Path) -> None:
    rows: list[MarketRow] = [
        book_row(0, 1, whole=True),
        candle_row(0, is_closed=False),
        candle_row(0),
        candle_row(2),
    ]
    market = RecordedMarket(of_folder(written(tmp_path, rows)))
    (tape,) = market.tapes()
    assert [(str(one.close), str(one.volume)) for one in tape.candles] == [("100.5", "7"), ("100.5", "7")]
    opened = tape.candles[0].open_time
    assert market.known_at(BTC, opened) == opened + MINUTE + timedelta(milliseconds=200)
    assert tape.notes == (f"1 candle of 1m of {BTC} missing: not filled",)


def test_candles_of_trades_leave_out_the_minutes_in_which_trades_may_be_missing(tmp_path: Path) -> None:
    trades = [trade_row(20_000 * n, f"{100 + n}") for n in range(21)]  # three a minute for seven minutes
    broken = notice_row(3 * 60_000 + 10_000, Notice.CONNECTED)
    market = RecordedMarket(
        of_folder(written(tmp_path, [book_row(0, 1, whole=True), *trades[:10], broken, *trades[10:]]))
    )
    (tape,) = market.tapes()
    minutes = [(one.open_time - at_ms(START // MS)) // MINUTE for one in tape.candles]
    assert minutes == [1, 2, 4, 5]
    assert [str(one.close) for one in tape.candles] == ["105", "108", "114", "117"]
    assert {str(one.volume) for one in tape.candles} == {"6"}
    opened = tape.candles[0].open_time
    assert market.known_at(BTC, opened) == opened + MINUTE + timedelta(milliseconds=100)


def test_a_candle_without_a_later_trade_is_known_with_the_book_a_second_after_its_close(
    tmp_path: Path,
) -> None:
    trades = [trade_row(20_000 * n, f"{100 + n}") for n in (0, 3, 4, 5, 15)]  # none from 1:40 to 5:00
    books = [book_row(at, 2 + n) for n, at in enumerate((120_500, 121_000, 121_500))]
    rows: list[MarketRow] = [book_row(0, 1, whole=True), *trades[:4], *books, *trades[4:]]
    market = RecordedMarket(of_folder(written(tmp_path, rows)))
    (tape,) = market.tapes()
    opened = tape.candles[0].open_time
    assert (str(tape.candles[0].close), str(tape.candles[0].volume)) == ("105", "6")
    known = market.known_at(BTC, opened) - (opened + MINUTE)
    assert timedelta(seconds=1) <= known < timedelta(seconds=1.5)


def test_candles_of_a_quiet_instrument_delay_none_of_another_one(tmp_path: Path) -> None:
    busy = [trade_row(10_000 * n, "100") for n in range(25)]
    quiet = [trade_row(at, "7", ETH) for at in (0, 61_000, 230_000)]
    rows: list[MarketRow] = [
        book_row(0, 1, whole=True),
        book_row(0, 1, whole=True, instrument=ETH),
        *sorted((*busy, *quiet), key=lambda row: row.arrived_ns),
    ]
    market = RecordedMarket(of_folder(written(tmp_path, rows)))
    candles = [one for tape in market.tapes() for one in tape.candles]
    fed = [(at, [one.instrument for one in known]) for at, known in by_receipt(candles, market)]
    begin = at_ms(START // MS)
    assert [((at - begin) // timedelta(seconds=1), names) for at, names in fed] == [
        (120, [BTC]),
        (180, [BTC]),
        (230, [ETH]),
        (240, [BTC]),
    ]


def test_rows_have_one_identity_whether_they_are_sealed_or_not_and_without_a_file_another(
    tmp_path: Path,
) -> None:
    rows: list[MarketRow] = [
        book_row(0, 1, whole=True),
        trade_row(10),
        *(book_row(100 * n, n + 1) for n in range(1, 9)),
    ]
    written(tmp_path / "open", rows, is_sealed=False)
    written(tmp_path / "sealed", rows)
    one, other = (RecordedMarket(of_folder(tmp_path / name)).identity for name in ("open", "sealed"))
    assert one == other
    with (tmp_path / "sealed" / MANIFEST).open("r+b") as file:
        file.truncate(0)
    moved = next((tmp_path / "sealed" / "trades").rglob("*.parquet"))
    moved.unlink()
    assert relist(tmp_path / "sealed").listed == 1
    assert RecordedMarket(of_folder(tmp_path / "sealed")).identity != one


def test_a_kill_between_the_sealed_files_and_their_manifest_changes_no_identity(tmp_path: Path) -> None:
    rows: list[MarketRow] = [book_row(0, 1, whole=True), trade_row(10), trade_row(20, instrument=ETH)]
    folder = written(tmp_path, rows, is_sealed=False)
    before = of_folder(folder).identity(frozenset({BTC, ETH}))
    segments = {path: path.read_bytes() for path in (folder / OPEN).glob("*.arrow")}
    for path in segments:
        seal(folder, path)
    for path, held in segments.items():
        path.write_bytes(held)
    (folder / MANIFEST).write_bytes(b'{"file":"books/20')
    assert of_folder(folder).identity(frozenset({BTC, ETH})) == before
    for path in segments:
        seal(folder, path)
    assert of_folder(folder).identity(frozenset({BTC, ETH})) == before


def test_rows_of_other_contents_have_another_identity_and_a_folder_without_a_manifest_that_of_before(
    tmp_path: Path,
) -> None:
    rows: list[MarketRow] = [book_row(0, 1, whole=True), trade_row(10)]
    dearer = [rows[0], replace(trade_row(10), price="100.7")]
    folders = [written(tmp_path / name, held) for name, held in (("a", rows), ("b", dearer), ("c", rows))]
    found = [RecordedMarket(of_folder(folder)).identity for folder in folders]
    assert found[0] == found[2] != found[1]
    for folder in folders:
        as_of_an_earlier_version(folder)
    earlier = [RecordedMarket(of_folder(folder)).identity for folder in folders]
    assert earlier[0] == earlier[1]
    read, traded = START + 20 * MS, START + 30 * MS
    lines = [f"{BTC}|books|{START}|1|1|1|{read}|{read}", f"{BTC}|trades|{START}|1|2|2|{traded}|{traded}"]
    assert earlier[0] == sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("line", [0, 2, None], ids=["the first line", "the last line", "the manifest"])
def test_a_sealed_file_that_no_line_of_the_manifest_lists_is_refused_until_it_is_listed_again(
    tmp_path: Path, line: int | None
) -> None:
    rows: list[MarketRow] = [
        notice_row(0, Notice.BEGUN),
        book_row(0, 1, whole=True),
        trade_row(10),
    ]
    written(tmp_path, rows)
    whole, path = of_folder(tmp_path).identity(frozenset({BTC})), tmp_path / MANIFEST
    lines = path.read_bytes().splitlines(keepends=True)
    path.unlink()
    if line is not None:
        path.write_bytes(b"".join(lines[:line] + lines[line + 1 :]))
    with pytest.raises(
        InvalidInput, match=f"is in no line of {path}, which was removed or shortened: restore it"
    ):
        of_folder(tmp_path)
    assert len(list(faults_of(tmp_path))) == (3 if line is None else 1)
    found = relist(tmp_path)
    assert (found.listed, len(found.added), found.removed) == (3, 3 if line is None else 1, [])
    assert of_folder(tmp_path).identity(frozenset({BTC})) == whole
    assert list(faults_of(tmp_path)) == []


def test_a_listed_file_that_is_missing_is_refused_until_it_is_listed_no_more(tmp_path: Path) -> None:
    written(tmp_path, [book_row(0, 1, whole=True), trade_row(10)])
    file = next((tmp_path / "trades").rglob("*.parquet"))
    file.unlink()
    with pytest.raises(
        InvalidInput, match=f"{file} is missing, which was sealed with 1 row: restore it; if you"
    ):
        of_folder(tmp_path)
    assert relist(tmp_path).removed == [file.relative_to(tmp_path).as_posix()]
    assert of_folder(tmp_path).kinds == {BTC: frozenset({"books"})}


def test_a_file_whose_rows_were_changed_is_not_listed_again_and_one_of_an_earlier_version_stays_unlisted(
    tmp_path: Path,
) -> None:
    written(tmp_path, [book_row(0, 1, whole=True)])
    as_of_an_earlier_version(tmp_path)
    written(tmp_path, [trade_row(10)], session=START + 1)
    assert relist(tmp_path).listed == 1
    assert of_folder(tmp_path).kinds == {BTC: frozenset({"books", "trades"})}
    file = next((tmp_path / "trades").rglob("*.parquet"))
    parquet, before = importlib.import_module("pyarrow.parquet"), (tmp_path / MANIFEST).read_bytes()
    table = parquet.read_table(file)
    parquet.write_table(table.set_column(table.schema.get_field_index("price"), "price", [["99"]]), file)
    with pytest.raises(InvalidInput, match=f"{file} was changed after it was sealed: restore it"):
        relist(tmp_path)
    assert (tmp_path / MANIFEST).read_bytes() == before


def test_a_segment_that_was_cut_is_read_to_its_last_whole_batch(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, START)
    for batch in ([book_row(0, 1, whole=True)], [book_row(100, 2)], [book_row(200, 3)]):
        for row in batch:
            recorder.add(row)
        recorder.flush()
    recorder.release()
    (segment,) = (tmp_path / OPEN).glob("*.arrow")
    segment.write_bytes(segment.read_bytes()[:-40])
    assert [one.update_id for one in readings_of(tmp_path, BTC)] == [1, 2]


def test_a_folder_without_a_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidInput, match="has no recording of a market; name a folder that `whence record` wrote"
    ):
        of_folder(tmp_path)
    with pytest.raises(InvalidInput, match="is no folder"):
        of_folder(tmp_path / "none")


def test_files_of_two_recorders_of_an_instrument_at_the_same_time_are_refused(tmp_path: Path) -> None:
    rows: list[MarketRow] = [book_row(100 * n, n + 1, whole=not n) for n in range(100)]
    written(tmp_path, rows)
    written(tmp_path, rows[10:], session=START + MS)
    with pytest.raises(
        InvalidInput,
        match=f"has {BTC} twice at the same time, in the sessions {START} and {START + MS}: move",
    ):
        of_folder(tmp_path)


def test_an_instrument_that_was_not_recorded_is_refused_with_those_that_were(tmp_path: Path) -> None:
    written(tmp_path, [book_row(0, 1, whole=True), trade_row(1, instrument=ETH)])
    found = of_folder(tmp_path)
    for name in ("ETHUSDT", "DOGEUSDT"):
        with pytest.raises(
            InvalidInput, match=f"--symbol '{name}'.* has no order book of it; it has those of {BTC}"
        ):
            RecordedMarket(found, [name])


def test_a_recording_without_books_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="has no order book"):
        RecordedMarket(of_folder(written(tmp_path, [trade_row(1)])))


def test_a_recording_that_is_too_short_for_a_candle_is_refused(tmp_path: Path) -> None:
    market = RecordedMarket(of_folder(written(tmp_path, [book_row(0, 1, whole=True), trade_row(1)])))
    with pytest.raises(InvalidInput, match=f"has no whole candle of 1m of {BTC}"):
        market.tapes()


def test_a_sealed_file_that_was_cut_is_refused_with_its_name(tmp_path: Path) -> None:
    written(tmp_path, [book_row(0, 1, whole=True)])
    file = next(tmp_path.rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(InvalidInput, match=f"{file} cannot be read.*restore or remove it"):
        of_folder(tmp_path)


def test_rows_of_a_topic_are_a_market_like_those_of_a_folder(tmp_path: Path) -> None:
    quote = QuoteRow(
        arrived_ns=START, instrument=BTC, update=1, matched_ms=1, bid="1", bid_size="1", ask="2", ask_size="1"
    )
    rows: list[MarketRow] = [
        quote,
        book_row(0, 1, whole=True),
        *(book_row(100 * n, n + 1) for n in range(1, 5)),
    ]
    folder = RecordedMarket(of_folder(written(tmp_path, rows)))

    def read(wanted: Wanted) -> Iterator[MarketRow]:
        return (row for row in rows if wanted.has(row))

    topic = RecordedMarket(of_rows("whence.market", read))
    assert topic.instruments == folder.instruments == (BTC,)
    assert list(topic.moments([ReadingMaker(BTC)], EVER)) == list(folder.moments([ReadingMaker(BTC)], EVER))
    with pytest.raises(InvalidInput, match=r"whence\.market has no recording of a market"):
        of_rows("whence.market", lambda _wanted: iter(()))


@pytest.mark.parametrize(
    "other",
    [
        replace(book_row(0, 1, whole=True), frame=snapshot(1, at=START // MS, asks=[("100.3", "7")])),
        replace(trade_row(10), price="100.7"),
        replace(trade_row(10), is_buy=False),
        notice_row(30, Notice.LOST, "2 rows"),
    ],
    ids=["a level", "a price", "a side", "a notice"],
)
def test_rows_of_a_topic_whose_contents_changed_have_another_identity(other: MarketRow) -> None:
    rows: list[MarketRow] = [
        book_row(0, 1, whole=True),
        trade_row(10),
        notice_row(30, Notice.LOST, "1 row"),
        trade_row(40, instrument=ETH),
    ]
    changed = [other if type(row) is type(other) and row.instrument == BTC else row for row in rows]
    assert [row.arrived_ns for row in changed] == [row.arrived_ns for row in rows]

    def identity(held: Sequence[MarketRow], instrument: str) -> str:
        return of_rows("topic", lambda _wanted: iter(held)).identity(frozenset({instrument}))

    assert identity(rows, BTC) == identity(list(rows), BTC) != identity(changed, BTC)
    assert identity(rows, ETH) == identity(changed, ETH)


def test_a_topic_beside_a_log_on_kafka_is_read_by_the_option_of_a_backtest(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    rows: list[MarketRow] = [book_row(0, 1, whole=True), candle_row(0), book_row(100, 2)]
    topic = MarketTopic(kafka_bootstrap_servers, kafka_topic)
    with closing(MarketPublisher(topic, START)) as publisher:
        publisher.publish(list(enumerate(rows, 1)))
    place = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    market = RecordingOptions(place, ("BTCUSDT",), None).market()
    assert (market.instruments, market.name) == ((BTC,), topic.name)
    assert [len(one.candles) for one in market.tapes()] == [1]
    assert len(list(market.moments([ReadingMaker(BTC)], EVER))) == 2
