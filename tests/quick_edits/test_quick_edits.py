"""Quick edits on a real API server: as kubectl does them, guarded, and nothing that was typed is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.actions.conftest import OpenConfirmPage
from tests.actions.pages import (
    drop_incomparable,
    get_object,
    list_requests,
    make_workload,
    read_text,
    send_without_page,
)
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer


def compare(plane: ControlPlane, kind: str, name: str, namespaces: tuple[str, str]) -> None:
    ours, theirs = (drop_incomparable(get_object(plane, kind, name, one)) for one in namespaces)
    for one in (ours, theirs):
        one.pop("status", None)
        one["metadata"].pop("generation", None)
        one["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    assert ours == theirs


def make_config_map(plane: ControlPlane, namespace: str) -> None:
    metadata = {"name": "quick", "namespace": namespace, "labels": {"a": "1", "old": "x", "kept": "k"}}
    metadata["annotations"] = {"example.com/note": "line 1\nline 2\n"}  # type: ignore[assignment]
    data = {"color": "teal", "gone": "x", "text": "one\r\ntwo\n\n", "number": "1.10"}
    plane.create([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}])


def test_labels_and_annotations_are_those_of_kubectl(
    controlplane: ControlPlane, namespaces: tuple[str, str], confirm: OpenConfirmPage
) -> None:
    for namespace in namespaces:
        make_config_map(controlplane, namespace)
    ours, theirs = namespaces
    page = confirm("dana", f"/c/harbour/{ours}/configmaps/quick/labels")
    assert "line 1" in page.open().text
    fields = {
        "labels:a": "2", "labels:kept": "k", "labels:old": "x", "labels-remove:old": "on",
        "labels-key-0": "team", "labels-new-0": "blue",
        "annotations:example.com/note": "line 1\r\nline 2\r\n",
        "annotations-key-1": "example.com/why", "annotations-new-1": "a = b, c",
    }  # fmt: skip
    checked = page.send(**fields, check="1")
    assert checked.status_code == 200
    assert "The API server accepts this change" in checked.text
    assert "label configmaps quick a=2 team=blue old- --overwrite" in checked.text.replace("&#x27;", "'")
    assert get_object(controlplane, "configmap", "quick", ours)["metadata"]["labels"]["a"] == "1"
    assert page.send(**fields).status_code == 302
    controlplane.kubectl(
        "label", "configmap", "quick", "a=2", "team=blue", "old-", "--overwrite", "-n", theirs
    )
    controlplane.kubectl("annotate", "configmap", "quick", "example.com/why=a = b, c", "-n", theirs)
    compare(controlplane, "configmap", "quick", namespaces)


def test_keys_of_a_config_map_are_changed_alone(
    controlplane: ControlPlane, namespaces: tuple[str, str], confirm: OpenConfirmPage
) -> None:
    for namespace in namespaces:
        make_config_map(controlplane, namespace)
    ours, theirs = namespaces
    page = confirm("dana", f"/c/harbour/{ours}/configmaps/quick/keys")
    sent = page.send(**{
        "data:color": "coral\r\n", "data:gone": "x", "data-remove:gone": "on", "data:text": "one\r\ntwo\r\n\r\n",
        "data:number": "1.10", "data-key-0": "new.yaml", "data-new-0": "a: no\r\n",
    })  # fmt: skip
    assert sent.status_code == 302, read_text(sent)
    patch = {"data": {"color": "coral\n", "gone": None, "new.yaml": "a: no\n"}}
    controlplane.kubectl("patch", "configmap", "quick", "-n", theirs, "--type=merge", "-p", json.dumps(patch))
    compare(controlplane, "configmap", "quick", namespaces)
    assert get_object(controlplane, "configmap", "quick", ours)["data"]["text"] == "one\r\ntwo\n\n"


def test_two_at_once_lose_no_word(
    controlplane: ControlPlane, namespaces: tuple[str, str], confirm: OpenConfirmPage
) -> None:
    ours, _theirs = namespaces
    make_config_map(controlplane, ours)
    page = confirm("dana", f"/c/harbour/{ours}/configmaps/quick/keys")
    page.open()
    patch = '{"data": {"color": "plum", "gone": null}}'
    controlplane.kubectl("patch", "configmap", "quick", "-n", ours, "--type=merge", "-p", patch)
    typed = {
        "data:color": "coral",
        "data:gone": "mine",
        "data:text": "one\r\ntwo\r\n\r\n",
        "data:number": "1.10",
    }

    def send() -> Any:
        return page.send(**typed)

    refused = send()
    assert refused.status_code == 422
    assert "Somebody else changed this in the meantime" in refused.text
    assert "coral" in refused.text
    assert "mine" in refused.text
    assert get_object(controlplane, "configmap", "quick", ours)["data"]["color"] == "plum"
    page.open()
    assert send().status_code == 302
    data = get_object(controlplane, "configmap", "quick", ours)["data"]
    assert (data["color"], data["gone"]) == ("coral", "mine")


def test_what_the_server_refuses_is_said_on_the_page_that_keeps_it(
    controlplane: ControlPlane, namespaces: tuple[str, str], confirm: OpenConfirmPage
) -> None:
    ours, _theirs = namespaces
    make_config_map(controlplane, ours)
    page = confirm("dana", f"/c/harbour/{ours}/configmaps/quick/labels")
    kept = {
        "labels:a": "1",
        "labels:kept": "k",
        "labels:old": "x",
        "annotations:example.com/note": "line 1\nline 2\n",
    }
    wrong = page.send(**{**kept, "labels:a": "<b>no label</b>"})
    assert wrong.status_code == 409
    assert "a valid label must be" in wrong.text
    assert "&lt;b&gt;no label&lt;/b&gt;" in wrong.text
    for fields, said in (
        (kept, "Nothing was changed"),
        ({**kept, "labels-new-0": "x"}, "This value has no key"),
        ({**kept, "labels-key-0": "a", "labels-new-0": "x"}, "There is an entry “a” already."),
    ):
        answer = page.send(**fields)
        assert answer.status_code == 422
        assert said in answer.text


def test_a_secrets_keys_are_changed_without_a_value_on_any_page(
    controlplane: ControlPlane, namespaces: tuple[str, str], confirm: OpenConfirmPage
) -> None:
    ours, _theirs = namespaces
    controlplane.kubectl(
        "create", "secret", "generic", "quick", "-n", ours,
        "--from-literal=user=canary-quick-user", "--from-literal=word=canary-quick-word", "--from-literal=gone=x",
    )  # fmt: skip
    page = confirm("dana", f"/c/harbour/{ours}/secrets/quick/secret-keys")
    shown = page.open()
    assert "‹hidden: 17 bytes›" in shown.text
    checked = page.send(**{"data:user": "", "data:word": "canary-quick-new", "check": "1"})
    assert checked.status_code == 200
    command = checked.text[checked.text.index('class="kubectl"') :]
    assert "canary" not in command
    assert "VALUE" in command
    sent = page.send(**{"data:word": "canary-quick-new", "data-remove:gone": "on"})
    assert sent.status_code == 302, read_text(sent)
    for answer in (shown, sent):
        assert "canary" not in answer.text
        assert "Y2FuYXJ5" not in answer.text
    data = get_object(controlplane, "secret", "quick", ours)["data"]
    assert data == {"user": "Y2FuYXJ5LXF1aWNrLXVzZXI=", "word": "Y2FuYXJ5LXF1aWNrLW5ldw=="}


def test_what_is_immutable_says_so(
    controlplane: ControlPlane, namespaces: tuple[str, str], confirm: OpenConfirmPage
) -> None:
    ours, _theirs = namespaces
    name = {"name": "fixed", "namespace": ours}
    controlplane.create(
        [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": name, "immutable": True, "data": {"a": "b"}}]
    )
    page = confirm("dana", f"/c/harbour/{ours}/configmaps/fixed/keys")
    assert "It is immutable" in page.open().text
    assert page.send(**{"data:a": "c"}).status_code == 409


def test_requests_and_limits_of_a_template_are_those_of_kubectl(
    controlplane: ControlPlane, namespaces: tuple[str, str], confirm: OpenConfirmPage
) -> None:
    for namespace in namespaces:
        make_workload(controlplane, "Deployment", namespace, replicas=0)
        controlplane.kubectl(
            "set", "resources", "deployment", "web", "-c=side", "--limits=cpu=1,memory=1Gi", "-n", namespace
        )
    ours, theirs = namespaces
    page = confirm("dana", f"/c/harbour/{ours}/deployments.apps/web/resources")
    assert "migrate: CPU request" in page.open().text
    wrong = page.send(**{"requests-cpu-1": "much"})
    assert wrong.status_code == 422
    assert "This is no quantity" in wrong.text
    sent = page.send(
        **{"requests-cpu-1": "250m", "limits-memory-1": "128Mi", "limits-cpu-2": "", "limits-memory-2": "2Gi"}
    )
    assert sent.status_code == 302, read_text(sent)
    set_resources = ("set", "resources", "deployment", "web", "-n", theirs)
    controlplane.kubectl(*set_resources, "-c=main", "--requests=cpu=250m", "--limits=memory=128Mi")
    side = {"name": "side", "resources": {"limits": {"cpu": None, "memory": "2Gi"}}}
    patch = {"spec": {"template": {"spec": {"containers": [side]}}}}
    controlplane.kubectl("patch", "deployment", "web", "-n", theirs, "-p", json.dumps(patch))
    compare(controlplane, "deployment", "web", namespaces)


def test_a_running_pod_is_resized_as_kubectl_resizes_it(
    controlplane: ControlPlane, namespaces: tuple[str, str], confirm: OpenConfirmPage
) -> None:
    container = {"name": "main", "image": "example.com/main:1", "resources": {"requests": {"cpu": "100m"}}}
    container["resizePolicy"] = [{"resourceName": "memory", "restartPolicy": "RestartContainer"}]
    side = {"name": "side", "image": "example.com/side:1"}
    for namespace in namespaces:
        metadata = {"name": "quick", "namespace": namespace}
        controlplane.create(
            [
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": metadata,
                    "spec": {"containers": [container, side]},
                }
            ]
        )
        controlplane.kubectl("wait", "--for=condition=Ready", "pod/quick", "-n", namespace, "--timeout=60s")
        # a kubelet that can resize reports the resources of its containers; kwok does not
        status = [
            {"op": "add", "path": "/status/containerStatuses/0/resources", "value": container["resources"]}
        ]
        patch = ("patch", "pod", "quick", "-n", namespace, "--subresource=status", "--type=json", "-p")
        controlplane.kubectl(*patch, json.dumps(status))
    ours, theirs = namespaces
    page = confirm("ada", f"/c/harbour/{ours}/pods/quick/resize")
    words = read_text(page.open())
    node = get_object(controlplane, "pod", "quick", ours)["spec"]["nodeName"]
    assert f"Its requests count on node {node}" in words
    assert "cores requested" in words
    assert "These containers restart when it changes main: memory" in words
    sent = page.send(**{"requests-cpu-0": "150m"})
    assert sent.status_code == 302, read_text(sent)
    body = '{"spec":{"containers":[{"name":"main","resources":{"requests":{"cpu":"150m"}}}]}}'
    controlplane.kubectl("patch", "pod", "quick", "-n", theirs, "--subresource", "resize", "-p", body)
    for one in namespaces:
        found = get_object(controlplane, "pod", "quick", one)["spec"]["containers"][0]["resources"]
        assert found["requests"]["cpu"] == "150m"
    both = [get_object(controlplane, "pod", "quick", one)["spec"]["containers"] for one in namespaces]
    for containers in both:
        for each in containers:
            each.pop("volumeMounts", None)  # the token volume's name is another one
    assert both[0] == both[1]

    # the stock role `edit` has no pods/resize: dana sees why, and the API server has the last word
    denied = confirm("dana", f"/c/harbour/{ours}/pods/quick/resize")
    assert "No role grants you “patch” on pods/resize" in read_text(denied.open())


@pytest.mark.parametrize("name", ["rene", "aude"])
def test_who_only_reads_cannot_by_a_hand_made_request(
    controlplane: ControlPlane, dashboard_server: DashboardServer, name: str
) -> None:
    before = len(list_requests(controlplane, name, "patch"))
    for page in ("labels", "keys"):
        path = f"/c/harbour/shop/configmaps/kube-root-ca.crt/{page}"
        fields = {"uid": "", "labels-key-0": "a", "data-key-0": "a"}
        assert send_without_page(dashboard_server, name, path, **fields).status_code == 403
    assert len(list_requests(controlplane, name, "patch")) == before
