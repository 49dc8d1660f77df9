"""Logs that the holder of every key of the installation has changed: each change is found, and located."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from adapters.notary.comparison import Comparison, Known
from adapters.notary.folder import CHECKPOINT, CHECKPOINTS, NODES, stored_nodes
from adapters.notary.history import notes_in
from adapters.notary.key import opened as opened_note
from adapters.notary.leaves import leaves
from adapters.notary.proof_file import Consistency
from adapters.notary.proving import consistent
from adapters.notary.verifying import Trust, read_signed, verified
from adapters.notary.witness import Witness
from domain.errors import LogCorrupt, LogError, ProofRefused
from domain.log import LOG_STREAM, Envelope, event_id
from domain.notary.leaf import Leaf
from domain.notary.note import Note
from domain.opening import LogOpened, Mode
from infra.logs import open_reader
from tests.adapters.log.days import LOG_ID, opened
from tests.adapters.notary.conftest import EVENTS, GENUINE, ORIGIN, Bench, balances
from tests.replacing import replace

AT = 9
"""The ordinal of the first event that differs, where a forgery does not state another one."""
_BEFORE = range(2, AT)


def _reopened(tape: str) -> Envelope:
    """The first event, as that of another tape."""
    return Envelope(opened().meta, LogOpened(log_id=LOG_ID, mode=Mode.TAPE, tape=tape, synthetic=True))


FORGERIES: dict[str, tuple[Sequence[Envelope], int]] = {
    "a value is changed": ([opened(), *balances(*_BEFORE, 900, *range(10, 21))], AT),
    "an event is removed": ([opened(), *balances(*_BEFORE, *range(10, 22))], AT),
    "an event is inserted": ([opened(), *balances(*_BEFORE, 900, *range(9, 21))], AT),
    "two events are exchanged": ([opened(), *balances(*_BEFORE, 10, 9, *range(11, 21))], AT),
    "an event is repeated": ([opened(), *balances(*_BEFORE, 8, *range(9, 21))], AT),
    "an event is moved to another stream": (
        [opened(), *balances(*_BEFORE), *balances(9, stream="account-b"), *balances(*range(10, 21), first=8)],
        AT,
    ),
    "the last events are replaced": ([opened(), *balances(*range(2, 20), 900)], 20),
    "the last events are removed and others appended": (
        [opened(), *balances(*range(2, 16), *range(90, 99))],
        16,
    ),
    "the opening is changed": ([_reopened(tape="another"), *balances(*range(2, 21))], 1),
    "every event is changed": ([opened(), *balances(*range(102, 121))], 2),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_log_that_was_made_anew_with_a_change_is_found_and_the_event_is_named(
    bench: Bench, name: str
) -> None:
    envelopes, ordinal = FORGERIES[name]
    bench.rewritten(envelopes)
    last = {1: 7, 2: 7, 9: 14, 16: 20, 20: 20}[ordinal]
    signed = read_signed(bench.folder, Trust(bench.key))
    with closing(open_reader(bench.settings)) as log:
        with pytest.raises(LogCorrupt, match=f"^ordinal {ordinal}: this is not the event"):
            verified(log, signed, bench.folder)
        with pytest.raises(LogCorrupt, match=rf"one from ordinal \d+ to {last} was changed") as located:
            verified(log, signed, bench.folder / CHECKPOINTS)
    assert f"before ordinal {_interval(last)} are as they were signed" in str(located.value)


def _interval(last: int) -> int:
    return {7: 1, 14: 8, 20: 15}[last]


@pytest.mark.parametrize("left", [1, 7, 19])
def test_a_log_without_its_last_events_is_found_although_its_marks_are_valid(bench: Bench, left: int) -> None:
    bench.rewritten(GENUINE[:left])
    with pytest.raises(
        LogCorrupt, match=f"the log ends at ordinal {left}, and a checkpoint of 20 events is signed"
    ):
        bench.verify()


def test_a_bit_that_is_changed_in_the_bytes_of_an_event_is_found_at_its_ordinal(genuine_bench: Bench) -> None:
    signed = read_signed(genuine_bench.folder, Trust(genuine_bench.key))
    with closing(open_reader(genuine_bench.settings)) as log, stored_nodes(genuine_bench.folder) as nodes:
        genuine = list(leaves(log, 0, EVENTS))
        assert nodes is not None
        for at, leaf in enumerate(genuine):
            for bit in range(0, 8 * len(leaf.body), 23):
                changed = (int.from_bytes(leaf.body, "big") ^ 1 << bit).to_bytes(len(leaf.body), "big")
                forged = [*genuine[:at], leaf._replace(body=changed), *genuine[at + 1 :]]
                comparison = Comparison(signed.checkpoints, known=Known(nodes, nodes.leaves))
                with pytest.raises(LogCorrupt, match=f"^ordinal {leaf.ordinal}: this is not the event"):
                    _compare(comparison, forged)


def _compare(comparison: Comparison, forged: Sequence[Leaf]) -> None:
    for one in forged:
        comparison.add(one.hash)


@pytest.mark.parametrize("at", [5, 30, 400, 805])
def test_a_bit_that_is_changed_in_the_file_is_found_at_its_ordinal(bench: Bench, at: int) -> None:
    """The tables of marks are removed, so that only the content and the notary's tree can show it."""
    with closing(sqlite3.connect(bench.path)) as file:
        for table in ("event_marks", "log_head"):
            file.execute(f"DROP TABLE {table}")
        [genuine] = file.execute("SELECT state FROM stored_events WHERE rowid = 12").fetchone()
        state = (int.from_bytes(genuine, "big") ^ 1 << at).to_bytes(len(genuine), "big")
        file.execute("UPDATE stored_events SET state = ? WHERE rowid = 12", (state,))
        file.commit()
    with pytest.raises(LogError, match=r"ordinal 12\b"):
        bench.verify()


@pytest.fixture
def forged(bench: Bench, tmp_path: Path) -> Bench:
    """A copy with a changed event whose notary, with its genuine key, has forgotten everything and signed again."""
    made = bench.copied(tmp_path / "forged")
    made.rewritten(FORGERIES["a value is changed"][0])
    for name in (CHECKPOINTS, CHECKPOINT, NODES):
        (made.folder / name).unlink()
    assert made.sign() == EVENTS
    return made


def test_forged_checkpoints_verify_alone_and_are_found_beside_any_genuine_one(
    bench: Bench, forged: Bench
) -> None:
    assert forged.verify().agreeing == 3
    with pytest.raises(LogCorrupt, match="one from ordinal 1 to 20 was changed"):
        forged.verify(bench.folder / CHECKPOINT)
    both = forged.folder / CHECKPOINTS
    both.write_bytes(both.read_bytes() + (bench.folder / CHECKPOINTS).read_bytes())
    with pytest.raises(ProofRefused, match="two checkpoints of 14 events have different roots"):
        forged.verify()


def test_a_proof_that_begins_before_the_last_signed_checkpoint_is_refused_with_where_to_begin(
    bench: Bench, tmp_path: Path
) -> None:
    witness = Witness(tmp_path / "witness", "witness.example")
    notes = notes_in(bench.folder / CHECKPOINTS)
    witness.cosigned(notes[-1], bench.key, 1_700_000_000)
    begin, last = (opened_note(str(one), bench.key)[1].size for one in (notes[1], notes[-1]))
    expected = (
        f"this proof begins at {begin} events, and the last checkpoint signed here has {last}: make one"
    )
    with pytest.raises(ProofRefused, match=expected):
        witness.cosigned(_proof(bench, notes[1]), bench.key, 1_700_000_001)


def test_forged_checkpoints_are_found_by_the_witness(bench: Bench, forged: Bench, tmp_path: Path) -> None:
    witness = Witness(tmp_path / "witness", "witness.example")
    early = notes_in(bench.folder / CHECKPOINTS)[1]
    witness.cosigned(early, bench.key, 1_700_000_000)
    genuine = witness.cosigned(_proof(bench, early), bench.key, 1_700_000_001)
    signed = tmp_path / "signed"
    signed.write_text(str(genuine))
    assert bench.verify(signed, witness.key.verifier).agreeing == 1
    with pytest.raises(LogCorrupt, match="one from ordinal 1 to 20 was changed"):
        forged.verify(signed, witness.key.verifier)
    with pytest.raises(ProofRefused, match=r"no signature of witness\.example"):
        forged.verify(None, witness.key.verifier)
    forged.write(balances(21, first=20))
    forged.sign()
    latest = notes_in(forged.folder / CHECKPOINTS)[-1]
    with pytest.raises(ProofRefused, match="the last checkpoint seen has 20 events: give the proof"):
        witness.cosigned(latest, bench.key, 1_700_000_002)
    proof = _proof(forged, notes_in(forged.folder / CHECKPOINTS)[2])
    with pytest.raises(
        ProofRefused, match="the checkpoint of 21 events does not continue the one of 20 events"
    ):
        witness.cosigned(proof, bench.key, 1_700_000_003)


def _proof(bench: Bench, old: Note) -> Consistency:
    """The proof that the last checkpoint of the bench continues an earlier one."""
    signed = read_signed(bench.folder, Trust(bench.key))
    with closing(open_reader(bench.settings)) as log:
        return consistent(log, opened_note(str(old), bench.key), (signed.last, signed.checkpoints[-1]))


def test_a_log_with_another_id_is_not_that_of_the_checkpoints(bench: Bench) -> None:
    trust = Trust(bench.key)
    bench.rewritten([_with_id(UUID(int=7))])
    signed = read_signed(bench.folder, trust)
    with (
        closing(open_reader(bench.settings)) as log,
        pytest.raises(ProofRefused, match=f"the checkpoints are of {ORIGIN}, and the log is whence/0000"),
    ):
        verified(log, signed, bench.folder)


def _with_id(log_id: UUID) -> Envelope:
    """The opening of a log with this id."""
    genuine = opened()
    meta = replace(genuine.meta, event_id=event_id(log_id, LOG_STREAM, 1))
    return Envelope(meta, LogOpened(log_id=log_id, mode=Mode.TAPE, tape="", synthetic=True))
