"""Verification of a log by its notary's checkpoint, and proofs, beside the raw SHA-256 of the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from adapters.log.recorder_log import RecordedLog
from adapters.notary import proof_file, proving
from adapters.notary.folder import CHECKPOINT, NotaryFolder
from adapters.notary.leaves import leaves, log_id_of
from adapters.notary.notary import Notary
from adapters.notary.verifying import Trust, read_signed, verified
from domain.log import Envelope
from domain.notary.checkpoint import origin_of
from domain.notary.merkle import CompactRange, StoredNodes
from domain.notary.proof import inclusion_proof
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, reader
from tests.benchmarks.long_log import fill, history_of_one

_EVENTS = 100_000


def run() -> Sequence[Figure]:
    """Rates on each kind of log; proofs on SQLite."""
    history = history_of_one()
    return [figure for kind in ("SQLite", "Kafka") for figure in _of(kind, history)]


def _of(kind: str, history: Sequence[Envelope]) -> Iterator[Figure]:
    with fresh(kind) as address, TemporaryDirectory() as temporary:
        events = fill(address, history, _EVENTS)
        path, note = Path(temporary) / "notary", f"{events:,} events"
        with closing(reader(address)) as log:
            read = _seconds(lambda: _consume(log.placed(0, events)))
        with (
            closing(reader(address)) as log,
            closing(NotaryFolder(path, origin_of(log_id_of(log)))) as folder,
        ):
            began = perf_counter()
            with closing(Notary(log, folder)) as notary:
                notary.sign()
            signed_in = perf_counter() - began
            trust = Trust(folder.key.verifier)
        with closing(reader(address)) as log:
            signed = read_signed(path / CHECKPOINT, trust)
            took = _seconds(lambda: verified(log, signed, path / CHECKPOINT))
            yield Figure(f"{kind}: verify the whole log", events / took, "events/s", None, note)
            yield Figure(f"{kind}: read it alone, with its marks", events / read, "events/s", None, note)
            yield Figure(
                f"{kind}: sign it, a checkpoint each 1,000", events / signed_in, "events/s", None, note
            )
            if kind == "SQLite":
                yield from _of_the_tree(log, events)
                yield from _of_proofs(log, path / CHECKPOINT, trust, events)


def _of_the_tree(log: RecordedLog, events: int) -> Iterator[Figure]:
    found = list(leaves(log, 0, events))
    contents = [leaf.content for leaf in found]
    size = sum(map(len, contents)) / events
    raw = _seconds(lambda: _consume(map(sha256, contents)))

    def tree() -> None:
        append = CompactRange().append
        for leaf in found:
            append(leaf.hash)

    note = f"leaves of {size:.0f} bytes"
    yield Figure("leaf and tree, without reading", events / _seconds(tree), "events/s", None, note)
    yield Figure("raw SHA-256 of the same leaves", events / raw, "events/s", None, note)


def _of_proofs(log: RecordedLog, path: Path, trust: Trust, events: int) -> Iterator[Figure]:
    signed = read_signed(path, trust)
    nodes, tree = StoredNodes(), CompactRange()
    for leaf in leaves(log, 0, events):
        nodes.extend(tree.append(leaf.hash))
    places = range(0, events, 10)
    took = _seconds(lambda: _consume(inclusion_proof(at, events, nodes) for at in places))
    yield Figure(
        "inclusion proofs, of a tree in memory", len(places) / took, "proofs/s", None, f"{events:,} leaves"
    )
    wanted = range(1, events, events // 100)
    proofs = list(proving.proven(log, wanted, signed.last, signed.checkpoints[-1]))
    checks = _seconds(lambda: _consume(proof_file.check(proof, trust) for proof in proofs))
    hashes = max(len(proof.proof) for proof in proofs)
    sizes = sorted(len(proof_file.written(proof)) for proof in proofs)
    yield Figure(
        "check a proof: signature, path, fields", len(proofs) / checks, "proofs/s", None, "without the log"
    )
    yield Figure("hashes of a proof", hashes, "of 32 bytes", None, f"{events:,} leaves")
    yield Figure(
        "file of a proof, median", sizes[len(sizes) // 2], "bytes", None, "with event, schema and checkpoint"
    )


def _consume(values: Iterator[object]) -> None:
    for _ in values:
        pass


def _seconds(measured: Callable[[], object]) -> float:
    began = perf_counter()
    measured()
    return perf_counter() - began
