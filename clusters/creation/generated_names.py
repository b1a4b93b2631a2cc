"""Generated names: chooses what the API server would append to a generateName, the same for each sending of a form.

An object with a name of its own cannot be created twice. With `generateName` alone each request would make another
one, also the second of the same form after a lost connection. So the name is chosen here, from a token of the form, in
the alphabet and the length of https://github.com/kubernetes/apiserver/blob/v0.36.3/pkg/storage/names/generate.go
"""

from __future__ import annotations

import hashlib

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
LENGTH = 5
LONGEST_BASE = 58  # characters, so that the whole is an RFC 1123 label


def choose_name(base: str, token: str, position: int) -> str:
    """The whole name for the object at `position` of the form with this token."""
    digest = hashlib.sha256(f"{token}\0{position}\0{base}".encode("utf-8", "surrogatepass")).digest()
    return base[:LONGEST_BASE] + "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:LENGTH])
