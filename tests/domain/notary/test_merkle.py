"""The tree of RFC 6962: published values, and the places of its nodes."""

from __future__ import annotations

import pytest

from domain.errors import InvalidInput
from domain.notary.merkle import CompactRange, node_hash, place_of, range_of
from tests.domain.notary.trees import LEAVES, ROOTS, Tree, tree_of


def test_the_root_of_each_size_is_the_published_one() -> None:
    assert Tree(LEAVES).roots == ROOTS


def test_the_stored_nodes_are_the_published_ones() -> None:
    nodes = Tree(LEAVES).nodes
    assert nodes.node(1, 2).hex() == "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
    assert nodes.node(2, 1).hex() == "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
    assert nodes.node(3, 0) == ROOTS[8]


def test_every_stored_node_is_at_its_place() -> None:
    tree = tree_of(64)
    for level in range(1, 7):
        for index in range(64 >> level):
            below = (tree.nodes.node(level - 1, 2 * index + at) for at in (0, 1))
            assert tree.nodes.node(level, index) == node_hash(*below)


def test_nodes_are_stored_where_sumdb_stores_them() -> None:
    """The first leaves and nodes by golang.org/x/mod/sumdb/tlog: StoredHashIndex."""
    found = [
        place_of(level, index) for level, index in ((0, 0), (0, 1), (1, 0), (0, 2), (0, 3), (1, 1), (2, 0))
    ]
    assert found == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("size", [0, 1, 7, 8, 37])
def test_a_range_that_is_resumed_from_its_nodes_grows_as_one_that_was_never_left(size: int) -> None:
    tree = tree_of(64)
    resumed = range_of(size, tree.nodes)
    assert resumed.root() == tree.roots[size]
    for leaf in tree.hashes[size:]:
        resumed.append(leaf)
    assert resumed.root() == tree.roots[64]


def test_a_leaf_costs_at_most_one_hash_for_each_level() -> None:
    tree = CompactRange()
    completed = [len(tree.append(leaf)) for leaf in tree_of(1_024).hashes]
    assert max(completed) == 11
    assert len(tree.hashes) == 1


@pytest.mark.parametrize(("size", "hashes"), [(3, [bytes(32)]), (1, [bytes(31)]), (-1, [bytes(32)])])
def test_nodes_that_do_not_cover_a_tree_are_refused(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(InvalidInput):
        CompactRange(size, hashes)
