from __future__ import annotations

import sys
from pathlib import Path

import pytest

from adapters.secrecy import Credentials
from domain.errors import InvalidSettings, MissingParts
from infra.run.exchange_keys import bybit_keys, ccxt_keys
from tests.adapters.secrets.vault_server import SECRET, TOKEN, kv2, vault_served


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRET:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the owner's alone, with a key and its secret."""
    place = tmp_path / "secrets"
    place.mkdir(mode=0o700)
    for name, text in (("bybit_api_key", "a-key\n"), ("BYBIT_API_SECRET", "a-secret\n")):
        (place / name).write_text(text, encoding="utf-8")
        (place / name).chmod(0o600)
    return place


def test_keys_are_read_from_a_folder_without_the_end_of_their_lines(folder: Path) -> None:
    found = bybit_keys(str(folder))
    assert (found.key, found.secret, repr(found)) == ("a-key", "a-secret", "Credentials(***)")


def test_keys_are_read_from_vault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    with vault_served() as vault:
        vault.responses["/v1/desk/whence"] = kv2(SECRET)
        found = bybit_keys(f"vault:{vault.url}/v1/desk/whence")
    assert (found.key, found.secret) == ("a-key", "a-secret")


def test_a_variable_comes_before_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYBIT_API_KEY", "another")
    found = bybit_keys(str(folder))
    assert (found.key, found.secret) == ("another", "a-secret")


@pytest.mark.parametrize(
    "name", ["", "bybit_api_key", "BYBIT_API_SECRET"], ids=["the folder", "key", "secret"]
)
def test_what_others_can_read_is_refused_and_named(folder: Path, name: str) -> None:
    place = folder / name
    place.chmod(place.stat().st_mode | 0o040)
    with pytest.raises(InvalidSettings, match=f"others can read {place}") as refused:
        bybit_keys(str(folder))
    assert "a-secret" not in str(refused.value)


def test_a_folder_that_does_not_exist_is_refused_even_where_the_environment_has_the_keys(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRET.items():
        monkeypatch.setenv(name.upper(), value)
    assert bybit_keys(None).key == "a-key"
    with pytest.raises(InvalidSettings, match="there is no such folder"):
        bybit_keys(str(folder / "gone"))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 70_000], ids=["no text", "too long"])
def test_a_file_that_holds_no_secret_is_refused(folder: Path, content: bytes) -> None:
    (folder / "bybit_api_key").write_bytes(content)
    with pytest.raises(InvalidSettings, match="bybit_api_key holds no secret"):
        bybit_keys(str(folder))


def test_a_missing_secret_is_refused_and_named(folder: Path) -> None:
    (folder / "BYBIT_API_SECRET").unlink()
    with pytest.raises(InvalidSettings, match=f"{folder} has no bybit_api_secret; add it there"):
        bybit_keys(str(folder))
    with pytest.raises(InvalidSettings, match="no API key: set BYBIT_API_KEY and BYBIT_API_SECRET; or"):
        bybit_keys(None)


@pytest.mark.parametrize(("kind", "library"), [("vault", "hvac"), ("keyring", "keyring")])
def test_a_place_whose_library_is_not_installed_names_its_extra(
    monkeypatch: pytest.MonkeyPatch, kind: str, library: str
) -> None:
    for module in ("adapters.secrets.vault", "adapters.secrets.system_keyring"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingParts, match=rf"needs {library}: .*pip install -e '\.\[{kind}\]'"):
        bybit_keys(f"{kind}:x")


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
    assert ccxt_keys("okx", str(ccxt_folder)) == Credentials("a-key", "a-secret", "a-phrase")
    monkeypatch.setenv("CCXT_OKX_PASSWORD", "another")
    assert ccxt_keys("okx", str(ccxt_folder)) == Credentials("a-key", "a-secret", "another")
    with pytest.raises(InvalidSettings, match="set CCXT_BITGET_API_KEY and CCXT_BITGET_API_SECRET"):
        ccxt_keys("bitget", str(ccxt_folder))


def test_a_passphrase_that_others_can_read_is_refused(ccxt_folder: Path) -> None:
    file = ccxt_folder / "ccxt_okx_password"
    file.chmod(0o640)
    with pytest.raises(InvalidSettings, match=f"others can read {file}") as refused:
        ccxt_keys("okx", str(ccxt_folder))
    assert "a-phrase" not in str(refused.value)
