"""Signed notes and verifier keys (c2sp.org/signed-note). The signatures themselves are made and verified elsewhere."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from hashlib import sha256
from typing import Final, NamedTuple

from domain.errors import InvalidInput

ED25519: Final = 1
"""The algorithm of a signature on the text of a note."""
COSIGNATURE: Final = 4
"""The algorithm of a witness's signature with its time (c2sp.org/tlog-cosignature), also Ed25519."""

ID_BYTES: Final = 4
PUBLIC_BYTES: Final = 32
_DASH: Final = "\N{EM DASH} "
_MOST_SIGNATURES: Final = 100
_MOST_BYTES: Final = 1_000_000


class VerifierKey(NamedTuple):
    """A public key (32 bytes) with the name of its holder and the algorithm of its signatures."""

    name: str
    algorithm: int
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes of the hash of name, algorithm and public key. They identify a key, and prove nothing."""
        return key_id(self.name, self.algorithm, self.public)

    def __str__(self) -> str:
        """The key as it is passed on: name, id and public key, separated by `+`."""
        return f"{self.name}+{self.id.hex()}+{encoded(bytes([self.algorithm]) + self.public)}"


class Signature(NamedTuple):
    """One signature line: who signed, the id of the key, and what the algorithm has made (64 bytes for Ed25519)."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def line(self) -> str:
        """The line with its line break."""
        return f"{_DASH}{self.name} {encoded(self.key_id + self.data)}\n"


class Note(NamedTuple):
    """A text, which ends with a line break, and its signatures."""

    text: str
    signatures: tuple[Signature, ...] = ()

    def __str__(self) -> str:
        """The note as it is stored."""
        return self.text + "\n" + "".join(one.line for one in self.signatures)


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """The id of a key, four bytes."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:ID_BYTES]


def parse_verifier(text: str) -> VerifierKey:
    """Reads a verifier key. Raises InvalidInput where it is none, or where its id is not that of its content."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise InvalidInput("a verifier key has three parts: NAME+ID+KEY, as `whence notary key` prints it")
    name, stated, content = parts[0], parts[1], decoded(parts[2], "the verifier key")
    check_name(name)
    if len(content) != 1 + PUBLIC_BYTES or content[0] not in (ED25519, COSIGNATURE):
        raise InvalidInput(
            f"the verifier key of {name} is not of Ed25519: it has another algorithm or length"
        )
    key = VerifierKey(name, content[0], content[1:])
    if key.id.hex() != stated:
        raise InvalidInput(
            f"the verifier key of {name} was changed or cut: its id is {key.id.hex()}, not {stated}"
        )
    return key


def parse_note(text: str) -> Note:
    """Reads a signed note. Raises InvalidInput, with the fault, where it is none."""
    if len(text) > _MOST_BYTES:
        raise InvalidInput(f"a signed note has at most {_MOST_BYTES:,} characters")
    if any(one < " " and one != "\n" for one in text):
        raise InvalidInput("a signed note has no control characters")
    body, gap, lines = text.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise InvalidInput(
            "a signed note has a text, an empty line, and signatures that end with a line break"
        )
    signatures = tuple(_signature(line) for line in lines.removesuffix("\n").split("\n"))
    if len(signatures) > _MOST_SIGNATURES:
        raise InvalidInput(f"a signed note has at most {_MOST_SIGNATURES} signatures")
    return Note(body + "\n", signatures)


def check_name(name: str) -> None:
    """Raises InvalidInput for a name that a key must not have: empty, with white space or with a plus sign."""
    if not name or "+" in name or any(one.isspace() for one in name) or not name.isprintable():
        raise InvalidInput(f"{name!r} is not a key's name: it has no white space and no plus sign")


def encoded(data: bytes) -> str:
    """The bytes in base64."""
    return b64encode(data).decode("ascii")


def decoded(text: str, what: str) -> bytes:
    """The bytes of a base64 text. Raises InvalidInput, naming `what`, unless it is the one spelling of these bytes."""
    try:
        data = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raise InvalidInput(f"{what} is not base64") from None
    if encoded(data) != text:
        raise InvalidInput(f"{what} is not canonical base64")
    return data


def _signature(line: str) -> Signature:
    name, _, content = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH):
        raise InvalidInput("a signature line of a note begins with an em dash and a space")
    check_name(name)
    data = decoded(content, f"the signature of {name}")
    if len(data) <= ID_BYTES:
        raise InvalidInput(f"the signature of {name} is too short")
    return Signature(name, data[:ID_BYTES], data[ID_BYTES:])
