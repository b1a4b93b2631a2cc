"""Confirmation: a suspended credential is sealed for its cluster's new settings, by whoever put it here.

Nobody says yes for anybody else: an administrator who changes an address must not get the tokens of others that way.
An authority that the old one signed needs no yes: whoever holds the old one's key could have answered before.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django.utils import timezone

from clusters.audit_details import draft_credential_entry
from clusters.credentials.binding import Destination, destination_of, read_binding
from clusters.credentials.certificate import read_bundle
from clusters.credentials.errors import BadCredential
from clusters.credentials.invalidation import invalidate_credential
from clusters.credentials.sealing import SealBroken
from clusters.credentials.store import read_identity, seal_for
from clusters.credentials.suspension import Suspension, find_suspension
from clusters.models import Cluster, Credential
from people.audit.changes import audited_change
from people.audit.record import record
from people.models import User


def may_confirm(credential: Credential, user: User) -> bool:
    """One's own; a team's by the administrator who added it, who knows the secret already. Raises SealBroken."""
    if credential.team_id is None:
        return credential.user_id == user.pk
    return user.is_administrator and read_binding(credential).added_by == user.pk


@audited_change()
def confirm(credential: Credential, user: User, digest: str) -> bool:
    """Seal it for where its cluster is now; what waits for another reason goes on waiting.

    False, and nothing is done, where that is not what was shown (`Destination.digest`), where nothing waits for a yes
    or where it is not this person's to give. Raises SealBroken where the value cannot be opened as what it was for.
    """
    query = Credential.objects.select_for_update(of=("self",)).select_related("cluster", "team", "user")
    stored = query.get(pk=credential.pk)
    suspension = find_suspension(stored)
    if suspension is None or suspension.before is None or suspension.after is None:
        return False
    if suspension.after.digest != digest or not may_confirm(stored, user):
        return False
    _seal_again(stored, suspension.after)
    invalidate_credential(stored)
    draft = draft_credential_entry(user, "credential-confirm", stored)
    changed = {**draft.detail, **describe_change(suspension)}
    record(replace(draft, detail=changed))
    return True


def carry_over(before: Cluster, after: Cluster) -> int:
    """Seal the credentials of a cluster for its new authority, where the old one signed it; how many there were.

    Call it in the transaction that saves the cluster.
    """
    if not is_signed_over(destination_of(before), destination_of(after)):
        return 0
    count = 0
    for credential in Credential.objects.filter(cluster=after).select_related("cluster"):
        try:
            if read_binding(credential).destination.is_same(destination_of(before)):
                _seal_again(credential, destination_of(after))
                count += 1
        except SealBroken:
            continue  # it stays as it is: unreadable, and its owner is told so
    return count


def is_signed_over(before: Destination, after: Destination) -> bool:
    """Whether nothing but the authorities changed, and each was there before or was signed by one that was."""
    if not before.ca or not after.ca or not replace(after, ca=before.ca).is_same(before):
        return False
    try:
        old, new = read_bundle(before.ca), read_bundle(after.ca)
    except BadCredential:
        return False
    return all(one in old or any(_signed(one, issuer) for issuer in old) for one in new)


def describe_change(suspension: Suspension) -> dict[str, Any]:
    """The settings that changed, for the audit trail: from what to what, without bundles and proxies."""
    if suspension.before is None or suspension.after is None:
        return {}
    old, new = asdict(suspension.before), asdict(suspension.after)
    return {
        name: "changed" if name in ("ca", "proxy_url") else [old[name], new[name]]
        for name in old
        if old[name] != new[name]
    }


def _seal_again(credential: Credential, destination: Destination) -> None:
    binding = read_binding(credential)
    seal_for(credential, read_identity(credential), destination, binding.added_by)
    credential.save(update_fields=["sealed", "binding", "updated_at"])


def _signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """RFC 5280: an authority that may sign authorities (`pathlen`) signed this one, and both are valid today."""
    if not (_is_authority(issuer, below=1) and _is_authority(certificate, below=0)):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _is_authority(certificate: x509.Certificate, *, below: int) -> bool:
    if not certificate.not_valid_before_utc <= timezone.now() <= certificate.not_valid_after_utc:
        return False
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    length = constraints.path_length
    return constraints.ca and usage.key_cert_sign and (length is None or length >= below)
