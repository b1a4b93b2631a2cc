"""Old certificate authorities: a CA without keyUsage, and an intermediate."""

from __future__ import annotations

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.controlplane.certificates import Pair, encode_key


class OldAuthority:
    """A CA without keyUsage and subjectKeyIdentifier, as old kubeadm made them."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _sign_certificate("old", self._key, "old", self._key, ca=True)
        self.pem = _pem(self._certificate)

    def server(self) -> Pair:
        """For localhost."""
        key = ec.generate_private_key(ec.SECP256R1())
        return Pair(_pem(_sign_certificate("server", key, "old", self._key)), encode_key(key))

    def server_by_intermediate(self) -> tuple[Pair, str]:
        """A server's pair that an intermediate signed, and that intermediate."""
        key, between = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        intermediate = _sign_certificate("between", between, "old", self._key, ca=True)
        return Pair(_pem(_sign_certificate("server", key, "between", between)), encode_key(key)), _pem(
            intermediate
        )


def _sign_certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    *,
    ca: bool = False,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(_name(subject)).issuer_name(_name(issuer))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if not ca:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
