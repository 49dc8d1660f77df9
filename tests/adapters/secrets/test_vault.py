"""Secrets of Vault are read with one request, and no error holds the token or a text of the response."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from adapters.secrets.place import read_secrets
from domain.errors import InvalidSettings, SecretsUnavailable, WhenceError
from tests.adapters.secrets.vault_server import (
    SECRET,
    TOKEN,
    Response,
    VaultServer,
    kv1,
    kv2,
    refusal,
    vault_served,
)

NAMES = tuple(SECRET)
PATH = "/v1/secret/data/whence"


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    monkeypatch.delenv("VAULT_NAMESPACE", raising=False)


@pytest.fixture
def vault() -> Iterator[VaultServer]:
    with vault_served() as server:
        yield server


def read(vault: VaultServer, path: str = PATH) -> dict[str, str]:
    found = read_secrets(f"vault:{vault.url}{path}", NAMES)
    return {name: value.get_secret_value() for name, value in found.items()}


def fault_of(vault: VaultServer, kind: type[WhenceError]) -> str:
    """The message of the refusal, which names the place and holds no secret."""
    with pytest.raises(kind) as raised:
        read(vault)
    message = str(raised.value)
    assert raised.value.__cause__ is None
    assert message.startswith(f"--secrets vault:{vault.url}{PATH}: ")
    assert TOKEN not in message
    assert "a-secret" not in message
    return message


@pytest.mark.parametrize("version", [kv1, kv2])
def test_a_secret_of_either_version_is_read_with_one_request(vault: VaultServer, version: type) -> None:
    vault.responses[PATH] = version({**SECRET, "bybit_api_key": "a-key\n", "other": 7})
    assert read(vault) == SECRET
    [(path, headers)] = vault.requests
    assert (path, headers["x-vault-token"], headers["x-vault-request"]) == (PATH, TOKEN, "true")
    assert "x-vault-namespace" not in headers


def test_a_namespace_is_sent(vault: VaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_NAMESPACE", "desk/one")
    vault.responses[PATH] = kv2(SECRET)
    assert read(vault) == SECRET
    assert vault.requests[0][1]["x-vault-namespace"] == "desk/one"


def test_the_token_of_vault_login_is_used_where_none_is_in_the_environment(
    vault: VaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VAULT_TOKEN")
    vault.responses[PATH] = kv2(SECRET)
    assert "no token: set VAULT_TOKEN" in fault_of(vault, InvalidSettings)
    file = tmp_path / ".vault-token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    file.chmod(0o644)
    assert f"others can read {file}" in fault_of(vault, InvalidSettings)
    assert vault.requests == []
    file.chmod(0o600)
    assert read(vault) == SECRET


@pytest.mark.parametrize(
    ("response", "kind", "reason"),
    [
        (refusal(400, f"namespace {TOKEN}"), InvalidSettings, "is VAULT_NAMESPACE right? (HTTP 400)"),
        (
            refusal(403, f"permission denied for {TOKEN}"),
            InvalidSettings,
            "the token has expired, or its policy",
        ),
        (refusal(404), InvalidSettings, "there is no secret at this path"),
        (refusal(429), SecretsUnavailable, "rate limit is exceeded"),
        (refusal(500, "a-secret"), SecretsUnavailable, "is no secret of Vault"),
        (
            refusal(503, "Vault is sealed"),
            SecretsUnavailable,
            "is sealed or in maintenance; unseal it (HTTP 503)",
        ),
        (Response(200, b"<html>a-secret</html>", "text/html"), SecretsUnavailable, "is no secret of Vault"),
        (Response(500, b'["a-secret"]'), SecretsUnavailable, "is no secret of Vault"),
        (Response(403, b"<html>a-secret</html>", "text/html"), InvalidSettings, "the token has expired"),
        (Response(200, b'{"data":null}'), SecretsUnavailable, "is no secret of Vault"),
        (Response(200, b'["a-secret"]'), SecretsUnavailable, "is no secret of Vault"),
        (Response(200, b"[" * 100_000), SecretsUnavailable, "its response cannot be read"),
        (Response(204, b""), SecretsUnavailable, "is no secret of Vault"),
        (kv2({**SECRET, "bybit_api_secret": 7}), InvalidSettings, "the field bybit_api_secret is not text"),
    ],
    ids=lambda value: value.status if isinstance(value, Response) else None,
)
def test_another_response_is_refused_with_its_reason(
    vault: VaultServer, response: Response, kind: type[WhenceError], reason: str
) -> None:
    vault.responses[PATH] = response
    assert reason in fault_of(vault, kind)


def test_a_missing_field_is_left_out(vault: VaultServer) -> None:
    vault.responses[PATH] = kv2({"bybit_api_key": "a-key"})
    assert read(vault) == {"bybit_api_key": "a-key"}
    vault.responses[PATH] = kv2({})
    assert read(vault) == {}


def test_a_redirect_is_not_followed_so_that_the_token_goes_nowhere_else(vault: VaultServer) -> None:
    with vault_served() as other:
        other.responses[PATH] = kv2(SECRET)
        vault.responses[PATH] = Response(307, b"", location=f"{other.url}{PATH}")
        assert "it redirects, and a token is sent nowhere else" in fault_of(vault, SecretsUnavailable)
        assert other.requests == []


def test_a_server_that_is_away_is_named(vault: VaultServer) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        vault.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        assert "no connection" in fault_of(vault, SecretsUnavailable)


def test_the_server_s_certificate_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority: Any = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with vault_served(context) as vault:
        vault.responses[PATH] = kv2(SECRET)
        assert "its TLS certificate is not accepted" in fault_of(vault, SecretsUnavailable)
        assert vault.requests == []
        file = tmp_path / "authority.pem"
        authority.cert_pem.write_to_path(str(file))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
        assert read(vault) == SECRET
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
        assert "VAULT_CACERT or VAULT_CAPATH cannot be read" in fault_of(vault, SecretsUnavailable)


def test_the_token_is_sent_through_no_proxy_without_tls(
    vault: VaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with vault_served() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        vault.responses[PATH] = kv2(SECRET)
        assert read(vault) == SECRET
        assert proxy.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "vault.example.org/v1/secret",
        "https://vault.example.org",
        "https://vault.example.org/v1/secret",
        "https://vault.example.org/secret/data/whence",
        "https://vault.example.org/v1/secret/../sys",
        "https://user:word@vault.example.org/v1/secret/whence",
        "https://vault.example.org/v1/secret/whence?version=1",
        "https://vault.example.org:port/v1/secret/whence",
        "https://vault.example.org/v1/secret/wh\nence",
        "http://vault.example.org/v1/secret/whence",
        "ftp://127.0.0.1/v1/secret/whence",
    ],
)
def test_another_address_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(
        InvalidSettings, match=r"write it like vault:https://vault\.example\.org:8200/v1/"
    ) as raised:
        read_secrets(f"vault:{address}", NAMES)
    assert "word" not in str(raised.value)


@pytest.mark.parametrize("token", ["two words", "a\nb", "\N{SNOWMAN}"])
def test_a_token_that_is_none_is_refused_and_not_shown(
    vault: VaultServer, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", token)
    message = fault_of(vault, InvalidSettings)
    assert message.endswith("VAULT_TOKEN holds no token")
    assert vault.requests == []


def test_no_log_line_at_any_level_holds_a_secret(
    vault: VaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    vault.responses[PATH] = kv2(SECRET)
    with caplog.at_level(logging.DEBUG):
        assert read(vault) == SECRET
    assert caplog.messages
    for hidden in (TOKEN, *SECRET.values()):
        assert hidden not in caplog.text
