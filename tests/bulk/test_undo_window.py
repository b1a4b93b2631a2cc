"""Undo window on a real API server: what cannot be undone in a protected cluster waits, and can be called back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.actions.pages import ConfirmPage, build_workload, get_object, list_requests, read_text
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer, wait_for
from tests.drains.nodes import make_node, remove_nodes
from tests.drains.pages import DrainPages

SPACE, NODE = "undo-window", "undo-node"
POD = {"containers": [{"name": "main", "image": "registry.example/main:1"}], "nodeName": NODE}
JOB_POD = {
    "nodeSelector": {"no": "node"},
    "restartPolicy": "Never",
    "containers": [{"name": "main", "image": "registry.example/main:1"}],
}
# the page, and what is typed there
ACTIONS = (
    ("configmaps/gone", "delete", {"propagation": "Background"}),
    ("pods/evicted", "evict", {}),
    ("jobs.batch/stopped", "stop", {}),
    ("deployments.apps/empty", "scale", {"replicas": "0"}),
)


@pytest.fixture(scope="module")
def world(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    make_node(controlplane, NODE)
    controlplane.kubectl("create", "namespace", SPACE)
    metadata = {"namespace": SPACE}
    controlplane.create(
        [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**metadata, "name": "gone"}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {**metadata, "name": "evicted"}, "spec": POD},
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {**metadata, "name": "stopped"},
                "spec": {"template": {"spec": JOB_POD}},
            },
            build_workload("Deployment", SPACE, "empty", replicas=1),
        ]
    )
    yield controlplane
    controlplane.kubectl("delete", "namespace", SPACE, "--wait=false")
    remove_nodes(controlplane, NODE)


def start(served: DashboardServer, path: str, action: str, fields: dict[str, str]) -> str:
    """The URL of the run: as far as the page is, nothing was sent."""
    page = ConfirmPage(served, "ada", f"/c/pier/{SPACE}/{path}/{action}")
    answer = page.send(typed=path.partition("/")[2], **fields)
    assert answer.status_code == 302, read_text(answer)
    again = page.send(typed=path.partition("/")[2], **fields)
    assert again.headers["Location"] == answer.headers["Location"]
    assert answer.headers["Location"].startswith("/bulk/"), path
    return answer.headers["Location"]


def is_untouched(plane: ControlPlane) -> bool:
    found = [get_object(plane, *path.split("/"), SPACE) for path, _action, _fields in ACTIONS]
    is_deleting = any(one["metadata"].get("deletionTimestamp") for one in found)
    return not is_deleting and not found[2]["spec"].get("suspend") and found[3]["spec"]["replicas"] == 1


def test_each_single_action_waits_and_is_called_back_or_done_once(
    world: ControlPlane, three_clusters: DashboardServer
) -> None:
    client = three_clusters.client("ada")
    token = ConfirmPage(three_clusters, "ada", f"/c/pier/{SPACE}/configmaps/gone/delete")
    token.open()
    for path, action, fields in ACTIONS:
        run = start(three_clusters, path, action, fields)
        page = client.get(three_clusters.url + run)
        assert "This can still be called back." in page.text
        values = {"csrfmiddlewaretoken": token.fields["csrfmiddlewaretoken"]}
        token.client.post(f"{three_clusters.url}{run}call-back/", data=values, headers=token.headers)
        words = read_text(client.get(three_clusters.url + run))
        assert "It was called back before it began." in words
        assert "1 not done" in words
    runs = [start(three_clusters, *one) for one in ACTIONS]
    assert is_untouched(world)  # of the first runs nothing has begun, of these nothing yet
    for run in runs:
        wait_for(lambda run=run: "1 done" in read_text(client.get(three_clusters.url + run)), 60)
    wait_for(lambda: not exists(world, "configmap", "gone"), 20)
    wait_for(lambda: not exists(world, "pod", "evicted"), 40)
    assert get_object(world, "job", "stopped", SPACE)["spec"]["suspend"] is True
    assert get_object(world, "deployment", "empty", SPACE)["spec"]["replicas"] == 0
    for verb, count in (("create", 1), ("delete", 1), ("patch", 2)):
        sent = [one for one in list_requests(world, "ada", verb) if f'"namespace":"{SPACE}"' in one]
        assert len(sent) == count, sent

    upward = ConfirmPage(three_clusters, "ada", f"/c/pier/{SPACE}/deployments.apps/empty/scale")
    answer = upward.send(typed="empty", replicas="1")
    assert not answer.headers["Location"].startswith("/bulk/")  # this can be undone: it is sent at once
    assert get_object(world, "deployment", "empty", SPACE)["spec"]["replicas"] == 1


def exists(plane: ControlPlane, kind: str, name: str) -> bool:
    return bool(plane.kubectl("get", kind, name, "-n", SPACE, "--ignore-not-found", "-o", "name").strip())


def test_a_drain_waits_and_is_called_back_by_button_and_by_sign_out(
    world: ControlPlane, three_clusters: DashboardServer
) -> None:
    ada = DrainPages(three_clusters, "ada", "pier")
    for way in ("button", "sign-out"):
        answer = ada.plan(NODE, force="on").send(typed=NODE)
        assert answer.status_code == 302, read_text(answer)
        url = three_clusters.url + answer.headers["Location"]
        assert "This can still be called back." in ada.read(url)
        assert "Call back" in ada.read(url)
        if way == "button":
            number = url.rpartition("/")[2]
            ada.post(url, "stop")
            assert "Called back by ada before it began." in ada.read(url)
        else:
            three_clusters.run_command("end_session", key=ada.client.cookies["quarterdeck-session"])
            ada = DrainPages(three_clusters, "ada", "pier")
            ada.wait_for_text(url, "signed out, or their session expired")
    assert "unschedulable" not in get_object(world, "node", NODE)["spec"]
    assert ada.post(url, "resume").status_code == 302
    assert "This can still be called back." in ada.read(url)
    ada.wait_for_text(url, "Drained", 60)
    assert get_object(world, "node", NODE)["spec"]["unschedulable"] is True
    audit = ada.client.get(f"{three_clusters.url}/people/audit/?q=drain-call-back")
    assert f"drain {number}" in read_text(audit)
