"""Undoing a rollout: the object is as `kubectl rollout undo` leaves it."""

from __future__ import annotations

import json

import pytest

from tests.actions.pages import get_object, make_workload, read_text
from tests.actions.test_workloads import PLURALS, read_spec
from tests.dashboard_server import wait_for


def roll_out(plane, kind: str, namespace: str) -> None:
    """Three revisions, the second with a cause; each is waited for, so that they are numbered."""
    make_workload(plane, kind, namespace)
    wait_for_revisions(plane, kind, namespace, 1)
    for number in (2, 3):
        name = f"{kind.lower()}/web"
        cause = f"kubernetes.io/change-cause=release {number}"
        plane.kubectl("annotate", name, cause, "-n", namespace, "--overwrite")
        plane.kubectl("set", "image", name, f"main=registry.example/web:{number}", "-n", namespace)
        wait_for_revisions(plane, kind, namespace, number)


def wait_for_revisions(plane, kind: str, namespace: str, count: int) -> None:
    source = "replicasets" if kind == "Deployment" else "controllerrevisions"

    def is_there() -> bool:
        found = plane.kubectl("get", source, "-n", namespace, "-o", "name")
        return len(found.split()) == count and is_observed(plane, kind, namespace)

    wait_for(is_there)


def is_observed(plane, kind: str, namespace: str) -> bool:
    found = get_object(plane, kind, "web", namespace)
    return found["metadata"]["generation"] == found["status"].get("observedGeneration")


@pytest.mark.parametrize("revision", [None, 1])
@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_the_object_is_as_kubectl_leaves_it(controlplane, confirm, namespaces, kind, revision):
    ours, theirs = namespaces
    for namespace in namespaces:
        roll_out(controlplane, kind, namespace)
    page = confirm("dana", f"/c/harbour/{ours}/{PLURALS[kind]}/web/undo")
    shown = page.open()
    text = read_text(shown)
    assert "registry.example/web:2" in text
    assert "registry.example/web:3" in text
    assert "checked" in shown.text.partition('name="revision" value="2"')[2].partition(">")[0]
    assert page.send(revision=str(revision or 2)).status_code == 302
    options = [f"--to-revision={revision}"] if revision else []
    controlplane.kubectl("rollout", "undo", f"{kind.lower()}/web", "-n", theirs, *options)
    for namespace in namespaces:
        wait_for(lambda one=namespace: is_observed(controlplane, kind, one))
    left = [read_spec(controlplane, kind, "web", one) for one in namespaces]
    assert left[0] == left[1]
    assert f"registry.example/web:{revision or 2}" in json.dumps(left[0])
    if kind == "Deployment":
        annotations = [
            get_object(controlplane, kind, "web", one)["metadata"]["annotations"] for one in namespaces
        ]
        assert annotations[0] == annotations[1]


def test_the_present_template_is_no_choice_and_a_made_up_revision_changes_nothing(
    controlplane, confirm, namespaces
):
    ours = namespaces[0]
    roll_out(controlplane, "Deployment", ours)
    page = confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/undo")
    shown = page.open().text
    assert 'name="revision" value="3"' not in shown
    for revision in ("3", "99", "", "x"):
        assert page.send(revision=revision).status_code == 422
    assert "registry.example/web:3" in json.dumps(read_spec(controlplane, "deployment", "web", ours))


def test_without_history_and_while_paused_nothing_is_undone(controlplane, confirm, namespaces):
    ours = namespaces[0]
    make_workload(controlplane, "Deployment", ours)
    wait_for_revisions(controlplane, "Deployment", ours, 1)
    page = confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/undo")
    assert "There is no earlier revision to go back to." in read_text(page.open())
    assert page.send(revision="1").status_code == 422
    controlplane.kubectl("rollout", "pause", "deployment/web", "-n", ours)
    assert "The rollout is paused. Resume it first." in read_text(page.open())
    assert page.send(revision="1").status_code == 409
