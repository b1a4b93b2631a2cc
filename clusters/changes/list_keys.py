"""List keys: by which fields a kind's OpenAPI schema tells the elements of a list apart (map, set or atomic).

https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from clusters.changes.yaml_values import Path
from clusters.openapi.kind_schemas import KindSchema

MOST_STEPS = 8  # from one reference to the next


@dataclass(frozen=True)
class ListKeys:
    """What is known of one place in an object; nothing where its schema is empty."""

    schema: Mapping[str, Any] = field(default_factory=dict, repr=False)
    definitions: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def field(self, name: str) -> ListKeys:
        """The same of a field of the mapping that is here."""
        properties = self.schema.get("properties")
        inner = properties.get(name) if isinstance(properties, Mapping) else None
        return self._go(inner if inner is not None else self.schema.get("additionalProperties"))

    def element(self) -> ListKeys:
        """The same of an element of the list that is here."""
        return self._go(self.schema.get("items"))

    def identify(self, elements: Any) -> dict[str, Any] | None:
        """The elements of a list by what names each; None where they are not told apart, or two have one name."""
        if not isinstance(elements, list):
            return None
        names = [self._name(element) for element in elements]
        if None in names or len(set(names)) < len(names):
            return None
        return {name: element for name, element in zip(names, elements, strict=True) if name is not None}

    def find_pointer(self, found: Any, path: Sequence[str]) -> Path:
        """The path with indices in place of the names of elements; empty where `found` has nothing there."""
        place, pointer = self, []
        for step in path:
            if isinstance(found, list):
                names = list(place.identify(found) or {})
                if step not in names:
                    return ()
                index = names.index(step)
                pointer.append(str(index))
                found, place = found[index], place.element()
            elif isinstance(found, Mapping) and step in found:
                pointer.append(step)
                found, place = found[step], place.field(step)
            else:
                return ()
        return tuple(pointer)

    def _name(self, element: Any) -> str | None:
        kind, keys = self.schema.get("x-kubernetes-list-type"), self.schema.get("x-kubernetes-list-map-keys")
        if kind == "set" and isinstance(element, str | int | float):
            return f"[={json.dumps(element)}]"
        if kind != "map" or not isinstance(keys, list) or not isinstance(element, Mapping):
            return None
        values = [element.get(key, self.element().field(key).schema.get("default")) for key in keys]
        if not any(isinstance(value, str | int) for value in values):
            return None
        return f"[{','.join(f'{key}={_write(value)}' for key, value in zip(keys, values, strict=True))}]"

    def _go(self, schema: Any) -> ListKeys:
        """To a schema, with what it refers to."""
        for _step in range(MOST_STEPS):
            reference = schema.get("$ref") if isinstance(schema, Mapping) else None
            if not isinstance(reference, str):
                break
            own = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**self.definitions.get(reference, {}), **own}
        return ListKeys(schema if isinstance(schema, Mapping) else {}, self.definitions)


def read_list_keys(schema: KindSchema) -> ListKeys:
    """Those of a whole object of this kind."""
    content = msgspec.json.decode(schema.content)
    definitions = content["definitions"]
    return ListKeys(definitions[content["root"]], definitions)


def _write(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
