"""Client certificates: validates PEM certificates, keys and CA bundles, and reads their expiry."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.utils.translation import gettext as _

from clusters.credentials.errors import CertificateError

LONGEST = 256 * 1024
MAX_CERTIFICATES = 200  # certificates in one bundle
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----")
LABEL = "(?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY"
KEY = re.compile(rf"-----BEGIN (?P<label>{LABEL})-----(?:(?!-----).)+-----END (?P=label)-----", re.DOTALL)
PKEY = "openssl pkey -in encrypted.key -out plain.key"


def checked_pair(
    certificate: str, key: str, *, certificate_field: str = "certificate", key_field: str = "key"
) -> tuple[str, str]:
    """The certificate (with its chain) and key as clean PEM; `CertificateError` names the one to blame."""
    chain = _certificates(certificate, certificate_field)
    private = _private_key(key, key_field)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    leaf = _public_bytes(chain[0], certificate_field)
    if public != leaf:
        raise CertificateError(
            key_field,
            _("The key does not belong to the certificate."),
            _(
                "Paste the key that belongs to this certificate. In a chain, your own certificate comes first."
            ),
        )
    plain = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return _pem(chain), plain.decode()


def checked_bundle(text: str, *, field: str = "ca") -> str:
    """The certificates of a bundle that can be read, as clean PEM; an empty text stays empty.

    As Go's AppendCertsFromPEM does, one bad block is passed over; CertificateError where there is no good one.
    """
    return _pem(_certificates(text, field, passes_over=True)) if text.strip() else ""


@lru_cache(maxsize=256)
def bundle_key(bundle: str) -> frozenset[bytes]:
    """Which certificates are in a checked bundle, for comparing two of them."""
    chain = _certificates(bundle, "ca") if bundle else []
    return frozenset(one.public_bytes(Encoding.DER) for one in chain)


def read_bundle(bundle: str) -> list[x509.Certificate]:
    """The certificates of a checked bundle; CertificateError where it is none."""
    return _certificates(bundle, "ca")


def certificate_expiry(certificate: str) -> datetime:
    """When a checked client certificate ends."""
    return _certificates(certificate, "certificate")[0].not_valid_after_utc


def certificate_start(certificate: str) -> datetime:
    """From when on a checked client certificate is valid."""
    return _certificates(certificate, "certificate")[0].not_valid_before_utc


def _certificates(text: str, field: str, *, passes_over: bool = False) -> list[x509.Certificate]:
    _check_text(text, field)
    blocks = CERTIFICATE.findall(text)
    if not blocks or len(blocks) > MAX_CERTIFICATES:
        raise CertificateError(
            field,
            _("No PEM certificate found."),
            _("Paste everything from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----."),
        )
    found = []
    for number, block in enumerate(blocks, start=1):
        try:
            found.append(x509.load_pem_x509_certificate(block.encode()))
        except (ValueError, UnsupportedAlgorithm) as wrong:
            if passes_over and (found or number < len(blocks)):
                continue
            raise CertificateError(
                field,
                _("The certificate cannot be parsed.")
                if len(blocks) == 1
                else _("Certificate %(number)d of %(count)d cannot be parsed.")
                % {"number": number, "count": len(blocks)},
                _("Inspect it with: openssl x509 -in file.crt -noout -text"),
            ) from wrong
    return found


def _private_key(text: str, field: str) -> PrivateKeyTypes:
    _check_text(text, field)
    found = KEY.search(text)
    if not found:
        raise CertificateError(
            field,
            _("No PEM private key found."),
            _("Paste the text from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----."),
        )
    block = found.group(0)
    if "ENCRYPTED" in block:
        raise _encrypted_key_error(field)
    try:
        return load_pem_private_key(block.encode(), password=None)
    except TypeError as locked:
        raise _encrypted_key_error(field) from locked
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise CertificateError(
            field,
            _("The private key cannot be parsed."),
            _("Inspect it with: openssl pkey -in file.key -noout -check"),
        ) from wrong


def _encrypted_key_error(field: str) -> CertificateError:
    return CertificateError(
        field,
        _("The private key is protected by a passphrase."),
        _("Remove the passphrase on your own machine and paste the result: %(command)s") % {"command": PKEY},
        reason="encrypted",
    )


def _check_text(text: str, field: str) -> None:
    if len(text) > LONGEST:
        raise CertificateError(
            field, _("This is larger than 256 KiB."), _("Paste only your own certificate and key.")
        )
    if text.strip().startswith("LS0tLS1"):
        raise CertificateError(
            field,
            _("This PEM is base64-encoded again, as in a kubeconfig."),
            _("Decode it first: base64 -d"),
        )


def _public_bytes(certificate: x509.Certificate, field: str) -> bytes:
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise CertificateError(field, _("The certificate uses an unsupported key type.")) from wrong


def _pem(chain: list[x509.Certificate]) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in chain)
