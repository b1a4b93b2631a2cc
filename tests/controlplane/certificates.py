"""Certificate authority, certificates, keys and tokens of a control plane."""

import base64
import datetime
import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ISSUER = "https://kubernetes.default.svc.cluster.local"
SERVING_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
SERVING_ADDRESSES = ("127.0.0.1", "10.0.0.1")
DAY = 86_400


@dataclass(frozen=True, repr=False)
class Pair:
    """A certificate and its key, both PEM."""

    certificate: str
    key: str

    def write(self, directory: Path, name: str) -> tuple[Path, Path]:
        """`<name>.crt` and `<name>.key` in the directory."""
        paths = directory / f"{name}.crt", directory / f"{name}.key"
        for path, text in zip(paths, (self.certificate, self.key), strict=True):
            path.write_text(text)
            path.chmod(0o600)
        return paths


class Authority:
    """A certificate authority of one control plane's own."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _build_subject(name)
        builder = _start_certificate(self._name, self._name, self._key.public_key(), 30 * DAY)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self._certificate = builder.add_extension(usage, critical=True).sign(self._key, hashes.SHA256())
        self.pem = _encode_certificate(self._certificate)
        self.key_pem = encode_key(self._key)

    def client(self, user: str, groups: Sequence[str] = (), *, seconds: int = 7 * DAY) -> Pair:
        """For a person or a component; it ends after so many seconds, in the past where they are negative."""
        return self._sign(_build_subject(user, groups), ExtendedKeyUsageOID.CLIENT_AUTH, (), (), seconds)

    def server(
        self,
        names: Sequence[str] = SERVING_NAMES,
        addresses: Sequence[str] = SERVING_ADDRESSES,
        *,
        seconds: int = 7 * DAY,
    ) -> Pair:
        """For something that serves TLS."""
        usage = ExtendedKeyUsageOID.SERVER_AUTH
        return self._sign(_build_subject("kube-apiserver"), usage, names, addresses, seconds)

    def _sign(
        self,
        subject: x509.Name,
        usage: x509.ObjectIdentifier,
        names: Sequence[str],
        addresses: Sequence[str],
        seconds: int,
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _start_certificate(subject, self._name, key.public_key(), seconds)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(authority, critical=False)
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return Pair(_encode_certificate(builder.sign(self._key, hashes.SHA256())), encode_key(key))


def make_service_account_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def encode_public_key(key: ec.EllipticCurvePrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form).decode()


def encode_key(key: ec.EllipticCurvePrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def make_signing_request(user: str, groups: Sequence[str] = ()) -> str:
    """What a CertificateSigningRequest carries in `spec.request`, before base64."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_build_subject(user, groups))
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def sign_token(key: ec.EllipticCurvePrivateKey, claims: dict[str, object]) -> str:
    """A JWT by ES256, as the API server itself would sign it (it refuses to make one under 600 seconds)."""
    parts = [_base64url(json.dumps(part).encode()) for part in ({"alg": "ES256", "typ": "JWT"}, claims)]
    text = ".".join(parts)
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _start_certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, seconds: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    end = now + datetime.timedelta(seconds=seconds)
    begin = min(now, end) - datetime.timedelta(hours=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(begin).not_valid_after(end)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _build_subject(user: str, groups: Sequence[str] = ()) -> x509.Name:
    """Kubernetes reads the user from the common name and the groups from the organisations."""
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def _encode_certificate(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
