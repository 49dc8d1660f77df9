"""Accounts are checked before any of them is traded: options, keys, and that no two have one key."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import InvalidInput, InvalidSettings, WhenceError
from infra.accounts import LeasedAccount, words_of
from infra.cli.account_check import check_accounts
from tests.journeys.program import whence


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("BYBIT_API_KEY", "BYBIT_API_SECRET"):
        monkeypatch.delenv(name, raising=False)


def keys_in(folder: Path, name: str, key: str) -> str:
    """The option that names a folder with this key."""
    place = folder / name
    place.mkdir(mode=0o700)
    for field, text in (("bybit_api_key", key), ("bybit_api_secret", "hidden")):
        (place / field).write_text(text)
        (place / field).chmod(0o600)
    return f"--secrets={place}"


def account(name: str, partition: int, *options: str) -> LeasedAccount:
    return LeasedAccount(name=name, partition=partition, instruments=("BTCUSDT",), options=options)


def checked(*accounts: LeasedAccount) -> None:
    check_accounts(accounts, lambda one: words_of(one, "localhost:9092", "whence.events"))


def test_accounts_with_keys_of_their_own_pass(tmp_path: Path) -> None:
    first, second = keys_in(tmp_path, "first", "one"), keys_in(tmp_path, "second", "two")
    checked(account("alpha", 0, "--testnet", first), account("beta", 1, "--testnet", second))


def test_two_accounts_with_one_key_at_one_place_are_refused_without_naming_the_key(tmp_path: Path) -> None:
    first, second = keys_in(tmp_path, "first", "shared-key"), keys_in(tmp_path, "second", "shared-key")
    with pytest.raises(InvalidSettings, match="accounts alpha and beta have the same API key") as found:
        checked(account("alpha", 0, "--testnet", first), account("beta", 1, "--testnet", second))
    assert "shared-key" not in str(found.value)


def test_one_key_at_two_places_is_of_two_accounts(tmp_path: Path) -> None:
    first, second = keys_in(tmp_path, "first", "one"), keys_in(tmp_path, "second", "one")
    checked(account("alpha", 0, "--testnet", first), account("beta", 1, "--demo", second))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(("--testnett",), "account beta: options: No such option: --testnett", id="unknown"),
        pytest.param(("--testnet", "--poll", "x"), "account beta: options: ", id="no number"),
        pytest.param(("--testnet", "--interval", "7m"), "account beta: --interval '7m'", id="no interval"),
        pytest.param(
            ("--testnet", "--demo"), "account beta: --testnet and --demo name two places", id="both"
        ),
        pytest.param((), "account beta: orders at Bybit cost real money", id="real money"),
        pytest.param(
            ("--exchange", "ccxt:binanceusdm", "--testnet"),
            "account beta: an account is leased for bybit",
            id="ccxt",
        ),
        pytest.param(("--testnet",), "account beta: no API key", id="no key"),
        pytest.param(
            ("--testnet", "--config", "socket.toml"), "account beta: order_entry = WEBSOCKET", id="socket"
        ),
    ],
)
def test_options_by_which_an_account_cannot_be_traded_are_refused_with_its_name(
    tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    (tmp_path / "socket.toml").write_text('order_entry = "WEBSOCKET"\n')
    alpha = account("alpha", 0, "--testnet", keys_in(tmp_path, "first", "one"))
    with pytest.raises(WhenceError, match=message) as found:
        checked(alpha, account("beta", 1, *options))
    assert isinstance(found.value, InvalidInput | InvalidSettings)


def test_a_node_with_an_account_that_cannot_be_traded_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "accounts.toml").write_text(
        '[[account]]\nname = "alpha"\npartition = 0\ninstruments = ["BTCUSDT"]\noptions = ["--testnett"]\n'
    )
    words = ("accounts.toml", "--log", "kafka://127.0.0.1:9/whence.events")
    for command in ("run", "check"):
        done = whence(tmp_path, "accounts", command, *words)
        assert done.returncode == 2, done.stderr
        assert "account alpha: options: No such option: --testnett" in done.stderr
