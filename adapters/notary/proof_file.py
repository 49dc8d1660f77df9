"""Proofs as JSON files, which are checked with a public key alone: without a log, a network or schemas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import msgspec
from fastavro.schema import parse_schema

from adapters.avro.moment import iso, moment
from adapters.avro.wire import Json, read_record
from adapters.notary.history import notes_in
from adapters.notary.verifying import Trust
from adapters.strict_json import named_once, no_constant
from domain.errors import InvalidInput, ProofRefused
from domain.notary.checkpoint import Checkpoint
from domain.notary.leaf import Leaf
from domain.notary.note import Note, decoded, encoded, parse_note
from domain.notary.proof import Proof, check_consistency, check_inclusion

_MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_HASHES: Final = 64
_TIMES: Final = ("occurred_at", "recorded_at")


class ProvenEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content of a leaf: `body` in base64, `schema` the parsing canonical form of the schema that wrote it."""

    ordinal: int
    stream: str
    version: int
    type: str
    body: str
    schema: str


class Inclusion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="inclusion"):
    """The proof that an event is in the tree of a checkpoint. The hashes are in base64, the leaf's neighbour first."""

    event: ProvenEvent
    proof: list[str]
    checkpoint: str


class Consistency(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="consistency"):
    """The proof that the tree of checkpoint `new` begins with that of checkpoint `old`, unchanged."""

    old: str
    new: str
    proof: list[str]


class Checked(NamedTuple):
    """A valid proof: its checkpoint, and either the event with its fields or the earlier checkpoint."""

    checkpoint: Checkpoint
    event: ProvenEvent | None = None
    fields: Json | None = None
    old: Checkpoint | None = None

    @property
    def as_json(self) -> Json:
        """What is proven, as JSON."""
        found: Json = {"origin": self.checkpoint.origin, "events": self.checkpoint.size}
        if self.old is not None:
            return {**found, "continues": self.old.size}
        assert self.event is not None
        event = self.event
        place = {
            "ordinal": event.ordinal,
            "stream": event.stream,
            "version": event.version,
            "type": event.type,
        }
        return {**found, **place, "fields": self.fields}

    @property
    def lines(self) -> Sequence[str]:
        """What is proven, as sentences, with the event's fields below them."""
        new = f"the checkpoint of {self.checkpoint.size} events of {self.checkpoint.origin}"
        if self.old is not None:
            return (f"{new} continues that of {self.old.size} events: none of these was changed or removed",)
        assert self.event is not None
        event = self.event
        first = (
            f"ordinal {event.ordinal}, {event.type}, version {event.version} of {event.stream}, is in {new}:"
        )
        return (first, json.dumps(self.fields, indent=2, ensure_ascii=False))


def inclusion(leaf: Leaf, schema: str, proof: Proof, checkpoint: str) -> Inclusion:
    """The file of an inclusion proof. `schema` is the canonical form whose hash is in the leaf."""
    event = ProvenEvent(
        ordinal=leaf.ordinal,
        stream=leaf.stream,
        version=leaf.version,
        type=leaf.type,
        body=encoded(leaf.body),
        schema=schema,
    )
    return Inclusion(event=event, proof=_texts(proof), checkpoint=checkpoint)


def consistency(old: str, new: str, proof: Proof) -> Consistency:
    """The file of a consistency proof between two signed checkpoints."""
    return Consistency(old=old, new=new, proof=_texts(proof))


def written(proof: Inclusion | Consistency) -> bytes:
    """The proof as JSON."""
    return msgspec.json.format(msgspec.json.encode(proof)) + b"\n"


def read(path: Path) -> Inclusion | Consistency:
    """The proof in a file. Raises InvalidInput where it holds none."""
    return _parsed(_content(path), path)


def read_given(path: Path) -> Note | Consistency:
    """What a witness is given: the checkpoint in a file, or the proof that one continues another. Raises
    InvalidInput."""
    content = _content(path)
    if not content.lstrip().startswith(b"{"):
        return notes_in(path)[-1]
    found = _parsed(content, path)
    if isinstance(found, Inclusion):
        raise InvalidInput(f"{path} is the proof of an event: a witness needs that of two checkpoints")
    return found


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as fault:
        raise InvalidInput(f"{path} cannot be read: {fault.strerror}") from None
    if len(content) > _MOST_BYTES:
        raise InvalidInput(f"{path} is not a proof: it has more than {_MOST_BYTES:,} bytes")
    return content


def _parsed(content: bytes, path: Path) -> Inclusion | Consistency:
    try:
        found = json.loads(content, object_pairs_hook=named_once, parse_constant=no_constant)
        proof: Inclusion | Consistency = msgspec.convert(found, type=Inclusion | Consistency)
    except (ValueError, RecursionError) as fault:
        raise InvalidInput(f"{path} is not a proof: {fault}") from None
    return proof


def check(proof: Inclusion | Consistency, trust: Trust) -> Checked:
    """Raises ProofRefused where the proof or a signature is not valid, InvalidInput where a part is malformed."""
    if isinstance(proof, Inclusion):
        return _checked_inclusion(proof, trust)
    old, new = (trust.opened(parse_note(text)) for text in (proof.old, proof.new))
    trust.check_witnessed(parse_note(proof.new))
    if old.origin != new.origin:
        raise ProofRefused(f"the checkpoints are of different logs: {old.origin} and {new.origin}")
    check_consistency(old.size, new.size, old.root, new.root, hashes_of(proof.proof))
    return Checked(new, old=old)


def _checked_inclusion(proof: Inclusion, trust: Trust) -> Checked:
    note, event = parse_note(proof.checkpoint), proof.event
    checkpoint = trust.opened(note)
    trust.check_witnessed(note)
    leaf = _leaf(event)
    check_inclusion(leaf.hash, event.ordinal - 1, checkpoint.size, checkpoint.root, hashes_of(proof.proof))
    return Checked(checkpoint, event, _fields(event, leaf.body))


def _leaf(event: ProvenEvent) -> Leaf:
    if not 0 < event.ordinal < 2**63 or not 0 < event.version < 2**63:
        raise InvalidInput("the ordinal and the version of an event are counted from 1")
    schema = sha256(_utf8(event.schema)).digest()
    _utf8(event.stream + event.type)
    return Leaf(
        event.ordinal,
        event.stream,
        event.version,
        event.type,
        decoded(event.body, "the event's body"),
        schema,
    )


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("a text of the proof is not valid in UTF-8") from None


def _fields(event: ProvenEvent, body: bytes) -> Json:
    """The event's fields, decoded with the schema in the proof. Raises InvalidInput where they do not decode.

    The leaf's hash covers the schema, so a valid proof has the schema that the event was written with.
    """
    try:
        schema = cast("Json", parse_schema(json.loads(event.schema)))
        return _dated(cast("Json", _shown(read_record(BytesIO(body), schema))))
    except (EOFError, LookupError, ArithmeticError, ValueError, TypeError) as fault:
        raise InvalidInput(f"the event's body does not decode with its schema: {fault}") from None


def _dated(fields: Json) -> Json:
    """The fields with the times of the event's metadata in ISO 8601: a canonical form has no unit of a number.

    These are microseconds in every version of every schema; other times are left as the numbers they are.
    """
    meta = fields.get("meta")
    if not isinstance(meta, dict):
        return fields
    known = cast("Json", meta)
    times = {name: iso(moment(known[name])) for name in _TIMES if isinstance(known.get(name), int)}
    return {**fields, "meta": {**known, **times}}


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return str(UUID(bytes=value)) if len(value) == 16 else value.hex()
    if isinstance(value, dict):
        return {name: _shown(one) for name, one in cast("Json", value).items()}
    return [_shown(one) for one in cast("list[object]", value)] if isinstance(value, list) else value


def _texts(proof: Proof) -> list[str]:
    return [encoded(one) for one in proof]


def hashes_of(texts: Sequence[str]) -> Proof:
    """The hashes of a proof. Raises InvalidInput."""
    if len(texts) > _MOST_HASHES:
        raise InvalidInput(f"a proof has at most {_MOST_HASHES} hashes")
    return [decoded(one, "a hash of the proof") for one in texts]
