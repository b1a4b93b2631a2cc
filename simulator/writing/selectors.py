"""Label selectors as text."""

from typing import Any

_SIGNS = {"In": "in", "NotIn": "notin"}


def selector_text(selector: Any) -> str:
    """`app=web,tier in (a,b)`; of a plain map (ReplicationController, Service) the pairs."""
    if not selector:
        return ""
    if not isinstance(next(iter(selector.values())), dict | list):
        return ",".join(f"{key}={selector[key]}" for key in sorted(selector))
    labels = selector.get("matchLabels") or {}
    parts = {key: f"{key}={labels[key]}" for key in labels}
    found = [parts[key] for key in sorted(parts)]
    return ",".join(found + [_expression(one) for one in selector.get("matchExpressions") or ()])


def _expression(one: dict[str, Any]) -> str:
    key, operator = one["key"], one["operator"]
    if operator == "Exists":
        return str(key)
    if operator == "DoesNotExist":
        return f"!{key}"
    return f"{key} {_SIGNS[operator]} ({','.join(sorted(one.get('values') or ()))})"
