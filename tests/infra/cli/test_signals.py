"""`whence signals sources`, and the settings of sources that are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.alerts.webhook import key_of
from domain.errors import InvalidSettings
from infra.config import load
from infra.signals import keys_of_sources
from tests.infra.cli.conftest import Whence

SECRET = "hunter2-hunter2-hunter2"  # noqa: S105  # no password of anything
FILE = f"""
[[signals.sources]]
name = "tradingview"
access = "body"
secret = "{SECRET}"
key = "candle"
instruments = ["BTCUSDT-LINEAR.BYBIT"]
addresses = ["52.89.214.238"]
defaults = {{ stop = 0.02, interval = "15m" }}
[[signals.sources]]
name = "bot-1"
"""


def test_the_sources_are_listed_without_their_secrets(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text(FILE)
    first, second = json.loads(whence("signals", "sources", "--json").out)
    assert first == {
        "name": "tradingview",
        "actor": "source:tradingview",
        "access": "BODY",
        "secret": "settings",
        "is_usable": True,
        "key": "CANDLE",
        "rate": "60/minute",
        "instruments": ["BTCUSDT-LINEAR.BYBIT"],
        "addresses": ["52.89.214.238/32"],
        "defaults": {"stop": "0.02", "interval": "15m"},
    }
    assert (second["name"], second["access"], second["addresses"]) == ("bot-1", "TOKEN", [])
    assert second["secret"] == "token"  # noqa: S105  # where it is
    for words in (("signals", "sources"), ("settings",), ("settings", "--json")):
        done = whence(*words)
        assert done.code == 0
        assert "tradingview" in done.out
        assert SECRET not in done.out + done.err


SIGNED = '[[signals.sources]]\nname = "desk-1"\naccess = "signature"\n'


@pytest.mark.parametrize(
    ("variable", "stored", "place", "fault"),
    [
        pytest.param("", "", "missing", "desk-1 has no secret: set SIGNALS_DESK_1_SECRET, put", id="nowhere"),
        pytest.param(SECRET, "", "environment", "", id="in the environment"),
        pytest.param("", SECRET, "place of secrets", "", id="in the place of secrets"),
        pytest.param(SECRET, "short", "environment", "", id="in both, of which the environment comes first"),
        pytest.param(
            "short", "", "environment", "the secret of desk-1: a secret has at least 16", id="short"
        ),
    ],
)
def test_a_source_is_listed_with_the_place_of_its_secret_and_what_is_wrong_with_it(
    whence: Whence,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    stored: str,
    place: str,
    fault: str,
) -> None:
    head = ""
    if stored:
        folder = tmp_path / "secrets"
        folder.mkdir(mode=0o700)
        (folder / "signals_desk_1_secret").write_text(stored)
        (folder / "signals_desk_1_secret").chmod(0o600)
        head = f'secrets = "{folder}"\n'
    (tmp_path / "whence.toml").write_text(head + SIGNED)
    monkeypatch.setenv("SIGNALS_DESK_1_SECRET", variable)
    done = whence("signals", "sources", "--json")
    assert [(one["secret"], one["is_usable"]) for one in json.loads(done.out)] == [(place, not fault)]
    assert (fault in done.err) if fault else (done.err == "")
    shown = whence("signals", "sources").out
    assert ("no secret" in shown, "bad secret" in shown) == (place == "missing", variable == "short")
    assert SECRET not in done.out + done.err


def test_settings_without_sources_are_listed_as_such(whence: Whence) -> None:
    done = whence("signals", "sources")
    assert (done.code, done.out) == (0, "")
    assert "the settings have no [[signals.sources]]" in done.err


WRONG = {
    "unknown key": ("stap = 1", "signals.sources.0.stap: unknown; "),
    "unknown default": ("defaults = { stap = 1 }", "signals.sources.0.defaults.stap: unknown; "),
    "stop in per cent": ('defaults = { stop = "2 %" }', "signals.sources.0.defaults.stop: not a number"),
    "stop of the whole price": ("defaults = { stop = 1 }", "signals.sources.0.defaults.stop: "),
    "interval": ('defaults = { interval = "7m" }', "signals.sources.0.defaults.interval: "),
    "rate": ('rate = "lots"', "signals.sources.0.rate: "),
    "address": ('addresses = ["tradingview.com"]', "signals.sources.0.addresses.0: "),
    "instrument": ('instruments = ["BTC"]', "signals.sources.0.instruments: "),
    "secret of a token": (f'secret = "{SECRET}"', "`whence tokens create s --role source`"),
    "short secret": ('access = "BODY"\nsecret = "hunter2"', "a secret has at least 16 characters"),
    "secret that is no base64": (
        'access = "SIGNATURE"\nsecret = "whsec_hunter2-hunter2"',
        "a secret that begins with whsec_ is base64 after it",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_of_a_source_that_is_wrong_is_refused_with_its_place_and_without_its_secret(
    whence: Whence, tmp_path: Path, name: str
) -> None:
    line, words = WRONG[name]
    (tmp_path / "whence.toml").write_text(f'[[signals.sources]]\nname = "s"\n{line}\n')
    refused = whence("signals", "sources")
    assert refused.code != 0
    assert words in " ".join(refused.err.split())
    assert "hunter2" not in refused.err


@pytest.mark.parametrize("name", ["trend", "engine", "person", "Bot", "0123456789ab"])
def test_a_source_whose_name_could_be_taken_for_another_one_is_refused(
    whence: Whence, tmp_path: Path, name: str
) -> None:
    (tmp_path / "whence.toml").write_text(f'[[signals.sources]]\nname = "{name}"\n')
    assert "signals.sources.0.name: " in whence("signals", "sources").err


def test_a_secret_may_be_in_the_environment_or_in_the_place_of_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, place = tmp_path / "s.toml", tmp_path / "secrets"
    file.write_text(
        f'secrets = "{place}"\n[[signals.sources]]\nname = "a-1"\naccess = "BODY"\n'
        '[[signals.sources]]\nname = "b"\naccess = "SIGNATURE"\n'
    )
    place.mkdir(mode=0o700)
    (place / "signals_b_secret").write_text(f"{SECRET}\n")
    (place / "signals_b_secret").chmod(0o600)
    with pytest.raises(InvalidSettings, match="a-1 has no secret: set SIGNALS_A_1_SECRET"):
        keys_of_sources(load(config=file))
    monkeypatch.setenv("SIGNALS_A_1_SECRET", "x" * 16)
    assert keys_of_sources(load(config=file)) == {"a-1": b"x" * 16, "b": key_of(SECRET)}
    monkeypatch.setenv("SIGNALS_A_1_SECRET", SECRET)
    with pytest.raises(InvalidSettings, match="b has the secret of another source") as refused:
        keys_of_sources(load(config=file))
    assert SECRET not in str(refused.value)


def test_on_a_narrow_terminal_no_part_of_an_instrument_is_left_out(
    whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "whence.toml").write_text(
        '[[signals.sources]]\nname = "tradingview"\ninstruments = ["BTCUSDT-LINEAR.BYBIT"]\n'
    )
    assert "BTCUSDT-LINEAR.BYBIT" in whence("signals", "sources").out


def test_a_source_with_the_id_of_a_configured_strategy_is_refused_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    strategy = '[[trading.strategies]]\nid = "scanner"\nstrategy = "supertrend"\n'
    file.write_text(f'[[signals.sources]]\nname = "scanner"\n{strategy}')
    with pytest.raises(InvalidSettings, match="scanner is the id of a strategy"):
        keys_of_sources(load(config=file))
    file.write_text(f'[[signals.sources]]\nname = "other"\n{strategy}')
    assert keys_of_sources(load(config=file)) == {}
