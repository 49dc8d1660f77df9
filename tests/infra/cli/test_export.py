"""`whence export`: the journal and the trades as CSV, JSON lines and Parquet."""

from __future__ import annotations

import csv
import importlib
import io
import json
import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.exports.form import Form
from adapters.exports.forms import export
from adapters.exports.sheet import Sheet
from domain.account import KillSwitchTripped
from projections.columns import MONEY, TEXT, optional
from tests.domain.history import an_open_day
from tests.infra.cli.conftest import Whence
from tests.infra.run.stores import filled
from tests.old_logs.logs import as_printed

parquet: Any = importlib.import_module("pyarrow.parquet")
LOG = ("--log", "sqlite:///log.db")
TRADES = "whence-trades-DEMO-paper-2025-01-01-2025-01-02"


@pytest.fixture
def log(sealed_log: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sealed_log, tmp_path / "log.db"))


def rows_of(path: Path) -> list[Mapping[str, Any]]:
    """The rows of a file in any of the forms."""
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows: list[Mapping[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_trades_of_every_form_have_the_amounts_of_the_closed_positions(
    whence: Whence, log: Path, form: str
) -> None:
    done = whence("export", "trades", *LOG, "--format", form)
    assert (done.code, done.out, done.err) == (0, f"{TRADES}.{form}\n", "")
    closed = [one["data"] for one in as_printed("tape") if one["type"] == "PositionClosed"]
    rows = rows_of(Path(f"{TRADES}.{form}"))
    assert len(rows) == len(closed) == 6
    for row, event in zip(rows, closed, strict=True):
        assert not [value for value in row.values() if isinstance(value, float)]
        for name in ("net", "gross", "fees", "funding"):
            assert Decimal(row[name]) == Decimal(event[name])
        assert row["exit_order"] == event["order_id"]
        assert Decimal(row["exit_price"]) == Decimal(event["price"])
        assert Decimal(row["max_quantity"]) > 0
        assert not row.keys() & {"quantity", "cost"}
    assert {row["strategy"] for row in rows} >= {"MANUAL"}


@pytest.mark.parametrize("what", ["trades", "journal"])
def test_an_export_of_a_day_is_that_of_the_same_first_and_last_day(
    whence: Whence, log: Path, tmp_path: Path, what: str
) -> None:
    day, ends = ("--day", "2025-01-02"), ("--from", "2025-01-02", "--to", "2025-01-02")
    for name, words in (("day", day), ("ends", ends)):
        assert whence("export", what, *LOG, *words, "--out", f"{name}.csv").code == 0
    assert (tmp_path / "day.csv").read_bytes() == (tmp_path / "ends.csv").read_bytes()
    both = whence("export", what, *LOG, *day, *ends)
    assert (both.code, "--day is a period of its own" in both.err) == (2, True)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_journal_has_every_event_of_the_log_with_its_fields(whence: Whence, log: Path, form: str) -> None:
    done = whence("export", "journal", *LOG, "--format", form, "--out", f"j.{form}")
    assert (done.code, done.out) == (0, f"j.{form}\n"), done
    rows, printed = rows_of(Path(f"j.{form}")), as_printed("tape")
    assert [int(row["ordinal"]) for row in rows] == [one["position"] for one in printed]
    for row, event in zip(rows, printed, strict=True):
        assert (row["type"], row["actor"], row["event_id"]) == (
            event["type"],
            event["actor"],
            event["event_id"],
        )
        data = json.loads(row["data"]) if isinstance(row["data"], str) else row["data"]
        assert (
            data.items()
            >= {name: one for name, one in event["data"].items() if not isinstance(one, dict | list)}.items()
        )


def test_a_period_of_the_journal_has_its_days_alone(whence: Whence, log: Path) -> None:
    done = whence(
        "export", "journal", *LOG, "--from", "2025-01-02", "--to", "2025-01-02", "--format", "jsonl"
    )
    name = "whence-journal-DEMO-2025-01-02.jsonl"
    assert (done.code, done.out) == (0, f"{name}\n")
    days = [one["occurred_at"][:10] for one in as_printed("tape")]
    assert len(rows_of(Path(name))) == days.count("2025-01-02") > 0


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_text_that_a_spreadsheet_would_run_is_guarded_and_an_amount_is_not(
    tmp_path: Path, text: str
) -> None:
    columns = {"text": TEXT, "maybe": optional(TEXT), "amount": optional(MONEY)}
    rows = [{"text": text, "maybe": text, "amount": Decimal("-1.50")}]
    rows += [{"text": "a=1", "maybe": None, "amount": None}]
    export(Sheet(columns, rows), Form.CSV, tmp_path / "a.csv")
    assert rows_of(tmp_path / "a.csv") == [
        {"text": f"'{text}", "maybe": f"'{text}", "amount": "-1.50"},
        {"text": "a=1", "maybe": "", "amount": ""},
    ]


def test_the_reason_of_a_person_cannot_become_a_formula(whence: Whence) -> None:
    history = an_open_day().account(KillSwitchTripped("=cmd|'/C calc'!A0"))
    filled(LOG[1], history.envelopes)
    assert whence("export", "journal", *LOG, "--out", "j.csv").code == 0
    rows = rows_of(Path("j.csv"))
    assert rows[-1]["sentence"] == "'=cmd|'/C calc'!A0"


def test_parquet_keeps_an_amount_of_more_digits_than_a_decimal128_as_text(tmp_path: Path) -> None:
    long, short = Decimal("0.1234567890123456789"), Decimal("-0.000000000000000001")
    export(
        Sheet({"long": MONEY, "short": MONEY}, [{"long": long, "short": short}]),
        Form.PARQUET,
        tmp_path / "a.parquet",
    )
    assert rows_of(tmp_path / "a.parquet") == [{"long": str(long), "short": short}]


def test_an_export_that_fails_leaves_the_earlier_file(tmp_path: Path) -> None:
    place = tmp_path / "a.csv"
    place.write_text("before")

    def broken() -> Any:
        yield {"text": "x"}
        raise RuntimeError("the log ends here")

    with pytest.raises(RuntimeError, match="ends here"):
        export(Sheet({"text": TEXT}, broken()), Form.CSV, place)
    assert place.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("words", [("export", "trades"), ("report",)])
def test_a_hyphen_is_no_file_and_makes_no_folder(
    whence: Whence, log: Path, words: tuple[str, ...], tmp_path: Path
) -> None:
    done = whence(*words, *LOG, "--out", "-")
    assert (done.code, "does not stand for the standard output" in done.err) == (2, True), done.err
    assert not (tmp_path / "-").exists()
