from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import InvalidSettings
from infra.run.exchange_keys import bybit_keys


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
