"""Bytes written by every version of every schema, kept for ever: `golden/<full name>.<version>.bin`.

`python -m tests.schemas.golden` adds missing files and fingerprints from the samples; it never changes existing ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from adapters.avro.codec import AvroCodec
from adapters.avro.schema import WriterSchema, current_schemas, past_schemas
from tests.schemas.samples import SAMPLES

FOLDER = Path(__file__).with_name("golden")
_PROSE = frozenset({"doc", "personal"})
_FINGERPRINTS = FOLDER / "fingerprints.json"


def golden_bytes(name: str, version: int) -> bytes:
    """The kept bytes of a version. Raises FileNotFoundError where there are none."""
    return _file(name, version).read_bytes()


def kept() -> frozenset[tuple[str, int]]:
    """Full name and version of every schema whose bytes are kept."""
    return frozenset(_name_and_version(file.stem) for file in FOLDER.glob("*.bin"))


def kept_fingerprints() -> Mapping[str, str]:
    """The fingerprint of the schema that wrote the kept bytes, by `<full name>.<version>`."""
    return cast("dict[str, str]", json.loads(_FINGERPRINTS.read_text())) if _FINGERPRINTS.exists() else {}


def fingerprint(schema: WriterSchema) -> str:
    """A hash of a schema without its documentation and its marks of personal fields.

    Unlike Avro's, it includes logical types and defaults.
    """
    text = json.dumps(_without_prose(schema.source), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def main() -> None:
    """Writes the missing bytes and fingerprints."""
    FOLDER.mkdir(exist_ok=True)
    codec = AvroCodec()
    for name, schema in current_schemas().items():
        if (name, schema.version) not in kept():
            _file(name, schema.version).write_bytes(codec.encode(SAMPLES[name]))
    every = (*current_schemas().values(), *past_schemas().values())
    current = {f"{schema.name}.{schema.version}": fingerprint(schema) for schema in every}
    _FINGERPRINTS.write_text(
        json.dumps(dict(sorted({**current, **kept_fingerprints()}.items())), indent=1) + "\n"
    )


def _file(name: str, version: int) -> Path:
    return FOLDER / f"{name}.{version}.bin"


def _name_and_version(stem: str) -> tuple[str, int]:
    name, _, version = stem.rpartition(".")
    return name, int(version)


def _without_prose(schema: object) -> object:
    if isinstance(schema, dict):
        entries = cast("dict[str, object]", schema)
        return {key: _without_prose(value) for key, value in entries.items() if key not in _PROSE}
    if isinstance(schema, list):
        return [_without_prose(one) for one in cast("list[object]", schema)]
    return schema


if __name__ == "__main__":
    main()
