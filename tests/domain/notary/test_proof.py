"""Inclusion and consistency proofs: each is valid for what it proves, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from domain.errors import InvalidInput, ProofRefused
from domain.notary.merkle import EMPTY_ROOT
from domain.notary.proof import check_consistency, check_inclusion, consistency_proof, inclusion_proof
from tests.domain.notary.trees import tree_of

SIZE = 33
TREE = tree_of(SIZE)


def test_every_leaf_of_every_tree_is_proven() -> None:
    for size in range(1, SIZE + 1):
        for index in range(size):
            proof = inclusion_proof(index, size, TREE.nodes)
            check_inclusion(TREE.hashes[index], index, size, TREE.roots[size], proof)
            assert len(proof) <= (size - 1).bit_length()


def test_every_tree_is_proven_to_continue_every_smaller_one() -> None:
    for new in range(SIZE + 1):
        for old in range(new + 1):
            proof = consistency_proof(old, new, TREE.nodes)
            check_consistency(old, new, TREE.roots[old], TREE.roots[new], proof)


@pytest.mark.parametrize("size", [2, 7, 8, 33])
def test_an_inclusion_proof_that_is_changed_or_for_another_leaf_is_refused(size: int) -> None:
    for index in {0, 1, size // 2, size - 1}:
        proof = list(inclusion_proof(index, size, TREE.nodes))
        check = partial(check_inclusion, TREE.hashes[index], index, size, TREE.roots[size])
        for forged in _forgeries(proof):
            _refused(partial(check, forged))
        for other in set(range(size)) - {index}:
            _refused(partial(check_inclusion, TREE.hashes[index], other, size, TREE.roots[size], proof))
            _refused(partial(check_inclusion, TREE.hashes[other], index, size, TREE.roots[size], proof))


def _forgeries(proof: list[bytes]) -> Iterator[list[bytes]]:
    """The proof with a bit of each hash changed, a hash fewer or more, and without any."""
    for at, hash_ in enumerate(proof):
        for bit in range(0, 256, 17):
            changed = (int.from_bytes(hash_, "big") ^ 1 << bit).to_bytes(32, "big")
            yield [*proof[:at], changed, *proof[at + 1 :]]
    yield [*proof, bytes(32)]
    yield proof[:-1]
    yield []


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (4, 7), (8, 33), (13, 33), (32, 33)])
def test_a_consistency_proof_that_is_changed_or_for_other_trees_is_refused(old: int, new: int) -> None:
    proof = list(consistency_proof(old, new, TREE.nodes))
    roots = TREE.roots[old], TREE.roots[new]
    for forged in _forgeries(proof):
        _refused(partial(check_consistency, old, new, *roots, forged))
    _refused(lambda: check_consistency(old, new, bytes(32), roots[1], proof))
    _refused(lambda: check_consistency(old, new, roots[0], bytes(32), proof))
    _refused(lambda: check_consistency(new, old, roots[1], roots[0], proof))


def test_a_proof_of_equal_or_empty_trees_has_no_hashes_and_equal_roots() -> None:
    check_consistency(0, 5, EMPTY_ROOT, TREE.roots[5], [])
    check_consistency(5, 5, TREE.roots[5], TREE.roots[5], [])
    _refused(lambda: check_consistency(5, 5, TREE.roots[5], TREE.roots[6], []))
    _refused(lambda: check_consistency(5, 5, TREE.roots[5], TREE.roots[5], [TREE.roots[5]]))
    _refused(lambda: check_consistency(0, 5, TREE.roots[1], TREE.roots[5], []))


def test_a_leaf_or_a_tree_beyond_the_end_has_no_proof() -> None:
    with pytest.raises(InvalidInput):
        inclusion_proof(5, 5, TREE.nodes)
    with pytest.raises(InvalidInput):
        consistency_proof(6, 5, TREE.nodes)
    _refused(lambda: check_inclusion(TREE.hashes[0], 5, 5, TREE.roots[5], []))


def _refused(check: Callable[[], None]) -> None:
    with pytest.raises(ProofRefused):
        check()
