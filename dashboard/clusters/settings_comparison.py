"""Settings comparison: the connection settings of a cluster, old beside new, with certificates by fingerprint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.credentials.binding import Destination
from clusters.credentials.certificate import read_bundle
from clusters.credentials.errors import BadCredential
from clusters.credentials.suspension import Suspension

LONGEST = 200  # characters of a subject


@dataclass(frozen=True)
class SettingRow:
    """One setting; each value is a tuple of lines."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def compare_settings(suspension: Suspension) -> list[SettingRow]:
    """All that decides where a credential goes; what changed comes first."""
    if suspension.before is None or suspension.after is None:
        return []
    before, after = suspension.before, suspension.after
    rows = [SettingRow(str(label), describe(before), describe(after)) for label, describe in SETTINGS]
    return sorted(rows, key=lambda row: not row.is_changed)


def _describe_bundle(destination: Destination) -> tuple[str, ...]:
    """Subject, end and SHA-256 of each certificate, the way that `openssl x509 -fingerprint -sha256` prints it.

    All of them (a bundle has a bound of its own): a change that is not written out cannot be confirmed.
    """
    if not destination.ca:
        return (_("None: the system CAs are trusted"),)
    try:
        return tuple(line for one in read_bundle(destination.ca) for line in _describe_certificate(one))
    except BadCredential:
        return (_("Not readable"),)


def _describe_certificate(certificate: x509.Certificate) -> tuple[str, str]:
    subject, end = _subject(certificate)[:LONGEST], f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    digest = certificate.fingerprint(SHA256()).hex(":").upper()
    return (
        _("%(subject)s, valid until %(end)s") % {"subject": subject, "end": end},
        _("SHA-256: %(digest)s") % {"digest": digest},
    )


def _subject(certificate: x509.Certificate) -> str:
    try:
        return certificate.subject.rfc4514_string() or _("no subject")
    except ValueError:
        return _("no subject")


def _yes_or_no(value: bool) -> tuple[str, ...]:
    return (_("Yes") if value else _("No"),)


SETTINGS: tuple[tuple[object, Callable[[Destination], tuple[str, ...]]], ...] = (
    (gettext_lazy("API server"), lambda one: (one.server,)),
    (gettext_lazy("Certificate authority"), _describe_bundle),
    (gettext_lazy("System CAs trusted too"), lambda one: _yes_or_no(one.system_cas)),
    (gettext_lazy("TLS server name"), lambda one: (one.tls_server_name or _("As in the address"),)),
    (gettext_lazy("TLS verification"), lambda one: (_("On") if one.verify_tls else _("Off"),)),
    (gettext_lazy("HTTP proxy"), lambda one: (one.proxy_url or _("None"),)),
)
