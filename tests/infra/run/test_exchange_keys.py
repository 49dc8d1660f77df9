from __future__ import annotations

from pathlib import Path

import pytest

from adapters.secrecy import Credentials
from domain.errors import InvalidSettings
from infra.run.exchange_keys import bybit_keys, ccxt_keys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the owner's alone, with a key and its secret."""
    place = tmp_path / "secrets"
    place.mkdir(mode=0o700)
    for name, text in (("bybit_api_key", "a-key\n"), ("bybit_api_secret", "a-secret\n")):
        (place / name).write_text(text, encoding="utf-8")
        (place / name).chmod(0o600)
    return place


def test_keys_are_read_from_a_folder_without_the_end_of_their_lines(folder: Path) -> None:
    found = bybit_keys(folder)
    assert (found.key, found.secret, repr(found)) == ("a-key", "a-secret", "Credentials(***)")


def test_a_variable_comes_before_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYBIT_API_KEY", "another")
    assert (bybit_keys(folder).key, bybit_keys(folder).secret) == ("another", "a-secret")


@pytest.mark.parametrize(
    "name", ["", "bybit_api_key", "bybit_api_secret"], ids=["the folder", "key", "secret"]
)
def test_what_others_can_read_is_refused_and_named(folder: Path, name: str) -> None:
    place = folder / name
    place.chmod(place.stat().st_mode | 0o040)
    with pytest.raises(InvalidSettings, match=f"others can read {place}") as refused:
        bybit_keys(folder)
    assert "a-secret" not in str(refused.value)


def test_a_missing_secret_is_refused(folder: Path) -> None:
    (folder / "bybit_api_secret").unlink()
    with pytest.raises(InvalidSettings, match="no API key"):
        bybit_keys(folder)


@pytest.fixture
def ccxt_folder(tmp_path: Path) -> Path:
    place = tmp_path / "ccxt"
    place.mkdir(mode=0o700)
    for kind, value in (("api_key", "a-key"), ("api_secret", "a-secret"), ("password", "a-phrase")):
        file = place / f"ccxt_okx_{kind}"
        file.write_text(value, encoding="utf-8")
        file.chmod(0o600)
    return place


def test_an_exchange_of_ccxt_has_names_of_its_own_and_a_passphrase(
    ccxt_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYBIT_API_KEY", "of-bybit")
    assert ccxt_keys("okx", ccxt_folder) == Credentials("a-key", "a-secret", "a-phrase")
    monkeypatch.setenv("CCXT_OKX_PASSWORD", "another")
    assert ccxt_keys("okx", ccxt_folder) == Credentials("a-key", "a-secret", "another")
    with pytest.raises(InvalidSettings, match="set CCXT_BITGET_API_KEY and CCXT_BITGET_API_SECRET"):
        ccxt_keys("bitget", ccxt_folder)


def test_a_passphrase_that_others_can_read_is_refused(ccxt_folder: Path) -> None:
    file = ccxt_folder / "ccxt_okx_password"
    file.chmod(0o640)
    with pytest.raises(InvalidSettings, match=f"others can read {file}") as refused:
        ccxt_keys("okx", ccxt_folder)
    assert "a-phrase" not in str(refused.value)
