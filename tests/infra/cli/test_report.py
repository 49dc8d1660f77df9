"""`whence report`: a page and JSON of an account, a strategy and an order, with the checkpoint that they stand on."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from adapters import extras
from adapters.dead_letters.letter import arrival
from adapters.dead_letters.state import LetterSource
from domain.account import KillSwitchTripped
from domain.log import event_id
from domain.signal import Verdict
from domain.streams import account_stream
from infra.config import load
from infra.dead_letters import open_letters
from infra.reports import browser_print
from infra.reports.weasyprint_print import with_styled_drawings
from tests.domain.history import (
    ACCOUNT,
    LOG_ID,
    D,
    a_decision,
    a_signal,
)
from tests.infra.cli.conftest import Completed, Whence
from tests.infra.run.stores import filled
from tests.old_logs.logs import as_printed, copy_of, sealed
from tests.projections.test_transfers import Account
from tests.replacing import replace

LOG = ("--log", "sqlite:///log.db")
NAME = "whence-report-DEMO-paper-2025-01-01-2025-01-02"
ORDER = "rr02z0fk5mnxx-e1"


@pytest.fixture
def log(sealed_log: Path, tmp_path: Path) -> Path:
    """A log of 159 events with requests of a person, amendments, a kill switch and funding."""
    return Path(shutil.copy(sealed_log, tmp_path / "log.db"))


def written(done: Completed) -> Path:
    assert (done.code, done.err) == (0, ""), done
    return Path(done.out.strip())


def in_json(whence: Whence, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        written(whence("report", *LOG, "--format", "json", *words)).read_text()
    )
    return found


def test_the_statement_equals_the_sums_of_the_events_that_an_earlier_version_printed(
    whence: Whence, log: Path
) -> None:
    def total(field: str, *kinds: str) -> Decimal:
        return sum((Decimal(one["data"][field]) for one in events if one["type"] in kinds), Decimal(0))

    events = as_printed("tape")
    statement = in_json(whence)["statement"]
    realised = total("realised", "PositionReduced", "PositionClosed")
    fees = total("fee", "PositionOpened", "PositionIncreased", "PositionReduced", "PositionClosed")
    funding = total("amount", "PositionFunded")
    assert Decimal(statement["realised"]) == realised != 0
    assert Decimal(statement["fees"]) == fees != 0
    assert Decimal(statement["funding"]) == funding != 0
    (last,) = [one for one in events if one["type"] == "BalanceChanged"][-1:]
    assert Decimal(statement["closing"]) == Decimal(last["data"]["balance"])
    assert Decimal(statement["starting"]) + realised - fees + funding == Decimal(statement["closing"])
    assert Decimal(statement["difference"]) == Decimal(statement["other"]) == 0


def test_the_trail_names_who_did_what_when_why_and_with_what_parameters(whence: Whence, log: Path) -> None:
    trail = in_json(whence)["trail"]
    printed = {one["position"]: one for one in as_printed("tape")}
    for row in trail:
        event = printed[row["ordinal"]]
        assert (row["type"], row["actor"], row["at"], row["recorded_at"]) == (
            event["type"],
            event["actor"],
            event["occurred_at"],
            event["recorded_at"],
        )
    acting = ("OrderPlaced", "OrderAmended", "OrderCancelRequested", "SettingsChanged", "ProtectionMoved")
    for kind in (*acting, "KillSwitchTripped", "KillSwitchReset", "OrderFilled", "PositionClosed"):
        listed = [one["ordinal"] for one in trail if one["type"] == kind]
        assert listed == [at for at, one in printed.items() if one["type"] == kind], kind
    by_eve = [one for one in trail if one["actor"] == "eve"]
    settings = next(one for one in by_eve if one["type"] == "SettingsChanged")
    assert "->" in settings["what"]
    assert settings["why"].startswith("command:")
    closed = next(one for one in trail if one["type"] == "PositionClosed")
    assert closed["why"].startswith("OrderFilled #")
    assert "order id" in closed["parameters"]


def test_a_page_needs_no_network_and_the_same_events_give_the_same_page(whence: Whence, log: Path) -> None:
    page = written(whence("report", *LOG))
    assert page.name == f"{NAME}.html"
    text = page.read_text()
    assert not [word for word in ("http://", "https://", "<script", "url(", "<link") if word in text]
    assert "DEMO: fills were simulated" in text
    assert ">eve<" in text
    upto = len(as_printed("tape")) - 20
    first = written(whence("report", *LOG, "--upto", str(upto), "--out", "first.html")).read_bytes()
    again = written(whence("report", *LOG, "--upto", str(upto), "--out", "again.html")).read_bytes()
    assert sha256(first).digest() == sha256(again).digest()
    assert first != page.read_bytes()
    shorter = sealed(copy_of("tape", log.parent, upto))
    assert shorter == log
    assert written(whence("report", *LOG, "--out", "shorter.html")).read_bytes() == first


def test_a_report_stands_on_the_root_that_the_notary_signs(whence: Whence, log: Path) -> None:
    key = whence("notary", "key", *LOG, "--folder", "notary").out.strip()
    assert whence("notary", "run", "--once", *LOG, "--folder", "notary", "--events", "50").code == 0
    signed = ("--checkpoints", "notary", "--key", key)
    whole, earlier = in_json(whence, *signed), in_json(whence, *signed, "--upto", "100")
    note = (Path("notary") / "checkpoint").read_text()
    assert whole["checkpoint"]["signed"] == note
    assert note.split("\n")[:3] == [whole["checkpoint"]["origin"], "159", whole["checkpoint"]["root"]]
    signed_at_100 = next(
        one for one in (Path("notary") / "checkpoints").read_text().split("\n\n") if "\n100\n" in one
    )
    assert earlier["checkpoint"]["root"] == signed_at_100.split("\n")[2]
    text = written(whence("report", *LOG, *signed, "--out", "signed.html")).read_text()
    assert whole["checkpoint"]["root"].replace("+", "&#43;") in text or whole["checkpoint"]["root"] in text
    sealed(copy_of("tape", log.parent, 120))
    refused = whence("report", *LOG, *signed)
    assert (refused.code, refused.out) == (4, "")
    assert "the log ends at ordinal 120, and a checkpoint of 159 events is signed" in refused.err


def test_an_order_is_reported_with_its_story_alone(whence: Whence, log: Path) -> None:
    found = in_json(whence, "--order", ORDER)
    chain = ORDER.partition("-")[0]
    chains = {one["chain"] for one in found["trail"]}
    assert chain in chains
    assert len(chains) == 3
    assert {one["subject"] for one in found["trail"]} >= {ORDER, f"{chain}-s1"}
    assert "statement" not in found
    page = written(whence("report", *LOG, "--order", ORDER))
    assert page.name == f"whence-report-DEMO-paper-{ORDER}-2025-01-01.html"
    assert '<h2 id="fills">' in page.read_text()
    refused = whence("report", *LOG, "--order", "nothing")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("whence: account paper has no order 'nothing'")


def test_a_day_and_a_strategy_are_reported_alone(whence: Whence, log: Path) -> None:
    whole = in_json(whence)
    days = [in_json(whence, "--day", day) for day in ("2025-01-01", "2025-01-02")]
    nets = [Decimal(one["statement"]["net"]) for one in days]
    assert sum(nets, Decimal(0)) == Decimal(whole["statement"]["net"])
    assert days[0]["statement"]["closing"] == days[1]["statement"]["opening"]
    by_strategy = whole["performance"]["strategy"]
    assert len(by_strategy) > 1
    for name, sums in by_strategy.items():
        own = in_json(whence, "--strategy", name)
        assert own["performance"]["all"][""] == sums
        assert "statement" not in own


def test_a_live_log_is_named_live_and_its_incidents_and_hostile_texts_are_shown(
    whence: Whence,
) -> None:
    hostile = "=1+1 <img src=x onerror=alert(1)>"
    history = Account().history.account(KillSwitchTripped(hostile))
    filled(LOG[1], [replace(one, meta=replace(one.meta, source="live")) for one in history.envelopes])
    page = written(whence("report", *LOG))
    assert page.name.startswith(f"whence-report-LIVE-{ACCOUNT}-")
    text = page.read_text()
    assert "<img" not in text
    assert "&lt;img src=x" in text
    assert "kill switch tripped" in text
    assert "DEMO:" not in text
    assert in_json(whence)["incidents"]["counts"] == {"kill switch tripped": 1}


def test_dead_letters_of_the_period_are_counted_as_incidents(whence: Whence, log: Path) -> None:
    at = datetime(2025, 1, 2, 9, tzinfo=UTC)
    with closing(open_letters(load(log=LOG[1]))) as letters:
        for number, received in enumerate((at, at + timedelta(days=40))):
            reason = f"no field <orderId> {number}"
            letters.keep([arrival(LetterSource.EXCHANGE, "bybit", received, reason, f"{number}".encode())])
    found = in_json(whence, "--day", "2025-01-02")
    assert found["incidents"]["counts"]["dead letter"] == 1
    assert [one["reason"] for one in found["dead_letters"]] == ["no field <orderId> 0"]
    text = written(whence("report", *LOG, "--day", "2025-01-02")).read_text()
    assert "no field &lt;orderId&gt; 0" in text
    assert "the checkpoint does not cover them" in text


def test_a_log_of_several_accounts_needs_the_name_of_one(whence: Whence) -> None:
    own, stream = Account().history.envelopes, account_stream("other")
    number = event_id(LOG_ID, stream, 1)
    meta = replace(own[-1].meta, account="other", stream=stream, event_id=number)
    filled(LOG[1], [*own, replace(own[-1], meta=meta)])
    refused = whence("report", *LOG)
    assert (refused.code, refused.out) == (2, "")
    assert f"the log has the accounts {ACCOUNT}, other: name one with --account" in refused.err
    first = own[0].meta.occurred_at.date().isoformat()
    before = whence("report", *LOG, "--day", first)
    assert (before.code, before.err) == (2, refused.err), "an account that was opened after the period"
    assert in_json(whence, "--account", "other")["account"] == "other"


def test_signals_that_were_not_traded_are_counted_by_reason(whence: Whence) -> None:
    history = Account().history
    for at, reasons in enumerate((("COOLDOWN", "TREND"), ("COOLDOWN",))):
        skip = a_decision(verdict=Verdict.SKIP, reasons=reasons, quantity=D(0), stop=D(0), target=D(0))
        history.signal(a_signal(), skip, chain=f"s{at}")
    filled(LOG[1], history.envelopes)
    found = in_json(whence)
    assert found["skipped"] == {"COOLDOWN": 2, "TREND": 1}
    assert found["trail"][-1]["type"] != "DecisionMade"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--day", "2025-01-01", "--from", "2025-01-01"), "--day is a period of its own"),
        (("--day", "yesterday"), "'yesterday' is not a day; write it like 2025-06-30"),
        (("--order", ORDER, "--strategy", "trend"), "--order reports the whole story"),
        (("--from", "2026-01-01"), "no event of account paper in this period; the nearest is of 2025-01-02"),
        (("--key", "k"), "--checkpoints and --key belong together"),
        (("--upto", "999"), "the log has events 1 to 159; there is none with the ordinal 999"),
        (("--account", "other"), "the log has no event of account 'other'"),
        (("--pdf", "--format", "json"), "--pdf prints the page"),
        (("--log", "sqlite:///absent.db"), "there is no log at absent.db"),
        (("--out", "log.db/sub"), "cannot be written"),
    ],
)
def test_what_cannot_be_reported_is_refused_in_one_line_and_writes_nothing(
    whence: Whence, log: Path, words: tuple[str, ...], message: str
) -> None:
    before = {one.name for one in log.parent.iterdir()}
    done = whence("report", *LOG, *words)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done
    assert message in done.err
    assert {one.name for one in log.parent.iterdir()} - before <= {"log.db-shm", "log.db-wal"}


def test_a_file_after_pdf_is_refused_and_the_option_for_it_named(whence: Whence, log: Path) -> None:
    done = whence("report", *LOG, "--pdf", "mine.pdf")
    assert (done.code, done.out) == (2, ""), done
    assert "name it with --out, as --pdf --out mine.pdf" in done.err
    assert not list(log.parent.glob("*.pdf"))


def test_with_pdf_the_option_out_may_name_the_pdf_and_the_page_is_beside_it(
    whence: Whence, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_print, "_NAMES", ())
    done = whence("report", *LOG, "--strategy", "MANUAL", "--pdf", "--out", "mine.pdf")
    assert (done.code, done.out) == (0, "mine.html\nmine.pdf\n"), done
    assert Path("mine.pdf").read_bytes().startswith(b"%PDF-")


def _none_found(_name: str) -> None:
    """As `importlib.util.find_spec` where no module is installed."""


def test_without_a_browser_and_the_extra_the_page_is_written_and_the_remedy_named(
    whence: Whence, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_print, "_NAMES", ())
    monkeypatch.setattr(extras, "find_spec", _none_found)
    done = whence("report", *LOG, "--pdf")
    assert (done.code, done.out) == (1, f"{NAME}.html\n")
    assert "apt install chromium" in done.err
    assert "pip install" in done.err
    assert Path(f"{NAME}.html").exists()


def test_without_a_browser_the_extra_prints_the_page_with_its_drawings_styled(
    whence: Whence, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_print, "_NAMES", ())
    done = whence("report", *LOG, "--strategy", "MANUAL", "--pdf", "--out", "by_hand.html")
    assert (done.code, done.out) == (0, "by_hand.html\nby_hand.pdf\n"), done
    assert Path("by_hand.pdf").read_bytes().startswith(b"%PDF-")
    drawings = with_styled_drawings(Path("by_hand.html").read_text()).split("<svg")[1:]
    assert drawings
    for drawing in drawings:
        style = drawing.partition("<style>")[2].partition("</style>")[0]
        assert ".rises { fill: #14804a; stroke: #14804a; }" in style


@pytest.mark.servers
def test_chromium_prints_the_page_to_a_pdf(whence: Whence, log: Path) -> None:
    done = whence("report", *LOG, "--order", ORDER, "--pdf", "--out", "order.html")
    assert (done.code, done.out) == (0, "order.html\norder.pdf\n"), done
    printed = Path("order.pdf").read_bytes()
    assert printed.startswith(b"%PDF-")
    assert b"/Type /Page" in printed
    assert len(printed) > 5_000
