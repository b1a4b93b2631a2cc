"""Odd objects: rollouts that leave pods as they are, and Ingresses whose backends are no Services."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from clusters.discovery import Catalog, Resource
from dashboard.address.links import Links
from dashboard.kinds.table.network import summarize_ingress
from dashboard.kinds.table.workloads import summarize_daemon_set, summarize_workload

VERBS = frozenset({"get"})
CATALOG = Catalog(
    (
        Resource("", "v1", "services", "Service", True, VERBS, preferred=True),
        Resource("odd.test", "v1", "reports", "Report", True, VERBS, preferred=True),
    ),
    (),
    datetime(2026, 11, 30, tzinfo=UTC),
)
LINKS = Links("harbour", CATALOG)


def build_stateful_set(updated: int, **strategy: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "canary", "generation": 2},
        "spec": {"replicas": 3, "updateStrategy": strategy},
        "status": {"observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": updated},
    }


@pytest.mark.parametrize(
    ("updated", "strategy", "word"),
    [
        (1, {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}, "Ready"),
        (0, {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}, "Rolling out"),
        (0, {"type": "RollingUpdate", "rollingUpdate": {"partition": 7}}, "Ready"),
        (2, {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}, "Rolling out"),
        (2, {"type": "RollingUpdate"}, "Rolling out"),
        (3, {"type": "RollingUpdate"}, "Ready"),
        (0, {"type": "OnDelete"}, "Ready"),
    ],
)
def test_a_rollout_is_complete_when_what_it_is_for_is_updated(
    updated: int, strategy: dict[str, Any], word: str
) -> None:
    state = summarize_workload(build_stateful_set(updated, **strategy), LINKS).state
    assert state is not None
    assert state.word == word


@pytest.mark.parametrize(("kind", "word"), [("RollingUpdate", "Rolling out"), ("OnDelete", "Ready")])
def test_a_daemon_set_with_on_delete_waits_for_nobody(kind: str, word: str) -> None:
    status = {"desiredNumberScheduled": 3, "numberReady": 3, "updatedNumberScheduled": 1}
    found = {"spec": {"updateStrategy": {"type": kind}}, "status": status}
    state = summarize_daemon_set(found, LINKS).state
    assert state is not None
    assert state.word == word


def list_rules(spec: dict[str, Any]) -> list[tuple[tuple[str, ...], str]]:
    """The words of each rule, and where its backend leads."""
    found = {"metadata": {"name": "odd", "namespace": "default"}, "spec": spec}
    tables = [one for one in summarize_ingress(found, LINKS).tables if one.name == "rules"]
    return [(tuple(cell.text for cell in row), row[-1].url) for one in tables for row in one.rows]


WEB = {"service": {"name": "web", "port": {"number": 80}}}


def test_a_default_backend_is_a_rule() -> None:
    url = "/c/harbour/default/services/web"
    assert list_rules({"defaultBackend": WEB}) == [(("*", "*", "Default backend", "web:80"), url)]


def test_a_backend_that_is_no_service_and_a_host_without_paths_are_shown() -> None:
    resource = {"resource": {"apiGroup": "odd.test", "kind": "Report", "name": "0a1b"}}
    path = {"path": "/static", "pathType": "Prefix", "backend": resource}
    rules = [{"http": {"paths": [path]}}, {"host": "bare.example.test"}]
    report = "/c/harbour/default/reports.odd.test/0a1b"
    assert list_rules({"rules": rules}) == [
        (("*", "/static", "Prefix", "Report 0a1b"), report),
        (("bare.example.test", "*", "", "None"), ""),
    ]
    named = {"service": {"name": "web", "port": {"name": "http"}}}
    assert list_rules({"rules": [{"http": {"paths": [{"backend": named}]}}]})[0][0][-1] == "web:http"
