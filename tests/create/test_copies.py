"""Copies and examples on a real API server: nothing of the old object's own, no value of a Secret on any page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.actions.pages import read_text
from tests.controlplane.controlplane import ControlPlane
from tests.create.pages import create, open_create, review
from tests.dashboard_server import DashboardServer

OBJECTS = """
apiVersion: v1
kind: Service
metadata: {name: copied, namespace: shop, finalizers: [example.com/hold], labels: {a: b}}
spec: {type: NodePort, selector: {app: none}, ports: [{port: 80, name: http}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: copied, namespace: shop}
spec:
  replicas: 0
  selector: {matchLabels: {app: copied}}
  template:
    metadata: {labels: {app: copied}}
    spec: {containers: [{name: main, image: "example.com/main:1"}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: copied, namespace: shop}
spec:
  suspend: true
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: "example.com/main:1"}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: copied, namespace: shop}
spec: {schedulingGates: [{name: example.com/wait}], containers: [{name: main, image: "example.com/main:1"}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: copied, namespace: shop}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: copied, namespace: shop}
spec: {size: 3}
"""
RESOURCES = ("services", "deployments.apps", "jobs.batch", "pods", "serviceaccounts", "widgets.example.com")
# Creatable kinds whose example is accepted as it stands.
EXAMPLES = (
    "configmaps", "secrets", "pods", "services", "persistentvolumeclaims", "resourcequotas", "limitranges",
    "serviceaccounts", "replicationcontrollers", "deployments.apps", "replicasets.apps", "statefulsets.apps",
    "daemonsets.apps", "jobs.batch", "cronjobs.batch", "horizontalpodautoscalers.autoscaling",
    "poddisruptionbudgets.policy", "ingresses.networking.k8s.io", "networkpolicies.networking.k8s.io",
    "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io", "namespaces",
    "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io",
    "widgets.example.com", "leases.coordination.k8s.io", "priorityclasses.scheduling.k8s.io",
    "ingressclasses.networking.k8s.io", "storageclasses.storage.k8s.io", "runtimeclasses.node.k8s.io",
)  # fmt: skip


@pytest.fixture
def copied(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    controlplane.kubectl("apply", "-f", "-", input=OBJECTS)
    yield controlplane
    patch = '{"metadata": {"finalizers": null}}'
    controlplane.kubectl("patch", "service", "copied", "-n", "shop", "--type=merge", "-p", patch)
    controlplane.kubectl("delete", "-f", "-", "--wait=false", input=OBJECTS)
    for namespace in ("shop", "pay"):
        kinds = "services,deployments,jobs,pods,serviceaccounts,widgets.example.com,secrets"
        names = ("copy-of-it",)
        controlplane.kubectl("delete", kinds, *names, "-n", namespace, "--ignore-not-found", "--wait=false")


def test_a_copy_goes_to_another_name_and_namespace_without_what_was_the_old_objects_own(
    copied: ControlPlane, dashboard_server: DashboardServer
) -> None:
    client = dashboard_server.client("ada")
    for resource in RESOURCES:
        path = f"{dashboard_server.url}/c/harbour/shop/{resource}/copied/copy"
        assert "Continue" in client.get(path).text
        way = client.get(
            path,
            params={"cluster": "harbour", "namespace": "pay", "name": "copy-of-it"},
            allow_redirects=False,
        )
        target = urlsplit(way.headers["Location"])
        assert target.path == "/c/harbour/pay/_create"
        page = open_create(dashboard_server, "ada", "pay", query=f"?{target.query}")
        assert parse_qs(target.query)["name"] == ["copy-of-it"]
        for word in ("uid", "resourceVersion", "status:", "finalizers", "last-applied", "clusterIP", "nodePort:",
                     "kube-api-access", "controller-uid"):  # fmt: skip
            assert word not in page.text, (resource, word, page.text)
        reviewed = review(page, page.text, "pay")
        assert reviewed.status == 200, read_text(reviewed.answer)
        assert create(reviewed, namespace="pay").status == 302
        found = json.loads(copied.kubectl("get", resource, "copy-of-it", "-n", "pay", "-o", "json"))
        old = json.loads(copied.kubectl("get", resource, "copied", "-n", "shop", "-o", "json"))
        assert found["metadata"].get("labels", {}).get("a") == old["metadata"].get("labels", {}).get("a")
        if resource == "deployments.apps":
            assert found["spec"] == old["spec"]


@pytest.mark.parametrize("namespace", ["", "Not-A-Name", "a/b"])
def test_a_bad_namespace_is_said(
    copied: ControlPlane, dashboard_server: DashboardServer, namespace: str
) -> None:
    path = f"{dashboard_server.url}/c/harbour/shop/services/copied/copy"
    answer = dashboard_server.client("ada").get(
        path, params={"cluster": "harbour", "namespace": namespace, "name": "x"}, allow_redirects=False
    )
    assert answer.status_code == 422
    assert "errorlist" in answer.text


def test_a_secrets_values_are_copied_on_the_server_and_shown_nowhere(
    copied: ControlPlane, dashboard_server: DashboardServer
) -> None:
    copied.kubectl(
        "create", "secret", "generic", "copied-secret", "-n", "shop",
        "--from-literal=user=canary-copied-user", "--from-literal=word=canary-copied-word",
    )  # fmt: skip
    try:
        query = "?copy=harbour/shop/secrets/copied-secret&name=copy-of-it"
        page = open_create(dashboard_server, "dana", query=query)
        assert "‹hidden: 18 bytes›" in page.text
        typed = page.text.replace("  word:", "  more: bW9yZQ==\n  word:")
        reviewed = review(page, typed)
        assert reviewed.status == 200, read_text(reviewed.answer)
        made = create(reviewed)
        assert made.status == 302, read_text(made.answer)
        for answer in (page, reviewed, made):
            assert "canary" not in answer.html
            assert "Y2FuYXJ5" not in answer.html
        old, new = (
            json.loads(copied.kubectl("get", "secret", name, "-n", "shop", "-o", "json"))["data"]
            for name in ("copied-secret", "copy-of-it")
        )
        assert new == {**old, "more": "bW9yZQ=="}
        rows = dashboard_server.client("ada").get(f"{dashboard_server.url}/people/audit/").text
        assert "copied" in rows

        moved = review(page, page.text.replace("  word:", "  other:"))
        assert moved.status == 422
        assert "stands for a hidden value" in moved.html
        foreign = page.send(page.text, step="review", namespace="shop", copied="harbour/pay/secrets/nothing")
        assert foreign.status in (403, 404)
    finally:
        copied.kubectl("delete", "secret", "copied-secret", "-n", "shop", "--ignore-not-found")


def test_examples_are_what_the_api_server_accepts(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    """Accepted as they stand; only what exists here already is said to."""
    page = open_create(dashboard_server, "ada")
    wrong = []
    for resource in EXAMPLES:
        text = open_create(dashboard_server, "ada", query=f"?example={resource}").text
        reviewed = review(page, text)
        if "Would be created" not in reviewed.html:
            wrong.append(f"{resource}: {read_text(reviewed.answer)[:700]}\n{text}")
    assert not wrong, "\n".join(wrong)


def test_an_example_of_what_is_not_served_is_not_found(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    assert open_create(dashboard_server, "ada", query="?example=submarines").status == 404
    assert open_create(dashboard_server, "ada", query="?copy=harbour/shop/pods").status == 400
    assert open_create(dashboard_server, "stan", query="?example=pods").status == 404
