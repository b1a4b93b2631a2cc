"""Debug containers, copies of pods and node shells: as kubectl debug makes them, and what becomes of them."""

from __future__ import annotations

import json

import pytest

from clusters.debugging.containers import DebugContainer
from clusters.debugging.node_shell import open_node_shell
from clusters.debugging.profiles import PROFILES
from clusters.discovery import Resource
from tests.actions.pages import get_object, read_text
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.kubelet import NODE
from tests.controlplane.processes import wait_until

IMAGE = "registry.example/debug:1"
FIELDS = {"container": "look", "image": IMAGE, "target": "app"}
LABEL = "pod-security.kubernetes.io/enforce"


@pytest.fixture
def debuggers(controlplane: ControlPlane, namespaces: tuple[str, str]) -> tuple[str, str]:
    """The two namespaces, in which dana may debug pods; ClusterRole edit does not contain that."""
    for namespace in namespaces:
        options = ("--verb=patch", "--resource=pods/ephemeralcontainers", "-n", namespace)
        controlplane.kubectl("create", "role", "debugger", *options)
        controlplane.kubectl(
            "create", "rolebinding", "debug", "--role=debugger", "--user=dana", "-n", namespace
        )
    return namespaces


def make_pod(plane: ControlPlane, namespace: str, name: str = "web") -> None:
    """One that a restricted namespace admits, with probes, which a copy leaves out, and an init container."""
    context = {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    probe = {"httpGet": {"path": "/", "port": 80}}
    container = {"image": "registry.example/web:1", "securityContext": context}
    spec = {
        "initContainers": [{"name": "first", **container}],
        "containers": [
            {
                "name": "app",
                **container,
                "livenessProbe": probe,
                "readinessProbe": probe,
                "startupProbe": probe,
            },
            {"name": "side", **container},
        ],
    }
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name}, "annotations": {"a": "b"}}
    plane.create([{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}])
    plane.kubectl("wait", "--for=jsonpath={.status.phase}=Running", f"pod/{name}", "-n", namespace)


def read_copy(plane: ControlPlane, namespace: str) -> tuple[dict, dict]:
    """Metadata and spec without what the scheduler and the ServiceAccount's own token make different."""
    found = get_object(plane, "pod", "copy", namespace)
    text = json.dumps(found["spec"])
    for volume in found["spec"].get("volumes", []):
        text = text.replace(volume["name"], "volume")
    spec = json.loads(text)
    spec.pop("nodeName", None)
    labels = found["metadata"].get("labels", {})
    own = {key: value for key, value in labels.items() if not key.startswith("topology.kubernetes.io/")}
    return {"labels": own, "annotations": found["metadata"].get("annotations")}, spec


def test_containers_and_copies_are_those_of_kubectl_for_every_profile(controlplane, confirm, debuggers):
    ours, theirs = debuggers
    for namespace in debuggers:
        make_pod(controlplane, namespace)
    options = ("-it", "--attach=false", f"--image={IMAGE}")
    for profile in PROFILES:
        page = confirm("dana", f"/c/harbour/{ours}/pods/web/debug")
        fields = {**FIELDS, "container": profile, "profile": profile, "command": "sh -c 'echo \"a b\"'"}
        assert page.send(**fields).status_code == 302
        controlplane.kubectl(
            "debug", "web", *options, "-c", profile, "--target=app", f"--profile={profile}", "-n", theirs,
            "--", "sh", "-c", 'echo "a b"',
        )  # fmt: skip
        sent = confirm("dana", f"/c/harbour/{ours}/pods/web/debug-copy").send(
            container="look", image=IMAGE, profile=profile, copy_name="copy"
        )
        assert (sent.status_code, sent.headers["Location"]) == (302, f"/c/harbour/{ours}/pods/copy")
        controlplane.kubectl(
            "debug", "web", *options, "-c", "look", "--copy-to=copy", f"--profile={profile}", "-n", theirs
        )
        assert read_copy(controlplane, ours) == read_copy(controlplane, theirs)
        for namespace in debuggers:
            controlplane.kubectl("delete", "pod", "copy", "-n", namespace, "--now")
    pods = [get_object(controlplane, "pod", "web", namespace)["spec"] for namespace in debuggers]
    assert len(pods[0]["ephemeralContainers"]) == len(PROFILES)
    assert pods[0]["ephemeralContainers"] == pods[1]["ephemeralContainers"]


def test_the_profiles_are_those_that_the_namespace_admits(controlplane, confirm, debuggers):
    ours = debuggers[0]
    controlplane.kubectl("label", "namespace", ours, f"{LABEL}=restricted")
    make_pod(controlplane, ours)
    page = confirm("dana", f"/c/harbour/{ours}/pods/web/debug")
    text = page.open().text
    assert 'value="restricted"' in text
    assert 'value="general"' not in text
    assert "enforces the Pod Security level restricted" in read_text(page.answer)
    assert page.send(**FIELDS, profile="general").status_code == 422
    assert page.send(**FIELDS, profile="restricted").status_code == 302
    controlplane.kubectl("label", "namespace", ours, f"{LABEL}=baseline", "--overwrite")
    text = confirm("dana", f"/c/harbour/{ours}/pods/web/debug").open().text
    assert [name for name in PROFILES if f'value="{name}"' in text] == ["baseline", "restricted"]


def test_who_may_not_is_denied_and_nothing_typed_is_lost(controlplane, confirm, debuggers):
    ours = debuggers[0]
    make_pod(controlplane, ours)
    path = f"/c/harbour/{ours}/pods/web/debug"
    page = confirm("dana", path)
    hostile = '"><img src=x onerror=alert(1)>'
    refused = page.send(**{**FIELDS, "container": hostile, "image": hostile}, profile="general")
    assert refused.status_code == 422
    assert "<img src=x" not in refused.text
    assert refused.text.count("&quot;&gt;&lt;img src=x") >= 2
    unclosed = page.send(**FIELDS, profile="general", command="sh -c 'x")
    assert "A quotation mark is not closed." in read_text(unclosed)
    for name, segment in (("rita", "debug"), ("rita", "debug-copy"), ("aude", "debug")):
        denied = confirm(name, f"/c/harbour/{ours}/pods/web/{segment}")
        assert "disabled" in denied.open().text
        assert denied.send(**FIELDS, profile="general", copy_name="copy").status_code == 403
    controlplane.kubectl("delete", "rolebinding", "debug", "-n", ours)
    assert page.send(**FIELDS, profile="general").status_code == 403
    assert confirm("stan", path).open().status_code == 404
    assert "ephemeralContainers" not in get_object(controlplane, "pod", "web", ours)["spec"]


def test_a_debug_container_runs_and_is_on_the_page_and_in_the_audit_trail(kubelet, confirm, dashboard_server):
    kubelet.run_pod("look-at-me", "sleep 1000")
    page = confirm("ada", "/c/harbour/shop/pods/look-at-me/debug")
    assert page.send(**FIELDS, profile="general").status_code == 302
    kubelet.wait_for_pod(
        "look-at-me", lambda status: "running" in status["ephemeralContainerStatuses"][0]["state"]
    )
    text = read_text(page.client.get(f"{dashboard_server.url}/c/harbour/shop/pods/look-at-me"))
    assert "Ephemeral containers" in text
    assert "look Running, not ready" not in text
    assert IMAGE in text
    trail = read_text(page.client.get(f"{dashboard_server.url}/people/audit/?q=look-at-me"))
    assert "pods/ephemeralcontainers" in trail
    for name, value in (("container", "look"), ("image", IMAGE), ("profile", "general"), ("target", "app")):
        assert f'"{name}": "{value}"' in trail


def test_a_node_shell_is_that_of_kubectl_and_is_only_for_those_who_may(controlplane, confirm):
    path = "/c/harbour/_cluster/nodes/node-4/node-shell"
    assert confirm("dana", path).open().status_code in (403, 404)
    assert confirm("rita", path).send(namespace="default").status_code == 403
    assert confirm("aude", path).send(namespace="default").status_code == 403
    fields = {"container": "debugger", "image": IMAGE}
    page = confirm("ada", path)
    assert page.send(**fields, profile="general", seconds="900", namespace="Bad Name").status_code == 422
    assert page.send(**fields, profile="general", namespace="default", seconds="1").status_code == 422
    for profile in ("general", "sysadmin", "netadmin"):
        sent = confirm("ada", path).send(**fields, profile=profile, seconds="900", namespace="ops")
        assert sent.status_code == 302
        name = sent.headers["Location"].rpartition("/")[2]
        assert name.startswith("node-shell-node-4-")
        job = get_object(controlplane, "job", name, "ops")["spec"]
        assert (job["activeDeadlineSeconds"], job["ttlSecondsAfterFinished"], job["backoffLimit"]) == (
            900,
            60,
            0,
        )
        controlplane.kubectl("delete", "job", name, "-n", "ops", "--wait=false")
        options = ("-it", "--attach=false", f"--image={IMAGE}", f"--profile={profile}", "-n", "ops")
        controlplane.kubectl("debug", "node/node-4", *options)
        label = "app.kubernetes.io/managed-by=kubectl-debug"
        pods = json.loads(controlplane.kubectl("get", "pods", "-n", "ops", "-l", label, "-o", "json"))[
            "items"
        ]
        assert len(pods) == 1
        controlplane.kubectl("delete", "pods", "-n", "ops", "-l", label, "--now")
        theirs, ours = pods[0]["spec"], job["template"]["spec"]
        for field in ("hostNetwork", "hostPID", "hostIPC", "restartPolicy", "nodeName"):
            assert theirs[field] == ours[field], field
        assert {"operator": "Exists"} in theirs["tolerations"]
        container = theirs["containers"][0]
        mounts = [one for one in container.get("volumeMounts", []) if one["mountPath"] == "/host"]
        assert mounts == ours["containers"][0].get("volumeMounts", [])
        for field in ("image", "stdin", "tty", "securityContext", "terminationMessagePolicy"):
            assert container.get(field) == ours["containers"][0].get(field), field


def test_the_cluster_itself_removes_a_node_shell_whose_time_is_over(kubelet):
    """Nobody but the control plane is there for it: the object is created by kubectl, and no server of ours runs."""
    jobs = Resource("batch", "v1", "jobs", "Job", True, frozenset({"create"}))
    chosen = DebugContainer("debugger", IMAGE, "general", ("sh", "-c", "sleep 7654"))
    change = open_node_shell(NODE, jobs, "shop", "node-shell-test", chosen, seconds=4, clean_up_seconds=1)
    kubelet.plane.create([change.body])

    def list_pods() -> list[str]:
        return kubelet.plane.kubectl(
            "get", "pods", "-n", "shop", "-l", "app.kubernetes.io/component=node-shell", "-o", "name"
        ).split()

    wait_until(lambda: bool(list_pods()), "the pod", step=0.1)
    pod = list_pods()[0].removeprefix("pod/")
    wait_until(lambda: bool(kubelet.container(pod, "debugger").processes), "its process", step=0.1)
    wait_until(lambda: not list_pods(), "the end of the pod", step=0.2)
    wait_until(
        lambda: (
            not kubelet.plane.kubectl("get", "job", "node-shell-test", "-n", "shop", "--ignore-not-found")
        ),
        "the end of the Job",
        step=0.2,
    )
