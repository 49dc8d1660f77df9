"""The loop of a recording: everything that arrived is written before it ends, and what found no room is named."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.market_recordings.contents import contents, faults_of
from adapters.market_recordings.parts import OPEN
from adapters.market_recordings.reader import read
from adapters.market_recordings.recorder import Recorder
from adapters.market_recordings.retention import Kept, remove_old_days
from adapters.market_recordings.row import MarketRow, Notice, NoticeRow, TradeRow
from adapters.market_topic.place import MarketTopic
from adapters.market_topic.publisher import MarketPublisher
from adapters.market_topic.reader import MarketReader
from commands.exchange import Unread
from domain.errors import LogUnavailable
from infra.recording.recording import MarketRecording, in_words
from infra.recording.rows import ArrivedRows
from infra.recording.sink import FolderSink, TopicSink
from tests.replacing import replace

BTC = "BTCUSDT-LINEAR.BYBIT"
START = 1_700_000_000_000_000_000
MINUTE = 60_000_000_000


def trade(number: int) -> TradeRow:
    return TradeRow(
        arrived_ns=START + number,
        instrument=BTC,
        id=str(number),
        price="1.5",
        size="2",
        is_buy=False,
        matched_ms=1,
    )


def notice(kind: Notice, at: int, detail: str = "") -> NoticeRow:
    return NoticeRow(arrived_ns=at, instrument=BTC, notice=kind, detail=detail)


class Feed:
    """A feed that sends these rows: a part when it starts, and a last one when it is closed."""

    def __init__(self, rows: ArrivedRows, first: Sequence[MarketRow], last: MarketRow) -> None:
        self._rows, self._first, self._last = rows, first, last
        self.lost = list[str]()

    def lose(self, instruments: Collection[str], why: str) -> None:
        self.lost += [f"{name}: {why}" for name in instruments]

    def start(self) -> None:
        for row in self._first:
            self._rows.add(row)

    def close(self) -> None:
        self._rows.add(self._last)

    def unread(self) -> Sequence[Unread]:
        return [Unread("{", "it is no message")]


class Stops:
    """Requests a stop after so many waits."""

    def __init__(self, waits: int) -> None:
        self._left = waits

    def requested(self) -> bool:
        return self._left <= 0

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self._left -= 1


def clock() -> int:
    return START


def test_what_arrives_until_the_feed_is_closed_is_sealed_when_the_recording_ends(tmp_path: Path) -> None:
    rows = ArrivedRows()
    feed = Feed(rows, [trade(1), trade(2)], trade(3))
    with closing(FolderSink(tmp_path, START)) as sink:
        counts = MarketRecording(feed, rows, sink, [BTC], clock).run(Stops(2))
    assert in_words(counts) == "3 trades, 2 notices"
    assert not list((tmp_path / OPEN).glob("*.arrow"))
    assert [row for row in read(tmp_path) if isinstance(row, TradeRow)] == [trade(1), trade(2), trade(3)]
    assert [row for row in read(tmp_path) if isinstance(row, NoticeRow)] == [
        notice(Notice.BEGUN, START),
        notice(Notice.ENDED, START),
    ]


def test_a_message_that_is_not_understood_is_logged_with_its_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = ArrivedRows()
    with closing(FolderSink(tmp_path, START)) as sink:
        MarketRecording(Feed(rows, [], trade(1)), rows, sink, [BTC], clock).run(Stops(1))
    assert "a message was not understood: it is no message" in caplog.text


def test_rows_beyond_the_bound_are_counted_in_a_notice_after_those_that_were_kept() -> None:
    rows = ArrivedRows(most=2)
    for number in range(1, 6):
        rows.add(trade(number))
    *kept, lost = rows.take(START + MINUTE)
    assert kept == [trade(1), trade(2)]
    assert isinstance(lost, NoticeRow)
    assert (lost.notice, lost.detail.split(" rows")[0]) == (Notice.LOST, "3")
    assert rows.take(START) == []


def test_rows_that_are_lost_make_the_feed_begin_its_book_anew(tmp_path: Path) -> None:
    rows = ArrivedRows(most=2)
    feed = Feed(rows, [trade(number) for number in range(1, 6)], trade(6))
    with closing(FolderSink(tmp_path, START)) as sink:
        MarketRecording(feed, rows, sink, [BTC], clock).run(Stops(1))
    assert feed.lost == [f"{BTC}: rows of its recording were lost"]


class Outage(MarketPublisher):
    """A publisher whose brokers do not respond so many times."""

    outages = 2

    def publish(self, rows: Sequence[tuple[int, MarketRow]]) -> None:
        if self.outages:
            self.outages -= 1
            super().publish(rows[:1])
            raise LogUnavailable("no response")
        super().publish(rows)


def test_rows_are_sent_again_to_a_topic_after_an_outage_and_read_once(
    kafka_bootstrap_servers: str, kafka_topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.recording.sink._FIRST_PAUSE", 0.01)
    topic = MarketTopic(kafka_bootstrap_servers, kafka_topic)
    with closing(Outage(topic, START)) as publisher:
        sink = TopicSink(publisher)
        sink.write([trade(1), trade(2)], Stops(9))
        sink.write([trade(3)], Stops(9))
    assert list(MarketReader(topic, pytest.fail).read()) == [trade(1), trade(2), trade(3)]


def test_an_outage_that_lasts_until_the_stop_ends_with_its_error(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    topic = MarketTopic(kafka_bootstrap_servers, kafka_topic)
    with closing(Outage(topic, START)) as publisher, pytest.raises(LogUnavailable, match="no response"):
        TopicSink(publisher).write([trade(1)], Stops(0))


def test_only_the_newest_days_with_rows_stay_also_after_the_clock_jumped_ahead(tmp_path: Path) -> None:
    days = (0, 1, 2, 400)
    for number, later in enumerate(days):
        at = START + later * 24 * 60 * MINUTE
        with closing(FolderSink(tmp_path, at, Kept(days=3))) as sink:
            sink.write([replace(trade(number), arrived_ns=at)], Stops(1))
    assert [row.id for row in read(tmp_path) if isinstance(row, TradeRow)] == ["1", "2", "3"]
    assert list(faults_of(tmp_path)) == []
    assert len(list((tmp_path / "trades").iterdir())) == 3
    with closing(FolderSink(tmp_path, START + 401 * 24 * 60 * MINUTE)) as sink:
        sink.write([trade(9)], Stops(1))
    assert len(list(read(tmp_path))) == 4


def test_the_oldest_days_go_until_the_recording_has_its_size_and_segments_and_the_newest_day_stay(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        at = START + number * 24 * 60 * MINUTE
        with closing(FolderSink(tmp_path, at)) as sink:
            sink.write([replace(trade(number), arrived_ns=at)], Stops(1))
    recorder = Recorder(tmp_path, START + 3 * 24 * 60 * MINUTE + 1)
    recorder.add(trade(9))  # of the oldest day, and not sealed
    recorder.flush()
    (segment,) = (tmp_path / OPEN).iterdir()
    size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    day = sum(path.stat().st_size for path in min((tmp_path / "trades").iterdir()).rglob("*.parquet"))
    assert remove_old_days(tmp_path, Kept(bytes=size)) == []
    assert remove_old_days(tmp_path, Kept(bytes=size - day - 1)) == ["2023-11-14", "2023-11-15"]
    assert remove_old_days(tmp_path, Kept(days=2)) == []
    assert not caplog.records
    assert remove_old_days(tmp_path, Kept(bytes=1)) == ["2023-11-16"]
    assert "the newest day of the recording and what is not sealed yet have" in caplog.text
    assert [row.id for row in read(tmp_path) if isinstance(row, TradeRow)] == ["3", "9"]
    assert segment.exists()
    assert list(faults_of(tmp_path)) == []
    recorder.release()


@pytest.mark.parametrize(
    "killed_at", ["begin_removal", "_shorten_manifest", "_remove_unlisted", "end_removal"]
)
def test_a_kill_while_days_are_removed_leaves_a_recording_that_is_read_and_the_next_call_removes_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    for number in range(3):
        at = START + number * 24 * 60 * MINUTE
        with closing(FolderSink(tmp_path, at)) as sink:
            sink.write([replace(trade(number), arrived_ns=at)], Stops(1))

    def killed(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"adapters.market_recordings.retention.{killed_at}", killed)
        with pytest.raises(KeyboardInterrupt):
            remove_old_days(tmp_path, Kept(days=1))
    left = [row.id for row in read(tmp_path) if isinstance(row, TradeRow)]
    assert left == (["0", "1", "2"] if killed_at in ("begin_removal", "_shorten_manifest") else ["2"])
    assert sum(held.rows for held in contents(tmp_path).values()) == len(left)
    assert list(faults_of(tmp_path)) == []
    remove_old_days(tmp_path, Kept(days=1))
    assert [row.id for row in read(tmp_path) if isinstance(row, TradeRow)] == ["2"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "manifest.jsonl",
        "open",
        "recorder",
        "trades",
    ]
    assert len(list(tmp_path.rglob("*.parquet"))) == 1
