"""Discovery documents: captured for built-in kinds, generated for CustomResourceDefinitions."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
from typing import Any

import msgspec

from simulator.schemas.catalog import Catalog
from simulator.schemas.resources import Resource, group_path

AGGREGATED = "apidiscovery.k8s.io/v2"
_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")


class Discovery:
    """The documents of one cluster, rebuilt after its kinds changed."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._captured = catalog.archive.discovery
        self._cache: tuple[int, dict[str, tuple[Any, str]]] = (-1, {})

    def get_aggregated(self, path: str) -> tuple[Any, str]:
        """The APIGroupDiscoveryList of /api or /apis, and its ETag."""
        revision, made = self._cache
        if revision != self._catalog.revision:
            made = {}
            self._cache = (self._catalog.revision, made)
        if path not in made:
            value = self._captured[path.strip("/")]
            if path == "/apis":
                value = value | {"items": [*value["items"], *self._custom_items()]}
            made[path] = (value, f'"{hashlib.sha512(msgspec.json.encode(value)).hexdigest().upper()}"')
        return made[path]

    def get_plain(self, path: str, server: str) -> Any | None:
        """The old answer of /api, /apis, a group or a version; None where there is no such."""
        if path == "/api":
            answer = copy.deepcopy(self._captured["plain"]["/api"])
            answer["serverAddressByClientCIDRs"][0]["serverAddress"] = server
            return answer
        if path == "/apis":
            answer = self._captured["plain"]["/apis"]
            return answer | {"groups": [*answer["groups"], *self._custom_groups()]}
        found = self._captured["plain"].get(path) or self._captured["lists"].get(path)
        return found if found is not None else self._custom_plain(path)

    def get_root(self) -> list[str]:
        """The paths that / lists."""
        own = {f"/apis/{group}" for group in self._custom_versions()}
        own |= {
            f"/apis/{group}/{version}"
            for group, found in self._custom_versions().items()
            for version in found
        }
        return sorted({*self._captured["root"], *own})

    # --- custom resources

    def _custom(self) -> list[Resource]:
        return [one for one in self._catalog if one.definition is not None]

    def _custom_versions(self) -> dict[str, list[str]]:
        """The versions of each group, the preferred one first."""
        found: dict[str, set[str]] = {}
        for one in self._custom():
            found.setdefault(one.group, set()).add(one.version)
        return {group: sorted(found[group], key=version_rank, reverse=True) for group in sorted(found)}

    def _custom_groups(self) -> list[Any]:
        return [_group(group, versions) for group, versions in self._custom_versions().items()]

    def _custom_plain(self, path: str) -> Any | None:
        for group, versions in self._custom_versions().items():
            if path == f"/apis/{group}":
                return {"kind": "APIGroup", "apiVersion": "v1"} | _group(group, versions)
            for version in versions:
                if path == group_path(group, version):
                    return self._custom_list(group, version)
        return None

    def _custom_list(self, group: str, version: str) -> Any:
        resources: list[Any] = []
        for one in self._custom():
            if (one.group, one.version) == (group, version):
                resources += _list_entries(one)
        head = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{group}/{version}"}
        return head | {"resources": resources}

    def _custom_items(self) -> list[Any]:
        found = []
        for group, versions in self._custom_versions().items():
            entries = []
            for version in versions:
                ones = [one for one in self._custom() if (one.group, one.version) == (group, version)]
                resources = [_aggregated_entry(one) for one in sorted(ones, key=lambda one: one.plural)]
                entries.append({"version": version, "resources": resources, "freshness": "Current"})
            found.append({"metadata": {"name": group}, "versions": entries})
        return found


def version_rank(version: str) -> tuple[int, int, int]:
    """v10 > v2 > v1 > v2beta1 > v1alpha1, as Kubernetes orders them."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return (-1, 0, 0)
    kind = {None: 2, "beta": 1, "alpha": 0}[match[2]]
    return kind, int(match[1]), int(match[3] or 0)


def _group(group: str, versions: list[str]) -> Any:
    named = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    return {"name": group, "versions": named, "preferredVersion": named[0]}


def _list_entries(one: Resource) -> list[Any]:
    found: dict[str, Any] = {
        "name": one.plural,
        "singularName": one.singular,
        "namespaced": one.is_namespaced,
        "kind": one.kind,
        "verbs": list(one.verbs),
    }
    if one.short_names:
        found["shortNames"] = list(one.short_names)
    if one.categories:
        found["categories"] = list(one.categories)
    digest = hashlib.sha256(f"{one.group}/{one.version}/{one.kind}".encode()).digest()[:8]
    entries = [found | {"storageVersionHash": base64.b64encode(digest).decode()}]
    for sub in one.subresources.values():
        part: dict[str, Any] = {
            "name": f"{one.plural}/{sub.name}",
            "singularName": "",
            "namespaced": one.is_namespaced,
        }
        if sub.group != one.group:
            part |= {"group": sub.group, "version": sub.version}
        entries.append(part | {"kind": sub.kind, "verbs": list(sub.verbs)})
    return entries


def _aggregated_entry(one: Resource) -> Any:
    found: dict[str, Any] = {
        "resource": one.plural,
        "responseKind": {"group": one.group, "version": one.version, "kind": one.kind},
        "scope": "Namespaced" if one.is_namespaced else "Cluster",
        "singularResource": one.singular,
        "verbs": list(one.verbs),
    }
    if one.short_names:
        found["shortNames"] = list(one.short_names)
    if one.categories:
        found["categories"] = list(one.categories)
    if one.subresources:
        found["subresources"] = [
            {
                "subresource": sub.name,
                "responseKind": {"group": sub.group, "version": sub.version, "kind": sub.kind},
                "verbs": list(sub.verbs),
            }
            for sub in one.subresources.values()
        ]
    return found
