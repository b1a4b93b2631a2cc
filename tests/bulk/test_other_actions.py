"""Bulk actions other than labels, each as kubectl leaves the object; and what a viewer is refused."""

from __future__ import annotations

import pytest

from tests.actions.pages import get_object, list_requests, make_cron_job, make_workload
from tests.bulk.pages import BulkPage
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer

NAMESPACE = "bulk-others"


@pytest.fixture(scope="module")
def world(controlplane: ControlPlane):
    controlplane.kubectl("create", "namespace", NAMESPACE)
    controlplane.kubectl(
        "create", "rolebinding", "dana", "--clusterrole=edit", "--user=dana", "-n", NAMESPACE
    )
    make_workload(controlplane, "Deployment", NAMESPACE, "one")
    make_workload(controlplane, "Deployment", NAMESPACE, "held", paused=True)
    make_cron_job(controlplane, NAMESPACE)
    yield controlplane
    controlplane.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def do(served: DashboardServer, name: str, plural: str, action: str, **fields: str) -> set[tuple[str, str]]:
    """The names with their states, as the run's page says."""
    page = BulkPage(served, name, f"/c/harbour/{NAMESPACE}/{plural}")
    assert page.confirm(action).status_code == 200
    answer = page.start(**fields)
    assert answer.status_code == 302, answer.text
    return {(one, state) for (_slug, one), (state, _message) in page.wait().items()}


def test_each_action_changes_what_it_names_and_leaves_out_the_rest(
    world: ControlPlane, three_clusters: DashboardServer
) -> None:
    def spec(kind: str, name: str) -> dict:
        return dict(get_object(world, kind, name, NAMESPACE)["spec"])

    found = do(three_clusters, "dana", "deployments.apps", "restart")
    assert found == {("one", "done"), ("held", "left out")}
    annotations = spec("deployment", "one")["template"]["metadata"]["annotations"]
    assert "kubectl.kubernetes.io/restartedAt" in annotations
    assert "annotations" not in spec("deployment", "held")["template"]["metadata"]
    found = do(three_clusters, "dana", "deployments.apps", "scale", replicas="3")
    assert found == {("one", "done"), ("held", "done")}
    assert [spec("deployment", one)["replicas"] for one in ("one", "held")] == [3, 3]
    assert do(three_clusters, "dana", "cronjobs.batch", "suspend") == {("report", "done")}
    assert spec("cronjob", "report")["suspend"] is True
    assert do(three_clusters, "dana", "cronjobs.batch", "unsuspend") == {("report", "done")}
    assert spec("cronjob", "report")["suspend"] is False
    found = do(three_clusters, "dana", "cronjobs.batch", "annotate", terms="note=a b, c=d")
    assert found == {("report", "done")}
    written = get_object(world, "cronjob", "report", NAMESPACE)["metadata"]["annotations"]
    assert written["note"] == "a b, c=d"


def test_a_hand_made_form_of_a_viewer_changes_nothing(
    world: ControlPlane, three_clusters: DashboardServer
) -> None:
    """rita can do everything in the cluster: only her role stands in the way."""
    editor = BulkPage(three_clusters, "dana", f"/c/harbour/{NAMESPACE}/deployments.apps")
    editor.confirm("scale")
    viewer = BulkPage(three_clusters, "rita", f"/c/harbour/{NAMESPACE}/deployments.apps")
    page = viewer.client.get(f"{three_clusters.url}/clusters/")
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    viewer.items = editor.items
    viewer.fields = {**editor.fields, "csrfmiddlewaretoken": token, "run": ""}
    before = len(list_requests(world, "rita", "patch"))
    assert viewer.start(replicas="9").status_code == 403
    assert len(list_requests(world, "rita", "patch")) == before
    assert get_object(world, "deployment", "one", NAMESPACE)["spec"]["replicas"] != 9
