"""ServiceAccount tokens: ES256 JSON Web Tokens, signed and verified by the cluster."""

import base64
import json
import secrets
import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

ISSUER = "https://kubernetes.default.svc.cluster.local"
LEEWAY = 60  # seconds after its end for which a token is still taken, as the real one does


class Tokens:
    """The signing key of one cluster."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def sign(self, claims: dict[str, Any]) -> str:
        head = {"alg": "ES256", "kid": "simulator", "typ": "JWT"}
        text = ".".join(_encode(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of a token of this issuer that has not expired; None of any other."""
        text, _, signature = token.rpartition(".")
        try:
            raw = _decode(signature)
            numbers = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
            self._key.public_key().verify(
                encode_dss_signature(*numbers), text.encode(), ec.ECDSA(hashes.SHA256())
            )
            claims = json.loads(_decode(text.partition(".")[2]))
        except (InvalidSignature, ValueError):
            return None
        if not isinstance(claims, dict) or claims.get("exp", time.time()) + LEEWAY < time.time():
            return None
        return claims if "nbf" not in claims or claims["nbf"] <= time.time() + LEEWAY else None


def account_claims(
    namespace: str, name: str, uid: str, *, seconds: int | None, audiences: list[str], bound: dict[str, Any]
) -> dict[str, Any]:
    """Of a token for a ServiceAccount; `seconds` None is a token of a Secret, without an end.

    `bound` is {"pod": {"name", "uid"}} or {"secret": …} or {}.
    """
    now = int(time.time())
    private = {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}} | bound
    claims: dict[str, Any] = {"aud": audiences, "iss": ISSUER, "kubernetes.io": private}
    claims |= {"sub": f"system:serviceaccount:{namespace}:{name}", "iat": now, "nbf": now}
    claims["jti"] = secrets.token_hex(16)
    return claims if seconds is None else claims | {"exp": now + seconds}


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
