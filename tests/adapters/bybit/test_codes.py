"""The table of return codes is complete, and a code that it does not hold proves nothing."""

from __future__ import annotations

from importlib import import_module

import pytest

from adapters.bybit.codes import OF_RULES, VERDICTS, Verdict, verdict
from adapters.simulated.venue import codes as venue_codes

# Codes that the documentation or the clients' maintainers name, with what they prove.
DOCUMENTED: dict[Verdict, set[int]] = {
    Verdict.AMBIGUOUS: {10000, 10014, 10016, 10019, 20006, 170001, 170007, 170032, 500000, 110030},
    Verdict.RATE_LIMITED: {429, 10006, 10018, 10403, 10429, 20003, 170005},
    Verdict.RETRY: {10002},
    Verdict.FATAL: {
        *(10003, 10004, 10005, 10007, 10008, 10009, 10010, 10017, 10020, 10024, 10027, 10028),
        *(33004, 100028, 110067, 110068, 110069),
    },
    Verdict.PLACED: {110072, 170141},
    Verdict.REJECTED: {
        *(10001, 10029, 34036, 34040),
        *(110001, *range(110003, 110030), *range(110031, 110067), 110070, 110071, 110073),
        *(110092, 110093, 110094),
        *(170036, 170105, 170121, 170124, 170130, 170131, 170134, 170135, 170136, 170137, 170140, 170148),
        *(170193, 170194, 170201, 170202, 170213, 170810),
    },
}


def test_the_table_holds_exactly_the_documented_codes() -> None:
    assert {code: kind for kind, codes in DOCUMENTED.items() for code in codes} == VERDICTS


def test_the_table_holds_every_code_of_the_api_and_of_contracts_that_another_client_lists() -> None:
    """ccxt's table follows Bybit's page of errors, and has those of other products, too."""
    listed = {int(code) for code in import_module("ccxt.bybit").bybit().exceptions["exact"]}
    ours = {code for code in listed if 10_000 <= code < 10_500 or 110_000 <= code < 111_000}
    assert len(ours) > 90
    assert ours <= set(VERDICTS)


def test_the_table_holds_every_code_of_our_venue() -> None:
    spoken = {one.number for one in vars(venue_codes).values() if isinstance(one, venue_codes.Code)}
    spoken |= {one.number for one in venue_codes.AMBIGUOUS}
    assert spoken - {0} <= set(VERDICTS)


def test_a_code_that_hides_an_executed_order_is_never_a_rejection() -> None:
    may_be_executed = {one.number for one in venue_codes.AMBIGUOUS}
    assert {verdict(code) for code in may_be_executed} == {Verdict.AMBIGUOUS, Verdict.RATE_LIMITED}


@pytest.mark.parametrize("code", [1, 99999, -1, 0, "10001", None, 10001.5, True])
def test_a_code_outside_the_table_is_ambiguous(code: object) -> None:
    assert verdict(code) is Verdict.AMBIGUOUS


def test_codes_of_rules_are_rejections() -> None:
    assert {VERDICTS[code] for code in OF_RULES} == {Verdict.REJECTED}
