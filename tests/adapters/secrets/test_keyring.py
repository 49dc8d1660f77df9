"""Secrets of the system's keyring, through a backend that needs no desktop."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, KeyringLocked

from adapters.secrets.place import read_secrets
from domain.errors import InvalidSettings, SecretsUnavailable

NAMES = ("bybit_api_key", "bybit_api_secret")


@pytest.fixture(autouse=True)
def _no_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test names its backend; the process has the one of before after it."""
    monkeypatch.setattr("keyring.core._keyring_backend", None)


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyringBackend:
    """A keyring in a file of this test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    return keyring.get_keyring()


def test_entries_of_the_service_are_read_and_missing_ones_left_out(backend: KeyringBackend) -> None:
    keyring.set_password("whence", "bybit_api_key", "a-key\n")
    keyring.set_password("other", "bybit_api_secret", "not ours")
    found = read_secrets("keyring:whence", NAMES)
    assert {name: value.get_secret_value() for name, value in found.items()} == {"bybit_api_key": "a-key"}
    assert "a-key" not in repr(found)


def test_a_system_without_a_keyring_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    with pytest.raises(InvalidSettings, match="keyring:whence: this system has no keyring; use a folder"):
        read_secrets("keyring:whence", NAMES)


def test_a_keyring_without_a_service_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="name the service too, as keyring:whence"):
        read_secrets("keyring:", NAMES)


@pytest.mark.parametrize("name", ["gone.Backend", "keyring.backends.fail.Gone", "plain"])
def test_a_backend_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    with pytest.raises(InvalidSettings, match=r"PYTHON_KEYRING_BACKEND or keyringrc\.cfg names no backend"):
        read_secrets("keyring:whence", NAMES)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyringLocked("a-secret"), "is locked; unlock it"),
        (KeyringError("a-secret"), "does not answer: Keyr"),
    ],
)
def test_a_keyring_that_cannot_be_read_now_is_unavailable(
    backend: KeyringBackend, monkeypatch: pytest.MonkeyPatch, error: KeyringError, reason: str
) -> None:
    def fails(_service: str, _name: str) -> str:
        raise error

    monkeypatch.setattr(backend, "get_password", fails)
    with pytest.raises(SecretsUnavailable, match=reason) as raised:
        read_secrets("keyring:whence", NAMES)
    assert "a-secret" not in str(raised.value)
