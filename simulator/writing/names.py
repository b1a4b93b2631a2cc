"""Validation of names, labels, annotations and owner references."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from simulator.reading.labels import LABEL_VALUE, SUBDOMAIN, VALUE_RULE, key_complaints
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object, Resource

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
    "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
RULE_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
    "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
APART = {"apiextensions.k8s.io", "apiregistration.k8s.io"}  # servers of their own, with other checks
FINALIZERS = {"kubernetes", "orphan", "foregroundDeletion"}
# Kinds whose names are a single label, and those that any path segment names.
LABELS = {("", "namespaces")}
PATH_SEGMENTS = {"roles", "rolebindings", "clusterroles", "clusterrolebindings"}
LARGEST_ANNOTATIONS = 256 * 1024


def name_complaint(resource: Resource, name: str) -> str:
    """ "" where the name is good."""
    if resource.plural in PATH_SEGMENTS:
        return _path_segment(name)
    if (resource.group, resource.plural) in LABELS:
        return _check_pattern(DNS_LABEL, name, 63, LABEL_RULE)
    return _check_pattern(SUBDOMAIN, name, 253, SUBDOMAIN_RULE)


def metadata_causes(resource: Resource, thing: Object) -> Iterator[Cause]:
    """What is wrong with an object's metadata, in the API server's order."""
    metadata = thing["metadata"]
    name = metadata.get("name", "")
    if not name:
        yield Cause("FieldValueRequired", "Required value: name or generateName is required", "metadata.name")
    elif complaint := name_complaint(resource, name):
        yield bad_value("metadata.name", f'"{name}"', complaint)
    yield from label_causes(metadata.get("labels"), "metadata.labels")
    yield from _annotation_causes(metadata.get("annotations"))
    yield from _owner_causes(metadata.get("ownerReferences") or ())
    for number, finalizer in enumerate(metadata.get("finalizers") or ()):
        is_core = resource.definition is None and resource.group not in APART
        yield from _finalizer_causes(finalizer, f"metadata.finalizers[{number}]", is_core=is_core)


def label_causes(labels: Any, path: str) -> Iterator[Cause]:
    for key, value in sorted((labels or {}).items()):
        for complaint in key_complaints(key):
            yield bad_value(path, f'"{key}"', complaint)
        if len(value) > 63:
            yield bad_value(path, f'"{value}"', "must be no more than 63 bytes")
        elif not LABEL_VALUE.fullmatch(value):
            yield bad_value(path, f'"{value}"', VALUE_RULE)


def bad_value(path: str, value: str, why: str) -> Cause:
    return Cause("FieldValueInvalid", f"Invalid value: {value}: {why}", path)


def required_value(path: str, why: str = "") -> Cause:
    return Cause("FieldValueRequired", f"Required value: {why}" if why else "Required value", path)


def _annotation_causes(annotations: Any) -> Iterator[Cause]:
    total = 0
    for key, value in sorted((annotations or {}).items()):
        for complaint in key_complaints(key.lower()):
            yield bad_value("metadata.annotations", f'"{key}"', complaint)
        total += len(key.encode()) + len(value.encode())
    if total > LARGEST_ANNOTATIONS:
        message = f"Too long: may not be more than {LARGEST_ANNOTATIONS} bytes"
        yield Cause("FieldValueTooLong", message, "metadata.annotations")


def _owner_causes(owners: Any) -> Iterator[Cause]:
    for owner in owners:
        path = "metadata.ownerReferences"
        for key in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(key):
                field = f"{path}.{key}"
                yield bad_value(
                    field, '""', "version must not be empty" if key == "apiVersion" else "must not be empty"
                )
    if sum(bool(owner.get("controller")) for owner in owners) > 1:
        yield bad_value(
            "metadata.ownerReferences", "...", "Only one reference can have Controller set to true."
        )


def _finalizer_causes(finalizer: str, path: str, *, is_core: bool) -> Iterator[Cause]:
    complaints = key_complaints(finalizer)
    for complaint in complaints:
        yield bad_value(path, f'"{finalizer}"', complaint)
    if not complaints and is_core and "/" not in finalizer and finalizer not in FINALIZERS:
        why = "name is neither a standard finalizer name nor is it fully qualified"
        yield bad_value(path, f'"{finalizer}"', why)


def _check_pattern(form: re.Pattern[str], name: str, longest: int, rule: str) -> str:
    if len(name) > longest:
        return f"must be no more than {longest} bytes"
    return "" if form.fullmatch(name) else rule


def _path_segment(name: str) -> str:
    if name in (".", ".."):
        return f"may not be '{name}'"
    for letter in "/%":
        if letter in name:
            return f"may not contain '{letter}'"
    return ""
