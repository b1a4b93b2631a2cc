"""Drain and kubectl agree: the same pods gone, the same left, the same sentences, for each of kubectl's filters."""

from __future__ import annotations

import json
import re

import pytest

from tests.actions.pages import get_object, read_text
from tests.drains.nodes import (
    TAINT,
    build_pod,
    list_pods,
    make_owner,
    run_kubectl,
    wait_until_running,
)

AGENT = re.compile(r"agent-[a-z0-9]{5}")


def fill(plane, namespace: str, node: str) -> None:
    """One pod for each filter: managed, with emptyDir, unmanaged, mirror, finished, of a DaemonSet."""
    owner = make_owner(plane, namespace)
    plane.create(
        [
            build_pod(namespace, "managed", node, owner=owner),
            build_pod(namespace, "scratch", node, owner=owner, has_empty_dir=True),
            build_pod(namespace, "alone", node),
            build_pod(namespace, "alone-scratch", node, has_empty_dir=True),
            build_pod(namespace, "other", node, owner=owner, labels={"app": "other"}),
            build_pod(namespace, "mirror", node, annotations={"kubernetes.io/config.mirror": "abc"}),
            build_pod(namespace, "finished", node, has_empty_dir=True),
            {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "metadata": {"name": "agent", "namespace": namespace},
                "spec": {
                    "selector": {"matchLabels": {"app": "agent"}},
                    "template": {
                        "metadata": {"labels": {"app": "agent"}},
                        "spec": {
                            "nodeSelector": {"kubernetes.io/hostname": node},
                            "tolerations": [{**TAINT, "operator": "Exists"}],
                            "containers": [{"name": "main", "image": "registry.example/agent:1"}],
                        },
                    },
                },
            },
        ]
    )
    wait_until_running(plane, node, 7)
    status = {"status": {"phase": "Succeeded"}}
    plane.kubectl(
        "patch", "pod", "finished", "-n", namespace, "--subresource=status", "--type=merge",
        "-p", json.dumps(status),
    )  # fmt: skip


def normalize(text: str, namespace: str, node: str) -> str:
    return AGENT.sub("agent", text).replace(namespace, "NS").replace(node, "NODE")


CASES = [
    ("plain", {}, []),
    ("daemonsets", {"ignore_daemonsets": "on"}, ["--ignore-daemonsets"]),
    (
        "force",
        {"ignore_daemonsets": "on", "force": "on"},
        ["--ignore-daemonsets", "--force"],
    ),
    (
        "everything",
        {"ignore_daemonsets": "on", "force": "on", "delete_emptydir_data": "on"},
        ["--ignore-daemonsets", "--force", "--delete-emptydir-data"],
    ),
    ("selector", {"pod_selector": "app=other"}, ["--pod-selector=app=other"]),
    (
        "deletes",
        {"ignore_daemonsets": "on", "force": "on", "delete_emptydir_data": "on", "disable_eviction": "on",
         "grace_period": "0"},
        ["--ignore-daemonsets", "--force", "--delete-emptydir-data", "--disable-eviction", "--grace-period=0"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("options", "flags"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_node_is_left_as_kubectl_leaves_one(controlplane, drains, namespaces, nodes, options, flags):
    for namespace, node in zip(namespaces, nodes, strict=True):
        fill(controlplane, namespace, node)
    theirs = run_kubectl(controlplane, "drain", nodes[1], "--timeout=60s", *flags)
    pages = drains("ada")
    page = pages.plan(nodes[0], timeout="60", **options)
    shown = normalize(read_text(page.answer), namespaces[0], nodes[0])
    said = normalize(theirs.stderr, namespaces[1], nodes[1])
    if theirs.returncode:
        errors = re.findall(r"cannot delete [^:\n]+: NS/[^,\n\]]+(?:, NS/[^,\n\]]+)*", said)
        assert errors
        for sentence in errors:
            assert sentence in shown
        assert page.send().status_code == 409
    else:
        warnings = [one for one in said.removeprefix("Warning: ").strip().split("; ") if one]
        for sentence in warnings:
            kind, _colon, names = sentence.partition(": ")
            assert kind in shown
            assert all(name in shown for name in names.split(", "))
        pages.wait_for_text(pages.start(nodes[0], timeout="60", **options), "Drained")
        assert get_object(controlplane, "node", nodes[0])["spec"]["unschedulable"] is True
    left = [{AGENT.sub("agent", name) for name in list_pods(controlplane, node)} for node in nodes]
    assert left[0] == left[1]
    assert left[0] >= {"mirror", "agent"}
    assert ("other" in left[0]) is bool(theirs.returncode)
