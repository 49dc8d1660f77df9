"""A witness over HTTP, as c2sp.org/tlog-witness has it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from adapters.notary.key import NoteKey, made_key
from adapters.notary.notary import Pace
from adapters.notary.verifying import Trust, read_signed
from domain.errors import InvalidInput, LogCorrupt, ProofRefused, Refused
from domain.notary.checkpoint import parse_checkpoint
from domain.notary.merkle import EMPTY_ROOT
from domain.notary.note import COSIGNATURE, Note, decoded, parse_note
from domain.notary.proof import check_consistency
from infra.notary import WitnessAddress, opened_notary
from tests.adapters.notary.conftest import GENUINE, PACE, Bench, balances


class _Server:
    """The witness: it remembers the last checkpoint that it has signed. `faults` are its next statuses."""

    def __init__(self, folder: Path) -> None:
        self.key: NoteKey = made_key(folder / "witness-key", "witness.example", COSIGNATURE)
        self.size, self.root, self.faults = 0, EMPTY_ROOT, deque[int]()
        self.signing = self.key
        self.url = ""
        self.requests = 0

    def answer(self, body: str) -> tuple[int, str]:
        self.requests += 1
        if self.faults:
            return self.faults.popleft(), ""
        head, _, rest = body.partition("\n\n")
        first, *proof = head.split("\n")
        note = parse_note(rest)
        new = parse_checkpoint(note.text)
        old = int(first.removeprefix("old "))
        if old != self.size:
            return 409, f"{self.size}\n"
        try:
            check_consistency(old, new.size, self.root, new.root, [decoded(one, "a hash") for one in proof])
        except ProofRefused:
            return 422, ""
        self.size, self.root = new.size, new.root
        return 200, self.signing.cosigned(Note(note.text), 1_700_000_000).signatures[0].line

    @contextmanager
    def served(self) -> Generator[None]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/add-checkpoint"
                length = int(self.headers["content-length"])
                status, text = owner.answer(self.rfile.read(length).decode())
                self.send_response(status)
                self.send_header("content-length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base
                """Nothing is printed."""

        with HTTPServer(("127.0.0.1", 0), Handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Generator[_Server]:
    server = _Server(tmp_path)
    with server.served():
        yield server


def _sign(bench: Bench, server: _Server, pace: Pace = PACE) -> int:
    address = WitnessAddress.parse(f"{server.url}={server.key.verifier}")
    with opened_notary(bench.settings, bench.folder, None, pace, [address]) as notary:
        notary.sign()
        return notary.size


def _witnessed(bench: Bench, server: _Server) -> Path:
    return bench.folder / f"witnessed-{server.key.verifier.id.hex()}"


def test_each_checkpoint_is_signed_by_the_witness_and_its_signature_can_be_demanded(
    bench: Bench, server: _Server
) -> None:
    assert _sign(bench, server) == server.size == 20
    found = read_signed(_witnessed(bench, server), Trust(bench.key, (server.key.verifier,)))
    assert found.checkpoints[-1].size == 20


def test_a_witness_that_does_not_answer_for_a_while_is_requested_again(bench: Bench, server: _Server) -> None:
    server.faults.extend((503, 429))
    _sign(bench, server)
    assert (server.size, server.requests) == (20, 3)


def test_a_notary_that_was_killed_before_it_kept_the_signature_continues_where_the_witness_is(
    bench: Bench, server: _Server
) -> None:
    _sign(bench, server)
    _witnessed(bench, server).unlink()
    bench.write(balances(21, 22, 23, first=20))
    assert _sign(bench, server) == server.size == 23


def test_a_history_that_the_witness_has_not_seen_is_refused_although_notary_and_log_agree(
    bench: Bench, server: _Server
) -> None:
    _sign(bench, server)
    for file in bench.folder.iterdir():
        if file.name != "key":
            file.unlink()
    bench.rewritten([GENUINE[0], *balances(*range(3, 24))])
    with pytest.raises(LogCorrupt, match=r"status 422: the checkpoint does not continue the last one"):
        _sign(bench, server, Pace())
    for file in bench.folder.iterdir():
        if file.name != "key":
            file.unlink()
    bench.rewritten(GENUINE[:9])
    with pytest.raises(
        LogCorrupt, match=r"has seen a checkpoint of 20 events, and this one has 7: the log is an earlier one"
    ):
        _sign(bench, server)


def test_an_answer_that_is_not_the_signature_of_the_witness_is_refused(
    bench: Bench, server: _Server, tmp_path: Path
) -> None:
    server.signing = made_key(tmp_path / "other", "witness.example", COSIGNATURE)
    with pytest.raises(ProofRefused, match=r"has no signature of witness\.example"):
        _sign(bench, server)
    assert not _witnessed(bench, server).exists()


def test_a_witness_that_does_not_know_the_notary_is_named_with_the_mend(
    bench: Bench, server: _Server
) -> None:
    server.faults.append(404)
    with pytest.raises(Refused, match=r"status 404: it does not witness this log: give its operator the key"):
        _sign(bench, server)


@pytest.mark.parametrize("text", ["https://witness.example", "witness=a", "https://secret@host/=x+y"])
def test_an_address_without_a_key_is_refused_without_the_address(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        WitnessAddress.parse(text)
    assert "secret" not in str(refused.value)
