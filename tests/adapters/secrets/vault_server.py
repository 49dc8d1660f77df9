"""A server on loopback that responds as Vault's documented HTTP API does to `GET /v1/…` (KV engine, both versions)."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "hvs.CAESIJ-a-token"  # noqa: S105 - no server has it
SECRET = {"bybit_api_key": "a-key", "bybit_api_secret": "a-secret"}


@dataclass(frozen=True, slots=True)
class Response:
    """Status, body and content type of one response, and where it redirects to."""

    status: int
    body: bytes
    type: str = "application/json"
    location: str = ""


def kv1(fields: Mapping[str, object]) -> Response:
    """A secret of a KV engine of version 1."""
    return _json(200, {"request_id": "1", "lease_duration": 2_764_800, "data": fields, "warnings": None})


def kv2(fields: Mapping[str, object]) -> Response:
    """A secret of a KV engine of version 2."""
    metadata = {"created_time": "2026-03-02T12:00:00Z", "deletion_time": "", "destroyed": False, "version": 3}
    return _json(200, {"request_id": "1", "data": {"data": fields, "metadata": metadata}, "warnings": None})


def refusal(status: int, *errors: str) -> Response:
    """An error of Vault."""
    return _json(status, {"errors": errors})


def _json(status: int, body: object) -> Response:
    return Response(status, json.dumps(body).encode())


@dataclass
class VaultServer:
    """`responses` are the responses by path; a path without one has status 404. `requests` are those that came."""

    url: str = ""
    responses: dict[str, Response] = field(default_factory=dict[str, Response])
    requests: list[tuple[str, Mapping[str, str]]] = field(default_factory=list[tuple[str, Mapping[str, str]]])
    token: str = TOKEN


@contextmanager
def vault_served(tls: ssl.SSLContext | None = None) -> Generator[VaultServer]:
    """A server while the body runs; with TLS where a context is given."""
    vault = VaultServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            vault.requests.append((self.path, headers))
            if headers.get("x-vault-token") != vault.token:
                response = refusal(403, "permission denied")
            else:
                response = vault.responses.get(self.path, refusal(404))
            self.send_response(response.status)
            self.send_header("content-type", response.type)
            self.send_header("content-length", str(len(response.body)))
            if response.location:
                self.send_header("location", response.location)
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Prints nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not accept the certificate ends its connection; its own error is what counts."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        vault.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield vault
        finally:
            server.shutdown()
            thread.join()
