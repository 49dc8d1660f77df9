"""Every error of ours has the code that its place in the tree says."""

from __future__ import annotations

import pytest

from adapters.codes import CODES, Code, code_of
from domain import errors
from domain.errors import WhenceError


def leaves(kind: type[WhenceError]) -> list[type[WhenceError]]:
    return [kind, *(leaf for below in kind.__subclasses__() for leaf in leaves(below))]


@pytest.mark.parametrize("kind", [kind for kind in leaves(WhenceError) if kind.__module__ == errors.__name__])
def test_a_more_special_error_comes_before_the_one_above_it(kind: type[WhenceError]) -> None:
    fits = [code for above, code in CODES if issubclass(kind, above)]
    nearest = next(
        (code for above in kind.__mro__ for listed, code in CODES if listed is above), Code.INTERNAL
    )
    assert code_of(kind.__new__(kind)) == nearest
    assert not fits or fits[0] == nearest


def test_a_strangers_error_is_internal() -> None:
    assert code_of(ZeroDivisionError()) is Code.INTERNAL
