"""Where secrets are: a folder, `keyring:SERVICE`, or `vault:https://HOST/v1/PATH`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Final

from pydantic import SecretStr

from adapters.extras import install_line
from adapters.secrets.folder import read_folder
from domain.errors import MissingParts

Read = Callable[[str, Sequence[str]], Mapping[str, SecretStr]]

_READERS: Final[Mapping[str, tuple[str, str]]] = {
    "keyring": ("adapters.secrets.system_keyring", "read_keyring"),
    "vault": ("adapters.secrets.vault", "read_vault"),
}
"""Module and function for each kind of place; the kind is also the name of the extra that the module needs."""


def read_secrets(place: str, names: Sequence[str]) -> Mapping[str, SecretStr]:
    """The secrets of these names (lower case) that the place has, without white space at their ends.

    A place without a known kind in front is a folder. Raises InvalidSettings with what a person has to change,
    MissingParts where the kind's library is not installed, SecretsUnavailable where the place does not answer. No error
    holds a secret.
    """
    kind, _, where = place.partition(":")
    if kind not in _READERS:
        return read_folder(place, names)
    return _reader(kind)(where, names)


def _reader(kind: str) -> Read:
    module, function = _READERS[kind]
    try:
        read: Read = getattr(import_module(module), function)
    except ImportError as absent:
        raise MissingParts(f"--secrets {kind}:… needs {absent.name}: {install_line(kind)}") from absent
    return read
