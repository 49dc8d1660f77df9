"""What programs that only read a log show of its notary."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from adapters.notary.auditing import Auditor
from adapters.notary.folder import CHECKPOINTS, NODES
from adapters.notary.proof_file import check
from adapters.notary.verifying import Trust
from domain.errors import InvalidInput, ProofRefused, Refused
from infra.logs import open_reader
from tests.adapters.notary.conftest import EVENTS, GENUINE, ORIGIN, Bench, balances


@contextmanager
def auditor(bench: Bench, path: Path | None = None) -> Generator[Auditor]:
    with closing(open_reader(bench.settings)) as log:
        yield Auditor(log, lambda: path or bench.folder)


def changed(bench: Bench) -> None:
    """Puts a log with another seventh event in the place of the signed one."""
    bench.rewritten([*GENUINE[:6], *balances(999, first=6), *GENUINE[7:]])


def test_the_last_checkpoint_is_the_one_with_the_most_events(bench: Bench) -> None:
    for path in (bench.folder, bench.folder / CHECKPOINTS):
        with auditor(bench, path) as one:
            found = one.last()
        assert found is not None
        assert (found[1].origin, found[1].size) == (ORIGIN, EVENTS)


def test_a_log_without_a_notary_has_no_checkpoint_and_no_proof(bench: Bench, tmp_path: Path) -> None:
    with auditor(bench, tmp_path / "nobody") as one:
        assert one.last() is None
        with pytest.raises(Refused, match="no checkpoint is signed"):
            one.inclusion(1)


@pytest.mark.parametrize("ordinal", [1, 7, 8, EVENTS])
def test_the_proof_of_each_event_holds(bench: Bench, ordinal: int) -> None:
    with auditor(bench) as one:
        proof = one.inclusion(ordinal)
    checked = check(proof, Trust(bench.key))
    assert checked.event is not None
    assert checked.event.ordinal == ordinal


def test_the_proof_of_a_changed_event_does_not_hold(bench: Bench) -> None:
    changed(bench)
    with auditor(bench) as one:
        proof = one.inclusion(7)
    with pytest.raises(ProofRefused, match="leads to another root"):
        check(proof, Trust(bench.key))


@pytest.mark.parametrize(
    ("ordinal", "fault", "words"),
    [(0, InvalidInput, "begin with 1"), (EVENTS + 1, Refused, "not among the 20 events")],
)
def test_an_event_outside_the_checkpoint_is_refused(
    bench: Bench, ordinal: int, fault: type[Exception], words: str
) -> None:
    with auditor(bench) as one, pytest.raises(fault, match=words):
        one.inclusion(ordinal)


def test_a_proof_needs_the_tree_of_the_notary(bench: Bench) -> None:
    with auditor(bench, bench.folder / CHECKPOINTS) as one, pytest.raises(Refused, match="no tree"):
        one.inclusion(1)
    (bench.folder / NODES).write_bytes(b"")
    with auditor(bench) as one, pytest.raises(Refused, match="has not stored its tree"):
        one.inclusion(1)


def test_a_genuine_log_agrees_with_every_checkpoint(bench: Bench) -> None:
    with auditor(bench) as one:
        found = one.verify(str(bench.key))
    assert (found.checkpoint.size, found.compared, found.unsigned, found.difference) == (EVENTS, 3, 0, None)


def test_the_verification_of_a_changed_log_names_the_event(bench: Bench) -> None:
    changed(bench)
    with auditor(bench) as one:
        found = one.verify(str(bench.key))
        again = one.verify(str(bench.key))
    assert found.difference is not None
    assert "ordinal 7:" in found.difference
    assert again == found


def test_the_key_of_another_notary_verifies_nothing(bench: Bench, tmp_path: Path) -> None:
    other = Bench(tmp_path / "other")
    with auditor(bench) as one, pytest.raises(ProofRefused):
        one.verify(str(other.key))
    with auditor(bench) as one, pytest.raises(InvalidInput, match="verifier key"):
        one.verify("no key")
