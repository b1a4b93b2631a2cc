"""Renewed authorities: a credential follows one that the old one signed, and no other (class 35)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from clusters.api.connection import Identity
from clusters.credentials.binding import Destination, destination_of
from clusters.credentials.confirmation import is_signed_over
from clusters.credentials.suspension import CredentialSuspended, Suspension
from clusters.gateway.connect import connect
from clusters.models import Cluster, Credential
from dashboard.clusters.settings_comparison import compare_settings
from tests.attacks.confirming import FORM, confirm
from tests.attacks.installation import Installation

Made = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def make_authority(
    name: str, issuer: Made | None = None, *, is_ca: bool = True,
    length: int | None = None, days: int = 30,
) -> Made:  # fmt: skip
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "crl_sign", "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(is_ca, length if is_ca else None), critical=True)
        .add_extension(x509.KeyUsage(key_cert_sign=is_ca, **usage), critical=True)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
    return made, key


def to_pem(*made: Made) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one, _key in made)


@pytest.fixture
def old() -> Made:
    return make_authority("old")


def test_an_authority_that_the_old_one_signed_needs_no_yes(
    offline_installation: Installation, old: Made
) -> None:
    installation, ada = offline_installation, offline_installation.browser("ada")
    form = {**FORM, "server": "https://127.0.0.1:9"}
    ada.post("/clusters/harbour/edit/", {**form, "ca": to_pem(old)})
    for who in ("dana", "rene"):
        assert confirm(installation.browser(who)) == 302
    sealed = bytes(Credential.objects.get(user=installation.users["dana"]).sealed)
    ada.post("/clusters/harbour/edit/", {**form, "ca": to_pem(make_authority("new", old))})
    for who in ("dana", "rene"):
        session = connect(installation.users[who], "harbour")
        assert session.connection.identity == Identity(
            token=f"token-of-{'dana' if who == 'dana' else 'rita'}"
        )
    assert bytes(Credential.objects.get(user=installation.users["dana"]).sealed) != sealed
    with pytest.raises(CredentialSuspended):
        connect(installation.users["aude"], "harbour")  # who had not said yes before does not now


def test_no_other_authority_passes_for_a_renewed_one(
    old: Made,
) -> None:
    leaf_only = make_authority("old", length=0)
    before = Cluster(slug="a", server="https://a.example", ca=to_pem(old))
    forged = make_authority("new", make_authority("old"))  # by a stranger of the same name

    def passes(old_bundle: str, new_bundle: str, server: str = "https://a.example") -> bool:
        was = Cluster(slug="a", server=before.server, ca=old_bundle)
        return is_signed_over(
            destination_of(was), destination_of(Cluster(slug="a", server=server, ca=new_bundle))
        )

    new = make_authority("new", old)
    assert passes(to_pem(old), to_pem(new))
    assert passes(to_pem(old), to_pem(old, new))
    assert passes(to_pem(old, new), to_pem(new))
    assert not passes(to_pem(old), to_pem(new), "https://b.example")
    assert not passes(to_pem(old), to_pem(forged))
    assert not passes(to_pem(old), to_pem(new, forged))
    assert not passes(to_pem(old), to_pem(make_authority("leaf", old, is_ca=False)))
    assert not passes(to_pem(old), to_pem(make_authority("over", old, days=-1)))
    assert not passes(to_pem(leaf_only), to_pem(make_authority("new", leaf_only)))
    assert not passes(to_pem(old), "")
    assert not passes("", to_pem(new))


def test_the_comparison_hides_no_authority_of_a_long_bundle() -> None:
    """A yes is for what is shown, however many authorities stand before the one that changed."""
    same = [make_authority(f"authority-{number}") for number in range(25)]

    def destination(last: str) -> Destination:
        ca = to_pem(*same, make_authority(last))
        return destination_of(Cluster(slug="a", server="https://a.example", ca=ca))

    rows = compare_settings(Suspension(destination("old"), destination("new")))
    assert [row.label for row in rows if row.is_changed] == ["Certificate authority"]
    assert any("CN=new" in line for line in rows[0].after)
