"""Reconciler of aggregated ClusterRoles: rules of the roles that their selectors choose."""

from __future__ import annotations

from typing import Any

from simulator.cluster import Cluster
from simulator.reading.labels import matches, parse_selector
from simulator.requests.rbac import CLUSTER_ROLES, GROUP
from simulator.schemas.resources import Resource
from simulator.store import Event, Object
from simulator.writing import registry
from simulator.writing.options import WriteOptions

WRITE_OPTIONS = WriteOptions(manager="clusterrole-aggregation-controller")


def reconcile_roles(cluster: Cluster, event: Event) -> None:
    """After any change of a ClusterRole."""
    if event.storage == CLUSTER_ROLES:
        aggregate_roles(cluster)


def aggregate_roles(cluster: Cluster) -> None:
    resource = cluster.catalog.find(GROUP, "v1", "clusterroles")
    if resource is None:
        return
    while _aggregate_once(cluster, resource):
        pass  # one that was aggregated may be chosen by another


def _aggregate_once(cluster: Cluster, resource: Resource) -> bool:
    is_changed = False
    roles = cluster.store.items(CLUSTER_ROLES)
    for role in roles:
        rules = _rules(role, roles)
        if rules is None or rules == (role.get("rules") or []):
            continue

        def changed(old: Object, rules: list[Any] = rules) -> Object:
            return old | {"rules": rules}

        registry.update(cluster, resource, "", role["metadata"]["name"], changed, WRITE_OPTIONS)
        is_changed = True
    return is_changed


def _rules(role: Object, roles: list[Object]) -> list[Any] | None:
    """None of a role that does not aggregate."""
    aggregation = role.get("aggregationRule")
    if not aggregation:
        return None
    found: list[Any] = []
    for selector in aggregation.get("clusterRoleSelectors") or ():
        requirements = parse_selector(selector) or []
        for one in roles:
            name = one["metadata"]["name"]
            if name == role["metadata"]["name"] or not matches(requirements, one["metadata"].get("labels")):
                continue
            found += [rule for rule in one.get("rules") or () if rule not in found]
    return found
