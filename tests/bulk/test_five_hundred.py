"""500 objects in three clusters with mixed rights, on a real API server."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest
import requests

from tests.actions.pages import list_requests, read_text
from tests.bulk.pages import BulkPage, read_plan
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer, wait_for

# namespace -> cluster through which it is changed, how many objects
WORLD = {"bulk-a": ("harbour", 250), "bulk-b": ("quay", 150), "bulk-c": ("pier", 100)}
NAMED = [f"bulk-b-{number}" for number in range(40)]  # what dana may patch in bulk-b
POLICY = [
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "bulk-refused"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["UPDATE"]}
                ]
            },
            "validations": [
                {"expression": "!object.metadata.name.startsWith('bulk-a-24')", "message": "not these, not now"}
            ],
        },
    },
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "bulk-refused"},
        "spec": {"policyName": "bulk-refused", "validationActions": ["Deny"]},
    },
]  # fmt: skip
REFUSED = {f"bulk-a-24{digit}" for digit in ["", *range(10)] if f"bulk-a-24{digit}" != "bulk-a-24"} | {
    "bulk-a-24"
}


@pytest.fixture
def world(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    for namespace, (_slug, count) in WORLD.items():
        controlplane.kubectl("create", "namespace", namespace)
        labels = {"world": "bulk"}
        metadata = [
            {"name": f"{namespace}-{n}", "namespace": namespace, "labels": labels} for n in range(count)
        ]
        controlplane.create([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": one} for one in metadata])
        role = "edit" if namespace == "bulk-a" else "view"
        controlplane.kubectl(
            "create", "rolebinding", "dana", f"--clusterrole={role}", "--user=dana", "-n", namespace
        )
    names = [f"--resource-name={name}" for name in NAMED]
    controlplane.kubectl(
        "create", "role", "some", "--verb=patch", "--resource=configmaps", *names, "-n", "bulk-b"
    )
    controlplane.kubectl("create", "rolebinding", "some", "--role=some", "--user=dana", "-n", "bulk-b")
    controlplane.create(POLICY)
    yield controlplane
    for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
        controlplane.kubectl("delete", kind, "bulk-refused", "--ignore-not-found")
    controlplane.kubectl("delete", "namespace", *WORLD, "--wait=false")


def count_labelled(plane: ControlPlane, namespace: str) -> int:
    found = plane.kubectl("get", "configmaps", "-n", namespace, "-l", "team=bulk", "-o", "name")
    return len(found.splitlines())


def count_patches(plane: ControlPlane) -> Counter[str]:
    """By the API server's own audit log: how often dana's patch of each object was received."""
    done = [json.loads(line) for line in list_requests(plane, "dana", "patch")]
    refs = [one["objectRef"] for one in done if one["stage"] == "ResponseComplete"]
    return Counter(one["name"] for one in refs if one.get("namespace", "").startswith("bulk-"))


def test_each_result_is_right_failures_are_retried_alone_and_nothing_is_done_twice(
    world: ControlPlane, three_clusters: DashboardServer
) -> None:
    page = select_all(three_clusters)
    world.kubectl("delete", "configmap", "bulk-a-0", "bulk-a-1", "-n", "bulk-a")
    world.kubectl("create", "configmap", "bulk-a-1", "-n", "bulk-a")  # another one of that name
    world.kubectl("annotate", "configmap", "bulk-a-2", "touched=yes", "-n", "bulk-a")
    world.kubectl("label", "configmap", "bulk-a-3", "team=other", "-n", "bulk-a")

    reviews = len(list_requests(world, "dana", "create"))
    shown = page.confirm("label")
    text = read_text(shown)
    assert "another object has its name now" in text
    assert "2 changed since you saw them" in text
    assert len(list_requests(world, "dana", "create")) - reviews < 2 * 250 + 20  # none for each of bulk-a
    done, left_out = read_plan(shown)
    assert {"bulk-a-0", "bulk-a-1"} <= left_out
    assert {name for name in done if name.startswith("bulk-b")} == set(NAMED)
    assert not any(name.startswith("bulk-c") for name in done)
    world.kubectl("annotate", "configmap", "bulk-a-4", "touched=yes", "-n", "bulk-a")

    before = count_patches(world)
    lose_connection(page)
    answers = [page.start(terms="team=bulk") for _number in range(3)]
    assert {one.status_code for one in answers} == {302}
    assert {one.headers["Location"] for one in answers} == {f"/bulk/{page.fields['run']}/"}
    results = page.wait()
    assert len(results) == 500
    states = Counter((cluster, state) for (cluster, _name), (state, _message) in results.items())
    assert states == {
        ("harbour", "done"): 250 - 3 - len(REFUSED),
        ("harbour", "failed"): len(REFUSED),
        ("harbour", "left out"): 3,
        ("quay", "done"): 40,
        ("quay", "left out"): 110,
        ("pier", "left out"): 100,
    }
    check_messages(results)
    sent = count_patches(world) - before
    assert set(sent.values()) == {1}
    assert len(sent) == 250 - 3 + 40
    assert count_labelled(world, "bulk-a") == 250 - 3 - len(REFUSED)
    assert count_labelled(world, "bulk-b") == 40
    assert count_labelled(world, "bulk-c") == 0

    world.kubectl("delete", "validatingadmissionpolicybinding", "bulk-refused")
    wait_for(lambda: is_allowed(world))
    for _number in range(2):
        assert page.send("retry").status_code == 302
    results = page.wait()
    assert {state for state, _message in results.values()} == {"done", "left out"}
    again = count_patches(world) - before - sent
    assert again == Counter(REFUSED)
    assert "attempt 2" in results["harbour", "bulk-a-24"][1]
    stranger = BulkPage(three_clusters, "ada", "/c/harbour/shop/configmaps")
    assert stranger.client.get(three_clusters.url + page.run).status_code == 404


def select_all(served: DashboardServer) -> BulkPage:
    """dana's selection of all 500, as three lists show them."""
    page, items = BulkPage(served, "dana", "/c/harbour,quay,pier/bulk-a,bulk-b,bulk-c/configmaps"), []
    for namespace, (slug, _count) in WORLD.items():
        one = BulkPage(served, "dana", f"/c/{slug}/{namespace}/configmaps?selector=world%3Dbulk")
        assert one.confirm("label").status_code == 200
        items += one.items
    assert len(items) == 500
    page.items = items
    return page


def lose_connection(page: BulkPage) -> None:
    """The form is sent, its answer lost."""
    values = {**page.fields, "item": page.items, "start": "1", "terms": "team=bulk"}
    url = f"{page.served.url}/bulk/confirm/"
    with pytest.raises(requests.exceptions.Timeout):
        page.client.post(url, data=values, headers=page.headers, timeout=(5, 0.01))


def check_messages(results: dict[tuple[str, str], tuple[str, str]]) -> None:
    assert {name for (_slug, name), (state, _m) in results.items() if state == "failed"} == REFUSED
    assert "not these, not now" in results["harbour", "bulk-a-24"][1]
    assert "has the value “other” already" in results["harbour", "bulk-a-3"][1]
    assert "Changed since" in results["harbour", "bulk-a-4"][1]
    assert "Changed since" not in results["harbour", "bulk-a-5"][1]


def is_allowed(plane: ControlPlane) -> bool:
    """Whether the API server has noticed that the policy is gone."""
    words = ("configmap", "bulk-a-24", "probe=1", "-n", "bulk-a", "--dry-run=server", "-o", "name")
    return bool(plane.kubectl("label", *words, check=False).strip())
