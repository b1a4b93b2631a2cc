"""Actions on workloads: each leaves the object as kubectl's own command leaves one like it."""

from __future__ import annotations

import json

import pytest

from tests.actions.pages import (
    drop_incomparable,
    get_object,
    list_requests,
    make_cron_job,
    make_workload,
    read_text,
    send_without_page,
)
from tests.dashboard_server import wait_for

RESTARTED = "kubectl.kubernetes.io/restartedAt"
PLURALS = {
    "Deployment": "deployments.apps",
    "StatefulSet": "statefulsets.apps",
    "DaemonSet": "daemonsets.apps",
    "ReplicaSet": "replicasets.apps",
}
IMAGES = {
    "image-0": "registry.example/migrate:2",
    "image-1": "registry.example/web:2",
    "image-2": "registry.example/side:1",
}
# kind, what its spec begins with, page, fields of the form, kubectl's words around the object
CASES = [
    *((kind, {}, "scale", {"replicas": "3"}, "scale {} --replicas=3") for kind in ("Deployment", "StatefulSet")),
    ("ReplicaSet", {}, "scale", {"replicas": "0"}, "scale {} --replicas=0"),
    *((kind, {}, "restart", {}, "rollout restart {}") for kind in ("Deployment", "StatefulSet", "DaemonSet")),
    ("Deployment", {}, "pause", {}, "rollout pause {}"),
    ("Deployment", {"paused": True}, "resume", {}, "rollout resume {}"),
    *(
        (kind, {}, "set-image", IMAGES,
         "set image {} migrate=registry.example/migrate:2 main=registry.example/web:2")
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
    ),
]  # fmt: skip


def read_spec(plane, kind: str, name: str, namespace: str) -> dict:
    """The object but its status, and but when it was restarted."""
    found = drop_incomparable(get_object(plane, kind, name, namespace))
    found.pop("status", None)
    annotations = found["spec"].get("template", {}).get("metadata", {}).get("annotations", {})
    if RESTARTED in annotations:
        assert annotations[RESTARTED].startswith("20")
        annotations[RESTARTED] = "then"
    revisions = found["metadata"].get("annotations", {})
    revisions.pop("deployment.kubernetes.io/revision", None)  # the controller adds it a little later
    return found


@pytest.mark.parametrize(("kind", "spec", "segment", "fields", "command"), CASES)
def test_the_object_is_as_kubectl_leaves_it(
    controlplane, confirm, namespaces, kind, spec, segment, fields, command
):
    ours, theirs = namespaces
    for namespace in namespaces:
        make_workload(controlplane, kind, namespace, **spec)
    page = confirm("dana", f"/c/harbour/{ours}/{PLURALS[kind]}/web/{segment}")
    assert page.open().status_code == 200
    before = read_spec(controlplane, kind, "web", ours)
    sent = page.send(**fields)
    follows = "" if segment == "scale" or kind == "ReplicaSet" else "/rollout"
    target = f"/c/harbour/{ours}/{PLURALS[kind]}/web{follows}"
    assert (sent.status_code, sent.headers.get("Location")) == (302, target)
    controlplane.kubectl(*command.format(f"{kind.lower()}/web").split(), "-n", theirs)
    left = read_spec(controlplane, kind, "web", ours)
    found = read_spec(controlplane, kind, "web", theirs)
    for one in (left, found):
        one["metadata"].pop("annotations", None)
    assert left == found
    assert left["spec"] != before["spec"]


CRON_CASES = [
    ({}, "suspend", {}, ["patch", "cronjob", "report", "-p", '{"spec":{"suspend":true}}']),
    ({"suspend": True}, "unsuspend", {}, ["patch", "cronjob", "report", "-p", '{"spec":{"suspend":false}}']),
    ({}, "set-image", {"image-0": "registry.example/report:2"},
     ["set", "image", "cronjob/report", "main=registry.example/report:2"]),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "segment", "fields", "command"), CRON_CASES)
def test_a_cron_job_is_as_kubectl_leaves_it(
    controlplane, confirm, namespaces, spec, segment, fields, command
):
    ours, theirs = namespaces
    for namespace in namespaces:
        make_cron_job(controlplane, namespace, **spec)
    answer = confirm("dana", f"/c/harbour/{ours}/cronjobs.batch/report/{segment}").send(**fields)
    assert answer.status_code == 302
    controlplane.kubectl(*command, "-n", theirs)
    left = [read_spec(controlplane, "cronjob", "report", one) for one in namespaces]
    assert left[0] == left[1]


def test_a_triggered_job_is_as_kubectl_makes_it(controlplane, confirm, namespaces):
    ours, theirs = namespaces
    for namespace in namespaces:
        make_cron_job(controlplane, namespace)
    page = confirm("dana", f"/c/harbour/{ours}/cronjobs.batch/report/trigger")
    assert "kubectl --context harbour create job" in read_text(page.open())
    answer = page.send(job="once")
    assert answer.headers["Location"] == f"/c/harbour/{ours}/jobs.batch/once"
    controlplane.kubectl("create", "job", "once", "--from=cronjob/report", "-n", theirs)
    left = []
    for namespace in namespaces:
        job = drop_incomparable(get_object(controlplane, "job", "once", namespace))
        job.pop("status", None)
        uid = job["metadata"]["ownerReferences"][0].pop("uid")
        assert uid == get_object(controlplane, "cronjob", "report", namespace)["metadata"]["uid"]
        text = json.dumps(job).replace(
            get_object(controlplane, "job", "once", namespace)["metadata"]["uid"], "UID"
        )
        left.append(json.loads(text))
    assert left[0] == left[1]
    assert left[0]["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"


@pytest.mark.parametrize("name", ["Once", "", "a" * 64, "once_again"])
def test_a_wrong_name_of_a_job_is_named_and_kept(controlplane, confirm, namespaces, name):
    make_cron_job(controlplane, namespaces[0])
    answer = confirm("dana", f"/c/harbour/{namespaces[0]}/cronjobs.batch/report/trigger").send(job=name)
    assert answer.status_code == 422
    assert f'value="{name}"' in answer.text or not name
    assert controlplane.kubectl("get", "jobs", "-n", namespaces[0], "-o", "name") == ""


def test_an_autoscaler_is_named_before_its_number_is_overwritten(controlplane, confirm, namespaces):
    ours = namespaces[0]
    make_workload(controlplane, "Deployment", ours)
    controlplane.kubectl("autoscale", "deployment", "web", "--min=2", "--max=7", "--cpu=80%", "-n", ours)
    text = read_text(confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/scale").open())
    assert "HorizontalPodAutoscaler web sets the replicas, from 2 to 7." in text


@pytest.mark.parametrize("replicas", ["-1", "many", "", "99999999999"])
def test_a_wrong_number_of_replicas_changes_nothing(controlplane, confirm, namespaces, replicas):
    ours = namespaces[0]
    make_workload(controlplane, "Deployment", ours)
    answer = confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/scale").send(replicas=replicas)
    assert answer.status_code == 422
    assert get_object(controlplane, "deployment", "web", ours)["spec"]["replicas"] == 1


def test_unchanged_images_and_images_with_spaces_are_sent_back(controlplane, confirm, namespaces):
    ours = namespaces[0]
    make_workload(controlplane, "Deployment", ours)
    images = {
        "image-0": "registry.example/migrate:1",
        "image-1": "registry.example/web:1",
        "image-2": "registry.example/side:1",
    }
    page = confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/set-image")
    answer = page.send(**images)
    assert answer.status_code == 422
    assert "No image was changed" in read_text(answer)
    answer = page.send(**{**images, "image-1": "registry.example/web :2"})
    assert answer.status_code == 422
    assert "An image has no spaces." in read_text(answer)


def test_a_paused_deployment_is_not_restarted(controlplane, confirm, namespaces):
    ours = namespaces[0]
    make_workload(controlplane, "Deployment", ours, paused=True)
    page = confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/restart")
    assert "The rollout is paused. Resume it first." in read_text(page.open())
    assert page.send().status_code == 409
    template = get_object(controlplane, "deployment", "web", ours)["spec"]["template"]
    assert "annotations" not in template["metadata"]


def test_a_patch_does_not_touch_a_recreated_object(controlplane, confirm, namespaces):
    """The page's own comparison is beaten to it: the API server compares too."""
    ours = namespaces[0]
    make_workload(controlplane, "Deployment", ours)
    other = "00000000-0000-4000-8000-000000000000"
    page = confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/scale")
    assert page.send(replicas="4", uid=other).status_code == 409
    assert get_object(controlplane, "deployment", "web", ours)["spec"]["replicas"] == 1


@pytest.mark.parametrize("segment", ["scale", "restart", "pause", "set-image"])
def test_a_viewer_is_refused_before_anything_is_sent(controlplane, dashboard_server, confirm, segment):
    path = f"/c/harbour/shop/deployments.apps/web/{segment}"
    assert 'type="button" disabled' in confirm("rita", path).open().text
    uid = get_object(controlplane, "deployment", "web", "shop")["metadata"]["uid"]
    answer = send_without_page(dashboard_server, "rita", path, uid=uid, replicas="9")
    assert answer.status_code == 403
    assert list_requests(controlplane, "rita", "patch") == []


def test_check_only_scales_nothing(controlplane, confirm, namespaces):
    ours = namespaces[0]
    make_workload(controlplane, "Deployment", ours)
    answer = confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/scale").send(replicas="5", check="1")
    assert "The API server accepts this change." in read_text(answer)
    assert get_object(controlplane, "deployment", "web", ours)["spec"]["replicas"] == 1


def test_a_node_is_cordoned_and_uncordoned_as_by_kubectl(controlplane, confirm):
    for segment in ("cordon", "uncordon"):
        answer = confirm("ada", f"/c/harbour/_cluster/nodes/node-2/{segment}").send()
        assert answer.status_code == 302
        controlplane.kubectl(segment, "node-3")
        specs = [get_object(controlplane, "node", one)["spec"] for one in ("node-2", "node-3")]

        def taints(name: str) -> list:
            found = get_object(controlplane, "node", name)["spec"].get("taints", [])
            return [{key: value for key, value in one.items() if key != "timeAdded"} for one in found]

        assert [one.get("unschedulable") for one in specs] == [True if segment == "cordon" else None] * 2
        wait_for(lambda: taints("node-2") == taints("node-3"))


def make_guarded_pod(plane, namespace: str) -> None:
    """A ready pod that a finalizer holds, with a budget that needs it."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "guarded", "namespace": namespace, "labels": {"app": "guarded"}, "finalizers": ["example.com/hold"]
        },
        "spec": {"containers": [{"name": "main", "image": "registry.example/web:1"}]},
    }  # fmt: skip
    plane.create([pod])
    plane.wait_for("Ready", "pods", namespace=namespace)


def test_a_pod_is_evicted_as_by_the_eviction_api_and_a_budget_is_named(controlplane, confirm, namespaces):
    ours, theirs = namespaces
    for namespace in namespaces:
        make_guarded_pod(controlplane, namespace)
    controlplane.kubectl("create", "pdb", "strict", "--selector=app=guarded", "--min-available=1", "-n", ours)
    wait_for(
        lambda: get_object(controlplane, "pdb", "strict", ours).get("status", {}).get("currentHealthy") == 1
    )
    page = confirm("dana", f"/c/harbour/{ours}/pods/guarded/evict")
    assert "Nothing controls this pod" in read_text(page.open())
    answer = page.send()
    assert answer.status_code == 409
    assert "The disruption budget strict needs 1 healthy pods and has 1 currently" in read_text(answer)
    controlplane.kubectl("delete", "pdb", "strict", "-n", ours)
    assert page.send().status_code == 302
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": "guarded", "namespace": theirs},
    }
    path = f"/api/v1/namespaces/{theirs}/pods/guarded/eviction"
    controlplane.kubectl("create", "--raw", path, "-f", "-", input=json.dumps(eviction))
    try:
        graces = [
            get_object(controlplane, "pod", "guarded", one)["metadata"]["deletionGracePeriodSeconds"]
            for one in namespaces
        ]
        assert graces[0] == graces[1]
    finally:
        for one in namespaces:
            controlplane.kubectl(
                "patch", "pod", "guarded", "-n", one, "--type=merge", "-p", '{"metadata":{"finalizers":null}}'
            )
