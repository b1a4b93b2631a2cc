"""Deleting an object through its confirm page, on a real API server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.actions.pages import (
    drop_incomparable,
    exists,
    get_object,
    list_requests,
    read_text,
    send_without_page,
)
from tests.dashboard_server import wait_for

HOLD = "example.com/hold"
CASCADES = (("Background", "background"), ("Foreground", "foreground"), ("Orphan", "orphan"))


def make_config_map(plane, name: str, namespace: str = "shop", *, finalizer: str = "") -> None:
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if finalizer:
        metadata["finalizers"] = [finalizer]
    plane.create([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}])


def release(plane, kind: str, name: str, namespace: str) -> None:
    """Take the finalizers away, so that it can go."""
    plane.kubectl(
        "patch", kind, name, "-n", namespace, "--type=merge", "-p", '{"metadata":{"finalizers":null}}'
    )


def make_deployment(plane, namespace: str, replicas: int = 2) -> None:
    """With a finalizer, so that it stays to be compared after it was deleted."""
    container = {"name": "main", "image": "registry.example/web:1"}
    plane.create(
        [
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "web", "namespace": namespace, "finalizers": [HOLD]},
                "spec": {
                    "replicas": replicas,
                    "selector": {"matchLabels": {"app": "web"}},
                    "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
                },
            }
        ]
    )
    plane.wait_for("Available", "deployments", namespace=namespace)


def list_owners(plane, kind: str, namespace: str) -> list[bool]:
    """Of each object of a kind whether it still has an owner."""
    found = json.loads(plane.kubectl("get", kind, "-n", namespace, "-o", "json"))
    return [bool(one["metadata"].get("ownerReferences")) for one in found["items"]]


@pytest.mark.parametrize(("propagation", "cascade"), CASCADES)
def test_what_is_left_is_what_kubectl_leaves(controlplane, confirm, namespaces, propagation, cascade):
    """The Deployment itself, held by a finalizer, its ReplicaSets and its Pods."""
    ours, theirs = namespaces
    for namespace in namespaces:
        make_deployment(controlplane, namespace)
    ours = confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/delete")
    assert ours.send(propagation=propagation).status_code == 302
    controlplane.kubectl("delete", "deployment", "web", "-n", theirs, f"--cascade={cascade}", "--wait=false")

    def is_settled() -> bool:
        """Until the garbage collector has taken its own finalizer away, in both namespaces."""
        left = [
            get_object(controlplane, "deployment", "web", one)["metadata"]["finalizers"] for one in namespaces
        ]
        sets = [list_owners(controlplane, "replicasets", one) for one in namespaces]
        return left == [[HOLD], [HOLD]] and sets == ([[False]] * 2 if cascade == "orphan" else sets)

    try:
        wait_for(is_settled)
        left = [drop_incomparable(get_object(controlplane, "deployment", "web", one)) for one in namespaces]
        for one in left:
            one["status"].pop("conditions", None)  # when it was last so
        assert left[0] == left[1]
        assert left[0]["metadata"]["deletionGracePeriodSeconds"] == 0
    finally:
        for one in namespaces:
            release(controlplane, "deployment", "web", one)
    wait_for(lambda: not any(exists(controlplane, "deployment", "web", one) for one in namespaces))
    if cascade != "orphan":
        wait_for(lambda: [list_owners(controlplane, "pods", one) for one in namespaces] == [[], []])
    kinds = ("replicasets", "pods")
    after = [[list_owners(controlplane, kind, one) for kind in kinds] for one in namespaces]
    assert after[0] == after[1]
    assert after[0] == ([[False], [True, True]] if cascade == "orphan" else [[], []])


def test_the_person_who_can_deletes_and_the_audit_trail_has_the_options(
    controlplane, dashboard_server, confirm
):
    make_config_map(controlplane, "doomed")
    page = confirm("dana", "/c/harbour/shop/configmaps/doomed/delete")
    shown = page.open()
    assert shown.status_code == 200
    assert "kubectl --context harbour delete configmaps doomed --cascade=background -n shop" in read_text(
        shown
    )
    answer = page.send(propagation="Background")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/c/harbour/shop/configmaps")
    assert not exists(controlplane, "configmap", "doomed", "shop")
    after = page.client.get(dashboard_server.url + answer.headers["Location"])
    assert "doomed is deleted." in read_text(after)
    trail = page.client.get(f"{dashboard_server.url}/people/audit/?q=doomed")
    assert "Background" in trail.text


@pytest.mark.parametrize("name", ["rita", "aude"])
def test_a_viewer_sees_why_not_and_cannot_by_a_hand_made_request(
    controlplane, dashboard_server, confirm, name
):
    """In the cluster rita can do everything: only the dashboard's role stands in her way."""
    make_config_map(controlplane, f"kept-{name}")
    path = f"/c/harbour/shop/configmaps/kept-{name}/delete"
    shown = confirm(name, path).open()
    assert shown.status_code == 200
    assert "read-only" in read_text(shown)
    assert 'type="button" disabled' in shown.text
    uid = get_object(controlplane, "configmap", f"kept-{name}", "shop")["metadata"]["uid"]
    before = len(controlplane.audit_log.read_text())
    answer = send_without_page(dashboard_server, name, path, uid=uid, propagation="Background")
    assert answer.status_code == 403
    heard = controlplane.audit_log.read_text()[before:].splitlines()
    assert not [line for line in heard if f'"username":"{name}"' in line and "kept-" in line]
    assert list_requests(controlplane, name, "delete") == []
    assert exists(controlplane, "configmap", f"kept-{name}", "shop")
    controlplane.kubectl("delete", "configmap", f"kept-{name}", "-n", "shop")


def test_what_kubernetes_denies_is_disabled_and_a_403_is_the_ordinary_page(controlplane, confirm):
    """Quotas are for dana to look at, not to delete."""
    controlplane.kubectl("create", "quota", "fixed", "--hard=pods=500", "-n", "shop")
    page = confirm("dana", "/c/harbour/shop/resourcequotas/fixed/delete")
    shown = page.open()
    assert 'type="button" disabled' in shown.text
    assert "No role grants you “delete” on resourcequotas in namespace shop." in read_text(shown)
    answer = page.send(propagation="Background")
    assert answer.status_code == 403
    assert "You do not have permission to do this." in read_text(answer)
    assert 'resourcequotas "fixed" is forbidden' in read_text(answer)
    assert exists(controlplane, "quota", "fixed", "shop")
    controlplane.kubectl("delete", "quota", "fixed", "-n", "shop")


def test_a_permission_that_ends_between_page_and_click_is_named_as_such(controlplane, confirm, namespaces):
    namespace = namespaces[0]
    controlplane.kubectl("create", "configmap", "kept", "-n", namespace)
    page = confirm("dana", f"/c/harbour/{namespace}/configmaps/kept/delete")
    assert 'name="review" value="allowed"' in page.open().text
    bindings = controlplane.kubectl("get", "rolebinding", "-n", namespace, "-o", "name").split()
    controlplane.kubectl("delete", *bindings, "-n", namespace)
    question = ("auth", "can-i", "delete", "configmaps", "--as=dana", "-n", namespace)
    wait_for(lambda: controlplane.kubectl(*question, check=False).strip() == "no")
    answer = page.send(propagation="Background")
    assert answer.status_code == 403
    assert "Your permission for this ended after the page was shown. Nothing was done." in answer.text
    assert 'configmaps "kept" is forbidden' in read_text(answer)
    assert exists(controlplane, "configmap", "kept", namespace)
    again = page.open()  # the button says it too, from then on
    assert 'type="button" disabled' in again.text
    assert "ended after the page" not in page.send(propagation="Background").text


def test_a_recreated_object_is_not_deleted_by_a_page_that_showed_the_earlier_one(controlplane, confirm):
    make_config_map(controlplane, "twin")
    page = confirm("dana", "/c/harbour/shop/configmaps/twin/delete")
    page.open()
    controlplane.kubectl("delete", "configmap", "twin", "-n", "shop")
    make_config_map(controlplane, "twin")
    answer = page.send(propagation="Background")
    assert answer.status_code == 409
    assert exists(controlplane, "configmap", "twin", "shop")
    controlplane.kubectl("delete", "configmap", "twin", "-n", "shop")


def test_an_object_that_stays_names_the_finalizer_that_holds_it(controlplane, dashboard_server, confirm):
    make_config_map(controlplane, "held", finalizer=HOLD)
    page = confirm("dana", "/c/harbour/shop/configmaps/held/delete")
    assert "It stays until its finalizers are removed." in read_text(page.open())
    answer = page.send(propagation="Background")
    assert answer.headers["Location"] == "/c/harbour/shop/configmaps/held"
    try:
        text = read_text(page.client.get(dashboard_server.url + answer.headers["Location"]))
        assert "This object is being deleted." in text
        assert f"{HOLD} : The controller of example.com removes it when its cleanup is done." in text
    finally:
        release(controlplane, "configmap", "held", "shop")


def test_check_only_deletes_nothing(controlplane, confirm):
    make_config_map(controlplane, "tried")
    answer = confirm("dana", "/c/harbour/shop/configmaps/tried/delete").send(propagation="Orphan", check="1")
    assert answer.status_code == 200
    assert "The API server accepts this change. Nothing was changed yet." in read_text(answer)
    found = get_object(controlplane, "configmap", "tried", "shop")
    assert "deletionTimestamp" not in found["metadata"]
    controlplane.kubectl("delete", "configmap", "tried", "-n", "shop")


@pytest.mark.parametrize(("grace", "options"), [("", ()), ("7", ("--grace-period=7",))])
def test_a_missing_grace_period_is_the_pods_own_as_with_kubectl(
    controlplane, confirm, namespaces, grace, options
):
    ours, theirs = namespaces
    for namespace in namespaces:
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "slow", "namespace": namespace, "finalizers": [HOLD]},
            "spec": {
                "terminationGracePeriodSeconds": 45,
                "containers": [{"name": "main", "image": "registry.example/web:1"}],
            },
        }
        controlplane.create([pod])
        controlplane.wait_for("Ready", "pods", namespace=namespace)
    before = len(controlplane.audit_log.read_text())
    answer = confirm("dana", f"/c/harbour/{ours}/pods/slow/delete").send(
        propagation="Background", grace_period=grace
    )
    assert answer.headers["Location"] == f"/c/harbour/{ours}/pods/slow"
    controlplane.kubectl("delete", "pod", "slow", "-n", theirs, "--wait=false", *options)
    try:
        graces = [
            get_object(controlplane, "pod", "slow", one)["metadata"]["deletionGracePeriodSeconds"]
            for one in namespaces
        ]
        assert graces[0] == graces[1]
        assert len(controlplane.audit_log.read_text()) > before
    finally:
        for one in namespaces:
            release(controlplane, "pod", "slow", one)


@pytest.mark.parametrize("grace", ["-1", "soon", "9999999"])
def test_a_wrong_grace_period_is_named_and_nothing_is_sent(controlplane, confirm, namespaces, grace):
    ours = namespaces[0]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "slow", "namespace": ours},
        "spec": {"containers": [{"name": "main", "image": "registry.example/web:1"}]},
    }
    controlplane.create([pod])
    answer = confirm("dana", f"/c/harbour/{ours}/pods/slow/delete").send(
        propagation="Foreground", grace_period=grace
    )
    assert answer.status_code == 422
    assert f'value="{grace}"' in answer.text
    assert "checked" in answer.text.partition('value="Foreground"')[2].partition(">")[0]
    assert "deletionTimestamp" not in get_object(controlplane, "pod", "slow", ours)["metadata"]


def test_dependents_are_counted_and_many_of_them_have_the_name_typed(controlplane, confirm, namespaces):
    ours = namespaces[0]
    make_deployment(controlplane, ours, replicas=11)
    page = confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/delete")
    text = read_text(page.open())
    assert "What depends on it 12" in text
    assert "Pods 11 As you choose" in text
    assert "ReplicaSets 1 As you choose" in text
    assert "Type web to confirm" in text
    for typed in ("", "wob"):
        answer = page.send(propagation="Background", typed=typed)
        assert answer.status_code == 422
        assert "This does not match the object's name: type web." in read_text(answer)
    assert "deletionTimestamp" not in get_object(controlplane, "deployment", "web", ours)["metadata"]
    assert page.send(propagation="Background", typed="web").status_code == 302
    assert "deletionTimestamp" in get_object(controlplane, "deployment", "web", ours)["metadata"]
    release(controlplane, "deployment", "web", ours)


def test_a_namespace_shows_its_content_and_has_its_name_typed(controlplane, confirm, namespaces):
    ours = namespaces[0]
    make_config_map(controlplane, "one", ours)
    make_config_map(controlplane, "two", ours)
    page = confirm("ada", f"/c/harbour/_cluster/namespaces/{ours}/delete")
    text = read_text(page.open())
    assert "ConfigMaps 3 Deleted with it" in text  # and kube-root-ca.crt
    assert page.send().status_code == 422
    assert page.send(typed=ours).status_code == 302
    wait_for(lambda: ours not in controlplane.kubectl("get", "namespaces", "-o", "name"))


def test_a_definition_shows_its_objects_and_a_claim_its_pods(controlplane, confirm, namespaces):
    ours = namespaces[0]
    definitions = "/c/harbour/_cluster/customresourcedefinitions.apiextensions.k8s.io"
    text = read_text(confirm("ada", f"{definitions}/widgets.example.com/delete").open())
    total = len(controlplane.kubectl("get", "widgets.example.com", "-A", "-o", "name").split())
    assert total > 0
    assert f"{total} Deleted with it" in text
    assert "Type widgets.example.com to confirm" in text
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "disk", "namespace": ours},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    volume = {"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "uses-it", "namespace": ours},
        "spec": {"volumes": [volume], "containers": [{"name": "main", "image": "registry.example/web:1"}]},
    }
    controlplane.create([claim, pod])
    text = read_text(confirm("dana", f"/c/harbour/{ours}/persistentvolumeclaims/disk/delete").open())
    assert "Pods 1 Uses it, and keeps it until it is gone uses-it" in text
    assert "kubernetes.io/pvc-protection : The PersistentVolumeClaim controller removes it" in text


def test_what_the_person_cannot_list_is_named(controlplane, confirm):
    """Of some kinds in her namespace dana sees nothing, the administrator sees all."""
    text = read_text(confirm("dana", "/c/harbour/shop/deployments.apps/web/delete").open())
    assert "There may be more dependents than these." in text
    assert "PodTemplates" in text.partition("You cannot list: ")[2]
    assert "There may be more" not in read_text(
        confirm("ada", "/c/harbour/shop/deployments.apps/web/delete").open()
    )


def test_an_unknown_action_is_no_page(confirm):
    assert confirm("dana", "/c/harbour/shop/configmaps/web/explode").open().status_code == 404
