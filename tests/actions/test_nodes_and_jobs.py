"""Taints and labels of Nodes as kubectl changes them, and Jobs that are stopped and run again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.actions.pages import get_object, list_requests, make_cron_job, read_text, send_without_page
from tests.controlplane.controlplane import ControlPlane, KubectlFailed
from tests.dashboard_server import wait_for
from tests.drains.nodes import TAINT, make_node, remove_nodes

OURS, THEIRS = "changed-by-us", "changed-by-kubectl"
NODE = "node-2"  # which nobody changes here
# taints before, terms, overwrite
TAINTS = [
    ([], "dedicated=gpu:NoSchedule", False),
    ([], "dedicated:PreferNoSchedule team=shop:NoExecute", False),
    (["dedicated=gpu:NoSchedule"], "dedicated=cpu:NoSchedule", False),  # refused
    (["dedicated=gpu:NoSchedule"], "dedicated=gpu:NoSchedule", False),  # refused, though it is the same
    (["dedicated=gpu:NoSchedule"], "dedicated=cpu:NoSchedule", True),
    (["dedicated=gpu:NoSchedule"], "dedicated=gpu:NoExecute", False),
    (["dedicated=gpu:NoSchedule", "dedicated=gpu:NoExecute"], "dedicated:NoSchedule-", False),
    (["dedicated=gpu:NoSchedule", "dedicated=gpu:NoExecute", "a:NoSchedule"], "dedicated-", False),
    (["a:NoSchedule"], "b:NoSchedule a-", False),
    ([], "absent-", False),  # refused
    ([], "absent:NoExecute-", True),  # refused
    ([], "dedicated=gpu", False),  # refused
    ([], "dedicated=gpu:Never", False),  # refused
    ([], "a=b=c:NoSchedule", False),  # refused
    ([], "-a=b:NoSchedule", False),  # refused; kubectl takes it for an option
    ([], "a=b!:NoSchedule", False),  # refused
    ([], "a/b/c=d:NoSchedule", False),  # refused
    ([], "a:NoSchedule a:NoSchedule", False),  # refused
    ([], "a:NoSchedule a-", False),  # refused
]
# labels before, terms, overwrite
LABELS = [
    ([], "team=shop example.com/zone=a empty=", False),
    (["team=shop"], "team=pay", False),  # refused
    (["team=shop"], "team=pay", True),
    (["team=shop"], "team=shop tier=web", False),
    (["team=shop", "tier=web"], "team- tier=db", True),
    (["team=shop"], "team=shop team-", True),  # refused
    ([], "team", False),  # refused
    ([], "team=shop=pay", False),  # refused
    ([], "team=shop!", False),  # refused
    ([], "te!am=shop", False),  # refused
]


def read_taints(plane: ControlPlane, name: str) -> list[dict]:
    taints = get_object(plane, "node", name)["spec"].get("taints", [])
    return [{key: value for key, value in one.items() if key != "timeAdded"} for one in taints]


def read_labels(plane: ControlPlane, name: str) -> dict[str, str]:
    labels = get_object(plane, "node", name)["metadata"]["labels"]
    return {key: value for key, value in labels.items() if "hostname" not in key and "zone-" not in value}


def run_kubectl(plane: ControlPlane, *words: str) -> bool:
    """Whether kubectl did it."""
    try:
        plane.kubectl(*words)
    except KubectlFailed:
        return False
    return True


@pytest.fixture
def nodes(controlplane: ControlPlane) -> Iterator[tuple[str, str]]:
    """Two nodes without room for a pod: NoExecute would evict the pods of others from a node that has some."""
    for name in (OURS, THEIRS):
        make_node(controlplane, name, pods=0)
    try:
        wait_for(lambda: all(is_settled(controlplane, name) for name in (OURS, THEIRS)))
        yield OURS, THEIRS
    finally:
        remove_nodes(controlplane, OURS, THEIRS)


def is_settled(plane: ControlPlane, name: str) -> bool:
    """Whether it is ready, and has no taint of a new node any more."""
    found = get_object(plane, "node", name)
    ready = [one["status"] for one in found["status"].get("conditions", []) if one["type"] == "Ready"]
    return ready == ["True"] and [one["key"] for one in found["spec"]["taints"]] == [TAINT["key"]]


def reset(plane: ControlPlane, name: str, kind: str, terms: list[str]) -> None:
    path = "spec" if kind == "taints" else "metadata"
    empty = "null" if kind == "taints" else '{"team":null,"tier":null,"empty":null,"example.com/zone":null}'
    plane.kubectl("patch", "node", name, "--type=merge", "-p", f'{{"{path}":{{"{kind}":{empty}}}}}')
    if terms:
        plane.kubectl(kind.removesuffix("s"), "node", name, *terms)


@pytest.mark.parametrize("kind", ["taints", "labels"])
def test_nodes_are_as_kubectl_leaves_them_and_it_refuses_what_we_refuse(controlplane, confirm, nodes, kind):
    segment, cases, read = (
        ("taint", TAINTS, read_taints) if kind == "taints" else ("label", LABELS, read_labels)
    )
    page = confirm("ada", f"/c/harbour/_cluster/nodes/{OURS}/{segment}")
    done = []
    for before, terms, overwrite in cases:
        for name in nodes:
            reset(controlplane, name, kind, before)
        wait_for(lambda: all(one in read_text(page.open()) for one in before))  # noqa: B023 - waited for here
        answer = page.send(terms=terms, **({"overwrite": "on"} if overwrite else {}))
        options = ["--overwrite"] if overwrite else []
        is_done = run_kubectl(controlplane, segment, "node", THEIRS, *options, *terms.split())
        assert answer.status_code == (302 if is_done else 422), (terms, read_text(answer))
        assert terms.replace('"', "&quot;") in answer.text or is_done  # nothing typed is lost
        assert read(controlplane, OURS) == read(controlplane, THEIRS), terms
        done.append(is_done)
    assert {True, False} == set(done)


def test_who_may_not_change_nodes_sees_why(controlplane, dashboard_server, confirm):
    """rita may only look by her role here; dana may not even read nodes in the cluster."""
    uid = get_object(controlplane, "node", NODE)["metadata"]["uid"]
    for segment in ("taint", "label"):
        path = f"/c/harbour/_cluster/nodes/{NODE}/{segment}"
        shown = confirm("rita", path).open()
        assert 'type="button" disabled' in shown.text
        assert "read-only" in read_text(shown)
        assert confirm("dana", path).open().status_code == 403
        for name in ("rita", "dana"):
            answer = send_without_page(dashboard_server, name, path, uid=uid, terms="hostile=1:NoExecute")
            assert answer.status_code == 403
    assert list_requests(controlplane, "rita", "patch") == []
    assert "hostile" not in str(get_object(controlplane, "node", NODE))


def make_job(plane: ControlPlane, namespace: str, name: str, **spec: object) -> None:
    pods = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "registry.example/report:1"}]}
    template = {"metadata": {"labels": {"app": name}, "annotations": {"why": "x"}}, "spec": pods}
    metadata = {"name": name, "namespace": namespace, "labels": {"team": "shop"}}
    whole = {"backoffLimit": 3, **spec, "template": template}
    plane.create([{"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": whole}])


def test_a_stopped_job_loses_its_pods_and_can_be_resumed(controlplane, confirm, namespaces):
    ours, theirs = namespaces
    for namespace in namespaces:
        make_job(controlplane, namespace, "report", parallelism=2)

    def count_active(namespace: str) -> int:
        return get_object(controlplane, "job", "report", namespace)["status"].get("active", 0)

    wait_for(lambda: [count_active(one) for one in namespaces] == [2, 2])
    page = confirm("dana", f"/c/harbour/{ours}/jobs.batch/report/stop")
    assert "2 active pods are deleted" in read_text(page.open())
    assert page.send().status_code == 302
    controlplane.kubectl("patch", "job", "report", "-n", theirs, "-p", '{"spec":{"suspend":true}}')
    wait_for(lambda: [count_active(one) for one in namespaces] == [0, 0])
    specs = []
    for namespace in namespaces:
        spec = get_object(controlplane, "job", "report", namespace)["spec"]
        spec.pop("selector")
        spec["template"]["metadata"].pop("labels")
        specs.append(spec)
    assert specs[0] == specs[1]
    assert specs[0]["suspend"] is True
    assert page.send().status_code == 409
    assert confirm("dana", f"/c/harbour/{ours}/jobs.batch/report/unsuspend").send().status_code == 302
    assert get_object(controlplane, "job", "report", ours)["spec"]["suspend"] is False


def test_a_job_of_a_cron_job_runs_again(controlplane, confirm, namespaces):
    ours = namespaces[0]
    make_cron_job(controlplane, ours)
    controlplane.kubectl("create", "job", "once", "--from=cronjob/report", "-n", ours)
    wait_for(lambda: get_object(controlplane, "job", "once", ours)["status"].get("active") == 1)
    page = confirm("dana", f"/c/harbour/{ours}/jobs.batch/once/run-again")
    assert "both would run at the same time" in read_text(page.open())
    answer = page.send(job="twice")
    assert answer.headers["Location"] == f"/c/harbour/{ours}/jobs.batch/twice"
    jobs = [get_object(controlplane, "job", name, ours) for name in ("once", "twice")]
    assert jobs[0]["spec"].pop("selector") != jobs[1]["spec"].pop("selector")
    labels = [one["spec"]["template"]["metadata"].pop("labels") for one in jobs]
    assert labels[1]["job-name"] == "twice"
    assert jobs[0]["spec"] == jobs[1]["spec"]
    assert jobs[0]["metadata"]["labels"] == jobs[1]["metadata"]["labels"]
    assert "ownerReferences" not in jobs[1]["metadata"]
    wait_for(lambda: get_object(controlplane, "job", "twice", ours)["status"].get("active") == 1)
    assert page.send(job="twice").status_code == 409  # there is one of that name
