"""Validation of required fields and enums from the schema of every kind; whole schemas of CRDs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from simulator.cluster import Cluster
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object, Resource
from simulator.schemas.types import Field, Type
from simulator.writing import kinds
from simulator.writing.custom_schema import schema_causes
from simulator.writing.names import bad_value, metadata_causes, required_value

# Required by Go's types for its own reasons, and allowed to be empty by validation.
UNCHECKED_FIELDS = {"status", "rules", "items", "drivers", "audience"}
# Choices that Go's validation does not look at.
ANY_VALUE = {"protocol"}


def check_metadata(resource: Resource, thing: Object, was: Object | None = None) -> list[Cause]:
    causes = list(metadata_causes(resource, thing))
    if was is not None and "deletionTimestamp" in was["metadata"]:
        added = set(thing["metadata"].get("finalizers") or ()) - set(was["metadata"].get("finalizers") or ())
        if added:
            shown = " ".join(f'"{one}"' for one in sorted(added))
            why = (
                "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers "
                f"[]string{{{', '.join(shown.split(' '))}}}"
            )
            causes.append(Cause("FieldValueForbidden", why, "metadata.finalizers"))
    return causes


def validate(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None = None, subresource: str = ""
) -> list[Cause]:
    type_ = cluster.types.get_type(resource)
    if resource.definition is not None:
        own = _status_causes(thing, type_) if subresource == "status" else schema_causes(thing, type_.schema)
        return [*own, *kinds.custom_scale_causes(resource, thing, subresource)]
    if subresource == "status":
        return []
    special = list(kinds.causes(cluster, resource, thing, was))
    if (resource.group, resource.plural) in kinds.WHOLE_SCHEMA:
        return special
    known = {cause.field for cause in special}
    general = [cause for cause in _causes(thing, type_, "") if not _is_set(cause.field, known)]
    return [*general, *special]


def _status_causes(thing: Object, type_: Type) -> Iterator[Cause]:
    """Named as seen from the status."""
    schema = (type_.schema.get("properties") or {}).get("status")
    if schema and "status" in thing:
        for cause in schema_causes(thing["status"], schema):
            yield replace(cause, field=f"status.{cause.field}" if cause.field else "status")


def _is_set(field: str, known: set[str]) -> bool:
    """What is special of a kind speaks of this field, or of what holds it."""
    return field in known or any(field.startswith(f"{one}.") for one in known)


def _causes(value: Any, type_: Type, path: str) -> Iterator[Cause]:
    if type_.category == "struct" and isinstance(value, dict):
        for name, known in type_.fields.items():
            if path or name not in ("metadata", "status", "kind", "apiVersion"):
                yield from _field_causes(value.get(name), known, f"{path}.{name}" if path else name)
    elif type_.category == "list" and isinstance(value, list) and type_.element is not None:
        for number, one in enumerate(value):
            yield from _causes(one, type_.element, path if isinstance(one, str) else f"{path}[{number}]")
    elif type_.category == "map" and isinstance(value, dict) and type_.element is not None:
        for key, one in value.items():
            yield from _causes(one, type_.element, f"{path}[{key}]")
    elif type_.category == "string" and isinstance(value, str):
        yield from _choice_causes(value, type_, path)


def _field_causes(value: Any, known: Field, path: str) -> Iterator[Cause]:
    if known.is_required and known.name not in UNCHECKED_FIELDS and _is_missing(value, known):
        yield required_value(path)
    elif value is not None:
        yield from _causes(value, known.type, path)


def _is_missing(value: Any, known: Field) -> bool:
    return value is None or value in ("", []) or (value == {} and known.type.category == "map")


def _choice_causes(value: str, type_: Type, path: str) -> Iterator[Cause]:
    choices = type_.schema.get("enum")
    if choices and value and value not in choices:
        known = ", ".join(json.dumps(one) for one in choices if one)
        message = f'Unsupported value: "{value}": supported values: {known}'
        yield Cause("FieldValueNotSupported", message, path)


__all__ = ["bad_value", "check_metadata", "validate"]
