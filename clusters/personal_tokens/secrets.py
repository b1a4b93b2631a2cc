"""Secrets of personal tokens: a prefix that scanners look for, 178 random bits, and a checksum; hashes of them.

As GitHub's tokens are built (https://github.blog/engineering/behind-githubs-new-authentication-token-formats/): a
scanner finds them by `PATTERN` and drops by their checksum what only looks like one.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "qdk_"
RANDOM_CHARACTERS = 30
CHECKSUM_CHARACTERS = 6
PATTERN = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}}")
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def generate_secret() -> str:
    """A new secret; it is shown once and stored as its hash."""
    random = "".join(secrets.choice(_DIGITS) for _number in range(RANDOM_CHARACTERS))
    return PREFIX + random + _checksum(random)


def is_secret(text: str) -> bool:
    """Whether the text is built as a secret is, its checksum included; nothing is looked up."""
    if not text.isascii() or not PATTERN.fullmatch(text):
        return False
    random = text[len(PREFIX) : -CHECKSUM_CHARACTERS]
    return secrets.compare_digest(text[-CHECKSUM_CHARACTERS:], _checksum(random))


def hash_secret(secret: str) -> str:
    """SHA-256 in hex: a secret with 178 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(random: str) -> str:
    """The CRC-32 of the random part in base 62, six digits."""
    number, digits = zlib.crc32(random.encode()), ""
    for _position in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
