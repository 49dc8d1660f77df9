"""Events as Avro bytes, headers and JSON."""

from adapters.avro.codec import AvroCodec
from adapters.avro.headers import headers_of
from adapters.avro.plain import instant, to_json

__all__ = ["AvroCodec", "headers_of", "instant", "to_json"]
