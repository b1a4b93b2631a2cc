"""The create page on a real API server: order, review, results, refusals, and nothing is created twice."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.actions.pages import drop_incomparable, read_text
from tests.controlplane.controlplane import ControlPlane
from tests.create.pages import create, open_create, review
from tests.dashboard_server import DashboardServer, wait_for
from tests.edit.editor import EditPage
from tests.edit.test_edit_page import count_writes

SEVERAL = """
# the workload stands first, and needs all the others
apiVersion: apps/v1
kind: Deployment
metadata: {name: made, namespace: %(ns)s}
spec:
  replicas: 0
  selector: {matchLabels: {app: made}}
  template:
    metadata: {labels: {app: made}}
    spec: {serviceAccountName: made, containers: [{name: main, image: "example.com/main:1"}]}
---
apiVersion: v1
kind: List
items:
- apiVersion: %(group)s/v1
  kind: Boat
  metadata: {name: made, namespace: %(ns)s}
  spec: {length: 0x10}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: made, namespace: %(ns)s}, data: {mode: "0777", on: x}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: made, namespace: %(ns)s}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.%(group)s}
spec:
  group: %(group)s
  scope: Namespaced
  names: {plural: boats, singular: boat, kind: Boat, listKind: BoatList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "%(ns)s"}}
"""
ORDER = (
    "Namespace made-ours",
    "ServiceAccount made",
    "ConfigMap made",
    "CustomResourceDefinition boats",
    "Deployment made",
    "Boat made",
)
KINDS = ("configmap", "serviceaccount", "deployment")
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: b}\n"


@pytest.fixture
def cleared(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    """Afterwards nothing is left of what these tests create."""
    yield controlplane
    controlplane.kubectl(
        "delete", "namespace", "made-ours", "made-theirs", "--ignore-not-found", "--wait=false"
    )
    crds = ("boats.ours.example.com", "boats.theirs.example.com")
    controlplane.kubectl("delete", "crd", *crds, "--ignore-not-found", "--wait=false")
    controlplane.kubectl("delete", "configmap", "-n", "shop", "-l", "made=here")


def fetch(plane: ControlPlane, kind: str, name: str, namespace: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plane.kubectl("get", kind, name, "-n", namespace, "-o", "json"))
    found.pop("status", None)
    found["metadata"].pop("annotations", None)  # the revision of a Deployment
    return drop_incomparable(found)


def test_several_objects_are_reviewed_and_created_in_order_as_kubectl_makes_them(
    cleared: ControlPlane, dashboard_server: DashboardServer
) -> None:
    text = SEVERAL % {"ns": "made-ours", "group": "ours.example.com"}
    reviewed = review(open_create(dashboard_server, "ada"), text)
    assert reviewed.status == 200, read_text(reviewed.answer)
    assert reviewed.text == text
    words = read_text(reviewed.answer)
    assert words.count("Would be created") == 2, words  # the Namespace and the definition
    assert words.count("Cannot be checked before Namespace made-ours is created.") == 3
    assert (
        words.count("Cannot be checked before CustomResourceDefinition boats.ours.example.com is created.")
        == 1
    )
    order = [words.index(one) for one in ORDER]
    assert order == sorted(order)
    assert not cleared.kubectl("get", "namespace", "made-ours", "--ignore-not-found")
    made = create(reviewed)
    assert made.status == 200
    assert "All 6 objects were created." in made.html, read_text(made.answer)
    assert '<form id="edit"' not in made.html

    again = create(reviewed)  # the answer was lost, and the browser sends the form again
    words = read_text(again.answer)
    assert words.count("Exists already") == 6, words
    assert words.count("first written by quarterdeck") == 5, (
        words
    )  # a ServiceAccount has no field that is managed
    assert "kind: ServiceAccount" in again.text
    assert "kind: Deployment" not in again.text

    for line in (SEVERAL % {"ns": "made-theirs", "group": "theirs.example.com"}).split("---\n")[::-1]:
        cleared.kubectl("create", "-f", "-", input=line)
        if "CustomResourceDefinition" in line:
            cleared.kubectl(
                "wait", "--for=condition=Established", "crd/boats.theirs.example.com", "--timeout=30s"
            )
    for kind in KINDS:
        assert fetch(cleared, kind, "made", "made-ours") == fetch(cleared, kind, "made", "made-theirs")
    boats = [fetch(cleared, f"boats.{who}.example.com", "made", f"made-{who}") for who in ("ours", "theirs")]
    assert boats[0]["spec"] == boats[1]["spec"] == {"length": 16}


def test_one_rejected_object_loses_nothing_and_is_tried_again_alone(
    cleared: ControlPlane, dashboard_server: DashboardServer
) -> None:
    bad = "# keep me\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: made-b\n  labels: {made: here}\n"
    bad += "date: {a: b}\n"
    good = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made-%s, labels: {made: here}}\n"
    text = "---\n".join((good % "a", bad, good % "c"))
    reviewed = review(open_create(dashboard_server, "dana"), text)
    assert reviewed.status == 422
    assert "unknown field" in reviewed.html
    assert "Line 11</span>" in reviewed.html
    assert "Create the other 2" in reviewed.html
    made = create(reviewed)
    assert made.status == 200
    assert "2 of 3 objects were created." in made.html
    assert made.text == bad
    fixed = review(made, bad.replace("date:", "data:"))
    assert fixed.status == 200
    saved = create(fixed)
    assert saved.status == 302, read_text(saved.answer)
    assert saved.answer.headers["Location"].endswith("/c/harbour/shop/configmaps/made-b")
    assert cleared.kubectl("get", "configmap", "-n", "shop", "-l", "made=here", "-o", "name").split() == [
        "configmap/made-a", "configmap/made-b", "configmap/made-c",
    ]  # fmt: skip


def test_what_somebody_else_created_meanwhile_is_said_and_kept(
    cleared: ControlPlane, dashboard_server: DashboardServer
) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made-d, labels: {made: here}}\n"
    both = f"{text}---\n{text.replace('made-d', 'made-e')}"
    reviewed = review(open_create(dashboard_server, "dana"), both)
    cleared.kubectl("create", "-n", "shop", "-f", "-", input=text)
    made = create(reviewed)
    assert "1 of 2 objects were created." in made.html, read_text(made.answer)
    assert "first written by kubectl-create" in made.html
    assert made.text == text
    existing = review(made, made.text)
    assert existing.status == 422
    assert "Exists already" in existing.html
    assert 'value="create"' not in existing.html


def test_a_generated_name_is_chosen_once(cleared: ControlPlane, dashboard_server: DashboardServer) -> None:
    one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: made-, labels: {made: here}}\n"
    reviewed = review(open_create(dashboard_server, "dana"), f"{one}---\n{one}")
    assert reviewed.status == 200
    for answer in (create(reviewed), create(reviewed)):
        assert answer.status == 200
    names = cleared.kubectl("get", "configmap", "-n", "shop", "-l", "made=here", "-o", "name").split()
    assert len(names) == 2
    assert all(len(name) == len("configmap/made-") + 5 for name in names)


@pytest.mark.parametrize(
    ("typed", "said", "line"),
    [
        ("", "The text is empty", 0),
        ("a: b: c", "Not valid YAML", 1),
        ("- a\n", "This is no object", 1),
        ("kind: ConfigMap\nmetadata: {name: x}\n", "apiVersion is missing", 1),
        ("apiVersion: v1\nkind: ConfigMap\n", "metadata is missing", 1),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 5\n", "This is no text: quote it.", 4),
        ("apiVersion: v1\nkind: Submarine\nmetadata: {name: x}\n", "serves no Submarine of v1", 2),
        (f"{CONFIG_MAP % 'x'}---\n{CONFIG_MAP % 'x'}", "The same object is in line 1", 8),
        (f"{CONFIG_MAP % 'x'}data: {{}}\n", "Duplicate key", 5),
    ],
)
def test_what_is_wrong_is_said_at_its_line_and_nothing_is_sent(
    controlplane: ControlPlane, dashboard_server: DashboardServer, typed: str, said: str, line: int
) -> None:
    page = review(open_create(dashboard_server, "dana"), typed)
    assert page.status == 422
    assert page.text == typed
    assert said in page.html
    assert (f"Line {line}</span>" in page.html) == bool(line), page.html
    assert 'value="create"' not in page.html


def test_a_namespace_that_is_none_is_refused(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = review(open_create(dashboard_server, "dana"), CONFIG_MAP % "x", namespace="../kube-system")
    assert page.status == 422
    assert "is no name of a namespace" in page.html


def test_each_object_is_gated_by_its_own_review(
    cleared: ControlPlane, dashboard_server: DashboardServer
) -> None:
    """dana may create ConfigMaps in shop, and neither RoleBindings there nor anything elsewhere."""
    elsewhere = (CONFIG_MAP % "made-gated").replace("name:", "namespace: pay, name:")
    binding = """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: made-gated}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: dana}]
"""
    own = (CONFIG_MAP % "made-gated").replace("name:", "labels: {made: here}, name:")
    reviewed = review(open_create(dashboard_server, "dana"), "---\n".join((elsewhere, binding, own)))
    assert reviewed.status == 422
    words = read_text(reviewed.answer)
    assert words.count("Not permitted") == 2, words
    assert "No role grants you “create” on configmaps in namespace pay." in words
    made = create(reviewed)
    assert "1 of 3 objects were created." in made.html
    assert not cleared.kubectl("get", "rolebinding", "made-gated", "-n", "shop", "--ignore-not-found")
    writes = [json.loads(one) for one in cleared.audit_log.read_text().splitlines() if '"made-gated"' in one]
    sent = [
        one["objectRef"]["namespace"]
        for one in writes
        if one["verb"] == "create" and "dana" in one["user"]["username"]
    ]
    assert set(sent) == {"shop"}, sent


@pytest.mark.parametrize("name", ["rene", "rita", "aude"])
def test_who_only_reads_sees_why_and_cannot_by_a_hand_made_request(
    controlplane: ControlPlane, dashboard_server: DashboardServer, name: str
) -> None:
    page = open_create(dashboard_server, name)
    assert page.status == 200
    assert 'name="step"' not in page.html
    assert "readonly" in page.html
    assert "read-only" in page.html
    for step in ("review", "create"):
        assert page.send(CONFIG_MAP % "made-by-reader", step=step, namespace="shop").status == 403
    assert count_writes(controlplane, "made-by-reader", name) == 0


POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: %(name)s}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  matchConditions: [{name: one, expression: "object.metadata.name.startsWith('made-%(name)s')"}]
  validations: [{expression: "false", message: "%(message)s"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: %(name)s}
spec: {policyName: %(name)s, validationActions: [%(action)s]}
"""


def test_the_words_of_policies_arrive_as_written(
    cleared: ControlPlane, dashboard_server: DashboardServer
) -> None:
    policies = [
        POLICY % {"name": "denying", "message": "Harbour rule 7: <b>no</b>", "action": "Deny"},
        POLICY % {"name": "warning", "message": "Harbour rule 8: think twice", "action": "Warn"},
    ]
    for text in policies:
        cleared.kubectl("apply", "-f", "-", input=text)
    try:
        page = open_create(dashboard_server, "dana")
        one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made-%s, labels: {made: here}}\n"
        text = f"{one % 'denying'}---\n{one % 'warning'}"

        def look() -> Any:
            found = review(page, text)
            return found if "Harbour rule 7" in found.html and "Harbour rule 8" in found.html else None

        reviewed = wait_for(look, message="the policies are not in force")
        assert "Harbour rule 7: &lt;b&gt;no&lt;/b&gt;" in reviewed.html
        made = create(reviewed)
        assert "1 of 2 objects were created." in made.html
        assert "Harbour rule 8: think twice" in made.html
        assert made.text == one % "denying"
    finally:
        for text in policies:
            cleared.kubectl("delete", "-f", "-", input=text)


def test_a_secrets_values_are_in_no_review_and_no_row(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    typed = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: made-secret}\nstringData: {word: canary-made-value}\n"
    )
    try:
        reviewed = review(open_create(dashboard_server, "dana"), typed)
        assert reviewed.status == 200
        form = reviewed.html.index("<form id=")
        assert "canary" not in reviewed.html[:form] + reviewed.html[reviewed.html.index("</form>", form) :]
        assert "Y2FuYXJ5" not in reviewed.html
        assert create(reviewed).status == 302
    finally:
        controlplane.kubectl("delete", "secret", "made-secret", "-n", "shop", "--ignore-not-found")


def test_nothing_typed_is_lost_by_a_dead_session_a_wrong_token_or_an_error(
    cleared: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = open_create(dashboard_server, "dana")
    typed = (CONFIG_MAP % "kept").replace("}", ", labels: {made: here}}", 1)
    wrong = page.send(typed, csrfmiddlewaretoken="x" * 64)
    assert (wrong.status, "made: here" in wrong.html) == (403, True)
    refused = review(page, typed.replace("a: b", "a: [canary"), "pay")
    assert refused.status == 422
    offered = open_create(dashboard_server, "dana")
    assert "You have unsaved changes from" in offered.html
    key = refused.fields["draft"]
    restored = EditPage(page.client, page.url, page.client.get(f"{page.url}?draft={key}"))
    assert restored.text == refused.text
    assert 'name="namespace" value="pay"' in restored.html
    assert restored.fields["form_key"] == refused.fields["form_key"], "a generated name stays the same"

    # of a Secret no value is kept, and an opened page is no draft
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: kept}\nstringData: {word: canary-create-value}\n"
    with_secret = review(restored, f"{typed}---\n{secret}")
    draft = page.client.get(f"{dashboard_server.url}/c/_drafts/{key}").text
    assert "canary-create-value" not in draft
    assert "type it again" in html.unescape(draft)
    assert with_secret.fields["draft"] == key
    # nobody else sees it, and a viewer cannot write one
    for name in ("ada", "rene"):
        other = EditPage(dashboard_server.client(name), page.url, dashboard_server.client(name).get(page.url))
        assert other.client.get(f"{dashboard_server.url}/c/_drafts/{key}").status_code == 404
        assert key not in other.html
    viewer = open_create(dashboard_server, "rene")
    assert EditPage(viewer.client, f"{viewer.url}/draft", viewer.answer).send(typed).status == 403

    made = create(review(restored, typed), typed)
    assert made.status == 302, made.html
    assert page.client.get(f"{dashboard_server.url}/c/_drafts/{key}").status_code == 404
    token = restored.fields["csrfmiddlewaretoken"]
    for cookie in [one for one in page.client.cookies if "session" in one.name]:
        page.client.cookies.clear(cookie.domain, cookie.path, cookie.name)
    ended = restored.send(typed, step="create", csrfmiddlewaretoken=token)
    assert (ended.status, "made: here" in ended.html) == (401, True)
