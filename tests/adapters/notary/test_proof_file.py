"""Proofs as files: valid alone, and for nothing else than what they were made for."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.notary.folder import CHECKPOINTS
from adapters.notary.history import notes_in
from adapters.notary.key import made_key, opened
from adapters.notary.proof_file import Consistency, Inclusion, check, read, written
from adapters.notary.proving import Wanted, consistent, parse_wanted, proven
from adapters.notary.verifying import Trust, read_signed
from domain.errors import InvalidInput, ProofRefused, Refused
from domain.log import event_id
from domain.notary.note import encoded
from infra.logs import open_reader
from tests.adapters.log.days import LOG_ID
from tests.adapters.notary.conftest import ACCOUNT, ORIGIN, Bench

Json = dict[str, Any]


def proofs(bench: Bench, *wanted: Wanted) -> list[Inclusion]:
    signed = read_signed(bench.folder, Trust(bench.key))
    with closing(open_reader(bench.settings)) as log:
        return list(proven(log, wanted, signed.last, signed.checkpoints[-1]))


def test_every_event_is_proven_with_the_public_key_alone(genuine_bench: Bench) -> None:
    trust = Trust(genuine_bench.key)
    for ordinal, proof in enumerate(proofs(genuine_bench, *range(1, 21)), 1):
        checked = check(proof, trust)
        assert checked.event is not None
        assert (checked.event.ordinal, checked.checkpoint.size, checked.checkpoint.origin) == (
            ordinal,
            20,
            ORIGIN,
        )
        assert len(proof.proof) <= 5


def test_an_event_is_proven_by_its_id_with_its_fields(genuine_bench: Bench) -> None:
    wanted = event_id(LOG_ID, ACCOUNT, 8)
    [proof] = proofs(genuine_bench, wanted)
    shown = check(proof, Trust(genuine_bench.key)).as_json
    assert (shown["ordinal"], shown["stream"], shown["version"]) == (9, ACCOUNT, 8)
    assert shown["type"] == "whence.account.DayOpened"
    assert shown["fields"]["meta"]["event_id"] == str(wanted)
    assert shown["fields"]["balance"] == "9"


@pytest.mark.parametrize("wanted", [21, event_id(LOG_ID, ACCOUNT, 20)])
def test_an_event_that_is_not_in_the_checkpoint_has_no_proof(genuine_bench: Bench, wanted: Wanted) -> None:
    with pytest.raises(Refused, match="is not among the 20 events of the checkpoint"):
        proofs(genuine_bench, wanted)


@pytest.mark.parametrize("text", ["", "0", "-1", "12x", "²"])
def test_a_name_that_no_event_can_have_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="neither the id of an event nor an ordinal"):
        parse_wanted(text)


@pytest.fixture(scope="module")
def proof_of_9(genuine_bench: Bench) -> bytes:
    """The file of the proof of ordinal 9."""
    return written(proofs(genuine_bench, 9)[0])


def _set(**values: object) -> Callable[[Json], None]:
    return lambda found: found["event"].update(values)


def _bit(found: Json) -> None:
    body = bytearray(b64decode(found["event"]["body"]))
    body[30] ^= 1
    found["event"]["body"] = encoded(bytes(body))


def _other_size(found: Json) -> None:
    found["checkpoint"] = found["checkpoint"].replace("\n20\n", "\n21\n")


def _unsigned(found: Json) -> None:
    found["checkpoint"] = found["checkpoint"].partition("\n\n")[0] + "\n\n\N{EM DASH} other AAAAAAA=\n"


def _other_hash(found: Json) -> None:
    found["proof"][1] = encoded(bytes(32))


CHANGES: dict[str, tuple[Callable[[Json], object], type[Exception], str]] = {
    "the body": (_bit, ProofRefused, "leads to another root"),
    "the stream": (_set(stream="account-b"), ProofRefused, "leads to another root"),
    "the version": (_set(version=9), ProofRefused, "leads to another root"),
    "the ordinal": (_set(ordinal=10), ProofRefused, "leads to another root"),
    "the ordinal, beyond the end": (_set(ordinal=21), ProofRefused, "leaf 20 is not in a tree of 20"),
    "the ordinal, below 1": (_set(ordinal=0), InvalidInput, "counted from 1"),
    "the type": (_set(type="whence.account.DayClosed"), ProofRefused, "leads to another root"),
    "the schema": (_set(schema='"string"'), ProofRefused, "leads to another root"),
    "a text that is not UTF-8": (_set(stream="\ud800"), InvalidInput, "not valid in UTF-8"),
    "a hash": (_other_hash, ProofRefused, "leads to another root"),
    "a hash fewer": (lambda found: found["proof"].pop(), ProofRefused, "fewer than the hashes"),
    "a hash more": (
        lambda found: found["proof"].append(encoded(bytes(32))),
        ProofRefused,
        "more than the hashes",
    ),
    "too many hashes": (
        lambda found: found.update(proof=["" for _ in range(65)]),
        InvalidInput,
        "at most 64",
    ),
    "the size of the checkpoint": (_other_size, ProofRefused, "was not made for this checkpoint"),
    "the signature": (_unsigned, ProofRefused, "has no signature of"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_proof_with_any_part_changed_is_refused(
    genuine_bench: Bench, proof_of_9: bytes, tmp_path: Path, name: str
) -> None:
    change, error, message = CHANGES[name]
    found: Json = json.loads(proof_of_9)
    change(found)
    (tmp_path / "proof.json").write_text(json.dumps(found))
    with pytest.raises(error, match=message):
        check(read(tmp_path / "proof.json"), Trust(genuine_bench.key))


def test_a_proof_is_refused_with_another_key_of_the_same_name(genuine_bench: Bench, tmp_path: Path) -> None:
    [proof] = proofs(genuine_bench, 9)
    other = made_key(tmp_path / "key", ORIGIN).verifier
    with pytest.raises(ProofRefused, match=f"no signature of {ORIGIN} with key {other.id.hex()}"):
        check(proof, Trust(other))


def test_two_checkpoints_are_proven_consistent_and_a_change_of_the_proof_is_refused(
    genuine_bench: Bench,
) -> None:
    trust = Trust(genuine_bench.key)
    notes = [opened(str(note), genuine_bench.key) for note in notes_in(genuine_bench.folder / CHECKPOINTS)]
    with closing(open_reader(genuine_bench.settings)) as log:
        proof = consistent(log, notes[0], notes[2])
        with pytest.raises(InvalidInput, match="name the older first"):
            consistent(log, notes[2], notes[0])
    assert check(proof, trust).as_json == {"origin": ORIGIN, "events": 20, "continues": 7}
    with pytest.raises(ProofRefused):
        check(Consistency(old=proof.old, new=proof.new, proof=proof.proof[1:]), trust)
    with pytest.raises(ProofRefused):
        check(Consistency(old=str(notes[1][0]), new=proof.new, proof=proof.proof), trust)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff",
        b'{"type": "inclusion"}',
        b'{"type": "x", "type": "y"}',
        b"[" * 100_000,
        b"NaN",
    ],
)
def test_a_file_that_holds_no_proof_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "proof.json"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="is not a proof") as refused:
        read(path)
    assert "\n" not in str(refused.value)
