"""The file of accounts over partitions."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import InvalidSettings
from infra.accounts import read_accounts, words_of

ALPHA = '[[account]]\nname = "alpha"\npartition = 1\ninstruments = ["BTCUSDT"]\n'
BETA = '[[account]]\nname = "beta"\npartition = 0\ninstruments = ["ETHUSDT", "SOLUSDT"]\n'


def file_of(folder: Path, text: str) -> Path:
    path = folder / "accounts.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_accounts_are_read_by_partition_with_the_words_that_trade_them(tmp_path: Path) -> None:
    further = 'options = ["--testnet"]\nconfig = "alpha.toml"\nport = 8001\n'
    beta, alpha = read_accounts(file_of(tmp_path, ALPHA + further + BETA))
    assert words_of(beta, "broker:9092", "whence.events") == (
        *("live", "--account", "beta", "--log", "kafka://broker:9092/whence.events?partition=0"),
        *("--port", "0", "--instruments", "ETHUSDT,SOLUSDT"),
    )
    assert words_of(alpha, "broker:9092", "whence.events")[-3:] == (
        "--config",
        str(tmp_path / "alpha.toml"),
        "--testnet",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "account"),
        (ALPHA + BETA.replace("= 0", "= 1"), "partition 1: two accounts have it"),
        (ALPHA + BETA.replace("beta", "alpha"), "name alpha: two accounts have it"),
        (ALPHA.replace("alpha", "Alpha"), r"\$\.account\[0\]\.name"),
        (ALPHA.replace("= 1", "= -1"), r"\$\.account\[0\]\.partition"),
        (ALPHA.replace('"BTCUSDT"', ""), r"\$\.account\[0\]\.instruments"),
        (ALPHA + "leverage = 3\n", "unknown field `leverage`"),
        (ALPHA + 'options = ["--log=sqlite:///x.db"]\n', "account alpha: options: leave out --log"),
        (ALPHA + "config = 3\n", "Expected a text for a path"),
    ],
)
def test_a_file_that_cannot_be_traded_is_refused_with_the_place_of_the_fault(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InvalidSettings, match=message):
        read_accounts(file_of(tmp_path, text))
