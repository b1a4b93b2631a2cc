"""Resource: one kind as its collection is served, from discovery or a CustomResourceDefinition."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]  # a Kubernetes object as it is written in JSON; one in the store is never changed
EVENTS = ("events.k8s.io", "events")


@dataclass(frozen=True)
class Subresource:
    """A part of an object with verbs of its own; group, version and kind are those of its bodies."""

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


@dataclass(frozen=True)
class Resource:
    """A collection that is served, of one version."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    is_namespaced: bool
    verbs: tuple[str, ...]
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: Mapping[str, Subresource] = field(default_factory=dict)
    definition: Object | None = None  # the CustomResourceDefinition of a custom one

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified_name(self) -> str:
        """As error texts name it: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """As validation names it: `Deployment.apps`, `Pod`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def path(self) -> str:
        """Of the collection in the whole cluster: `/apis/apps/v1/deployments`."""
        return f"{group_path(self.group, self.version)}/{self.plural}"

    @property
    def list_kind(self) -> str:
        if self.definition is not None:
            named: str = self.definition["spec"]["names"].get("listKind") or f"{self.kind}List"
            return named
        return f"{self.kind}List"

    @property
    def storage(self) -> tuple[str, str]:
        """Where its objects lie in the store, whatever the version."""
        return ("", "events") if (self.group, self.plural) == EVENTS else (self.group, self.plural)

    @property
    def custom_version(self) -> Object:
        """The entry of the CRD's `spec.versions` for this version; {} of a built-in kind."""
        for one in (self.definition or {}).get("spec", {}).get("versions", ()):
            if one["name"] == self.version:
                return dict(one)
        return {}


def group_path(group: str, version: str) -> str:
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


def split_api_version(text: str) -> tuple[str, str]:
    """`apps/v1` -> (apps, v1); `v1` -> ("", v1)."""
    group, _, version = text.rpartition("/")
    return group, version


def parse_resource_list(resource_list: Object) -> Iterator[Resource]:
    """The resources of an APIResourceList, in its order."""
    group, version = split_api_version(resource_list["groupVersion"])
    for one in resource_list["resources"]:
        if "/" in one["name"]:
            continue
        parts = [part for part in resource_list["resources"] if part["name"].startswith(one["name"] + "/")]
        yield Resource(
            group,
            version,
            one["name"],
            one.get("singularName") or one["kind"].lower(),
            one["kind"],
            one["namespaced"],
            tuple(one["verbs"]),
            tuple(one.get("shortNames", ())),
            tuple(one.get("categories", ())),
            {sub.name: sub for part in parts if (sub := _subresource(part, group, version))},
        )


def _subresource(part: Object, group: str, version: str) -> Subresource:
    own_version = part.get("version") or version
    own_group = part["group"] if part.get("version") else group
    name = part["name"].partition("/")[2]
    return Subresource(name, own_group or "", own_version, part["kind"], tuple(part["verbs"]))


CUSTOM_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


def parse_definition(definition: Object) -> Iterator[Resource]:
    """The served versions of a CustomResourceDefinition."""
    spec = definition["spec"]
    names = (definition.get("status") or {}).get("acceptedNames") or spec["names"]
    for version in spec["versions"]:
        if not version.get("served"):
            continue
        yield Resource(
            spec["group"],
            version["name"],
            names["plural"],
            names.get("singular") or names["kind"].lower(),
            names["kind"],
            spec["scope"] == "Namespaced",
            CUSTOM_VERBS,
            tuple(names.get("shortNames", ())),
            tuple(names.get("categories", ())),
            _custom_subresources(spec["group"], version, names["kind"]),
            definition,
        )


def _custom_subresources(group: str, version: Object, kind: str) -> dict[str, Subresource]:
    known = version.get("subresources") or {}
    verbs, found = ("get", "patch", "update"), {}
    if "status" in known:
        found["status"] = Subresource("status", group, version["name"], kind, verbs)
    if "scale" in known:
        found["scale"] = Subresource("scale", "autoscaling", "v1", "Scale", verbs)
    return found
