"""Encoding and decoding of envelopes, and the refusal of invalid values and bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from struct import pack
from typing import Any, cast

import pytest
from fastavro import parse_schema, schemaless_reader  # pyright: ignore[reportUnknownVariableType]
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.avro.codec import AvroCodec
from adapters.avro.schema import WriterSchema, current_schemas, fingerprint_of
from domain.errors import InvalidEvent, LogCorrupt, LogError, UnknownSchema
from domain.events import BY_FULL_NAME, FULL_NAMES
from domain.log import Envelope
from domain.order import OrderFilled, OrderPlaced
from domain.signal import DecisionMade, SignalDetected
from tests.adapters.avro.events import envelopes, envelopes_of
from tests.adapters.avro.records import body_of
from tests.replacing import replace
from tests.schemas.samples import META, SAMPLES

_CODEC = AvroCodec()
_NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001  (the tests expect its refusal)
_FILL = SAMPLES["whence.order.OrderFilled"]


@pytest.mark.parametrize("name", sorted(BY_FULL_NAME))
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_an_event_has_the_bytes_that_fastavro_writes_and_is_decoded_to_an_equal_event(
    name: str, data: st.DataObject
) -> None:
    """Both in one test, because drawing an event takes most of its time."""
    envelope = data.draw(envelopes_of(BY_FULL_NAME[name]))
    encoded = _CODEC.encode(envelope)
    assert encoded[10:] == body_of(envelope, current_schemas()[name])
    back = _CODEC.decode(encoded)
    assert back == envelope
    assert envelope == back
    assert type(back.event) is BY_FULL_NAME[name]


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_fastavro_decodes_an_event_with_only_the_schema_file(name: str) -> None:
    data = _CODEC.encode(SAMPLES[name])
    body = BytesIO(data[10:])
    record = cast(
        "dict[str, Any]", schemaless_reader(body, parse_schema(current_schemas()[name].source), None)
    )
    assert record["meta"]["event_id"] == META.event_id.bytes
    assert record["meta"]["occurred_at"] == META.occurred_at
    assert not body.read()


class Ids:
    """A registry that numbers the current schemas in the order of their names."""

    def __init__(self) -> None:
        self._names = sorted(current_schemas())

    def id_of(self, schema: WriterSchema) -> int:
        return self._names.index(schema.name)

    def schema_of(self, schema_id: int) -> WriterSchema:
        return current_schemas()[self._names[schema_id]]


@pytest.mark.parametrize("name", FULL_NAMES.values())
def test_the_canonical_bytes_of_an_event_do_not_depend_on_a_registry(name: str) -> None:
    plain, framing, envelope = AvroCodec(), AvroCodec(Ids()), SAMPLES[name]
    written = plain.encode(envelope)
    assert framing.encode(envelope) != written
    assert framing.canonical(framing.encode(envelope)) == plain.canonical(written) == written
    assert framing.framed(written) == framing.encode(envelope)
    assert plain.framed(written) == written


def test_the_prefix_is_the_fingerprint_that_avro_specifies() -> None:
    """Both numbers are from Avro's `schema-tests.txt`."""
    assert fingerprint_of("null") == (7195948357588979594).to_bytes(8, "little")
    assert fingerprint_of("int") == (8247732601305521295).to_bytes(8, "little")
    for name, schema in current_schemas().items():
        assert _CODEC.encode(SAMPLES[name]).startswith(b"\xc3\x01" + fingerprint_of(schema.source))


def test_an_encoded_fill_is_shorter_than_200_bytes() -> None:
    assert len(_CODEC.encode(_FILL)) < 200


@pytest.mark.parametrize(
    "cause",
    [
        "b7a1c0de-0f0f-5e5e-8d8d-123456789abc",
        "B7A1C0DE-0F0F-5E5E-8D8D-123456789ABC",
        "b7a1c0de-0f0f-5e5e-8d8d-123456789abg",
        "b7a1c0de-0f0f-5e5e-8d8d-12345678-abc",
        "candle:x-36-characters-long-in-all-1",
        "clock:2026-03-01T12:00:00Z",
    ],
)
def test_a_causation_id_is_decoded_unchanged(cause: str) -> None:
    envelope = replace(_FILL, meta=replace(_FILL.meta, causation_id=cause))
    assert _CODEC.decode(_CODEC.encode(envelope)).meta.causation_id == cause


def test_a_decimal_with_an_exponent_is_written_in_plain_notation() -> None:
    envelope = _filled(quantity=Decimal("1E+3"), fee=Decimal("1E-12"))
    data = _CODEC.encode(envelope)
    assert b"1000" in data
    assert b"0.000000000001" in data
    assert _CODEC.decode(data) == envelope


def test_trailing_zeros_of_a_decimal_are_kept() -> None:
    back = _CODEC.decode(_CODEC.encode(_filled(price=Decimal("43210.5500")))).event
    assert isinstance(back, OrderFilled)
    assert str(back.price) == "43210.5500"


@pytest.mark.parametrize(
    "inputs",
    [
        {f"figure {number}": float(number) for number in range(2_000)},
        {"long" * 500: 1.5, "größer als verlangt": -0.0},
    ],
)
def test_long_mappings_and_texts_are_encoded_to_the_bytes_that_fastavro_writes(
    inputs: dict[str, float],
) -> None:
    envelope = _of(SignalDetected, inputs=inputs)
    data = _CODEC.encode(envelope)
    assert data[10:] == body_of(envelope, current_schemas()["whence.signal.SignalDetected"])
    assert _CODEC.decode(data) == envelope


def test_an_array_in_several_blocks_is_read_as_one_array() -> None:
    """Avro allows an array in several blocks. After a negative count comes the size of the block in bytes."""
    envelope = _of(DecisionMade, reasons=("aye", "no", "why"))
    data = _CODEC.encode(envelope)
    whole = b"\x06\x06aye\x04no\x06why\x00"
    assert data.count(whole) == 1
    blocks = b"\x03\x0e\x06aye\x04no" + b"\x02\x06why" + b"\x00"
    assert _CODEC.decode(data.replace(whole, blocks)) == envelope


_PRICE = b"\x1043210.55"


@pytest.mark.parametrize(
    ("price", "error"),
    [
        ("NaN", "ValueError: NaN is not a number"),
        ("sNaN", "ValueError: sNaN is not a number"),
        ("-Infinity", "ValueError: -Infinity is not a number"),
        ("1E+400000000", "InvalidOperation|Overflow"),
        ("1E-400000000", "InvalidOperation|Underflow"),
        ("0E+400000000", "InvalidOperation|Clamped"),
        ("9" * 1_001, "Inexact"),
        ("1" + "0" * 1_001, "Overflow|Rounded"),
        ("1_000", "InvalidOperation"),
        (" 1", "InvalidOperation"),
        ("", "InvalidOperation"),
        ("much", "InvalidOperation"),
    ],
)
def test_a_decimal_that_is_invalid_infinite_or_too_long_is_refused_on_reading(price: str, error: str) -> None:
    data = _CODEC.encode(_FILL)
    assert data.count(_PRICE) == 1
    size = len(price) * 2
    spelled = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    broken = data.replace(_PRICE, spelled + price.encode())
    with pytest.raises(LogCorrupt, match=rf"are not a valid whence\.order\.OrderFilled: .*({error})"):
        _CODEC.decode(broken)


def test_a_float_that_is_nan_is_refused_on_reading() -> None:
    data = _CODEC.encode(_of(SignalDetected, confidence=0.7))
    broken = data.replace(pack("<d", 0.7), pack("<d", float("nan")))
    with pytest.raises(LogCorrupt, match="nan is not a number"):
        _CODEC.decode(broken)


@pytest.mark.parametrize("version", [0, -1, -(2**31)])
def test_a_schema_version_below_1_is_refused_on_reading(version: int) -> None:
    schema = current_schemas()["whence.order.OrderFilled"]
    body = body_of(_with_meta(schema_version=version), schema)
    with pytest.raises(LogCorrupt, match=f"schema versions are counted from 1, this is {version}"):
        _CODEC.decode(_CODEC.encode(_FILL)[:10] + body)


REFUSED: list[tuple[Any, str]] = [
    (lambda: _filled(price=0.1), r"OrderFilled\.price = 0\.1 is not a Decimal"),
    (lambda: _filled(price=43210), r"OrderFilled\.price = 43210 is not a Decimal"),
    (lambda: _filled(price=Decimal("NaN")), r"OrderFilled\.price = Decimal\('NaN'\) is not a number"),
    (lambda: _filled(fee=Decimal("-Infinity")), r"OrderFilled\.fee = .*-Infinity'\) is not a number"),
    (lambda: _filled(fee=Decimal("1E+999999")), r"OrderFilled\.fee = .* has more than 60 digits"),
    (lambda: _filled(fee=Decimal("1E-400")), r"OrderFilled\.fee = .* has more than 60 digits"),
    (lambda: _filled(fee=Decimal("9" * 1_001)), r"OrderFilled\.fee = .* has more than 1000 digits"),
    (lambda: _filled(execution_id=7), r"OrderFilled\.execution_id = 7 is not text"),
    (lambda: _filled(execution_id="\ud800"), r"OrderFilled\.execution_id = .* surrogate pair"),
    (lambda: _filled(liquidity="TAKER"), r"OrderFilled\.liquidity = 'TAKER' is not a Liquidity"),
    (lambda: _of(OrderPlaced, reduce_only=1), r"OrderPlaced\.reduce_only = 1 is neither True nor False"),
    (
        lambda: _of(OrderPlaced, fresh_until=_NAIVE),
        "OrderPlaced.fresh_until = .* is a naive time",
    ),
    (lambda: _of(OrderPlaced, fresh_until="noon"), "OrderPlaced.fresh_until = 'noon' is not a datetime"),
    (lambda: _of(OrderPlaced, limit_price=1.5), "OrderPlaced.limit_price = 1.5 is not a Decimal"),
    (lambda: _of(SignalDetected, confidence=float("nan")), "SignalDetected.confidence = nan is not a number"),
    (lambda: _of(SignalDetected, trend=Decimal(1)), r"SignalDetected\.trend = Decimal\('1'\) is not a float"),
    (lambda: _of(SignalDetected, interval_seconds=True), "interval_seconds = True is not a whole number"),
    (lambda: _of(SignalDetected, interval_seconds=2**63), "interval_seconds = .* does not fit into 64 bits"),
    (
        lambda: _of(SignalDetected, inputs={"adx": float("inf")}),
        r"SignalDetected\.inputs\{\} = inf is not a number",
    ),
    (lambda: _of(SignalDetected, inputs={1: 2.0}), r"SignalDetected\.inputs \(a name\) = 1 is not text"),
    (lambda: _of(SignalDetected, inputs=[1.0]), r"SignalDetected\.inputs = \[1\.0\] is not a mapping"),
    (lambda: _of(DecisionMade, reasons=["a"]), r"DecisionMade\.reasons = \['a'\] is not a tuple"),
    (lambda: _of(DecisionMade, votes=("aye",)), r"DecisionMade\.votes\[\] = 'aye' is not of type Vote"),
    (lambda: _with_meta(stream=""), r"OrderFilled\.meta\.stream = '' is empty"),
    (lambda: _with_meta(causation_id=""), r"OrderFilled\.meta\.causation_id = '' is empty"),
    (lambda: _with_meta(correlation_id=""), r"OrderFilled\.meta\.correlation_id = '' is empty"),
    (lambda: _with_meta(event_id="x"), r"OrderFilled\.meta\.event_id = 'x' is not a UUID"),
    (lambda: _with_meta(version=True), r"OrderFilled\.meta\.version = True is not a whole number"),
    (lambda: _with_meta(stream=["s"]), r"OrderFilled\.meta\.stream = \['s'\] is not text"),
    (lambda: _with_meta(causation_id=7), r"OrderFilled\.meta\.causation_id = 7 is not text"),
    (lambda: _with_meta(actor=["a"]), r"OrderFilled\.meta\.actor = \['a'\] is not text"),
    (lambda: _with_meta(occurred_at=[1]), r"OrderFilled\.meta\.occurred_at = \[1\] is not a datetime"),
    (lambda: _with_meta(version=0), r"OrderFilled\.meta\.version = 0 is not counted from 1"),
    (lambda: _with_meta(recorded_at=_NAIVE), r"OrderFilled\.meta\.recorded_at = .* naive"),
    (
        lambda: _with_meta(schema_version=99),
        r"OrderFilled\.meta\.schema_version = 99 is not \d, the version this program writes",
    ),
    (lambda: Envelope(META, cast("Any", "filled")), "str is not listed in domain/events.py"),
]


@pytest.mark.parametrize(("envelope", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_an_invalid_value_is_refused_naming_event_field_and_value(
    envelope: Callable[[], Envelope], message: str
) -> None:
    with pytest.raises(InvalidEvent, match=message):
        _CODEC.encode(envelope())


def test_an_invalid_nested_value_is_refused_naming_its_path() -> None:
    sample: Any = SAMPLES["whence.settings.SettingsChanged"].event
    risk = replace(sample.settings.risk, max_total_risk=0.1)
    event = replace(sample, settings=replace(sample.settings, risk=risk))
    with pytest.raises(
        InvalidEvent, match=r"SettingsChanged\.settings\.risk\.max_total_risk = 0\.1 is not a Decimal"
    ):
        _CODEC.encode(replace(SAMPLES["whence.settings.SettingsChanged"], event=event))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_truncated_and_overlong_records_are_refused(name: str) -> None:
    data = _CODEC.encode(SAMPLES[name])
    for size in range(len(data)):
        with pytest.raises(LogCorrupt):
            _CODEC.decode(data[:size])
    with pytest.raises(
        LogCorrupt, match=f"{len(data) + 1} bytes are not a valid {name}: .* ends after byte {len(data)}"
    ):
        _CODEC.decode(data + b"\x00")


@pytest.mark.parametrize("data", [b"", b"\x01", b"{}", b"\xc3\x02" + bytes(20), b"Obj\x01" + bytes(20)])
def test_a_record_with_an_unknown_prefix_is_refused(data: bytes) -> None:
    with pytest.raises(LogCorrupt, match="Whence did not write it"):
        _CODEC.decode(data)


def test_the_symbol_reserved_for_older_readers_is_refused() -> None:
    data = bytearray(_CODEC.encode(SAMPLES["whence.account.BalanceChanged"]))
    where = data.index(b"whence-test") + len(b"whence-test") + 1
    assert data[where] == 2 * 3
    data[where] = 0
    with pytest.raises(
        LogCorrupt, match=r"are not a valid whence\.account\.BalanceChanged: KeyError: 'UNKNOWN'"
    ):
        _CODEC.decode(bytes(data))


def test_an_unknown_fingerprint_is_refused_with_the_remedy() -> None:
    with pytest.raises(
        UnknownSchema, match=r"fingerprint 0102030405060708, which is not in schemas/: read this log"
    ):
        _CODEC.decode(b"\xc3\x01" + bytes(range(1, 9)) + bytes(50))


def test_a_registry_id_is_refused_where_no_registry_is_configured() -> None:
    with pytest.raises(UnknownSchema, match=r"schema 7 of a registry: set `url` in the table \[registry\]"):
        _CODEC.decode(b"\x00\x00\x00\x00\x07" + bytes(50))


@settings(max_examples=300, deadline=None)
@given(envelopes(), st.data())
def test_corrupt_bytes_raise_only_log_errors(envelope: Envelope, data: st.DataObject) -> None:
    whole = bytearray(_CODEC.encode(envelope))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = _CODEC.decode(bytes(whole))
    except LogError:
        return
    assert str(read.meta.event_id)
    assert read.meta.occurred_at.tzinfo is not None
    assert FULL_NAMES[type(read.event)]


def _filled(**fields: Any) -> Envelope:
    return _of(OrderFilled, **fields)


def _of(event: type, **fields: Any) -> Envelope:
    sample = SAMPLES[FULL_NAMES[event]]
    changed: Any = replace(cast("Any", sample.event), **fields)
    return Envelope(sample.meta, changed)


def _with_meta(**fields: Any) -> Envelope:
    return Envelope(replace(_FILL.meta, **fields), _FILL.event)
