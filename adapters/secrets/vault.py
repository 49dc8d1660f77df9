"""Secrets in Vault or OpenBao: one GET through hvac (extra `vault`) of a secret of a KV engine, version 1 or 2.

The token is in VAULT_TOKEN or in `~/.vault-token`, where `vault login` leaves it. VAULT_NAMESPACE and VAULT_CACERT mean
what they mean to Vault's own command line.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

import hvac
import requests
from pydantic import SecretStr

from adapters.secrets.owned_file import read_owned
from domain.errors import InvalidSettings, SecretsUnavailable

_SECONDS: Final = 10
_EXAMPLE: Final = "write it like vault:https://vault.example.org:8200/v1/secret/data/whence"
_NO_VAULT: Final = "the response is no secret of Vault; is this the address of a Vault server?"

_WRONG: Final[Mapping[int, str]] = {
    400: "Vault refuses the request; is VAULT_NAMESPACE right?",
    401: "the token is not accepted",
    403: "the token has expired, or its policy does not permit to read this path",
    404: "there is no secret at this path; with KV version 2 `data` follows the mount, as /v1/secret/data/whence, and "
    "a deleted version is not read",
}
"""What a person has to change, by HTTP status."""
_AWAY: Final[Mapping[int, str]] = {
    429: "Vault's rate limit is exceeded; start again later",
    501: "Vault is not initialised",
    503: "Vault is sealed or in maintenance; unseal it",
    **dict.fromkeys(
        (301, 302, 303, 307, 308),
        "it redirects, and a token is sent nowhere else; write the address of the active node",
    ),
}
"""Why there is no secret now, by HTTP status."""
_NOT_REACHED: Final[Mapping[type[Exception], str]] = {
    requests.exceptions.SSLError: "its TLS certificate is not accepted; name its authority with VAULT_CACERT",
    requests.exceptions.Timeout: f"no response within {_SECONDS} s",
    requests.exceptions.ConnectionError: "no connection",
    requests.exceptions.RequestException: "its response cannot be read",
    RecursionError: "its response cannot be read",
    OSError: "VAULT_CACERT or VAULT_CAPATH cannot be read",
}
"""By the error; the first one that fits. requests raises an OSError where it has no certificates of authorities."""


class _Address(NamedTuple):
    server: str
    path: str

    @property
    def is_tls(self) -> bool:
        return self.server.startswith("https:")


def read_vault(url: str, names: Sequence[str]) -> Mapping[str, SecretStr]:
    """The fields of the secret at the URL with these names; see `adapters.secrets.place.read_secrets`.

    Raises InvalidSettings also for a field that is not text. No text of a response is in an error: a server of a
    stranger may repeat the token.
    """
    address, place = _parsed(url), f"--secrets vault:{url[:200]}"
    try:
        fields = _fields(_response(address))
    except (InvalidSettings, SecretsUnavailable) as fault:
        raise type(fault)(f"{place}: {fault}") from None
    except (OSError, RecursionError) as fault:
        reason = next(why for kind, why in _NOT_REACHED.items() if isinstance(fault, kind))
        raise SecretsUnavailable(f"{place}: {reason}") from None
    found = {name: fields[name] for name in names if name in fields}
    for name, value in found.items():
        if not isinstance(value, str):
            raise InvalidSettings(f"{place}: the field {name} is not text")
    return {name: SecretStr(str(value).strip()) for name, value in found.items()}


def _parsed(url: str) -> _Address:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidSettings(f"--secrets vault: that is no address; {_EXAMPLE}") from None
    segments = parts.path.split("/")
    is_path = segments[:2] == ["", "v1"] and len(segments) >= 4 and not {"", ".", ".."} & set(segments[2:])
    if (
        not host
        or "@" in parts.netloc
        or parts.query
        or parts.fragment
        or not is_path
        or not url.isprintable()
    ):
        raise InvalidSettings(f"--secrets vault: that is no address of a secret; {_EXAMPLE}")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(host)):
        raise InvalidSettings(
            f"--secrets vault: only https is permitted to another machine, because the token is sent; {_EXAMPLE}"
        )
    return _Address(f"{parts.scheme}://{parts.netloc}", "/".join(segments[2:]))


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _response(address: _Address) -> object:
    """The JSON that Vault responds with.

    Raises InvalidSettings and SecretsUnavailable for another response, OSError where there is none.
    """
    client: Any = hvac.Client(
        url=address.server,
        token=_token(),
        timeout=_SECONDS,
        namespace=os.environ.get("VAULT_NAMESPACE") or None,
        allow_redirects=False,
    )
    # Without TLS no proxy may read the token.
    client.session.trust_env = address.is_tls
    try:
        response: object = client.adapter.get(f"/v1/{address.path}", raise_exception=False)
    finally:
        client.adapter.close()
    if isinstance(response, requests.Response):
        raise _refused(response.status_code)
    return response


def _token() -> str:
    token, place = os.environ.get("VAULT_TOKEN", "").strip(), "VAULT_TOKEN"
    if not token:
        file = Path.home() / ".vault-token"
        try:
            token, place = read_owned(file), str(file)
        except OSError:
            raise InvalidSettings("no token: set VAULT_TOKEN, or run `vault login`") from None
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidSettings(f"{place} holds no token")
    return token


def _refused(status: int) -> InvalidSettings | SecretsUnavailable:
    """The error for a response without JSON, or with another status than 200."""
    if status in _WRONG:
        return InvalidSettings(f"{_WRONG[status]} (HTTP {status})")
    return SecretsUnavailable(f"{_AWAY.get(status, _NO_VAULT)} (HTTP {status})")


def _fields(response: object) -> Mapping[str, object]:
    """The fields of the secret. Version 2 has them one level deeper, beside the metadata."""
    data = _table(_table(response).get("data"))
    if not data:
        raise SecretsUnavailable(_NO_VAULT)
    return _table(data.get("data")) if _table(data.get("metadata")) else data


def _table(value: object) -> Mapping[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
