"""Shared parts of table rows: name, age, containers with images, labels, selectors."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from simulator.printing.ages import age
from simulator.schemas.resources import Object

NONE, UNSET, UNKNOWN = "<none>", "<unset>", "<unknown>"
_OPERATORS = {"In": " in ", "NotIn": " notin "}


def name(thing: Object) -> str:
    """Empty for a bookmark, which has no name."""
    found: str = thing["metadata"].get("name", "")
    return found


def age_of(thing: Object, now: datetime.datetime) -> str:
    """Since it was created."""
    return age(thing["metadata"].get("creationTimestamp"), now)


def spec(thing: Object) -> Object:
    return thing.get("spec") or {}


def status(thing: Object) -> Object:
    return thing.get("status") or {}


def is_deleting(thing: Object) -> bool:
    return bool(thing["metadata"].get("deletionTimestamp"))


def annotation(thing: Object, key: str) -> str | None:
    found: str | None = (thing["metadata"].get("annotations") or {}).get(key)
    return found


def has_true(conditions: Iterable[Object] | None, kind: str) -> bool:
    """By the first condition of that type."""
    for one in conditions or ():
        if one.get("type") == kind:
            return bool(one.get("status") == "True")
    return False


def containers(template: Object | None) -> tuple[str, str]:
    """The names and the images of a pod template's containers."""
    found = spec(template or {}).get("containers") or ()
    return ",".join(one.get("name", "") for one in found), ",".join(one.get("image", "") for one in found)


def labels_text(labels: Mapping[str, str] | None) -> str:
    """`a=b,c=d`, as labels.FormatLabels of apimachinery."""
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def selector_text(selector: Object | None) -> str:
    """A LabelSelector in the words of kubectl's --selector; "" where it selects all or nothing."""
    found = [(key, f"{key}={value}") for key, value in ((selector or {}).get("matchLabels") or {}).items()]
    for one in (selector or {}).get("matchExpressions") or ():
        found.append((one.get("key", ""), _expression(one)))
    return ",".join(text for _, text in sorted(found, key=lambda pair: pair[0]))


def _expression(one: Object) -> str:
    key: str = one.get("key", "")
    if one.get("operator") in _OPERATORS:
        return f"{key}{_OPERATORS[one['operator']]}({','.join(sorted(one.get('values') or ()))})"
    return f"!{key}" if one.get("operator") == "DoesNotExist" else key


def first_of(items: Iterable[str], limit: int, total: int) -> str:
    """`a,b,c + 2 more...`"""
    shown = ",".join(list(items)[:limit])
    return f"{shown} + {total - limit} more..." if total > limit else shown


def boolean_text(value: Any) -> str:
    return UNSET if value is None else str(bool(value))


def go_selector(selector: Object) -> str:
    """A LabelSelector as Go's generated String() writes it, which some columns show."""
    pairs = sorted((selector.get("matchLabels") or {}).items())
    labels = "".join(f"{key}: {value}," for key, value in pairs)
    expressions = "".join(
        f"LabelSelectorRequirement{{Key:{one.get('key', '')},Operator:{one.get('operator', '')},"
        f"Values:[{' '.join(one.get('values') or ())}],}},"
        for one in selector.get("matchExpressions") or ()
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )
