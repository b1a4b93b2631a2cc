"""Certificate authority of a simulated cluster: serving certificate, and client certificates on request."""

import datetime
import ipaddress
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
ADDRESSES = ("127.0.0.1", "10.0.0.1")
YEAR = 365 * 86_400
NO_CHECK_TIME = (
    0x200000  # X509_V_FLAG_NO_CHECK_TIME: the time is checked for each request, as the real one does
)


@dataclass(frozen=True, repr=False)
class Pair:
    """A certificate and its key, both PEM."""

    certificate: str
    key: str


class Authority:
    """The certificate authority of one cluster, generated with it."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _subject(name, ())
        builder = _builder(self._name, self._name, self._key.public_key(), YEAR)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self._certificate = builder.add_extension(usage, critical=True).sign(self._key, hashes.SHA256())
        self.pem = self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def client(self, user: str, groups: Sequence[str] = (), *, seconds: int = YEAR) -> Pair:
        """Ends after so many seconds, in the past where they are negative."""
        return self._sign(_subject(user, groups), ExtendedKeyUsageOID.CLIENT_AUTH, seconds)

    def server(self) -> Pair:
        usage = ExtendedKeyUsageOID.SERVER_AUTH
        return self._sign(_subject("kube-apiserver", ()), usage, YEAR, names=NAMES, addresses=ADDRESSES)

    def context(self) -> ssl.SSLContext:
        """For serving; a client certificate is requested and may be absent."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        pair = self.server()
        with tempfile.TemporaryDirectory() as folder:  # Python loads a pair from files only
            path = Path(folder) / "pair.pem"
            path.touch(mode=0o600)
            path.write_text(pair.certificate + pair.key)
            context.load_cert_chain(path)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=self.pem)
        context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | NO_CHECK_TIME)
        return context

    def _sign(
        self,
        subject: x509.Name,
        usage: x509.ObjectIdentifier,
        seconds: int,
        *,
        names: Sequence[str] = (),
        addresses: Sequence[str] = (),
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject, self._name, key.public_key(), seconds)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(authority, critical=False)
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        signed = builder.sign(self._key, hashes.SHA256())
        return Pair(signed.public_bytes(serialization.Encoding.PEM).decode(), _key_pem(key))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, seconds: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    end = now + datetime.timedelta(seconds=seconds)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(min(now, end) - datetime.timedelta(hours=1)).not_valid_after(end)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _subject(user: str, groups: Sequence[str]) -> x509.Name:
    """Kubernetes reads the user from the common name and the groups from the organisations."""
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()
