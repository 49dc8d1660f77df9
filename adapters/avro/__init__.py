"""Events as Avro bytes, headers and JSON."""
