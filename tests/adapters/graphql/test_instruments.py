"""The rules of instruments: the newest of each account, all of them or those of one, now and as of the past."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from adapters.avro import AvroCodec
from domain.instrument import InstrumentListed, InstrumentRulesChanged
from domain.log import Recorded
from projections.questions.instruments import instruments
from tests.adapters.graphql.reading import Reading

BTC = "BTCUSDT-LINEAR.BYBIT"
_QUERY = """query ($instrument: String, $account: String, $asOf: AsOfInput) {
  instruments(instrument: $instrument, account: $account, asOf: $asOf) {
    account instrument tick lot minQuantity maxQuantity minNotional ordinal
  }
}"""


def recorded(reading: Reading) -> list[Recorded]:
    kinds = (InstrumentListed, InstrumentRulesChanged)
    return [one for one in reading.events() if isinstance(one.envelope.event, kinds)]


def rules(reading: Reading, **variables: Any) -> list[Any]:
    found: list[Any] = reading.query(_QUERY, **variables)["instruments"]
    return found


def test_every_instrument_has_the_rules_that_were_recorded_last(reading: Reading) -> None:
    newest: dict[str, Recorded] = {}
    for one in recorded(reading):
        event = one.envelope.event
        assert isinstance(event, InstrumentListed | InstrumentRulesChanged)
        newest[event.instrument.id] = one
    found = rules(reading)
    assert [one["instrument"] for one in found] == sorted(newest)
    for one in found:
        event = newest[one["instrument"]].envelope.event
        assert isinstance(event, InstrumentListed | InstrumentRulesChanged)
        own = event.instrument
        assert [
            Decimal(one[name]) for name in ("tick", "lot", "minQuantity", "maxQuantity", "minNotional")
        ] == [
            own.tick,
            own.lot,
            own.min_quantity,
            own.max_quantity,
            own.min_notional,
        ]
        assert one["ordinal"] == newest[own.id].ordinal


def test_one_instrument_of_one_account_is_found_and_no_other(reading: Reading) -> None:
    (own,) = {one.envelope.meta.account for one in recorded(reading)}
    assert [one["instrument"] for one in rules(reading, instrument=BTC, account=own)] == [BTC]
    assert rules(reading, instrument=BTC, account="other") == []
    assert rules(reading, instrument="BTCUSDT-LINEAR") == [], "a part of an id is no instrument"


def test_as_of_an_event_before_the_first_listing_there_are_none(reading: Reading) -> None:
    first = recorded(reading)[0].ordinal
    assert rules(reading, asOf={"ordinal": first - 1}) == []
    assert [one["ordinal"] for one in rules(reading, asOf={"ordinal": first})] == [first]


def test_the_rules_of_every_instrument_are_one_statement(reading: Reading) -> None:
    with reading.models.now() as source, reading.statements() as sent:
        assert len(instruments(source, None, None, AvroCodec().decode)) > 1
    assert len(sent) == 1
