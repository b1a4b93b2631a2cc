"""Fields of schemas: what one path of a kind's schema is, as `kubectl explain` says it, and all paths below it.

A schema is what a server says: each part can be of any type, and a circle of references is followed only as far as
somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.api.errors import NotFound

MAX_STEPS = 32  # references that are followed for one field
MAX_DEPTH = 24  # levels below a kind of which fields are listed
ReadReference = Callable[[Mapping[str, Any]], str]
_RULES = ("format", "enum", "default", "pattern", "minimum", "maximum")


@dataclass(frozen=True)
class Field:
    """A field of a schema. `type` is as kubectl prints it, without brackets: `string`, `[]Container`,
    `map[string]string`; `rules` are what values must keep to, as (name, value)."""

    name: str
    type: str
    description: str
    is_required: bool
    has_fields: bool
    rules: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Explanation:
    """One field, and the fields below it."""

    field: Field
    fields: tuple[Field, ...]


class SchemaTree:
    """A kind's schema: `root` is a name of `definitions`, as are the names that `read_reference` finds in a schema."""

    def __init__(self, root: str, definitions: Mapping[str, Any], read_reference: ReadReference) -> None:
        self._root = root
        self._definitions = definitions
        self._read_reference = read_reference
        found = definitions.get(root)
        self._root_schema: Mapping[str, Any] = found if isinstance(found, dict) else {}

    def explain(self, path: Sequence[str]) -> Explanation:
        """What is at a path of field names. NotFound names the first that is not there."""
        schema = self._root_schema
        field = self._describe("", schema, is_required=False)
        for number, name in enumerate(path):
            found = self._properties(schema).get(name)
            if found is None:
                place = ".".join(path[:number])
                raise NotFound(
                    f"There is no field “{name}”" + (f" in {place}." if place else "."), status=404
                )
            field = self._describe(name, found, is_required=name in self._required(schema))
            schema = found
        required = self._required(schema)
        below = sorted(self._properties(schema).items())
        return Explanation(
            field, tuple(self._describe(name, one, is_required=name in required) for name, one in below)
        )

    def list_fields(self) -> Iterator[tuple[tuple[str, ...], Field]]:
        """All fields with their paths, the nearest first; a definition within itself is not entered again."""
        waiting: list[tuple[tuple[str, ...], Mapping[str, Any], frozenset[str]]] = [
            ((), self._root_schema, frozenset((self._root,)))
        ]
        for path, schema, entered in waiting:  # which grows meanwhile
            required = self._required(schema)
            for name, one in self._properties(schema).items():
                yield (*path, name), self._describe(name, one, is_required=name in required)
                reference = self._read_reference(self._inner(one))
                if reference not in entered and len(path) < MAX_DEPTH:
                    waiting.append(((*path, name), one, entered | ({reference} if reference else set())))

    def _describe(self, name: str, schema: Mapping[str, Any], *, is_required: bool) -> Field:
        whole = self._resolve(schema)
        rules = tuple((key, _write(whole[key])) for key in _RULES if key in whole)
        description = whole.get("description")
        return Field(
            name,
            self._name_type(schema),
            description if isinstance(description, str) else "",
            is_required,
            bool(self._properties(schema)),
            rules,
        )

    def _name_type(self, schema: Mapping[str, Any], depth: int = 0) -> str:
        """As kubectl names it: https://github.com/kubernetes/kubectl/blob/master/pkg/explain/v2/templates/."""
        whole = self._resolve(schema)
        if whole.get("x-kubernetes-int-or-string") is True or whole.get("format") == "int-or-string":
            return "IntOrString"
        items, values = whole.get("items"), whole.get("additionalProperties")
        if isinstance(items, dict) and depth < MAX_STEPS:
            return f"[]{self._name_type(items, depth + 1)}"
        if isinstance(values, dict) and not whole.get("properties") and depth < MAX_STEPS:
            return f"map[string]{self._name_type(values, depth + 1)}"
        reference = self._read_reference(schema)
        if reference and (whole.get("type", "object") == "object" or whole.get("properties")):
            return reference.rpartition(".")[2]
        kind = whole.get("type")
        return "Object" if kind == "object" or not isinstance(kind, str) else kind

    def _properties(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The fields below a schema: its own, or those of its items or values."""
        found = self._inner(schema)
        properties = self._resolve(found).get("properties")
        if not isinstance(properties, dict):
            return {}
        return {name: one for name, one in properties.items() if isinstance(one, dict)}

    def _required(self, schema: Mapping[str, Any]) -> frozenset[str]:
        found = self._resolve(self._inner(schema)).get("required")
        return (
            frozenset(one for one in found if isinstance(one, str))
            if isinstance(found, list)
            else frozenset()
        )

    def _inner(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema of an item or a value, below all lists and maps."""
        for _step in range(MAX_STEPS):
            whole = self._resolve(schema)
            inner = whole.get("items") or (
                None if whole.get("properties") else whole.get("additionalProperties")
            )
            if not isinstance(inner, dict):
                break
            schema = inner
        return schema

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """With what the definition says that it names; its own words go before."""
        whole = dict(schema)
        for _step in range(MAX_STEPS):
            reference = self._read_reference(schema)
            found = self._definitions.get(reference) if reference else None
            if not isinstance(found, dict):
                break
            whole = {**found, **{key: value for key, value in whole.items() if key not in ("$ref", "allOf")}}
            schema = found
        return whole


def _write(value: Any) -> str:
    """A value of a rule as text, of at most 500 characters."""
    text = ", ".join(str(one) for one in value[:100]) if isinstance(value, list) else str(value)
    return text if len(text) <= 500 else text[:500] + "…"
