"""Capture of the first objects of an empty control plane and of each kind's printed columns."""

import urllib.error
from collections.abc import Iterator
from typing import Any

from simulator.capture.source import Source

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
# What belongs to that one control plane: its running parts, its keys, what its controllers create again.
LEFT_OUT = {
    "events",
    "leases",
    "endpoints",
    "endpointslices",
    "pods",
    "nodes",
    "secrets",
    "componentstatuses",
}
OTHER_VERSIONS = {"/apis/autoscaling/v1"}  # the same objects as in the newer version
OWN_FIELDS = ("uid", "resourceVersion", "creationTimestamp", "selfLink")


def fetch_printer_columns(source: Source, lists: dict[str, Any]) -> dict[str, Any]:
    """`columnDefinitions` by path of the collection ("/apis/apps/v1/deployments")."""
    found = {}
    for path, one in _iterate_resources(lists):
        try:
            table = source.json(f"{path}/{one['name']}?limit=1", TABLE)
        except urllib.error.HTTPError:
            continue
        found[f"{path}/{one['name']}"] = table["columnDefinitions"]
    return found


def fetch_first_objects(source: Source, lists: dict[str, Any]) -> list[dict[str, Any]]:
    """All objects as they would be created, without what the API server itself gives them."""
    found = []
    for path, one in _iterate_resources(lists):
        if one["name"] in LEFT_OUT or path in OTHER_VERSIONS or "metrics.k8s.io" in path:
            continue
        answer = source.json(f"{path}/{one['name']}")
        for item in answer["items"]:
            head = {"apiVersion": path.removeprefix("/apis/").removeprefix("/api/"), "kind": one["kind"]}
            found.append(_strip_own_fields(head | item))
    return [one for one in found if not _is_of_metrics(one)]


def _iterate_resources(lists: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, answer in lists.items():
        for one in answer["resources"]:
            if "/" not in one["name"] and "list" in one["verbs"]:
                yield path, one


def _strip_own_fields(item: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in item["metadata"].items() if key not in OWN_FIELDS}
    for field in metadata.get("managedFields", ()):
        field.pop("time", None)
    return item | {"metadata": metadata}


def _is_of_metrics(item: dict[str, Any]) -> bool:
    """The metrics server's own objects: it is a part of the tests, not of an empty control plane."""
    if item["kind"] == "APIService":
        return False
    return "metrics-server" in str(item["metadata"]["name"])
