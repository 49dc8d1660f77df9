"""Secrets in the keyring of the operating system, through the library `keyring` (extra `keyring`).

keyring set whence bybit_api_key        # a person, once; then `--secrets keyring:whence`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, KeyringLocked, NoKeyringError
from pydantic import SecretStr

from domain.errors import InvalidSettings, SecretsUnavailable

_ELSEWHERE = "use a folder (--secrets FOLDER) or Vault, or name a backend with PYTHON_KEYRING_BACKEND"


def read_keyring(service: str, names: Sequence[str]) -> Mapping[str, SecretStr]:
    """The entries of the service with these names; see `adapters.secrets.place.read_secrets`."""
    if not service.strip():
        raise InvalidSettings("--secrets keyring: name the service too, as keyring:whence")
    backend = _backend()
    try:
        found = {name: backend.get_password(service, name) for name in names}
    except NoKeyringError:
        raise InvalidSettings(
            f"--secrets keyring:{service[:80]}: this system has no keyring; {_ELSEWHERE}"
        ) from None
    except KeyringLocked:
        raise SecretsUnavailable(
            f"--secrets keyring:{service[:80]}: the keyring is locked; unlock it and start again"
        ) from None
    except (KeyringError, OSError) as fault:
        raise SecretsUnavailable(
            f"--secrets keyring:{service[:80]}: the keyring does not answer: {type(fault).__name__}"
        ) from None
    return {name: SecretStr(text.strip()) for name, text in found.items() if text is not None}


def _backend() -> KeyringBackend:
    try:
        return keyring.get_keyring()
    except (ImportError, AttributeError, RuntimeError, ValueError) as fault:
        raise InvalidSettings(
            f"--secrets keyring: PYTHON_KEYRING_BACKEND or keyringrc.cfg names no backend that works here "
            f"({type(fault).__name__}); {_ELSEWHERE}"
        ) from None
