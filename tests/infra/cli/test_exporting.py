"""`whence log export` and `import`: files that are a function of the log, and the same log of them again."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.avro.codec import SINGLE_OBJECT
from adapters.avro.schema import schema_of
from adapters.avro.wire import write_record
from adapters.export.folder import STATE, files_of, read_state
from adapters.export.line import FIRST, Line, read, written
from adapters.notary.leaves import leaf_of, leaves
from infra.config import WhenceSettings
from infra.logs import open_reader
from tests.adapters.log.days import days, opened
from tests.infra.cli.conftest import Whence
from tests.infra.run.stores import filled

_LOG = "sqlite:///whence.db"
_COPY = "sqlite:///copy.db"


def _files(folder: Path) -> Mapping[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def _days(first: int, last: int) -> None:
    filled(_LOG, [*([opened()] if first == 1 else []), *days("account-main", first, last)])


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
    made = whence("log", "import", "files", "--log", target, "--without-proof")
    assert made.code == 0, made.err
    assert "read-only until `whence log adopt" in made.out
    assert "Nothing proves who wrote the events of" in made.err
    with (
        closing(open_reader(WhenceSettings(log=_LOG))) as source,
        closing(open_reader(WhenceSettings(log=target))) as copy,
    ):
        assert list(copy.placed(0, copy.head())) == list(source.placed(0, source.head()))
        assert copy.is_copy()
        assert copy.is_unproven()
        assert copy.unverified() == ""
    whence("log", "export", "again", "--log", target)
    assert _files(tmp_path / "again") == _files(tmp_path / "files")
    adopted = whence("log", "adopt", "--log", target, "--source-lost")
    assert (adopted.code, "Nothing proves who wrote the events of" in adopted.err) == (0, True), adopted.err


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
    refused = whence("log", "import", "files", "--log", "sqlite:///copy.db", "--without-proof")
    assert (refused.code, fault in refused.err) == (4, True), refused.err


def test_a_line_that_was_forged_with_its_sha256_does_not_give_the_hash_of_its_leaf(
    whence: Whence, tmp_path: Path
) -> None:
    _days(1, 1)
    whence("log", "export", "files")
    path = tmp_path / "files" / "2025-04-03" / "whence.account.DayOpened.jsonl"
    line = read(path.read_bytes())
    line.event["meta"]["actor"] = "somebody"
    path.write_bytes(written(line)[0])
    refused = whence("log", "import", "files", "--log", "sqlite:///copy.db", "--without-proof")
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
    refused = whence("log", "import", "files", "--log", "sqlite:///copy.db", "--without-proof")
    assert (refused.code, "event 1 is missing; the next one is 2" in refused.err) == (4, True)
    (tmp_path / "files" / "2025-04-04" / "whence.account.DayOpened.jsonl").unlink()
    continued = whence("log", "export", "files")
    assert (continued.code, "lacks event 3, which was durable" in continued.err) == (4, True)


def _forged(folder: Path, change: Callable[[Line], Line]) -> None:
    """Changes every line, and makes all that anybody can make again: leaves, the chains of lines, and the state."""
    for files in files_of(folder).values():
        before = FIRST
        for path in files:
            texts: list[bytes] = []
            for text in path.read_bytes().splitlines(keepends=True):
                line = change(read(text)._replace(before=before))
                body = io.BytesIO()
                fingerprint = bytes.fromhex(line.schema)
                write_record(body, schema_of(fingerprint).wire, line.event)
                leaf = leaf_of(
                    (line.ordinal, line.stream, line.version, SINGLE_OBJECT + fingerprint + body.getvalue())
                )
                made, before = written(line._replace(leaf=leaf.hash.hex()))
                texts.append(made)
                if line.ordinal == read_state(folder).ordinal:
                    state = folder / STATE
                    state.write_text(state.read_text().replace(read_state(folder).leaf, leaf.hash.hex()))
            path.write_bytes(b"".join(texts))


def _richer(line: Line) -> Line:
    if line.type == "whence.account.DayOpened":
        line.event["meta"]["actor"] = "mallory"
    return line


def _notary(whence: Whence) -> tuple[str, ...]:
    """The options that prove an export of the log as it is now."""
    key = whence("notary", "key", "--log", _LOG, "--folder", "notary").out.strip()
    assert whence("notary", "run", "--once", "--log", _LOG, "--folder", "notary").code == 0
    return ("--key", key, "--checkpoints", "notary/checkpoints")


def test_an_export_that_nobody_proves_is_not_imported_because_its_events_would_have_valid_marks(
    whence: Whence, tmp_path: Path
) -> None:
    _days(1, 3)
    whence("log", "export", "files")
    refused = whence("log", "import", "files", "--log", _COPY)
    assert (refused.code, (tmp_path / "copy.db").exists()) == (1, False), refused.err
    assert "nothing else proves that an installation wrote their events" in refused.err
    assert "accept them as they are with --without-proof" in refused.err
    half = whence("log", "import", "files", "--log", _COPY, "--key", "k")
    assert (half.code, "name both" in half.err) == (2, True)


def test_a_forged_export_is_found_by_the_checkpoints_and_without_them_is_stated_as_unproven_at_its_adoption(
    whence: Whence, tmp_path: Path
) -> None:
    _days(1, 3)
    proof = _notary(whence)
    whence("log", "export", "files")
    whence("log", "export", "genuine")
    _forged(tmp_path / "files", _richer)
    found = whence("log", "import", "files", "--log", _COPY, *proof, "--without-proof")
    assert (found.code, (tmp_path / "copy.db").exists()) == (4, False)
    assert "are not those of which a checkpoint is signed" in found.err
    assert whence("log", "import", "files", "--log", _COPY, "--without-proof").code == 0
    adopted = whence("log", "adopt", "--log", _COPY, "--source-lost")
    assert (adopted.code, "Nothing proves who wrote the events of sqlite:///copy.db" in adopted.err) == (
        0,
        True,
    )
    assert whence("log", "import", "genuine", "--log", "sqlite:///good.db", *proof).err == ""
    trusted = whence("log", "adopt", "--log", "sqlite:///good.db", "--source-lost")
    assert (trusted.code, "Nothing proves" in trusted.err) == (0, False)


def test_events_after_the_last_checkpoint_are_imported_only_without_proof_and_never_into_a_proven_copy(
    whence: Whence,
) -> None:
    _days(1, 3)
    proof = _notary(whence)
    whence("log", "export", "files")
    assert whence("log", "import", "files", "--log", _COPY, *proof).code == 0
    _days(4, 4)
    whence("log", "export", "files")
    later = whence("log", "import", "files", "--log", _COPY, *proof)
    assert (later.code, "the events after event 4 are in no checkpoint" in later.err) == (1, True)
    mixed = whence("log", "import", "files", "--log", _COPY, *proof, "--without-proof")
    assert (mixed.code, "holds 4 events that were proven" in mixed.err) == (1, True), mixed.err
    other = whence("log", "import", "files", "--log", "sqlite:///other.db", *proof, "--without-proof")
    assert (other.code, "in no checkpoint" in other.err) == (0, True), other.err


def test_a_copy_and_a_backup_of_an_unproven_copy_are_unproven_too(whence: Whence) -> None:
    _days(1, 2)
    whence("log", "export", "files")
    assert whence("log", "import", "files", "--log", _COPY, "--without-proof").code == 0
    assert whence("log", "copy", "--from", _COPY, "--to", "sqlite:///second.db").code == 0
    assert whence("log", "backup", "kept", "--log", _COPY).code == 0
    assert whence("log", "restore", "kept", "--log", "sqlite:///third.db").code == 0
    for name in ("second", "third"):
        adopted = whence("log", "adopt", "--log", f"sqlite:///{name}.db", "--source-lost")
        assert (adopted.code, "Nothing proves who wrote" in adopted.err) == (0, True), name


def test_a_copy_and_a_backup_of_an_unproven_copy_that_was_adopted_are_unproven_too(whence: Whence) -> None:
    _days(1, 2)
    whence("log", "export", "files")
    assert whence("log", "import", "files", "--log", _COPY, "--without-proof").code == 0
    assert whence("log", "adopt", "--log", _COPY, "--source-lost").code == 0
    assert "Nothing proves who" in whence("log", "copy", "--from", _COPY, "--to", "sqlite:///second.db").err
    assert whence("log", "backup", "kept", "--log", _COPY).code == 0
    assert "Nothing proves who" in whence("log", "restore", "kept", "--log", "sqlite:///third.db").err
    for name in ("second", "third"):
        adopted = whence("log", "adopt", "--log", f"sqlite:///{name}.db", "--source-lost")
        assert (adopted.code, "Nothing proves who wrote" in adopted.err) == (0, True), name


def _rewritten(folder: Path, change: Callable[[bytes], bytes]) -> None:
    """Changes the texts of the days' openings, and makes the chain of their hashes again; the leaves stay."""
    before = FIRST
    for path in files_of(folder)["whence.account.DayOpened"]:
        texts: list[bytes] = []
        for text in path.read_bytes().splitlines(keepends=True):
            line = change(written(read(text)._replace(before=before))[0])
            content = line.rpartition(b',"sha256":"')[0]
            before = sha256(content).hexdigest()
            texts.append(content + f',"sha256":"{before}"}}\n'.encode())
        path.write_bytes(b"".join(texts))


@pytest.mark.parametrize(
    ("pattern", "instead", "fault"),
    [
        (
            rb'("recorded_at":"[^T]*T)[^"]*"',
            rb'\g<1>23:59:59Z"',
            "recorded_at in the line is not",
        ),
        (rb'"id":"[^"]*"', b'"id":"00000000-0000-0000-0000-000000000000"', "id in the line is not"),
        (rb'"event":{', b'"event":{"note":"bought",', "event in the line is not"),
        (rb'"event":{', b'"version":9,"event":{', "a member stands twice"),
    ],
)
def test_a_line_that_states_something_else_than_its_event_is_refused_although_its_leaf_is_the_notarys(
    whence: Whence, tmp_path: Path, pattern: bytes, instead: bytes, fault: str
) -> None:
    _days(1, 2)
    whence("log", "export", "files")
    _rewritten(tmp_path / "files", lambda text: re.sub(pattern, instead, text, count=1))
    refused = whence("log", "import", "files", "--log", _COPY, "--without-proof")
    assert (refused.code, fault in refused.err) == (4, True), refused.err


def test_a_day_whose_folder_was_renamed_is_refused(whence: Whence, tmp_path: Path) -> None:
    _days(1, 3)
    whence("log", "export", "files")
    (tmp_path / "files" / "2025-04-05").rename(tmp_path / "files" / "2031-01-01")
    refused = whence("log", "import", "files", "--log", _COPY, "--without-proof")
    assert (refused.code, "it belongs into the folder 2025-04-05" in refused.err) == (4, True), refused.err


def test_an_export_that_states_another_log_is_refused_and_lines_after_its_stated_end_are_named(
    whence: Whence, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _days(1, 2)
    whence("log", "export", "files")
    earlier = (tmp_path / "files" / "exported").read_text()
    _days(3, 4)
    whence("log", "export", "files")
    (tmp_path / "files" / "exported").write_text(earlier)
    assert whence("log", "import", "files", "--log", _COPY, "--without-proof").code == 0
    assert "has lines after event 3, where the export is durable, from event 4 on" in caplog.text
    (tmp_path / "files" / "exported").write_text(earlier.replace("0d0c2e6a", "1d0c2e6a"))
    other = whence("log", "import", "files", "--log", "sqlite:///other.db", "--without-proof")
    assert (other.code, "states the log 1d0c2e6a" in other.err) == (4, True), other.err
