"""Field types of kinds, compiled from OpenAPI v3 and from the schemas of CustomResourceDefinitions."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from simulator.schemas.archive import Archive
from simulator.schemas.openapi import PREFIX, custom_schema
from simulator.schemas.resources import Resource

TypeCategory = Literal[
    "struct", "map", "list", "string", "integer", "number", "boolean", "int-or-string", "any"
]
META_TYPE = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
TIMES = ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime")
_OPAQUE = ("RawExtension", "FieldsV1", "apiextensions.v1.JSON", "JSONSchemaPropsOr")


@dataclass
class Field:
    """One field of a struct. `is_embedded` is a Go struct that is there even where nothing is written."""

    name: str
    type: Type
    is_required: bool = False
    is_embedded: bool = False
    is_pointer: bool = False  # in Go: an empty value is stored
    is_written: bool = False  # in Go: null or an empty value stands there where nothing was given
    default: Any = None
    patch_strategy: str = ""  # merge, replace, retainKeys
    merge_key: str = ""


@dataclass
class Type:
    """`fields` of a struct, `element` of a list or map; `schema` is what it was compiled from."""

    category: TypeCategory
    name: str = ""  # of the shared schema: io.k8s.api.apps.v1.DeploymentSpec
    fields: dict[str, Field] = field(default_factory=dict)
    element: Type | None = None
    is_atomic: bool = False
    list_type: str = "atomic"  # atomic, set, map
    list_keys: tuple[str, ...] = ()
    preserves_unknown: bool = False
    is_nullable: bool = False
    is_custom: bool = False  # of a CRD: pruned and checked by its schema
    schema: dict[str, Any] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """The Go type: DeploymentSpec."""
        return self.name.rpartition(".")[2]


class Types:
    """The compiled types of one version of Kubernetes."""

    def __init__(self, archive: Archive) -> None:
        self._schemas = archive.openapi_v3["schemas"]
        self._messages = archive.protobuf
        self._shared_types: dict[str, Type] = {}
        self._custom: dict[tuple[int, str], Type] = {}
        self._names: dict[tuple[str, str, str], str] = {}
        for name, variants in self._schemas.items():
            for kind in variants[0].get("x-kubernetes-group-version-kind", ()):
                self._names.setdefault((kind["group"], kind["version"], kind["kind"]), name)

    def get_type(self, resource: Resource) -> Type:
        """The type of the objects of a resource."""
        if resource.definition is None:
            return self.get_kind_type(resource.group, resource.version, resource.kind)
        key = (id(resource.definition), resource.version)
        if key not in self._custom:
            if len(self._custom) > 500:
                self._custom.clear()
            self._custom[key] = self._compile(custom_schema(resource), is_custom=True)
            self._custom[key].schema["x-definition"] = resource.definition  # keeps the id alive
        return self._custom[key]

    def get_kind_type(self, group: str, version: str, kind: str) -> Type:
        """Raises KeyError for a kind that no document names."""
        return self.get_shared(self._names[group, version, kind])

    def get_shared(self, name: str) -> Type:
        found = self._shared_types.get(name)
        if found is None:
            found = self._shared_types[name] = Type("any", name)
            schema = self._schemas[name][0]
            found.__dict__.update(self._compile(schema, name=name).__dict__)
        return found

    def _compile(self, schema: dict[str, Any], *, name: str = "", is_custom: bool = False) -> Type:
        target = _target(schema)
        if target:
            shared = self.get_shared(target)
            is_parted = shared.is_atomic and schema.get("x-kubernetes-map-type") == "granular"
            return replace(shared, is_atomic=False) if is_parted else shared
        found = Type(_categorize(schema, name), name, is_custom=is_custom, schema=dict(schema))
        found.is_atomic = schema.get("x-kubernetes-map-type") == "atomic"
        found.preserves_unknown = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
        found.is_nullable = bool(schema.get("nullable"))
        if found.category == "struct":
            self._add_fields(found, schema, is_custom)
        elif found.category == "map":
            inner = schema.get("additionalProperties")
            found.element = (
                self._compile(inner, is_custom=is_custom) if isinstance(inner, dict) else Type("any")
            )
        elif found.category == "list":
            found.element = self._compile(schema.get("items") or {}, is_custom=is_custom)
            found.list_type = schema.get("x-kubernetes-list-type", "atomic")
            found.list_keys = tuple(schema.get("x-kubernetes-list-map-keys", ()))
        return found

    def _add_fields(self, found: Type, schema: dict[str, Any], is_custom: bool) -> None:
        required = set(schema.get("required", ()))
        known = self._messages.get(message_name(found.name), {}).values()
        flags = {field: each for field, _, _, each in known}
        for name, one in (schema.get("properties") or {}).items():
            found.fields[name] = Field(
                name,
                self._compile(one, is_custom=is_custom),
                name in required,
                not is_custom and "z" not in flags.get(name, "") and _is_embedded(one, flags.get(name)),
                "p" in flags.get(name, ""),
                "w" in flags.get(name, ""),
                one.get("default"),
                one.get("x-kubernetes-patch-strategy", ""),
                one.get("x-kubernetes-patch-merge-key", ""),
            )


def message_name(schema: str) -> str:
    """Of a shared schema: `io.k8s.api.core.v1.Pod` -> `k8s.io.api.core.v1.Pod`."""
    name = schema.replace("io.k8s.", "k8s.io.", 1)
    return name.replace("k8s.io.apiextensions-apiserver", "k8s.io.apiextensions_apiserver")


def _target(schema: dict[str, Any]) -> str:
    """The name of the shared schema that this one is."""
    reference = schema.get("$ref", "")
    parts = schema.get("allOf", ())
    if not reference and len(parts) == 1 and set(parts[0]) == {"$ref"}:
        reference = parts[0]["$ref"]
    return str(reference).removeprefix(PREFIX) if str(reference).startswith(PREFIX) else ""


def _is_embedded(schema: dict[str, Any], flags: str | None) -> bool:
    """A struct is, unless it is a pointer; a time too, which is null where nothing was given."""
    target = _target(schema)
    if target.endswith(TIMES):
        return flags is not None and "p" not in flags
    return bool(target) and schema.get("default") == {}


def _categorize(schema: dict[str, Any], name: str) -> TypeCategory:  # noqa: PLR0911 - a table of forms
    if name.endswith(_OPAQUE) or any(f"{part}" in name for part in _OPAQUE[3:]):
        return "any"
    if (
        schema.get("x-kubernetes-int-or-string")
        or schema.get("format") == "int-or-string"
        or name == QUANTITY
    ):
        return "int-or-string"
    if schema.get("properties"):
        return "struct"
    kind = schema.get("type")
    if kind == "object":
        if schema.get("additionalProperties"):
            return "map"
        return "struct" if not name.endswith("Patch") else "any"
    if kind == "array":
        return "list"
    return kind if kind in ("string", "integer", "number", "boolean") else "any"


@functools.cache
def types_of(archive: Archive) -> Types:
    """One for each version and process: clusters share it."""
    return Types(archive)
