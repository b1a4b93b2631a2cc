"""Label selectors: formats a LabelSelector or a map of labels as kubectl -l takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.kinds.fields import mapping, mappings, text, texts

_WORDS = {
    "In": "{key} in ({values})",
    "NotIn": "{key} notin ({values})",
    "Exists": "{key}",
    "DoesNotExist": "!{key}",
}


def format_labels(labels: Mapping[str, Any]) -> str:
    """A plain map of labels (Service, ReplicationController); empty where there is none."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()) if isinstance(value, str))


def format_selector(selector: Mapping[str, Any]) -> str:
    """A LabelSelector: matchLabels and matchExpressions (API reference, LabelSelector)."""
    parts = [format_labels(mapping(selector, "matchLabels"))]
    for entry in mappings(selector, "matchExpressions"):
        if pattern := _WORDS.get(text(entry, "operator")):
            parts.append(pattern.format(key=text(entry, "key"), values=",".join(texts(entry, "values"))))
    return ",".join(part for part in parts if part)
