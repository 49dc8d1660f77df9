"""An object store on this machine with the protocol of S3: whole objects in memory, and requests must be signed.

Signature version 4 as AWS documents it ("Create a signed AWS API request"). A list has two names a page.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import SplitResult, parse_qs, urlsplit

from adapters.secrecy import Credentials

KEYS = Credentials("AKIDOFTESTS", "a-secret-of-tests/+=")
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), ?SignedHeaders=(?P<headers>[^,]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)

NOWHERE = "nowhere"
_PAGE = 2


class ObjectStore(ThreadingHTTPServer):
    """`objects` are by their path, as /bucket/name; `requests` are the methods and paths that were let in.

    The next `refused` requests are answered with 503, and no object is stored while `is_full`, or once `room`
    more were stored. The bucket `NOWHERE` does not exist.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects = dict[str, bytes]()
        self.requests = list[tuple[str, str]]()
        self.refused = 0
        self.is_full = False
        self.room: int | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _store(self) -> ObjectStore:
        assert isinstance(self.server, ObjectStore)
        return self.server

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["content-length"]))
        if not self._is_let_in(data):
            return
        if self.path.startswith(f"/{NOWHERE}/"):
            self._respond(404, b"<Error><Code>NoSuchBucket</Code></Error>")
            return
        if self.headers["if-none-match"] == "*" and self.path in self._store.objects:
            self._respond(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        if self._store.is_full or self._store.room == 0:
            self._respond(507, b"<Error><Code>XMinioStorageFull</Code></Error>")
            return
        self._store.objects[self.path] = data
        if self._store.room is not None:
            self._store.room -= 1
        self._respond(200, b"")

    def do_GET(self) -> None:
        if not self._is_let_in(b""):
            return
        if "?" in self.path:
            self._respond(200, self._listed(urlsplit(self.path)))
            return
        found = self._store.objects.get(self.path)
        self._respond(404 if found is None else 200, found or b"")

    def do_POST(self) -> None:
        """Removes the objects that the body names."""
        data = self.rfile.read(int(self.headers["content-length"]))
        if self._is_let_in(data):
            bucket = urlsplit(self.path).path
            names = re.findall(r"<Key>([^<]+)</Key>", data.decode())
            for name in names:
                self._store.objects.pop(f"{bucket}/{name}", None)
            rows = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
            self._respond(200, f"<DeleteResult>{rows}</DeleteResult>".encode())

    def _listed(self, asked: SplitResult) -> bytes:
        """A page of ListObjectsV2, which continues after the name in the token."""
        query = parse_qs(asked.query)
        prefix, after = query.get("prefix", [""])[0], query.get("continuation-token", [""])[0]
        names = sorted(one.removeprefix(f"{asked.path}/") for one in self._store.objects)
        found = [one for one in names if one.startswith(prefix) and one > after]
        page = found[:_PAGE]
        rows = "".join(
            f"<Contents><Key>{one}</Key><LastModified>2026-01-03T00:00:00.000Z</LastModified><ETag>x</ETag>"
            f"<Size>{len(self._store.objects[f'{asked.path}/{one}'])}</Size></Contents>"
            for one in page
        )
        more = len(found) > len(page)
        token = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else ""
        return (
            f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
        ).encode()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Prints nothing."""

    def _is_let_in(self, data: bytes) -> bool:
        if self._store.refused:
            self._store.refused -= 1
            self._respond(503, b"<Error><Code>SlowDown</Code></Error>")
            return False
        if not self._is_signed(data):
            self._respond(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
            return False
        self._store.requests.append((self.command, self.path))
        return True

    def _is_signed(self, data: bytes) -> bool:
        found = _AUTHORIZATION.fullmatch(self.headers.get("authorization", ""))
        hashed = sha256(data).hexdigest()
        if found is None or found["key"] != KEYS.key or self.headers["x-amz-content-sha256"] != hashed:
            return False
        names = found["headers"].split(";")
        headers = "".join(f"{name}:{self.headers[name].strip()}\n" for name in names)
        path, _, query = self.path.partition("?")
        ordered = "&".join(sorted(one if "=" in one else f"{one}=" for one in query.split("&") if one))
        request = "\n".join((self.command, path, ordered, headers, found["headers"], hashed))
        signed = "\n".join(
            (
                "AWS4-HMAC-SHA256",
                self.headers["x-amz-date"],
                found["scope"],
                sha256(request.encode()).hexdigest(),
            )
        )
        key = f"AWS4{KEYS.secret}".encode()
        for part in found["scope"].split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.compare_digest(hmac.digest(key, signed.encode(), "sha256").hex(), found["signature"])

    def _respond(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.send_header("etag", f'"{sha256(data).hexdigest()[:32]}"')
        self.send_header("last-modified", "Sat, 03 Jan 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def object_store() -> Generator[ObjectStore]:
    """A store that is empty at first, until the block ends."""
    with ObjectStore() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
