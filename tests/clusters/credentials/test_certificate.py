"""Are a client certificate and its key checked before they are sent?"""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.credentials.certificate import (
    bundle_key,
    certificate_expiry,
    checked_bundle,
    checked_pair,
)
from clusters.credentials.errors import CertificateError
from tests.clusters.credentials.pki import NOW, certificate, encrypted_key, packed


def test_it_takes_a_pair_and_drops_the_text_around_it():
    cert, key = certificate()
    clean = checked_pair(f"Bag Attributes: x\n{cert}junk", f"# mine\n{key}")
    assert clean == (cert, key)


def test_it_reads_when_the_certificate_ends():
    cert, _key = certificate(days=5)
    assert (certificate_expiry(cert) - NOW).days == 5


def test_it_keeps_the_chain_behind_the_certificate():
    cert, key = certificate()
    other, _key = certificate("intermediate")
    assert checked_pair(cert + other, key)[0] == cert + other


def test_it_refuses_a_key_of_another_certificate():
    with pytest.raises(CertificateError, match="does not belong") as refused:
        checked_pair(certificate()[0], certificate()[1])
    assert refused.value.field == "key"


def test_it_refuses_an_encrypted_key_with_the_command_that_decrypts_it():
    with pytest.raises(CertificateError, match="protected by a passphrase") as refused:
        checked_pair(certificate()[0], encrypted_key())
    assert "openssl pkey" in refused.value.advice


OLD_ENCRYPTED = """-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF

AAAA
-----END RSA PRIVATE KEY-----"""


@pytest.mark.parametrize(
    ("cert", "key", "field"),
    [
        ("", "", "certificate"),
        ("not PEM", "not PEM", "certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "", "certificate"),
        ("-----BEGIN CERTIFICATE-----", "", "certificate"),
        (None, "", "key"),
        (None, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "key"),
        (None, "-----BEGIN PRIVATE KEY-----\n", "key"),
        (None, OLD_ENCRYPTED, "key"),
        ("x" * 300_000, "", "certificate"),
    ],
)
def test_it_refuses_what_is_no_pair_and_names_the_field(cert, key, field):
    with pytest.raises(CertificateError) as refused:
        checked_pair(certificate()[0] if cert is None else cert, key)
    assert refused.value.field == field
    assert refused.value.message


def test_it_says_so_when_base64_of_pem_was_pasted():
    cert, key = certificate()
    with pytest.raises(CertificateError, match="base64"):
        checked_pair(packed(cert), packed(key))


def test_it_says_so_about_an_old_style_encrypted_key():
    with pytest.raises(CertificateError, match="protected by a passphrase"):
        checked_pair(certificate()[0], OLD_ENCRYPTED)


@given(st.text(max_size=300))
def test_it_survives_any_text(text):
    with pytest.raises(CertificateError):
        checked_pair(text, text)


def test_it_takes_no_time_for_a_text_made_to_take_long():
    started = time.monotonic()
    for text in ("-----BEGIN PRIVATE KEY-----" * 9000, "-----BEGIN CERTIFICATE-----A" * 9000):
        with pytest.raises(CertificateError):
            checked_pair(certificate()[0], text)
        with pytest.raises(CertificateError):
            checked_bundle(text)
    assert time.monotonic() - started < 2


def test_it_compares_bundles_by_what_is_in_them():
    one, two = certificate("one")[0], certificate("two")[0]
    assert bundle_key(checked_bundle(one + two)) == bundle_key(checked_bundle(f"x\n{two}\n\n{one}"))
    assert bundle_key(one) != bundle_key(two)
    assert checked_bundle("  ") == ""
