"""Conflicts of server-side apply: which manager owns which field of what is applied, and what becomes of each.

"keep" takes the field out of what is applied, so that it stays theirs; "share" applies the value that is there, so that
both own it; "take" leaves it as it was typed, to be forced. Force is a switch of the whole request, so it is sent only
when every other conflict is gone from what is applied, and with the resourceVersion for which that was found.
https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clusters.api.errors import ApiError
from clusters.changes.objects import MISSING, is_same, value_at
from clusters.changes.yaml_values import Path

Resolution = Literal["keep", "take", "share"]
CAUSE = "FieldManagerConflict"
LONGEST = 2000  # characters of a field
MOST = 500


@dataclass(frozen=True)
class ApplyConflict:
    """A field that another manager set to another value; `path` is where it stands in what is applied."""

    manager: str
    field: str
    path: Path

    @property
    def id(self) -> str:
        """Names it on a form."""
        return hashlib.sha256(f"{self.manager}\0{self.field}".encode()).hexdigest()[:16]


def read_conflicts(error: ApiError, applied: Any) -> list[ApplyConflict]:
    """The conflicts that the API server names; empty where the error is another one."""
    found = []
    for cause in error.causes[:MOST]:
        if cause.reason == CAUSE:
            path = next(_find_paths(applied, cause.field[:LONGEST]), ())
            found.append(ApplyConflict(_read_manager(cause.message), cause.field[:LONGEST], path))
    return found


def resolve(
    applied: Mapping[str, Any],
    live: Mapping[str, Any],
    conflicts: Sequence[ApplyConflict],
    resolutions: Mapping[str, Resolution],
) -> Any:
    """What is to be applied then. Removals come last and from the end, so that indices hold."""
    resolved: Any = copy.deepcopy(dict(applied))
    removed: list[Path] = []
    for one in conflicts:
        choice = resolutions.get(one.id)
        if not one.path or choice in (None, "take"):
            continue
        value = find_live(live, one.field) if choice == "share" else MISSING
        if value is MISSING:
            removed.append(one.path)
        else:
            _parent(resolved, one.path)[_step(resolved, one.path)] = copy.deepcopy(value)
    for path in sorted(set(removed), key=_order, reverse=True):
        if value_at(resolved, path) is not MISSING:
            del _parent(resolved, path)[_step(resolved, path)]
    return resolved


def _order(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((int(step) if step.isdecimal() and len(step) < 9 else 0, step) for step in path)


def _parent(found: Any, path: Path) -> Any:
    for step in path[:-1]:
        found = found[int(step)] if isinstance(found, list) else found[step]
    return found


def _step(found: Any, path: Path) -> Any:
    return int(path[-1]) if isinstance(_parent(found, path), list) else path[-1]


def find_live(live: Any, field: str) -> Any:
    """The value that the object has there now; MISSING where it has none."""
    path = next(_find_paths(live, field), ())
    return value_at(live, path) if path else MISSING


def _read_manager(message: str) -> str:
    """`conflict with "kubectl-create" using apps/v1`; the message itself where it is another."""
    parts = message.split('"')
    return parts[1] if message.startswith("conflict with ") and len(parts) > 2 else message


# --- fields as structured-merge-diff writes them: .spec.containers[name="main"].image, .names[="a"], .list[0]
# https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/fieldpath/element.go


def _find_paths(found: Any, field: str) -> Iterator[Path]:
    """Where the field may be; names can have dots in them, so all that fit are tried, the longest first."""
    if not field:
        yield ()
        return
    if isinstance(found, Mapping) and field.startswith("."):
        names = [name for name in found if isinstance(name, str) and _begins_with(field[1:], name)]
        for name in sorted(names, key=len, reverse=True):
            for rest in _find_paths(found[name], field[1 + len(name) :]):
                yield (name, *rest)
    elif isinstance(found, list) and field.startswith("["):
        words, length = _read_bracket(field)
        for index, element in enumerate(found):
            if _fits(element, index, words):
                for rest in _find_paths(element, field[length:]):
                    yield (str(index), *rest)


def _begins_with(field: str, name: str) -> bool:
    return field.startswith(name) and field[len(name) : len(name) + 1] in ("", ".", "[")


def _read_bracket(field: str) -> tuple[str, int]:
    """What stands in the first pair of brackets, and where it ends; a bracket in quotes does not end it."""
    is_quoted = is_escaped = False
    for index, sign in enumerate(field):
        if is_escaped:
            is_escaped = False
        elif sign == "\\" and is_quoted:
            is_escaped = True
        elif sign == '"':
            is_quoted = not is_quoted
        elif sign == "]" and not is_quoted:
            return field[1:index], index + 1
    return field[1:], len(field)


def _fits(element: Any, index: int, words: str) -> bool:
    if words.startswith("="):
        return _reads_as(words[1:], element)
    if words.isdecimal():
        return words == str(index)
    if not isinstance(element, Mapping):
        return False
    return all(
        key not in element or _reads_as(value, element[key]) for key, value in _split_keys(words)
    ) and any(key in element for key, _value in _split_keys(words))


def _split_keys(words: str) -> Iterator[tuple[str, str]]:
    """`name="a",port=80` as pairs; a comma in quotes separates nothing."""
    while words:
        key, _, rest = words.partition("=")
        if rest.startswith('"'):
            try:
                _value, end = json.JSONDecoder().raw_decode(rest)
            except ValueError:
                end = len(rest)
        else:
            end = rest.find(",") if "," in rest else len(rest)
        yield key, rest[:end]
        words = rest[end:].lstrip(",")


def _reads_as(text: str, value: Any) -> bool:
    try:
        return is_same(json.loads(text), value)
    except (ValueError, RecursionError):
        return False
