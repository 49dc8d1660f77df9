"""A witness that is requested over HTTP (c2sp.org/tlog-witness): it receives each checkpoint with the proof that it
continues the last one, and answers with its signature.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

import urllib3
from urllib3.exceptions import HTTPError

from adapters.back_off import random_pause
from adapters.notary.key import check_signed, opened
from adapters.notary.notary import Extension
from adapters.whole_file import replace_file
from domain.errors import InvalidInput, LogCorrupt, ProofRefused, Refused
from domain.notary.checkpoint import parse_checkpoint
from domain.notary.note import Note, VerifierKey, encoded, parse_note

_PATH: Final = "/add-checkpoint"
_TIMEOUT: Final = urllib3.Timeout(total=10.0)
_MOST_BYTES: Final = 64 * 1024
_ATTEMPTS: Final = 8
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_MEND: Final = "give its operator the key that `whence notary key` prints"
_REASONS: Final[Mapping[int, str]] = {
    HTTPStatus.FORBIDDEN: f"it does not know the notary's key: {_MEND}",
    HTTPStatus.NOT_FOUND: f"it does not witness this log: {_MEND}",
    HTTPStatus.UNPROCESSABLE_ENTITY: "the checkpoint does not continue the last one that it has seen",
    HTTPStatus.BAD_REQUEST: "it does not understand the request",
}
"""Answers that no later request changes."""

Wait = Callable[[float], object]


class HttpWitness:
    """The witness as an outlet; see `Outlet`.

    `file` keeps the last checkpoint with the witness's signature. The URL may hold a secret, and is in no error.
    """

    def __init__(
        self, url: str, witness: VerifierKey, notary: VerifierKey, file: Path, wait: Wait | None = None
    ) -> None:
        """`url` is the witness's address before `/add-checkpoint`; `wait` pauses between attempts (s)."""
        self._url, self._witness, self._notary, self._file = url.rstrip("/") + _PATH, witness, notary, file
        self._wait = wait or threading.Event().wait

    def last(self) -> str | None:
        """See `Outlet`: the last checkpoint that the witness has signed, as far as this machine knows."""
        if not self._file.exists():
            return None
        text = self._file.read_text(encoding="utf-8")
        check_signed(opened(text, self._notary)[0], self._witness)
        return text

    def publish(self, extension: Extension) -> None:
        """See `Outlet`. Requests are repeated with pauses for some 90 s where the witness does not answer.

        Raises Refused where it does not, or refuses; LogCorrupt where it has seen another history; ProofRefused where
        its answer is not its signature.
        """
        note = extension.note
        status, body = self._answered(_request(extension, extension.old))
        if status == HTTPStatus.CONFLICT:
            # An earlier process was ended after the witness had signed, and before its signature was kept here.
            seen = self._seen(body, parse_checkpoint(note.text).size)
            status, body = self._answered(_request(extension, seen))
        if status != HTTPStatus.OK:
            reason = _REASONS.get(status, "")
            error = LogCorrupt if status == HTTPStatus.UNPROCESSABLE_ENTITY else Refused
            raise error(
                f"the witness {self._witness.name} refused with status {status}: {reason}".rstrip(": ")
            )
        self._keep(note, body)

    def close(self) -> None:
        """See `Outlet`; each request has a connection of its own."""

    def _seen(self, body: bytes, size: int) -> int:
        text = body.decode("ascii", errors="replace").strip()
        if not text.isascii() or not text.isdecimal():
            raise Refused(f"the witness {self._witness.name} does not state which checkpoint it has seen")
        if int(text) > size:
            raise LogCorrupt(
                f"the witness {self._witness.name} has seen a checkpoint of {int(text)} events, and this one has "
                f"{size}: the log is an earlier one, or the notary's folder was lost (then sign the first "
                f"checkpoint with --once --events {int(text) + 1})"
            )
        return int(text)

    def _keep(self, note: Note, body: bytes) -> None:
        try:
            answer = parse_note(f"{note.text}\n{body.decode()}")
        except (UnicodeDecodeError, InvalidInput) as fault:
            raise ProofRefused(
                f"the witness {self._witness.name} did not answer with a signature: {fault}"
            ) from None
        check_signed(answer, self._witness)
        signed = Note(note.text, (*note.signatures, *answer.signatures))
        try:
            replace_file(self._file, str(signed).encode())
        except OSError as fault:
            raise Refused(f"{self._file} cannot be written: {fault.strerror}") from None

    def _answered(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises Refused where none came after all attempts."""
        reason = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._wait(random_pause(attempt, _FIRST_PAUSE, _LONGEST_PAUSE))
            try:
                with urllib3.PoolManager(num_pools=1, timeout=_TIMEOUT) as pool:
                    response = pool.request(
                        "POST", self._url, body=request, retries=False, redirect=False, preload_content=False
                    )
                    body = response.read(_MOST_BYTES)
                    response.close()
            except HTTPError as fault:
                reason = type(fault).__name__
                continue
            if (
                response.status < HTTPStatus.INTERNAL_SERVER_ERROR
                and response.status != HTTPStatus.TOO_MANY_REQUESTS
            ):
                return response.status, body
            reason = f"status {response.status}"
        raise Refused(
            f"the witness {self._witness.name} did not answer {_ATTEMPTS} requests ({reason}): the checkpoint is "
            "signed and kept; the next start publishes it"
        )


def _request(extension: Extension, old: int) -> bytes:
    """The body of a request: the old size, the proof, an empty line and the checkpoint."""
    proof = extension.proof if old == extension.old else extension.prove(old)
    lines = [f"old {old}", *map(encoded, proof), "", str(extension.note)]
    return "\n".join(lines).encode()
