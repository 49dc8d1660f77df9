"""`whence recordings check` finds what is missing, what was changed, and what two recorders wrote at the same time."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from adapters.market_recordings.recorder import Recorder
from adapters.market_recordings.row import MarketRow, Notice
from adapters.market_topic.place import MarketTopic
from adapters.market_topic.publisher import MarketPublisher
from infra.recording.sink import FolderSink
from tests.infra.cli.conftest import Whence
from tests.infra.recording.test_market import BTC, START, book_row, notice_row, trade_row, written

ETH = "ETHUSDT-LINEAR.BYBIT"


def rows_of(instrument: str) -> list[MarketRow]:
    return [
        notice_row(0, Notice.BEGUN, instrument=instrument),
        *(book_row(100 * n, n + 1, whole=not n, instrument=instrument) for n in range(5)),
        trade_row(450, instrument=instrument),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "recording", [*rows_of(BTC), *rows_of(ETH)])


def all_of_eth(folder: Path) -> None:
    for path in list(folder.rglob(f"{ETH}/*.parquet")):
        path.unlink()


def a_price(folder: Path) -> None:
    (path,) = folder.rglob(f"trades/*/{BTC}/*.parquet")
    parquet = importlib.import_module("pyarrow.parquet")
    table = parquet.read_table(path)
    place = table.schema.get_field_index("price")
    parquet.write_table(table.set_column(place, "price", [["99"]]), path)


def the_end_of_a_file(folder: Path) -> None:
    (path,) = folder.rglob(f"books/*/{BTC}/*.parquet")
    path.write_bytes(path.read_bytes()[:-20])


def a_line(change: Callable[[str], str]) -> Callable[[Path], None]:
    """Changes the second line of the manifest."""

    def act(folder: Path) -> None:
        path = folder / "manifest.jsonl"
        lines = path.read_text().splitlines()
        path.write_text("\n".join([lines[0], change(lines[1]), *lines[2:], ""]))

    return act


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            all_of_eth,
            [f"{ETH}/16-{START}-7.parquet is missing, which was sealed with 1 row:", "sealed with 5 rows:"],
        ),
        (a_price, [".parquet was changed after it was sealed: restore it"]),
        (the_end_of_a_file, [".parquet cannot be read: ", "the books were not replayed"]),
        (a_line(lambda line: line[:-9]), ["line 2 of ", ", cannot be read: restore it"]),
        (
            a_line(lambda line: line.replace('"rows":', '"rows":1')),
            ["manifest.jsonl was changed: restore the"],
        ),
    ],
)
def test_files_that_are_missing_or_were_changed_since_they_were_sealed_are_faults(
    whence: Whence, folder: Path, change: Callable[[Path], None], words: list[str]
) -> None:
    whole = whence("recordings", "check", str(folder), "--json")
    assert (whole.code, json.loads(whole.out)["faults"]) == (0, [])
    change(folder)
    found = whence("recordings", "check", str(folder), "--json")
    faults = "\n".join(json.loads(found.out)["faults"])
    assert found.code == 1
    assert all(one in faults for one in words), faults
    assert "fault: " in whence("recordings", "check", str(folder)).out


def test_faults_are_those_of_the_wanted_instruments(whence: Whence, folder: Path) -> None:
    all_of_eth(folder)
    codes = [whence("recordings", "check", str(folder), "--instruments", one).code for one in (BTC, ETH)]
    assert codes == [0, 1]


def test_sessions_that_have_an_instrument_at_the_same_time_are_a_fault(
    whence: Whence, tmp_path: Path
) -> None:
    rows: list[MarketRow] = [book_row(100 * n, n + 1, whole=not n) for n in range(100)]
    folder = written(tmp_path, rows)
    written(folder, [book_row(1_000, 11, whole=True), *rows[11:]], session=START + 1)
    found = whence("recordings", "check", str(folder))
    assert found.code == 1
    assert (
        f"fault: {BTC} was recorded twice at the same time, in the sessions {START} and {START + 1}"
        in found.out
    )


def test_an_instrument_of_whose_book_nothing_came_is_named_with_what_to_check(
    whence: Whence, tmp_path: Path
) -> None:
    folder = written(tmp_path, [notice_row(0, Notice.BEGUN), notice_row(900, Notice.ENDED)])
    found = whence("recordings", "check", str(folder))
    assert "no message of its book was received: check its name, the network and --address" in found.out


def test_two_recorders_of_an_instrument_in_a_topic_are_a_fault(
    whence: Whence, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    topic = MarketTopic(kafka_bootstrap_servers, kafka_topic)
    rows: list[MarketRow] = [book_row(100 * n, n + 1, whole=True) for n in range(4)]
    with closing(MarketPublisher(topic, START)) as first, closing(MarketPublisher(topic, START + 1)) as later:
        first.publish([(1, rows[0])])
        later.publish([(1, rows[1])])
        first.publish([(2, rows[2])])
        later.publish([(2, rows[3])])
    found = whence("recordings", "check", f"kafka://{kafka_bootstrap_servers}/{kafka_topic}", "--json")
    report = json.loads(found.out)
    (fault,) = report["faults"]
    assert f"two recorders wrote {BTC}: rows of session {START} are left out" in fault
    assert (found.code, report["instruments"][0]["rows"]) == (1, {"books": 3})


def test_a_recording_without_its_manifest_is_refused_until_it_is_listed_again(
    whence: Whence, folder: Path
) -> None:
    manifest = folder / "manifest.jsonl"
    before = sorted(manifest.read_text().splitlines())
    manifest.unlink()
    refused = whence("backtest", "--recording", str(folder))
    assert refused.code == 2
    assert f"is in no line of {manifest}, which was removed or shortened" in " ".join(refused.err.split())
    assert f"run `whence recordings relist {folder}`" in " ".join(refused.err.split())
    checked = whence("recordings", "check", str(folder))
    assert (checked.code, checked.out.count("fault: ")) == (1, 6)
    listed = whence("recordings", "relist", str(folder))
    assert listed.out.count("listed anew: ") == 6
    assert listed.out.endswith(f"the manifest of {folder} lists 6 files\n")
    assert sorted(manifest.read_text().splitlines()) == before
    assert whence("recordings", "check", str(folder)).code == 0


def test_a_segment_that_was_damaged_is_a_declared_gap_and_a_fault(whence: Whence, tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    recorder = Recorder(folder, START)
    for second in range(6):
        recorder.add(book_row(1_000 * second, second + 1, whole=second in (0, 4)))
        recorder.flush()
    (segment,) = recorder.close()
    recorder.release()
    data = segment.read_bytes()
    middle = len(data) // 2
    segment.write_bytes(data[: middle - 64] + bytes(64) + data[middle:])
    with closing(FolderSink(folder, START + 1)):
        pass  # the next recorder seals what is left
    found = whence("recordings", "check", str(folder), "--json")
    report = json.loads(found.out)
    (fault,) = report["faults"]
    assert fault.startswith(f"{folder}/damaged/{segment.name} was damaged before it was sealed")
    (one,) = report["instruments"]
    assert (one["rows"], one["gaps"], one["undeclared_gaps"]) == ({"books": 5, "notices": 1}, 1, 0)
    assert one["book_is_known"]
    assert found.code == 1
