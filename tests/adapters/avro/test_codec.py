"""Envelopes to bytes and back, and everything that must not pass."""

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
from adapters.avro.schema import current_schemas, fingerprint_of
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
_NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001  (this is what is refused)
_FILL = SAMPLES["whence.order.OrderFilled"]


@pytest.mark.parametrize("name", sorted(BY_FULL_NAME))
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_event_comes_back_as_it_went(name: str, data: st.DataObject) -> None:
    envelope = data.draw(envelopes_of(BY_FULL_NAME[name]))
    back = _CODEC.decode(_CODEC.encode(envelope))
    assert back == envelope
    assert envelope == back
    assert type(back.event) is BY_FULL_NAME[name]


@pytest.mark.parametrize("name", sorted(BY_FULL_NAME))
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_event_is_written_as_fastavro_writes_it(name: str, data: st.DataObject) -> None:
    envelope = data.draw(envelopes_of(BY_FULL_NAME[name]))
    assert _CODEC.encode(envelope)[10:] == body_of(envelope, current_schemas()[name])


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_any_avro_reader_reads_it_by_the_file_alone(name: str) -> None:
    data = _CODEC.encode(SAMPLES[name])
    body = BytesIO(data[10:])
    record = cast(
        "dict[str, Any]", schemaless_reader(body, parse_schema(current_schemas()[name].source), None)
    )
    assert record["meta"]["event_id"] == META.event_id.bytes
    assert record["meta"]["occurred_at"] == META.occurred_at
    assert not body.read()


def test_the_prefix_is_what_the_avro_specification_says() -> None:
    """The two numbers are those of Avro's own `schema-tests.txt`."""
    assert fingerprint_of("null") == (7195948357588979594).to_bytes(8, "little")
    assert fingerprint_of("int") == (8247732601305521295).to_bytes(8, "little")
    for name, schema in current_schemas().items():
        assert _CODEC.encode(SAMPLES[name]).startswith(b"\xc3\x01" + fingerprint_of(schema.source))


def test_a_fill_takes_less_than_200_bytes() -> None:
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
def test_a_cause_comes_back_letter_by_letter(cause: str) -> None:
    envelope = replace(_FILL, meta=replace(_FILL.meta, causation_id=cause))
    assert _CODEC.decode(_CODEC.encode(envelope)).meta.causation_id == cause


def test_an_exponent_is_written_out_and_the_value_stays() -> None:
    envelope = _filled(quantity=Decimal("1E+3"), fee=Decimal("1E-12"))
    data = _CODEC.encode(envelope)
    assert b"1000" in data
    assert b"0.000000000001" in data
    assert _CODEC.decode(data) == envelope


def test_digits_that_were_written_stay() -> None:
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
def test_what_is_longer_than_most_is_written_as_fastavro_writes_it(inputs: dict[str, float]) -> None:
    envelope = _of(SignalDetected, inputs=inputs)
    data = _CODEC.encode(envelope)
    assert data[10:] == body_of(envelope, current_schemas()["whence.signal.SignalDetected"])
    assert _CODEC.decode(data) == envelope


def test_an_array_in_blocks_with_their_sizes_is_read_as_one() -> None:
    """Avro lets a writer put items into several blocks, and tell the size of each with a negative count."""
    envelope = _of(DecisionMade, reasons=("aye", "no", "why"))
    data = _CODEC.encode(envelope)
    whole = b"\x06\x06aye\x04no\x06why\x00"
    assert data.count(whole) == 1
    blocks = b"\x03\x0e\x06aye\x04no" + b"\x02\x06why" + b"\x00"
    assert _CODEC.decode(data.replace(whole, blocks)) == envelope


_PRICE = b"\x1043210.55"


@pytest.mark.parametrize(
    ("price", "told"),
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
def test_what_is_no_finite_decimal_within_bounds_is_no_money(price: str, told: str) -> None:
    data = _CODEC.encode(_FILL)
    assert data.count(_PRICE) == 1
    size = len(price) * 2
    spelled = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    broken = data.replace(_PRICE, spelled + price.encode())
    with pytest.raises(LogCorrupt, match=rf"said to be a whence\.order\.OrderFilled are not: .*({told})"):
        _CODEC.decode(broken)


def test_an_opinion_that_is_no_number_is_not_an_event() -> None:
    data = _CODEC.encode(_of(SignalDetected, confidence=0.7))
    broken = data.replace(pack("<d", 0.7), pack("<d", float("nan")))
    with pytest.raises(LogCorrupt, match="nan is not a number"):
        _CODEC.decode(broken)


@pytest.mark.parametrize("version", [0, -1, -(2**31)])
def test_a_version_before_the_first_is_not_an_event(version: int) -> None:
    schema = current_schemas()["whence.order.OrderFilled"]
    body = body_of(_with_meta(schema_version=version), schema)
    with pytest.raises(LogCorrupt, match=f"versions are counted from 1, and this one is {version}"):
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
    (lambda: _with_meta(version=0), r"OrderFilled\.meta\.version = 0 is not counted from 1"),
    (lambda: _with_meta(recorded_at=_NAIVE), r"OrderFilled\.meta\.recorded_at = .* naive"),
    (
        lambda: _with_meta(schema_version=99),
        r"OrderFilled\.meta\.schema_version = 99 is not the \d this program writes",
    ),
    (lambda: Envelope(META, cast("Any", "filled")), "'filled' is not in domain/events.py"),
]


@pytest.mark.parametrize(("envelope", "told"), REFUSED, ids=[told for _, told in REFUSED])
def test_a_lie_is_refused_with_event_field_and_value(envelope: Callable[[], Envelope], told: str) -> None:
    with pytest.raises(InvalidEvent, match=told):
        _CODEC.encode(envelope())


def test_a_fault_in_a_part_of_a_part_is_named_by_its_path() -> None:
    sample: Any = SAMPLES["whence.settings.SettingsChanged"].event
    risk = replace(sample.settings.risk, max_total_risk=0.1)
    event = replace(sample, settings=replace(sample.settings, risk=risk))
    with pytest.raises(
        InvalidEvent, match=r"SettingsChanged\.settings\.risk\.max_total_risk = 0\.1 is not a Decimal"
    ):
        _CODEC.encode(replace(SAMPLES["whence.settings.SettingsChanged"], event=event))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_bytes_cut_anywhere_or_with_more_behind_are_not_an_event(name: str) -> None:
    data = _CODEC.encode(SAMPLES[name])
    for size in range(len(data)):
        with pytest.raises(LogCorrupt):
            _CODEC.decode(data[:size])
    with pytest.raises(
        LogCorrupt, match=f"{len(data) + 1} bytes said to be a {name} are not: .* ends after {len(data)}"
    ):
        _CODEC.decode(data + b"\x00")


@pytest.mark.parametrize("data", [b"", b"\x01", b"{}", b"\xc3\x02" + bytes(20), b"Obj\x01" + bytes(20)])
def test_a_foreign_first_byte_is_not_ours(data: bytes) -> None:
    with pytest.raises(LogCorrupt, match="is not ours"):
        _CODEC.decode(data)


def test_a_symbol_that_is_for_older_readers_alone_is_not_an_event() -> None:
    data = bytearray(_CODEC.encode(SAMPLES["whence.account.BalanceChanged"]))
    where = data.index(b"whence-test") + len(b"whence-test") + 1
    assert data[where] == 2 * 2
    data[where] = 0
    with pytest.raises(
        LogCorrupt, match=r"said to be a whence\.account\.BalanceChanged are not: KeyError: 'UNKNOWN'"
    ):
        _CODEC.decode(bytes(data))


def test_an_unknown_fingerprint_is_told_with_what_to_do() -> None:
    with pytest.raises(
        UnknownSchema, match=r"fingerprint 0102030405060708, which is not in schemas/: read this log"
    ):
        _CODEC.decode(b"\xc3\x01" + bytes(range(1, 9)) + bytes(50))


def test_a_registry_id_without_a_registry_is_told() -> None:
    with pytest.raises(UnknownSchema, match="registry's schema 7: name that registry"):
        _CODEC.decode(b"\x00\x00\x00\x00\x07" + bytes(50))


@settings(max_examples=300, deadline=None)
@given(envelopes(), st.data())
def test_broken_bytes_never_raise_anything_but_errors_of_the_log(
    envelope: Envelope, data: st.DataObject
) -> None:
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
