"""Does a sealed value open for its own row, under any of the keys, and for nothing else?"""

from __future__ import annotations

import base64
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.credentials.sealing import SealBroken, is_current, key_id, open_sealed, reseal, seal


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@given(st.binary(max_size=5000), st.text(max_size=40))
def test_it_opens_what_it_sealed(plain, context):
    assert open_sealed(seal(plain, context=context), context=context) == plain


def test_it_does_not_open_for_another_row():
    sealed = seal(b"token", context="credential:1")
    with pytest.raises(SealBroken):
        open_sealed(sealed, context="credential:11")


def test_it_notices_every_changed_byte():
    sealed = seal(b"token", context="credential:1")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            open_sealed(bytes(changed), context="credential:1")


@given(st.binary(max_size=200))
def test_it_refuses_what_was_never_sealed(junk):
    with pytest.raises(SealBroken):
        open_sealed(junk, context="credential:1")


def test_it_shows_nothing_of_the_plain_value():
    sealed = seal(b"canary-token", context="credential:1")
    assert b"canary" not in sealed
    assert sealed != seal(b"canary-token", context="credential:1")


def test_it_opens_with_every_key_and_seals_with_the_first(settings):
    old, new = new_key(), new_key()
    settings.SEALING_KEYS = [old]
    sealed = seal(b"token", context="credential:1")
    settings.SEALING_KEYS = [new, old]
    assert open_sealed(sealed, context="credential:1") == b"token"
    again = reseal(sealed, context="credential:1")
    assert not is_current(sealed)
    assert is_current(again)
    assert reseal(again, context="credential:1") == again
    settings.SEALING_KEYS = [new]
    assert open_sealed(again, context="credential:1") == b"token"
    with pytest.raises(SealBroken, match="not in QUARTERDECK_SEALING_KEYS"):
        open_sealed(sealed, context="credential:1")


def test_it_names_a_key_without_telling_it():
    key = secrets.token_bytes(32)
    assert key_id(key) not in key
    assert len(key_id(key)) == 8
