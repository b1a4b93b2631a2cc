"""Updates: writes a typed object over the version that was looked at, as a dry run or for good.

A kind with hidden values is written by a merge patch of what was changed, so that no hidden value travels through a
form; every other kind by a PUT of the whole object. Both carry the resourceVersion that was looked at, never one that
was read just before the write, and the API server answers 409 where it is no longer the current one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from clusters.api.errors import Conflict
from clusters.api.resource_attributes import ResourceAttributes
from clusters.changes.errors import UnreadableText
from clusters.changes.merge_patches import build_merge_patch, refuse_placeholders
from clusters.changes.objects import Version, metadata_of
from clusters.discovery import Resource
from clusters.gateway.connect import ClusterSession

FIELD_MANAGER = "quarterdeck"
MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True)
class Target:
    """One object of a session, and the version of it that was looked at. `verb` is how it is written."""

    session: ClusterSession
    resource: Resource
    namespace: str
    name: str
    version: Version
    is_masked: bool = False  # whether values were hidden from who typed

    @property
    def verb(self) -> str:
        return "patch" if self.is_masked else "update"

    @property
    def attributes(self) -> ResourceAttributes:
        """What Kubernetes authorizes of the write, a dry run included."""
        return self.resource.attributes(self.verb, self.namespace, self.name)


@dataclass(frozen=True)
class Before:
    """A masked object as it is now: `placeholders` are the texts that stand in it for hidden values."""

    object: Mapping[str, Any]
    version: Version
    placeholders: frozenset[str]


@dataclass(frozen=True)
class Stored:
    """What the API server stored, or would store after a dry run, and its warnings."""

    object: Mapping[str, Any] = field(repr=False)
    warnings: tuple[str, ...] = ()


def update(target: Target, typed: Mapping[str, Any], *, dry_run: bool) -> Stored:
    """PUT the typed object. Raises DeniedByRole, AuditTrailUnavailable, UnreadableText and ApiError."""
    return _write(target, pin_version(typed, target.version), "application/json", dry_run=dry_run)


def patch(target: Target, before: Before, typed: Mapping[str, Any], *, dry_run: bool) -> Stored:
    """Patch what differs between the masked object and what was typed. Raises as `update` does."""
    if before.version != target.version:
        raise Conflict(_("It is no longer the version that you started from."), status=409, reason="Conflict")
    changes = build_merge_patch(before.object, typed)
    refuse_placeholders(changes, before.placeholders)
    return _write(target, pin_version(changes, target.version), MERGE_PATCH, dry_run=dry_run)


def _write(target: Target, body: Mapping[str, Any], content_type: str, *, dry_run: bool) -> Stored:
    query = [("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict")]
    if dry_run:
        query.append(("dryRun", "All"))
    response = target.session.write(target.attributes, body=body, query=query, content_type=content_type)
    return Stored(response.json(), response.warnings)


def pin_version(typed: Mapping[str, Any], version: Version) -> dict[str, Any]:
    """The object with the version that was looked at. Without one a built-in kind would be overwritten."""
    require_version(version)
    metadata = {**metadata_of(typed), "resourceVersion": version.resource_version, "uid": version.uid}
    return {**typed, "metadata": metadata}


def require_version(version: Version) -> None:
    """Raises UnreadableText where the form named none."""
    if not version.resource_version or not version.uid:
        raise UnreadableText(_("The version that you started from is missing. Open the page again."))
