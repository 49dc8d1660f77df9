"""Events as Avro bytes, headers and JSON."""

from __future__ import annotations

from adapters.avro.codec import AvroCodec, SchemaIds
from adapters.avro.headers import headers_of
from adapters.avro.json_form import to_json
from adapters.avro.moment import iso

__all__ = ["AvroCodec", "SchemaIds", "headers_of", "iso", "to_json"]
