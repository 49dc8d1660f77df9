"""Sealed texts: a personal text as `~<field>.<key id>.<base64url>~`, whose content only a holder of the key can read.

The state of a log is folded from sealed texts as they are, so every fold gives the same state with and without the key
(decision 0091). A sealed text may be a part of a longer one, such as the reason of an order that a person's reason led
to. `<field>` is the name of the field in the request, `<key id>` has 16 hexadecimal digits.
"""

from __future__ import annotations

import re

SEALED = re.compile(r"~([a-z]{1,16})\.([0-9a-f]{16})\.([A-Za-z0-9_-]+)~")
"""Groups: the field, the key's id, and the ciphertext in base64url without padding (RFC 4648, section 5)."""
KEY_ID = re.compile(r"[0-9a-f]{16}")


def is_sealed(text: str) -> bool:
    """Whether the whole text is one sealed text."""
    return SEALED.fullmatch(text) is not None


def key_id_of(text: str) -> str:
    """The id of the key with which the text was sealed; empty for any other text."""
    found = SEALED.fullmatch(text)
    return "" if found is None else found[2]


def is_comparable(one: str, other: str) -> bool:
    """Whether the two texts, if they differ as recorded, differ in content, too.

    The ciphertext of one text under one key is always the same. Under two keys, or sealed once and plain once, it is
    not, and nothing can be stated.
    """
    return key_id_of(one) == key_id_of(other)
