"""Whose each line is, and who will undo it: a default, a mutating policy, another manager and an HPA in one edit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer, wait_for
from tests.edit.editor import EditPage, open_editor

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: authored, namespace: shop, annotations: {meta.helm.sh/release-name: shop-release}}
spec:
  replicas: 1
  selector: {matchLabels: {app: authored}}
  template:
    metadata: {labels: {app: authored}}
    spec: {containers: [{name: main, image: "example.com/main:1"}]}
"""
AUTOSCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: authored-scaler, namespace: shop}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: authored}}
"""
POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: stamp-authored}
spec:
  failurePolicy: Fail
  reinvocationPolicy: Never
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [UPDATE], resources: [deployments]}
  matchConditions:
  - {name: one, expression: "object.metadata.name == 'authored' && 'stamp' in object.metadata.?labels.orValue({})"}
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration:
      expression: 'Object{metadata: Object.metadata{labels: {"stamped": "by-policy"}}}'
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: stamp-authored}
spec: {policyName: stamp-authored}
"""
PATH = "/c/harbour/shop/deployments.apps/authored"
LINE = re.compile(r'<div class="line added">.*?</div>', re.DOTALL)


@pytest.fixture
def authored(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    with applied(controlplane, DEPLOYMENT, AUTOSCALER):
        yield controlplane


@pytest.fixture
def stamped(authored: ControlPlane) -> Iterator[ControlPlane]:
    """With a policy that stamps what carries a label."""
    with applied(authored, POLICY):
        yield authored


@contextmanager
def applied(controlplane: ControlPlane, *texts: str) -> Iterator[None]:
    for text in texts:
        controlplane.kubectl("apply", "--server-side", "--field-manager=gitops", "-f", "-", input=text)
    try:
        yield
    finally:
        for text in reversed(texts):
            controlplane.kubectl("delete", "-f", "-", input=text)


def find_notes(page: EditPage, text: str) -> list[str]:
    """The notes beside the added line that holds the text."""
    lines = [line for line in LINE.findall(page.html) if text in line]
    assert len(lines) == 1, (text, lines)
    return re.findall(r'<span class="note [a-z]+">([^<]*)</span>', lines[0])


def test_each_line_is_attributed_to_its_cause(
    stamped: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = open_editor(dashboard_server, "dana", PATH)
    typed = page.text.replace("replicas: 1", "replicas: 2")
    typed = typed.replace("\n  name: authored\n", "\n  labels:\n    stamp: please\n  name: authored\n", 1)
    typed = re.sub(
        r"\n( +)name: main\n",
        r"\n\1livenessProbe:\n\1  tcpSocket:\n\1    port: 80\n\1name: main\n",
        typed,
        count=1,
    )

    def review() -> EditPage | None:
        reviewed = page.review(typed)
        assert reviewed.status == 200, reviewed.html
        return reviewed if "stamped" in reviewed.html else None

    reviewed = wait_for(review, message="the policy is not in force")
    assert find_notes(reviewed, "replicas: 2") == ["you", "owned by gitops"]
    assert find_notes(reviewed, "stamp: please") == ["you"]
    assert find_notes(reviewed, "stamped: by-policy") == ["admission webhook or policy"]
    assert find_notes(reviewed, "port: 80") == ["you"]
    assert find_notes(reviewed, "failureThreshold: 3") == ["default of the server"]
    assert "HorizontalPodAutoscaler authored-scaler" in reviewed.html
    assert "Helm release shop-release" in reviewed.html
    assert reviewed.save().status == 302
    labels = stamped.kubectl(
        "get", "deployment", "authored", "-n", "shop", "-o", "jsonpath={.metadata.labels}"
    )
    assert "by-policy" in labels


def test_a_change_of_something_else_is_not_undone_by_the_autoscaler(
    authored: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = open_editor(dashboard_server, "dana", PATH)
    reviewed = page.review(page.text.replace("main:1", "main:2"))
    assert reviewed.status == 200, reviewed.html
    assert "Helm release shop-release" in reviewed.html
    assert "HorizontalPodAutoscaler authored-scaler" not in reviewed.html


def test_autoscalers_that_cannot_be_listed_are_no_promise_that_there_is_none(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    group = "rbac.authorization.k8s.io"
    role = f"""
apiVersion: {group}/v1
kind: Role
metadata: {{name: edits-one, namespace: ops}}
rules: [{{apiGroups: [apps], resources: [deployments], verbs: [get, list, watch, update]}}]
---
apiVersion: {group}/v1
kind: RoleBinding
metadata: {{name: edits-one, namespace: ops}}
roleRef: {{apiGroup: {group}, kind: Role, name: edits-one}}
subjects: [{{apiGroup: {group}, kind: User, name: dana}}]
"""
    in_ops = DEPLOYMENT.replace("namespace: shop", "namespace: ops")
    with applied(controlplane, in_ops, role):
        page = open_editor(dashboard_server, "dana", PATH.replace("shop", "ops"))
        reviewed = page.review(page.text.replace("replicas: 1", "replicas: 2"))
        assert reviewed.status == 200, reviewed.html
        assert (
            "have permission to list HorizontalPodAutoscalers, so one may set the replicas." in reviewed.html
        )
