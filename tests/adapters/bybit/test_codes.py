"""The table of return codes is complete, and a code that it does not hold proves nothing."""

from __future__ import annotations

import pytest

from adapters.bybit.codes import OF_RULES, VERDICTS, Verdict, verdict
from adapters.simulated.venue import codes as venue_codes

# Codes that the documentation or the clients' maintainers name, with what they prove.
DOCUMENTED: dict[Verdict, set[int]] = {
    Verdict.AMBIGUOUS: {10000, 10014, 10016, 10019, 20006, 170001, 170007, 170032, 500000},
    Verdict.RATE_LIMITED: {429, 10006, 10403, 10429, 20003, 170005},
    Verdict.RETRY: {10002},
    Verdict.FATAL: {10003, 10004, 10005, 10010, 10017},
    Verdict.PLACED: {110072, 170141},
    Verdict.REJECTED: {
        *(10001, 10029, 34040),
        *(
            110001,
            110003,
            110007,
            110008,
            110009,
            110010,
            110017,
            110020,
            110024,
            110025,
            110028,
            110043,
            110044,
            110046,
            110061,
        ),
        *(110092, 110093, 110094),
        *(170036, 170105, 170121, 170124, 170130, 170131, 170134, 170135, 170136, 170137, 170140, 170148),
        *(170193, 170194, 170201, 170202, 170213, 170810),
    },
}


def test_the_table_holds_exactly_the_documented_codes() -> None:
    assert {code: kind for kind, codes in DOCUMENTED.items() for code in codes} == VERDICTS


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
