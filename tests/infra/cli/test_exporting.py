"""`whence log export` and `import`: files that are a function of the log, and the same log of them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from adapters.notary.leaves import leaves
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from tests.adapters.log.days import day, opened
from tests.infra.cli.conftest import Whence

_LOG = "sqlite:///whence.db"


def _files(folder: Path) -> Mapping[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def _days(first: int, last: int) -> None:
    with closing(open_owned(WhenceSettings(log=_LOG))) as log:
        if first == 1:
            log.append([opened()])
        for version in range(first, last + 1):
            log.append([day("account-main", version)])


def test_two_exports_are_equal_byte_for_byte_and_one_that_continues_is_equal_to_one_made_at_once(
    whence: Whence, tmp_path: Path
) -> None:
    _days(1, 3)
    assert whence("log", "export", "first").code == 0
    _days(4, 6)
    continued = whence("log", "export", "first")
    assert continued.err == "first has 7 events, 3 of them written now.\n"
    assert whence("log", "export", "second").code == 0
    first = _files(tmp_path / "first")
    assert first == _files(tmp_path / "second")
    assert "2025-04-05/whence.account.DayOpened.jsonl" in first
    with closing(open_reader(WhenceSettings(log=_LOG))) as log:
        hashes = {leaf.ordinal: leaf.hash.hex() for leaf in leaves(log, 0, log.head())}
    lines = [json.loads(line) for text in first.values() for line in text.splitlines() if b"leaf" in line]
    assert {line["ordinal"]: line["leaf"] for line in lines if "sha256" in line} == hashes


def test_lines_that_a_kill_left_are_cut_and_written_again(whence: Whence, tmp_path: Path) -> None:
    _days(1, 2)
    whence("log", "export", "whole")
    state = (tmp_path / "whole" / "exported").read_bytes()
    _days(3, 4)
    whence("log", "export", "whole")
    whole = _files(tmp_path / "whole")
    # As after a kill: the state is that of the part before, the last file has a torn line.
    (tmp_path / "whole" / "exported").write_bytes(state)
    last = tmp_path / "whole" / "2025-04-06" / "whence.account.DayOpened.jsonl"
    last.write_bytes(last.read_bytes()[:-20])
    assert whence("log", "export", "whole").code == 0
    assert _files(tmp_path / "whole") == whole


@pytest.mark.parametrize("kind", ["sqlite", "kafka"])
def test_an_import_is_the_same_log_and_a_copy_that_no_engine_writes(
    whence: Whence, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    target = "sqlite:///copy.db"
    if kind == "kafka":
        servers, topic = (
            request.getfixturevalue(name) for name in ("kafka_bootstrap_servers", "kafka_topic")
        )
        target = f"kafka://{servers}/{topic}"
    _days(1, 4)
    whence("log", "export", "files")
    made = whence("log", "import", "files", "--log", target)
    assert made.code == 0, made.err
    assert "read-only until `whence log adopt" in made.out
    with (
        closing(open_reader(WhenceSettings(log=_LOG))) as source,
        closing(open_reader(WhenceSettings(log=target))) as copy,
    ):
        assert list(copy.placed(0, copy.head())) == list(source.placed(0, source.head()))
        assert copy.is_copy()
        assert copy.unverified() == ""
    whence("log", "export", "again", "--log", target)
    assert _files(tmp_path / "again") == _files(tmp_path / "files")


def _altered(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"version":2', b'"version":3'), *lines[1:]]


def _removed(_: list[bytes]) -> list[bytes]:
    return []


def _torn(lines: list[bytes]) -> list[bytes]:
    return [lines[0][:-9]]


def _repeated(lines: list[bytes]) -> list[bytes]:
    return [*lines, *lines]


def _changed(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_altered, "its sha256 differs"),
        (_removed, "line 1: the line before is another one"),
        (_torn, "the line is torn"),
        (_repeated, "the line before is another one"),
    ],
)
def test_a_changed_removed_torn_or_repeated_line_is_refused_with_its_place_and_no_log_is_made(
    whence: Whence, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], fault: str
) -> None:
    _days(1, 3)
    whence("log", "export", "files")
    _changed(tmp_path / "files" / "2025-04-04" / "whence.account.DayOpened.jsonl", change)
    refused = whence("log", "import", "files", "--log", "sqlite:///copy.db")
    assert (refused.code, fault in refused.err) == (4, True), refused.err


def test_a_line_that_was_forged_with_its_sha256_does_not_give_the_hash_of_its_leaf(
    whence: Whence, tmp_path: Path
) -> None:
    from adapters.export.line import read, written

    _days(1, 1)
    whence("log", "export", "files")
    path = tmp_path / "files" / "2025-04-03" / "whence.account.DayOpened.jsonl"
    line = read(path.read_bytes())
    line.event["meta"]["actor"] = "somebody"
    path.write_bytes(written(line)[0])
    refused = whence("log", "import", "files", "--log", "sqlite:///copy.db")
    assert (refused.code, "ordinal 2: its fields do not give the hash of its leaf" in refused.err) == (
        4,
        True,
    )


def test_the_folder_of_another_log_a_folder_with_other_files_and_no_export_are_refused(
    whence: Whence, tmp_path: Path
) -> None:
    _days(1, 1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear")
    other = whence("log", "export", "mine")
    assert (other.code, "holds files and no export" in other.err) == (2, True)
    none = whence("log", "import", "mine", "--log", "sqlite:///copy.db")
    assert (none.code, "is no export" in none.err) == (2, True)
    whence("log", "export", "files")
    state = tmp_path / "files" / "exported"
    state.write_text(state.read_text().replace("0d0c2e6a", "1d0c2e6a"))
    another = whence("log", "export", "files")
    assert (another.code, "is the export of the log 1d0c2e6a" in another.err) == (2, True)


def test_a_type_of_which_all_files_are_missing_is_found(whence: Whence, tmp_path: Path) -> None:
    _days(1, 2)
    whence("log", "export", "files")
    (tmp_path / "files" / "2025-04-03" / "whence.log.LogOpened.jsonl").unlink()
    refused = whence("log", "import", "files", "--log", "sqlite:///copy.db")
    assert (refused.code, "event 1 is missing; the next one is 2" in refused.err) == (4, True)
    (tmp_path / "files" / "2025-04-04" / "whence.account.DayOpened.jsonl").unlink()
    continued = whence("log", "export", "files")
    assert (continued.code, "lacks event 3, which was durable" in continued.err) == (4, True)
