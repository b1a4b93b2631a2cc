"""Plan of a drain: what would become of each pod of a node, and which budgets and permissions decide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from clusters.access.reviews import ReviewResult
from clusters.api.errors import ApiError
from clusters.api.paths import resource_path
from clusters.api.resource_attributes import ResourceAttributes
from clusters.drains.budgets import (
    Budget,
    NamespaceBudgets,
    list_budgets,
    may_block,
    select_budgets,
)
from clusters.drains.filters import Verdict, judge, list_errors, list_warnings
from clusters.drains.options import DrainOptions
from clusters.drains.pods import Pod, list_pods
from clusters.gateway.connect import ClusterSession


@dataclass(frozen=True)
class PlannedPod:
    """A pod, what is decided of it, and the budgets that select it; `blocking` is the one that allows nothing now."""

    pod: Pod
    verdict: Verdict
    budgets: tuple[Budget, ...] = ()
    blocking: Budget | None = None


@dataclass(frozen=True)
class NodePlan:
    """One node. With `errors` nothing of it is evicted. `unknown_budgets` are namespaces whose budgets are not known,
    each with the reason."""

    node: str
    pods: tuple[PlannedPod, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    unknown_budgets: Mapping[str, str]

    @property
    def evicted(self) -> Sequence[PlannedPod]:
        return [one for one in self.pods if one.verdict.decision == "evict"]


class Planner:
    """Plans nodes with one person's permissions; what it has read it does not read twice."""

    def __init__(self, cluster_session: ClusterSession, options: DrainOptions) -> None:
        self._session, self._options = cluster_session, options
        self._daemonsets: dict[tuple[str, str], ApiError | None] = {}
        self._budgets: dict[str, NamespaceBudgets] = {}

    def plan(self, node: str) -> NodePlan:
        """Raises ApiError where the node's pods cannot be listed."""
        now = datetime.now(UTC)
        pods = list_pods(self._session.client, node, self._options.pod_selector)
        judged = [(pod, judge(pod, self._options, self._find_daemonset, now)) for pod in pods]
        planned = tuple(self._add_budgets(pod, verdict) for pod, verdict in judged)
        namespaces = {pod.metadata.namespace for pod, verdict in judged if verdict.decision == "evict"}
        unknown = {name: self._budgets[name].error for name in sorted(namespaces & set(self._budgets))}
        return NodePlan(
            node,
            planned,
            tuple(list_errors(judged)),
            tuple(list_warnings(judged)),
            {name: error for name, error in unknown.items() if error},
        )

    def _add_budgets(self, pod: Pod, verdict: Verdict) -> PlannedPod:
        if verdict.decision != "evict" or self._options.disable_eviction:
            return PlannedPod(pod, verdict)
        namespace = pod.metadata.namespace
        if namespace not in self._budgets:
            self._budgets[namespace] = list_budgets(self._session.client, namespace)
        budgets = tuple(select_budgets(self._budgets[namespace].budgets, pod))
        blocking = next((one for one in budgets if may_block(one, pod)), None)
        return PlannedPod(pod, verdict, budgets, blocking)

    def _find_daemonset(self, namespace: str, name: str) -> ApiError | None:
        key = (namespace, name)
        if key not in self._daemonsets:
            attributes = ResourceAttributes("get", "apps", "v1", "daemonsets", "", namespace, name)
            try:
                self._session.client.request("GET", resource_path(attributes))
                self._daemonsets[key] = None
            except ApiError as error:
                self._daemonsets[key] = error
        return self._daemonsets[key]


def list_checks(
    nodes: Sequence[str], namespaces: Sequence[str], options: DrainOptions
) -> list[ResourceAttributes]:
    """What a drain asks of Kubernetes: to change the nodes, to list pods, and to evict in each of the namespaces."""
    return [
        *(ResourceAttributes("patch", "", "v1", "nodes", name=node) for node in nodes),
        ResourceAttributes("list", "", "v1", "pods"),
        *(build_check(namespace, options) for namespace in namespaces),
    ]


def build_check(namespace: str, options: DrainOptions) -> ResourceAttributes:
    """The permission to evict, or with --disable-eviction to delete, in a namespace."""
    if options.disable_eviction:
        return ResourceAttributes("delete", "", "v1", "pods", "", namespace)
    return ResourceAttributes("create", "", "v1", "pods", "eviction", namespace)


def review_checks(
    cluster_session: ClusterSession, checks: Sequence[ResourceAttributes]
) -> Mapping[ResourceAttributes, ReviewResult]:
    """All of them; where the cluster allows it in all namespaces, that is one review instead of many."""
    wide = {one: _widen(one) for one in checks}
    results = cluster_session.review_access(list(dict.fromkeys(wide.values())))
    narrow = [one for one, general in wide.items() if one != general and results[general].state != "allowed"]
    named = cluster_session.review_access(narrow)
    return {one: named.get(one, results[wide[one]]) for one in checks}


def _widen(check: ResourceAttributes) -> ResourceAttributes:
    return ResourceAttributes(
        check.verb, check.group, check.version, check.resource, check.subresource, "", check.name
    )
