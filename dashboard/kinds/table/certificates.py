"""CertificateSigningRequests: how good the words of their CONDITION column are."""

from __future__ import annotations

from dashboard.kinds.kind import Kind
from dashboard.kinds.tones import StatusTones

KINDS = (
    Kind(
        group="certificates.k8s.io",
        kind="CertificateSigningRequest",
        plural="certificatesigningrequests",
        tones=StatusTones(words={"approved,issued": "ok"}, conditions={"Denied": "bad"}),
    ),
)
