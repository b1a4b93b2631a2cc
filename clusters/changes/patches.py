"""Patches: the four types of a patch and a PUT, sent as typed, as a dry run or for good, to the version looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from clusters.changes.errors import UnreadableText
from clusters.changes.updates import FIELD_MANAGER, Stored, Target, pin_version, require_version

Method = Literal["apply", "merge", "strategic", "json", "replace"]
CONTENT_TYPES: Mapping[Method, str] = {
    "apply": "application/apply-patch+yaml",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "replace": "application/json",
}
COPYING = frozenset({"copy", "move"})  # operations of a JSON patch that take a value from elsewhere


def read_method(text: str) -> Method:
    """An unknown one is apply, which changes nothing of others by itself."""
    return next((method for method in CONTENT_TYPES if method == text), "apply")


def verb_of(method: Method) -> str:
    """What Kubernetes authorizes."""
    return "update" if method == "replace" else "patch"


@dataclass(frozen=True)
class PatchTarget(Target):
    """One object, the version of it that the change was made for, and how it is changed."""

    method: Method = "merge"

    @property
    def verb(self) -> str:
        return verb_of(self.method)


def send_patch(target: PatchTarget, body: Any, *, dry_run: bool, force: bool = False) -> Stored:
    """Raises DeniedByRole, AuditTrailUnavailable, UnreadableText and ApiError; Conflict where the version is another.

    `force` takes over every field of an apply that collides; what others are to keep is not in the body then.
    """
    query = [("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict")]
    if dry_run:
        query.append(("dryRun", "All"))
    if force and target.method == "apply":
        query.append(("force", "true"))
    content_type = CONTENT_TYPES[target.method]
    pinned = _pin(target, body)
    response = target.session.write(target.attributes, body=pinned, query=query, content_type=content_type)
    return Stored(response.json(), response.warnings)


def _pin(target: PatchTarget, body: Any) -> Any:
    """The body with the version that it is for: what is written is what was reviewed."""
    if target.method == "json":
        return _pin_operations(target, body)
    if not isinstance(body, Mapping):
        raise UnreadableText(_("This must be a mapping, such as an object or a part of one."))
    if not isinstance(body.get("metadata", {}), Mapping):
        raise UnreadableText(_("metadata must be a mapping."))
    return pin_version(body, target.version)


def _pin_operations(target: PatchTarget, body: Any) -> Sequence[Any]:
    """The operations behind tests of uid and resourceVersion,"""
    require_version(target.version)
    if not isinstance(body, list) or not all(isinstance(one, Mapping) for one in body):
        raise UnreadableText(_("A JSON patch is a list of operations, each with op and path."))
    if target.is_masked and any(one.get("op") in COPYING for one in body):
        raise UnreadableText(_("copy and move could show a hidden value elsewhere. Type the value."))
    version = target.version
    tested = {"uid": version.uid, "resourceVersion": version.resource_version}
    tests = [{"op": "test", "path": f"/metadata/{name}", "value": value} for name, value in tested.items()]
    return [*tests, *body]
