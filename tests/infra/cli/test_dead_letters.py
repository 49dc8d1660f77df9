"""`whence dead-letters`: what a person sees of letters, retries and discards."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64decode
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.dead_letters.backlog import TOO_FAST, Backlog
from adapters.dead_letters.letter import Arrival
from adapters.dead_letters.state import LetterSource
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from tests.adapters.bybit.pushed import execution, executions
from tests.adapters.dead_letters.lettering import NOON, ODD, came
from tests.infra.cli.conftest import Whence

LOG = "sqlite:///first.db"
READABLE = json.dumps(executions(execution(1))).encode()


@pytest.fixture
def log(whence: Whence) -> str:
    """A log without letters, in the working folder."""
    assert whence("paper", "--bars", "20", "--log", LOG).code == 0
    return LOG


def keep(*arrivals: Arrival) -> Sequence[str]:
    letters = open_letters(WhenceSettings(log=LOG))
    letters.keep(arrivals)
    letters.close()
    return [one.letter.id for one in arrivals]


def listed(whence: Whence, *words: str) -> list[dict[str, Any]]:
    done = whence("dead-letters", "list", "--log", LOG, "--json", *words)
    assert done.code == 0, done
    rows: list[dict[str, Any]] = json.loads(done.out)
    return rows


def test_a_log_without_letters_lists_none_and_makes_no_file(whence: Whence, log: str) -> None:
    done = whence("dead-letters", "list", "--log", log)
    assert (done.code, done.out, done.err.strip()) == (0, "", "no open dead letter")
    assert not Path("first.letters.db").exists()


def test_letters_are_listed_by_source_and_state(whence: Whence, log: str) -> None:
    one, two = keep(came(), came(1, source=LetterSource.RECORD, place="topic[0]@7"))
    assert [row["id"] for row in listed(whence)] == [two, one]
    assert [row["id"] for row in listed(whence, "--source", "record")] == [two]
    assert [row["id"] for row in listed(whence, "--most", "1")] == [two]
    assert whence("dead-letters", "discard", one, "--reason", "a test", "--log", log).code == 0
    assert [row["id"] for row in listed(whence)] == [two]
    assert [row["id"] for row in listed(whence, "--state", "discarded")] == [one]
    assert len(listed(whence, "--all")) == 2


def test_an_original_is_shown_without_a_character_that_a_terminal_obeys(whence: Whence, log: str) -> None:
    (one,) = keep(came(original=ODD, reason="\N{RIGHT-TO-LEFT OVERRIDE}evil\x1b[2J"))
    for words in (("show", one), ("list",)):
        out = whence("dead-letters", *words, "--log", log).out
        assert not [character for character in out if not character.isprintable() and character != "\n"]
        assert "\\u202eevil\\x1b[2J" in out
    whole = json.loads(whence("dead-letters", "show", one, "--log", log, "--json").out)
    assert b64decode(whole["original_base64"]) == ODD


def test_a_letter_of_10_mb_is_shown_in_part_with_its_whole_length(whence: Whence, log: str) -> None:
    (one,) = keep(came(original=b"x" * 10_000_000))
    done = whence("dead-letters", "show", one, "--log", log)
    assert "the original, 262144 of 10000000 bytes:" in done.out
    assert "258,144 characters more" in done.out
    refused = whence("dead-letters", "retry", one, "--log", log)
    assert (refused.code, "262,144 of 10,000,000 bytes" in refused.err) == (1, True)


def test_after_three_retries_in_vain_a_letter_is_permanent(whence: Whence, log: str) -> None:
    (one,) = keep(came(original=b'{"topic":"order","data":[{}]}'))
    for state in ("RETRIED", "RETRIED", "PERMANENT"):
        done = whence("dead-letters", "retry", one, "--by", "tess", "--log", log, "--json")
        [row] = json.loads(done.out)
        assert (done.code, row["state"], "missing" in row["note"], row["changed_by"]) == (
            1,
            state,
            True,
            "tess",
        )
    refused = whence("dead-letters", "retry", one, "--log", log)
    assert (refused.code, "is PERMANENT" in refused.err, "--reason" in refused.err) == (1, True, True)
    assert whence("dead-letters", "retry", "--all", "--log", log).code == 0
    assert whence("dead-letters", "discard", one, "--reason", "not ours", "--log", log).code == 0
    shown = json.loads(whence("dead-letters", "show", one, "--log", log, "--json").out)
    assert [change["state"] for change in shown["changes"]] == [
        "RETRIED",
        "RETRIED",
        "PERMANENT",
        "DISCARDED",
    ]


def test_a_message_that_can_be_read_now_waits_for_the_engine(whence: Whence, log: str) -> None:
    (one,) = keep(came(original=READABLE))
    done = whence("dead-letters", "retry", "--all", "--log", log, "--json")
    [row] = json.loads(done.out)
    assert (done.code, row["id"], row["waits_for_engine"]) == (0, one, True)
    again = whence("dead-letters", "retry", one, "--log", log)
    assert (again.code, "the engine of its log takes it in" in again.err) == (1, True)


def test_of_several_letters_those_that_can_be_retried_are_and_the_others_are_named(
    whence: Whence, log: str
) -> None:
    counted = Backlog()
    counted.leave_out([came(9)], TOO_FAST)
    [count] = counted.summaries(NOON)
    strange, readable = came(2, place="okx"), came(3, original=READABLE)
    late = came(4, source=LetterSource.MARKET)
    keep(count, strange, readable, late)
    done = whence("dead-letters", "retry", "--all", "--log", log)
    assert (done.code, readable.letter.id in done.out) == (1, True)
    assert "a message of okx came through ccxt" in done.err
    assert f"discard letter {strange.letter.id} with a reason" in done.err
    assert count.letter.id not in done.err
    named = whence("dead-letters", "retry", count.letter.id, "--log", log)
    assert (named.code, "stands for several that were not kept" in named.err) == (1, True)
    assert late.letter.id not in done.out + done.err
    assert "is of market data" in whence("dead-letters", "retry", late.letter.id, "--log", log).err


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("retry",), 2, "name the letters"),
        (("retry", "x", "--all"), 2, "name the letters"),
        (("retry", "gone"), 2, "no dead letter has the id 'gone'"),
        (("show", "gone"), 2, "no dead letter has the id 'gone'"),
        (("discard", "gone", "--reason", "x"), 2, "no dead letter has the id 'gone'"),
        (("discard", "ID"), 2, "--reason"),
        (("discard", "ID", "--reason", " "), 2, "with a reason"),
        (("discard", "ID", "--reason", "\N{RIGHT-TO-LEFT OVERRIDE}x"), 2, "RIGHT-TO-LEFT OVERRIDE"),
        (("discard", "ID", "--reason", "x", "--by", "a\nb"), 2, "the name has"),
        (("list", "--state", "NEW", "--all"), 2, "not both"),
        (("list", "--state", "SOLD"), 2, "--state"),
        (("list", "--source", "SOLD"), 2, "--source"),
    ],
)
def test_a_wrong_word_is_refused_with_what_to_do(
    whence: Whence, log: str, words: Sequence[str], code: int, why: str
) -> None:
    (one,) = keep(came())
    done = whence("dead-letters", *(one if word == "ID" else word for word in words), "--log", log)
    assert (done.code, why in done.err) == (code, True), done


def test_a_log_that_does_not_exist_is_refused(whence: Whence) -> None:
    done = whence("dead-letters", "list", "--log", "sqlite:///gone.db")
    assert (done.code, "there is no log at gone.db" in done.err) == (2, True)
    assert not list(Path().iterdir())


def test_a_state_that_somebody_without_a_key_has_written_is_shown_as_a_doubt_and_hides_nothing(
    whence: Whence, log: str
) -> None:
    [one] = keep(came())
    with closing(sqlite3.connect("first.letters.db")) as file, file:
        file.execute("UPDATE dead_letters SET state = 'DISCARDED'")
    assert [row["state"] for row in listed(whence)] == ["NEW"]
    shown: dict[str, Any] = json.loads(whence("dead-letters", "show", one, "--log", log, "--json").out)
    assert (shown["state"], shown["doubt"]) == (
        "NEW",
        f"the state DISCARDED of letter {one} is not that of its changes",
    )


COPY = "INSERT INTO dead_letters SELECT 'feedfeedfeedfeed'"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE dead_letters SET reason = 'forged' WHERE id = 'ID'", "ID"),
        ("DELETE FROM dead_letter_originals WHERE letter = 'ID'", "ID"),
        ("COPY", "feedfeedfeedfeed"),
    ],
    ids=["changed", "without its original", "inserted"],
)
def test_a_letter_that_this_program_did_not_keep_is_marked_and_the_others_are_retried(
    whence: Whence, log: str, change: str, named: str
) -> None:
    one, two = keep(came(), came(1, original=READABLE))
    with closing(sqlite3.connect("first.letters.db")) as file, file:
        columns = [row[1] for row in file.execute("PRAGMA table_info(dead_letters)")][1:]
        copied = f"{COPY}, {', '.join(columns)} FROM dead_letters WHERE id = '{one}'"
        file.execute(change.replace("COPY", copied).replace("ID", one))
    bad, why = named.replace("ID", one), "is not read: its signature was not made for this content"
    done = whence("dead-letters", "list", "--log", log, "--json")
    doubts = {row["id"]: row["doubt"] for row in json.loads(done.out)}
    assert (done.code, doubts[bad], doubts[two]) == (4, f"letter {bad} {why}", "")
    shown = whence("dead-letters", "list", "--log", log)
    assert (shown.code, shown.out.count("doubt: letter"), f"letter {bad} {why}" in shown.err) == (4, 1, True)
    retried = whence("dead-letters", "retry", "--all", "--log", log)
    assert (retried.code, two in retried.out, f"letter {bad} {why}" in retried.err) == (4, True, True)
    again = {row["id"]: row for row in json.loads(whence("dead-letters", "list", "--log", log, "--json").out)}
    assert again[two]["waits_for_engine"]


def test_a_value_of_another_kind_in_the_file_is_refused_with_what_to_do(whence: Whence, log: str) -> None:
    keep(came())
    with closing(sqlite3.connect("first.letters.db")) as file, file:
        file.execute("UPDATE dead_letters SET received_at = 'x'")
    done = whence("dead-letters", "list", "--log", log)
    assert (done.code, "from a backup, or delete that row" in done.err) == (4, True)
    assert "projections rebuild" not in done.err
