"""Every command of the documentation: it is valid on the command line, and it is run here or by the test named here."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from adapters.tapes import synthetic_tape
from tests.infra.cli.conftest import Whence
from tests.infra.parsed import parsed, program
from tests.infra.site.blocks import PAGES as DOCUMENTS
from tests.infra.site.blocks import ROOT, Command, commands

README = "tests/journeys/test_readme.py"
_CLI = "tests/infra/cli/"

ELSEWHERE: Mapping[str, str] = {
    # They run until Ctrl-C, beside an exchange, a broker or another program.
    "accounts": "tests/journeys/test_accounts.py",
    "alerts run": "tests/infra/run/test_alerting.py",
    "api": f"{_CLI}test_api.py",
    "book ": f"{_CLI}test_book.py",
    "candles publish": f"{_CLI}test_scan.py",
    "kill": f"{_CLI}test_kill.py",
    "live": f"{_CLI}test_live.py",
    "notary": f"{_CLI}test_audit.py",
    "paper --live": f"{_CLI}test_paper_live.py",
    "paper --candles BTCUSDT_5m.csv --log sqlite:///watched.db": README,
    "projections run": f"{_CLI}test_projections.py",
    "reconcile": f"{_CLI}test_reconcile.py",
    "record ": f"{_CLI}test_record.py",
    "reset": f"{_CLI}test_kill.py",
    "routes": f"{_CLI}test_routes.py",
    "settings apply": f"{_CLI}test_settings_versions.py",
    "settings history": f"{_CLI}test_settings_versions.py",
    "settings pending": f"{_CLI}test_settings_versions.py",
    "settings reject": f"{_CLI}test_settings_versions.py",
    "settings rollback": f"{_CLI}test_settings_versions.py",
    "scan": f"{_CLI}test_scan.py",
    "shadow": f"{_CLI}test_shadow.py",
    "status --log kafka": "tests/journeys/test_accounts.py",
    "telegram": "tests/infra/telegram/test_journey.py",
    "topics apply --partitions": "tests/journeys/test_accounts.py",
    "venue": f"{_CLI}test_venue.py",
    "log --follow": README,
    "log --send": f"{_CLI}test_sending.py",
    "dev": f"{_CLI}test_dev.py",
    # They need a server, or an exchange on the internet; the tests have one of their own.
    "candles fetch": f"{_CLI}test_fetch.py",
    "log adopt": f"{_CLI}test_copies.py",
    "log copy": f"{_CLI}test_copies.py",
    "log import": f"{_CLI}test_exporting.py",
    "paper --candles BTCUSDT_5m.csv --log kafka": README,
    # They continue what a live run, a notary, a recording or a training left.
    "alerts test": "tests/infra/run/test_alerting.py",
    "alerts ack": f"{_CLI}test_alerts_list.py",
    "audit": f"{_CLI}test_audit.py",
    "backtest --recording": f"{_CLI}test_backtest_recording.py",
    "backtest --tape": f"{_CLI}test_backtest.py",
    "backtest --trades": f"{_CLI}test_backtest.py",
    "explain SIGNAL_ID": f"{_CLI}test_explain.py",
    "explain <chain>": f"{_CLI}test_explain.py",
    "features": f"{_CLI}test_features.py",
    "instruments import": f"{_CLI}test_instruments.py",
    "log --log sqlite:///live.db": f"{_CLI}test_log.py",
    "log --log sqlite:///copy.db": f"{_CLI}test_log.py",
    "models": f"{_CLI}test_model_registry.py",
    "models auto": f"{_CLI}test_model_auto.py",
    "paper --candles BTCUSDT_5m.csv ETHUSDT_5m.csv --config first.toml": f"{_CLI}test_what_if.py",
    "paper --log sqlite:///channel.db": "tests/infra/run/test_contributing.py",
    "personal": f"{_CLI}test_personal.py",
    "projections rebuild all": f"{_CLI}test_projections.py",
    "recordings": "tests/journeys/test_record.py",
    "replay": f"{_CLI}test_replay.py",
    "report --log sqlite:///whence.db --checkpoints": f"{_CLI}test_report.py",
    "weights": f"{_CLI}test_weights.py",
    "what-if --log sqlite:///live.db": f"{_CLI}test_what_if.py",
    "what-if --log sqlite:///first.db": f"{_CLI}test_what_if.py",
    "what-if --model": f"{_CLI}test_what_if.py",
    # They take a minute, need another tape than that of a page's folder, or print to Chromium.
    "backtest --candles BTCUSDT_5m.csv --from": f"{_CLI}test_backtest.py",
    "backtest --symbol BTCUSDT --bars 2000 --check-lookahead": f"{_CLI}test_backtest.py",
    "candles check Binance_BTCUSDT_minute.csv": f"{_CLI}test_candles.py",
    "log --from 1200": f"{_CLI}test_log.py",
    "optimise": f"{_CLI}test_optimise.py",
    "report --log sqlite:///whence.db --pdf": f"{_CLI}test_report.py",
}
"""Commands by the beginning of their line that are not run here, with the test that runs them with words of its own."""
_TRANSLATED = frozenset({"start.ru.md"})
"""Pages whose commands are those of another page (`tests/infra/site/test_languages.py`)."""


_LEAF = "event leaf 1"
"""The rest of a tag of the audit's hashes, `whence event leaf 1`, which is no command."""
_MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _elsewhere(one: Command) -> str | None:
    """The longest beginning of the command's line in the table; the README's section is run as a whole."""
    line = " ".join(one.words)
    found = [begin for begin in ELSEWHERE if line.startswith(begin)]
    return max(found, key=len, default=None)


def _here(page: str) -> Sequence[Command]:
    return [one for one in commands() if one.page == page and _elsewhere(one) is None]


PAGES = sorted({one.page for one in commands() if _elsewhere(one) is None} - _TRANSLATED - {"README.md"})


@pytest.mark.parametrize("page", sorted({one.page for one in commands()}))
def test_the_command_line_accepts_every_command_of_a_page(page: str) -> None:
    for one in commands():
        if one.page == page:
            parsed(one.words)


def _unknown(words: Sequence[str]) -> str:
    """The first word that names no command where a command has to be named; empty where all are known."""
    command = program()
    for word in words:
        known = getattr(command, "commands", None)
        if known is None or not re.fullmatch(r"[a-z][a-z-]*", word):
            return ""
        if word not in known:
            return "" if command.invoke_without_command else word
        command = known[word]
    return ""


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_every_command_extra_and_target_that_the_prose_of_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    spans = [" ".join(span.split()) for span in re.findall(r"`whence ([^`]+)`", text)]
    assert [span for span in spans if _unknown(re.split(r"[ |,]", span)) and span != _LEAF] == []
    targets = set(re.findall(r"(?:^|`| )make ([a-z][a-z-]*)(?=`|$| +#| ARGS)", text, re.MULTILINE))
    assert targets <= set(re.findall(r"^([a-z-]+)(?= |:)", _MAKEFILE, re.MULTILINE))
    extras = {one for found in re.findall(r"(?:\.|whence)\[([a-z,-]+)\]'", text) for one in found.split(",")}
    assert extras <= set(_PROJECT["project"]["optional-dependencies"])


def test_a_command_that_does_not_exist_is_found_in_prose() -> None:
    assert _unknown(["papre", "--live"]) == "papre"
    assert _unknown(["models", "promoet"]) == "promoet"
    assert _unknown(["log", "--type", "x"]) == _unknown(["models", "show", "FILE"]) == ""


def test_a_command_with_an_unknown_option_or_without_a_required_one_is_found() -> None:
    with pytest.raises(Exception, match="No such option"):
        parsed(["paper", "--lgo", "sqlite:///a.db"])
    with pytest.raises(Exception, match="instruments"):
        parsed(["live", "--config", "best.toml"])


def test_each_row_of_the_table_is_used_and_its_test_runs_the_command() -> None:
    used = {_elsewhere(one) for one in commands()}
    assert set(ELSEWHERE) - used == set()
    wrong = [
        begin
        for begin, path in ELSEWHERE.items()
        if not set(_names(begin)) <= set(re.findall(r"[\w-]+", (ROOT / path).read_text("utf-8")))
    ]
    assert wrong == []


def _names(line: str) -> Sequence[str]:
    """The names of the command and of its subcommand."""
    command, names = program(), list[str]()
    for word in line.split():
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            break
        names.append(word)
    return names


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the candle files that the pages name, and the beginnings of these files in its folder `part`."""
    folder = tmp_path_factory.mktemp("documented")
    (folder / "part").mkdir()
    for tape in synthetic_tape(4, ("BTCUSDT", "ETHUSDT"), candles=600):
        rows = [
            f"{one.open_time.isoformat()},{one.open},{one.high},{one.low},{one.close},{one.volume}"
            for one in tape.candles
        ]
        name = f"{tape.instrument.partition('-')[0]}_5m.csv"
        for place, most in ((folder, len(rows)), (folder / "part", 400)):
            (place / name).write_text("\n".join(["time,open,high,low,close,volume", *rows[:most], ""]))
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work_in_their_order(
    page: str, prepared: Path, tmp_path: Path, whence: Whence
) -> None:
    demo = prepared / "whence.db"
    if not demo.exists():
        assert whence("paper", "--log", f"sqlite:///{demo}").code == 0
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    if page == "start.md":
        (tmp_path / "whence.toml").write_text("[trading.risk]\nmax_positions = 1\n")
    for one in _here(page):
        done = whence(*one.words)
        assert done.code == 0, f"{one.line}\n{done.err}"
