"""Output on narrow terminals and on terminals with few characters."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from domain.settings import RiskSettings, Settings, SettingsChanged
from infra.cli.wording import PLAIN_WORDS, described, in_plain_words, rounded
from tests.journeys.program import WHENCE, environment
from tests.journeys.program import whence as program

LOG = ("--log", "sqlite:///run.db")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log and its read models."""
    folder = tmp_path_factory.mktemp("terminal")
    assert program(folder, "paper", "--bars", "1500", "--seed", "4", *LOG).returncode == 0
    assert program(folder, "projections", "rebuild", "all", "--switch", *LOG).returncode == 0
    return folder


@pytest.fixture(scope="module")
def order(folder: Path) -> str:
    """The id of an order that closed a position."""
    out = program(folder, "log", "--type", "PositionClosed", "--json", *LOG).stdout
    return out.partition('"order_id":"')[2].partition('"')[0]


def printed(folder: Path, words: Sequence[str], **more: str) -> str:
    done = program(folder, *words, COLUMNS="80", **more)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


COMMANDS = [
    ("--help",),
    ("paper", "--help"),
    ("explain", "ORDER", *LOG),
    ("explain", "ORDER", "--full", *LOG),
    ("projections", "list", *LOG),
    ("projections", "status", *LOG),
    ("projections", "digest", *LOG),
    ("schemas", "list"),
    ("dev", "status"),
    ("paper", "--bars", "1500", "--seed", "4", *LOG),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_output_for_people_fits_80_columns(folder: Path, order: str, words: Sequence[str]) -> None:
    lines = printed(folder, [order if word == "ORDER" else word for word in words]).splitlines()
    assert lines
    commands = [line for line in lines if line.startswith("  ") and "whence " in line]
    assert [line for line in lines if len(line) > 80 and line not in commands] == []


def test_a_terminal_gets_the_log_wrapped_at_80_columns(folder: Path) -> None:
    lines = printed(folder, ("log", *LOG), FORCE_COLOR="1", TERM="xterm", NO_COLOR="1").splitlines()
    plain = [line.replace("\x1b[0m", "").replace("\x1b[1m", "").replace("\x1b[2m", "") for line in lines]
    assert [line for line in plain if len(line) > 80] == []


DRAWN = [("paper", "--bars", "1500", "--seed", "4", *LOG), ("explain", "ORDER", "--full", *LOG)]
"""Commands that draw boxes, trees and ellipses."""
SPELLED = [
    *(
        (words, "ascii")
        for words in (
            *COMMANDS,
            ("log", *LOG),
            ("log", "--json", *LOG),
            ("schemas", "graphql"),
            ("explain", "…", *LOG),
        )
    ),
    *((words, encoding) for words in DRAWN for encoding in ("latin-1", "cp437")),
]


@pytest.mark.parametrize(
    ("words", "encoding"), SPELLED, ids=[f"{' '.join(words)} {encoding}" for words, encoding in SPELLED]
)
def test_a_terminal_with_few_characters_gets_all_output(
    folder: Path, order: str, words: Sequence[str], encoding: str
) -> None:
    done = subprocess.run(
        [WHENCE, *(order if word == "ORDER" else word for word in words)],
        cwd=folder,
        env=environment(COLUMNS="80", PYTHONIOENCODING=encoding, LC_ALL="C"),
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert done.stdout.decode(encoding) or done.stderr.decode(encoding)


def test_routine_events_and_figures_are_left_out_of_a_short_explanation(folder: Path, order: str) -> None:
    short = printed(folder, ("explain", order, *LOG))
    full = printed(folder, ("explain", order, "--full", *LOG))
    assert "OrderAccepted" not in short
    assert "OrderAccepted" in full
    assert "Cancel" not in short.replace("OrderCancelled", "")
    assert "nothing is left for it to protect" in " ".join(re.sub("[│├└─]", " ", short).split())
    assert "CancelByTpSlTsClear" in full
    assert len(short.splitlines()) < 45 < len(full.splitlines())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("CancelByUser", "cancelled on request"),
        ("110007: EC_NoImmediateQtyToFill", "110007: nothing on the market to fill it at once"),
        ("CancelBySomethingNew", "CancelBySomethingNew"),
        ("by TARGET at 5", "by TARGET at 5"),
    ],
)
def test_an_exchanges_code_is_spelled_in_plain_words_where_it_is_known(code: str, words: str) -> None:
    assert in_plain_words(code) == words


def test_every_code_of_the_simulated_exchange_has_plain_words() -> None:
    sources = Path(__file__).parents[3] / "adapters" / "simulated"
    text = "\n".join(path.read_text() for path in sources.glob("*.py"))
    codes = {word for word in text.split('"') if word.startswith(("CancelBy", "EC_"))}
    assert codes
    assert codes - set(PLAIN_WORDS) == set()


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("at 58044.9631793457, fee 4.93850126 USDT", "at 58044.9632, fee 4.9385 USDT"),
        ("0.00001234567", "0.000012"),
        ("at 122.5", "at 122.5"),
        ("-1.999999", "-2"),
    ],
)
def test_long_decimals_are_rounded(text: str, short: str) -> None:
    assert rounded(text) == short


def test_changed_settings_name_each_setting_with_both_values() -> None:
    before = SettingsChanged(1, Settings())
    after = SettingsChanged(2, Settings(risk=RiskSettings(max_positions=3), paused=("trend",)), "calmer")
    assert described(after, before) == "version 2: risk.max_positions 5 -> 3, paused [] -> [trend] (calmer)"
    assert described(before, None) == "version 1: the defaults"
    assert described(SettingsChanged(3, Settings()), before) == "version 3: nothing changed"
