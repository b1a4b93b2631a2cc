"""Copied Secrets: values go from one Secret to the other on the server, and through no page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from clusters.api.errors import BadRequest
from clusters.changes.violations import Violation
from clusters.creation.new_objects import NewObject
from clusters.credentials.sealing import SealBroken
from clusters.gateway.connect import ClusterSession, DeniedByRole, NoCredential, NotShared, connect
from dashboard.address.paths import Address, BadAddress
from dashboard.create.starting import read_source
from dashboard.edit.hidden_values import list_placeholders
from dashboard.kinds.table import find_resource, mask

VALUES = "data"


def fill_values(
    session: ClusterSession, copied: str, objects: Sequence[NewObject]
) -> tuple[list[NewObject], list[Violation]]:
    """The objects with the hidden values of the copied Secret where its placeholders stand, and what cannot be filled.

    Raises ApiError where the Secret cannot be read, AuditTrailUnavailable where that cannot be recorded.
    """
    if not copied:
        return list(objects), []
    try:
        source = read_source(copied)
        there = session if source.cluster == session.cluster.slug else connect(session.user, source.cluster)
        filled = [_fill(one, there, source, session.cluster.slug) for one in objects]
    except (BadAddress, BadRequest, NotShared, NoCredential, SealBroken, DeniedByRole) as error:
        message = _("The Secret that is copied cannot be read: %(reason)s")
        return list(objects), [Violation(message % {"reason": str(error) or copied})]
    return [one for one, _wrong in filled], [each for _one, wrong in filled for each in wrong]


def _fill(
    one: NewObject, there: ClusterSession, source: Address, cluster: str
) -> tuple[NewObject, list[Violation]]:
    values = one.value.get(VALUES)
    if not find_resource(one.resource.group, one.resource.plural).value_fields or not isinstance(
        values, Mapping
    ):
        return one, []
    to = f"{cluster}/{one.namespace}/{one.name}"
    found = there.read_for_copy(source.namespace, source.name, to) if _has_placeholder(values) else {}
    hidden = mask(found).get(VALUES) if isinstance(found, Mapping) else None
    raw = found.get(VALUES) if isinstance(found, Mapping) else None
    if not isinstance(hidden, Mapping) or not isinstance(raw, Mapping):
        return one, []
    texts = set(list_placeholders(hidden))
    new = {key: raw[key] if value == str(hidden.get(key)) else value for key, value in values.items()}
    message = _("%(text)s stands for a hidden value and cannot be copied. Type the value.")
    wrong = [
        Violation(message % {"text": value}, one.document.find_line((VALUES, key)), f"{VALUES}.{key}")
        for key, value in new.items()
        if isinstance(value, str) and value in texts
    ]
    return replace(one, value={**one.value, VALUES: new}), wrong


def _has_placeholder(values: Mapping[str, Any]) -> bool:
    """Whether any value looks like one: no base64 begins so."""
    return any(isinstance(value, str) and value.startswith("‹") for value in values.values())
