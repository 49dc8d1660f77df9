"""`whence live`, `reconcile`, `kill` and `reset`: what is refused before any network is used."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from infra.cli.difference_rows import lines
from infra.cli.kill import done_sentence
from tests.infra.cli.conftest import Whence

LIVE = ("live", "--instruments", "BTCUSDT")
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYBIT_API_KEY", "the-key")
    monkeypatch.setenv("BYBIT_API_SECRET", "the-secret")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (LIVE, 2, "add --i-understand-real-money"),
        ((*LIVE, "--address", "http://192.0.2.1:80"), 2, "add --i-understand-real-money"),
        ((*LIVE, "--testnet", "--demo"), 2, "--testnet and --demo name two places"),
        ((*LIVE, "--demo", "--exchange", "nowhere"), 2, "--exchange 'nowhere' cannot be traded on live"),
        ((*LIVE, "--exchange", "ccxt:bybti"), 2, "ccxt knows no exchange 'bybti'"),
        ((*LIVE, "--exchange", "ccxt:okx"), 2, "okx through ccxt cost real money"),
        ((*LIVE, "--exchange", "ccxt:okx", "--testnet"), 2, "set CCXT_OKX_API_KEY and CCXT_OKX_API_SECRET"),
        (
            ("live", "--exchange", "ccxt:okx", "--testnet", "--instruments", "BTCUSDT-LINEAR.BYBIT"),
            2,
            "write it like BTCUSDT or BTCUSDT-LINEAR.OKX",
        ),
        (("reconcile", "--exchange", "ccxt:okx", "--testnet"), 2, "set CCXT_OKX_API_KEY"),
        (("live", "--demo", "--symbol", "BTC USDT"), 2, "--instruments 'BTC USDT-LINEAR.BYBIT' is no"),
        (("live", "--demo", "--instruments", "BTCUSDT-SPOT.BYBIT"), 2, "is no perpetual of Bybit"),
        ((*LIVE, "--demo", "--interval", "7m"), 2, "--interval '7m' does not divide a day evenly"),
        ((*LIVE, "--demo", "--poll", "1"), 2, "1 is below 5"),
        ((*LIVE, "--demo", "--log", "memory:"), 2, "inputs are kept for logs in SQLite files and on Kafka"),
        ((*LIVE, "--demo", "--log", "postgresql://u:hidden@127.0.0.1:9/x"), 2, "inputs are kept for logs in"),
        ((*LIVE, "--demo", "--secrets", "gone"), 2, "--secrets gone: there is no such folder"),
        ((*LIVE, "--demo", "--key-is-checked"), 2, "--key-is-checked is for exchanges of ccxt"),
        (("reconcile", "--testnet", "--demo"), 2, "--testnet and --demo name two places"),
        (("reconcile", "--address", NOBODY), 2, "there is no log at whence.db"),
        (("kill",), 2, "Missing option '--reason'"),
        (("reset",), 2, "Missing option '--reason'"),
        (("kill", "--reason", "x", "--api", "nowhere"), 2, "is no address"),
        (("kill", "--reason", "x", "--api", NOBODY), 2, "there is no log at whence.db"),
    ],
)
@pytest.mark.usefixtures("keys")
def test_what_cannot_be_carried_out_is_refused_with_the_option_and_the_remedy(
    whence: Whence, words: tuple[str, ...], code: int, message: str
) -> None:
    done = whence(*words)
    assert (done.code, message in done.err) == (code, True), done


def test_a_kill_without_a_running_engine_says_so_and_leaves_no_token(whence: Whence) -> None:
    assert whence("paper", "--symbol", "BTCUSDT", "--bars", "20").code == 0
    done = whence("kill", "--reason", "x", "--api", NOBODY)
    assert (done.code, "no engine answers at http://127.0.0.1:9/graphql" in done.err) == (1, True), done
    listed = json.loads(whence("tokens", "list", "--json").out)
    assert [one["revoked_at"] is not None for one in listed] == [True]


@pytest.mark.usefixtures("keys")
def test_orders_over_a_socket_are_refused_where_ccxt_sends_them(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text('order_entry = "WEBSOCKET"\n', encoding="utf-8")
    done = whence(*LIVE, "--exchange", "ccxt:binanceusdm", "--testnet")
    assert (done.code, "order_entry: orders through ccxt are sent by REST" in done.err) == (2, True), done


@pytest.mark.usefixtures("keys")
def test_orders_over_a_socket_are_refused_in_demo_trading_which_has_none(
    whence: Whence, tmp_path: Path
) -> None:
    (tmp_path / "whence.toml").write_text('order_entry = "WEBSOCKET"\n', encoding="utf-8")
    done = whence(*LIVE, "--demo")
    assert (done.code, "demo trading has no socket of orders; set order_entry = REST" in done.err) == (
        2,
        True,
    ), done


@pytest.mark.usefixtures("keys")
def test_settings_without_a_protective_stop_rule_are_refused(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text("[trading.risk]\nmax_risk_per_trade = 1\n", encoding="utf-8")
    done = whence(*LIVE, "--demo")
    assert (done.code, "permits a position without a protective stop" in done.err) == (2, True), done


def test_missing_keys_are_named(whence: Whence) -> None:
    done = whence(*LIVE, "--demo")
    assert (done.code, "set BYBIT_API_KEY and BYBIT_API_SECRET" in done.err) == (2, True), done


@pytest.mark.parametrize(
    "words",
    [
        (*LIVE, "--address", NOBODY),
        ("paper", "--live", "--symbol", "BTCUSDT", "--address", NOBODY),
        ("paper", "--symbol", "BTCUSDT", "--bars", "20", "--api"),
        ("api",),
    ],
    ids=["live", "paper --live", "paper", "api"],
)
@pytest.mark.usefixtures("keys")
def test_a_start_on_a_port_in_use_is_refused_before_the_exchange_is_queried_and_a_log_is_made(
    whence: Whence, tmp_path: Path, words: tuple[str, ...]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = whence(*words, "--port", str(port), "--log", "sqlite:///other.db")
    message = (
        f"whence: --port {port} cannot be listened on: Address already in use; choose another with --port"
    )
    assert (done.code, message in done.err, list(tmp_path.iterdir())) == (2, True, []), done


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*LIVE, "--address", NOBODY), "this log was not opened by `whence live`"),
        (
            ("paper", "--live", "--symbol", "BTCUSDT", "--address", NOBODY),
            "this log was not opened by `whence paper --live`",
        ),
    ],
    ids=["live", "paper --live"],
)
def test_a_log_of_candles_is_refused_before_anything_is_made_beside_it(
    whence: Whence, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    assert whence("paper", "--symbol", "BTCUSDT", "--bars", "20").code == 0
    before = {one.name for one in tmp_path.iterdir()}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    done = whence(*words, "--port", port)
    assert (done.code, message in done.err) == (2, True), done
    assert {one.name for one in tmp_path.iterdir()} == before


def test_without_a_key_the_variables_and_the_names_of_files_are_stated_as_they_are_read(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BYBIT_API_KEY", raising=False)
    monkeypatch.delenv("BYBIT_API_SECRET", raising=False)
    done = whence(*LIVE, "--demo")
    assert done.code == 2
    assert (
        "set BYBIT_API_KEY and BYBIT_API_SECRET; or name with --secrets a folder with the files" in done.err
    )
    assert "bybit_api_key and bybit_api_secret" in done.err


@pytest.mark.parametrize(("given", "missing"), [("KEY", "SECRET"), ("SECRET", "KEY")])
def test_of_half_a_key_only_the_missing_variable_is_named(
    whence: Whence, monkeypatch: pytest.MonkeyPatch, given: str, missing: str
) -> None:
    monkeypatch.setenv(f"BYBIT_API_{given}", "a-half")
    monkeypatch.delenv(f"BYBIT_API_{missing}", raising=False)
    done = whence(*LIVE, "--demo")
    assert (done.code, f"half an API key: set BYBIT_API_{missing}; or name" in done.err) == (2, True), done


def test_each_difference_is_printed_with_the_whole_id_that_resolves_it() -> None:
    subject = "t6vedp6jh5pz9-a-long-client-order-id-of-another-program-e1"
    row = {"id": f"difference:OrderUnknownToUs:{subject}", "kind": "OrderUnknownToUs", "subject": subject}
    cure = {
        "remedy": "a person",
        "steps": "cancel the order; then resolve",
        "status": "new",
        "found_at": "",
        "resolved_at": "",
    }
    printed = list(lines([{**row, **cure, "found": "the exchange works an unknown order"}]))
    assert printed[0] == row["id"]
    assert printed[-1] == "1 difference: 1 new"


@pytest.mark.parametrize(
    ("note", "line"),
    [
        ("nothing is open", "the kill switch is tripped; nothing is open"),
        ("", "the kill switch is tripped"),
        (
            "the kill switch is tripped already: news; open: BTCUSDT",
            "the kill switch is tripped already: news; open: BTCUSDT; nothing was changed",
        ),
    ],
)
def test_a_second_trip_is_one_sentence(note: str, line: str) -> None:
    assert done_sentence("the kill switch is tripped", note) == line


def test_a_key_that_was_forgotten_before_is_stated_once() -> None:
    note = "the key 0a is forgotten already"
    assert done_sentence("the key 0a is forgotten; delete it", note) == f"{note}; nothing was changed"


@pytest.mark.parametrize("existed", [False, True], ids=["a new log", "an empty log of before"])
@pytest.mark.usefixtures("keys")
def test_a_start_that_finds_no_exchange_removes_only_the_files_that_it_has_made(
    whence: Whence, tmp_path: Path, *, existed: bool
) -> None:
    log = tmp_path / "other.db"
    if existed:
        log.touch(mode=0o600)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = whence(*LIVE, "--address", NOBODY, "--port", str(port), "--log", "sqlite:///other.db")
    assert done.code != 0
    assert log.exists() is existed, done
    if not existed:
        assert list(tmp_path.iterdir()) == []
