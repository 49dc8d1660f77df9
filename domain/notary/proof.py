"""Inclusion and consistency proofs: made as in RFC 6962, sections 2.1.1 and 2.1.2, verified as in RFC 9162, sections
2.1.3.2 and 2.1.4.2. Leaves are counted from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.errors import InvalidInput, ProofRefused
from domain.notary.merkle import EMPTY_ROOT, NodeReader, covering, folded, node_hash

Proof = Sequence[bytes]
"""Hashes of 32 bytes, from the leaves to the root."""


def inclusion_proof(index: int, size: int, nodes: NodeReader) -> Proof:
    """The proof that leaf `index` is in the tree of the first `size` leaves. Raises InvalidInput where it is not."""
    if not 0 <= index < size:
        raise InvalidInput(f"leaf {index} is not in a tree of {size} leaves")
    return _path(index, 0, size, nodes)


def consistency_proof(old: int, new: int, nodes: NodeReader) -> Proof:
    """The proof that the first `old` of `new` leaves were not changed.

    Raises InvalidInput where `old` is above `new`. It is empty where `old` is 0 or `new`.
    """
    if not 0 <= old <= new:
        raise InvalidInput(f"a tree of {new} leaves does not continue one of {old}")
    return [] if old in (0, new) else _subproof(old, 0, new, nodes)


def check_inclusion(leaf: bytes, index: int, size: int, root: bytes, proof: Proof) -> None:
    """Raises ProofRefused unless the proof shows that the leaf with this hash is at `index` below `root`."""
    if not 0 <= index < size:
        raise ProofRefused(f"leaf {index} is not in a tree of {size} leaves")
    found = leaf
    needed = f"the hashes that {size} leaves need"
    for hash_, is_left in _climb(
        index,
        size - 1,
        proof,
        more=f"the inclusion proof has more than {needed}",
        fewer=f"the inclusion proof has fewer than {needed}",
    ):
        found = node_hash(hash_, found) if is_left else node_hash(found, hash_)
    if found != root:
        raise ProofRefused("the inclusion proof leads to another root than the checkpoint's")


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Proof) -> None:
    """Raises ProofRefused unless the proof shows that the tree of `new` leaves begins with that of `old` leaves."""
    if not 0 <= old <= new:
        raise ProofRefused(f"a tree of {new} leaves does not continue one of {old}")
    if old == 0 or old == new:
        _check_trivial(old, old_root, new_root, proof)
        return
    hashes = list(proof) if old & (old - 1) else [old_root, *proof]
    if not hashes:
        raise ProofRefused("the consistency proof is empty")
    before, after = _climbed(old - 1, new - 1, hashes)
    if before != old_root:
        raise ProofRefused(
            f"the consistency proof leads to another root for {old} leaves than the checkpoint's"
        )
    if after != new_root:
        raise ProofRefused(
            f"the consistency proof leads to another root for {new} leaves than the checkpoint's"
        )


def _climbed(at: int, last: int, hashes: Proof) -> tuple[bytes, bytes]:
    """The roots of the old and of the new tree, whose last leaves are `at` and `last`, as the hashes give them."""
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = hashes[0]
    for hash_, is_left in _climb(
        at,
        last,
        hashes[1:],
        more="the consistency proof has too many hashes",
        fewer="the consistency proof has too few hashes",
    ):
        if is_left:
            before, after = node_hash(hash_, before), node_hash(hash_, after)
        else:
            after = node_hash(after, hash_)
    return before, after


def _climb(at: int, last: int, hashes: Proof, *, more: str, fewer: str) -> Iterator[tuple[bytes, bool]]:
    """Each hash on the way from the node `at`, in a row that ends at `last`, to the root, and whether it is the left
    one of its pair (RFC 9162, 2.1.3.2 and 2.1.4.2).

    Raises ProofRefused with `more` or `fewer` where the hashes do not end there.
    """
    for hash_ in hashes:
        if last == 0:
            raise ProofRefused(more)
        is_left = bool(at & 1) or at == last
        yield hash_, is_left
        while is_left and not at & 1 and at:
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    if last:
        raise ProofRefused(fewer)


def _check_trivial(old: int, old_root: bytes, new_root: bytes, proof: Proof) -> None:
    if proof:
        raise ProofRefused("the consistency proof has hashes where none are needed")
    if old == 0 and old_root != EMPTY_ROOT:
        raise ProofRefused("the root of a tree without leaves is the hash of nothing")
    if old and old_root != new_root:
        raise ProofRefused(f"two trees of {old} leaves have different roots")


def _path(index: int, begin: int, end: int, nodes: NodeReader) -> list[bytes]:
    if end - begin == 1:
        return []
    middle = begin + _split(end - begin)
    if index < middle:
        return [*_path(index, begin, middle, nodes), _root(middle, end, nodes)]
    return [*_path(index, middle, end, nodes), _root(begin, middle, nodes)]


def _subproof(old: int, begin: int, end: int, nodes: NodeReader) -> list[bytes]:
    """SUBPROOF of RFC 6962: `begin` is 0 as long as the old root itself may be a node of the new tree."""
    if old == end:
        return [] if begin == 0 else [_root(begin, end, nodes)]
    middle = begin + _split(end - begin)
    if old <= middle:
        return [*_subproof(old, begin, middle, nodes), _root(middle, end, nodes)]
    return [*_subproof(old, middle, end, nodes), _root(begin, middle, nodes)]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _root(begin: int, end: int, nodes: NodeReader) -> bytes:
    return folded([nodes.node(level, index) for level, index in covering(begin, end)])
