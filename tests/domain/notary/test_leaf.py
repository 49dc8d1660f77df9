"""The bytes of a leaf, which are promised for ever."""

from __future__ import annotations

from domain.notary.leaf import Leaf

LEAF = Leaf(7, "account-main", 3, "whence.account.DayOpened", b"\x01\x02", bytes(range(32)))


def test_the_content_of_a_leaf_is_each_part_after_its_length() -> None:
    assert LEAF.content.hex() == (
        "00000013" + b"whence event leaf 1".hex() + "00000008" + "0000000000000007"
        "0000000c" + b"account-main".hex() + "00000008" + "0000000000000003"
        "00000018" + b"whence.account.DayOpened".hex() + "00000002" + "0102"
        "00000020" + bytes(range(32)).hex()
    )  # fmt: skip


def test_the_hash_of_a_leaf_stays_as_it_is() -> None:
    assert LEAF.hash.hex() == "382b7eeee8d0ba0e0fc10ba73ac5d31a407e0a8650e122f23a7aac616c8949a3"


def test_leaves_whose_parts_join_to_the_same_text_have_different_contents() -> None:
    one = LEAF._replace(stream="ab", type="c")
    other = LEAF._replace(stream="a", type="bc")
    assert one.content != other.content


def test_every_part_of_a_leaf_changes_its_hash() -> None:
    changed = [
        LEAF._replace(ordinal=8),
        LEAF._replace(stream="account-mainx"),
        LEAF._replace(version=4),
        LEAF._replace(type="whence.account.DayClosed"),
        LEAF._replace(body=b"\x01\x03"),
        LEAF._replace(schema=bytes(32)),
    ]
    assert len({LEAF.hash, *(one.hash for one in changed)}) == 7
