"""A rollout that fails in each of ten ways: the page names the cause in one sentence, with its evidence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.controlplane.controlplane import ControlPlane, KubectlFailed
from tests.dashboard_server import wait_for
from tests.rollouts.conftest import ReadRollout
from tests.rollouts.made import (
    AT,
    CREATING,
    IMAGE,
    RUNNING,
    list_pods,
    make,
    make_ready,
    wait_for_pods,
    warn,
    write_status,
)

NOT_FOUND = (
    f'Back-off pulling image "{IMAGE}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack '
    f'image "{IMAGE}": failed to resolve reference "{IMAGE}": {IMAGE}: not found'
)
DENIED = f'failed to resolve reference "{IMAGE}": unexpected status from HEAD request: 401 Unauthorized'


def wait_state(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def fail_by_image(plane: ControlPlane, namespace: str) -> None:
    make(plane, "Deployment", namespace)
    first, *rest = wait_for_pods(plane, namespace, 3)
    make_ready(plane, first)
    for pod, reason in zip(rest, ("ImagePullBackOff", "ErrImagePull"), strict=True):
        write_status(plane, pod, wait_state(reason, NOT_FOUND))


def fail_by_crash(plane: ControlPlane, namespace: str) -> None:
    make(plane, "Deployment", namespace)
    ended = {"exitCode": 2, "reason": "Error", "message": "panic: no database\ngoroutine 1", "finishedAt": AT}
    for pod in wait_for_pods(plane, namespace, 3):
        state = wait_state("CrashLoopBackOff", "back-off 5m0s restarting failed container=main")
        write_status(plane, pod, state, lastState={"terminated": ended}, restartCount=6)


def fail_by_memory(plane: ControlPlane, namespace: str) -> None:
    make(plane, "StatefulSet", namespace, pods={"main": {"resources": {"limits": {"memory": "128Mi"}}}})
    ended = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": AT}
    (pod,) = wait_for_pods(plane, namespace, 1)
    write_status(plane, pod, wait_state("CrashLoopBackOff"), lastState={"terminated": ended})


def fail_by_probe(plane: ControlPlane, namespace: str) -> None:
    make(plane, "Deployment", namespace)
    for pod in wait_for_pods(plane, namespace, 3):
        write_status(plane, pod, RUNNING)
        warn(plane, pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")


def fail_by_quota(plane: ControlPlane, namespace: str) -> None:
    plane.kubectl("create", "quota", "small", "--hard=pods=1", "-n", namespace)
    wait_for(lambda: '"used"' in plane.kubectl("get", "quota", "small", "-n", namespace, "-o", "json"))
    make(plane, "Deployment", namespace)


def fail_by_quota_of_a_stateful_set(plane: ControlPlane, namespace: str) -> None:
    plane.kubectl("create", "quota", "small", "--hard=requests.cpu=1", "-n", namespace)
    wait_for(lambda: '"used"' in plane.kubectl("get", "quota", "small", "-n", namespace, "-o", "json"))
    make(plane, "StatefulSet", namespace, pods={"main": {"resources": {"requests": {"cpu": "2"}}}})


def fail_by_scheduling(plane: ControlPlane, namespace: str) -> None:
    main = {"resources": {"requests": {"cpu": "4000"}}}
    make(plane, "Deployment", namespace, pods={"main": main, "schedulerName": "default-scheduler"})


def fail_by_budget(plane: ControlPlane, namespace: str) -> None:
    old = "registry.example/web:1"
    make(
        plane, "StatefulSet", namespace, pods={"main": {"image": old}},
        updateStrategy={"type": "OnDelete"}, podManagementPolicy="Parallel",
    )  # fmt: skip
    for pod in wait_for_pods(plane, namespace, 3, old):
        make_ready(plane, pod)
    plane.kubectl("create", "pdb", "all-of-web", "--selector=app=web", "--min-available=3", "-n", namespace)
    plane.kubectl("set", "image", "statefulset/web", f"main={IMAGE}", "-n", namespace)


def fail_by_policy(plane: ControlPlane, namespace: str) -> None:
    meta = {"name": namespace}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    where = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    group = "admissionregistration.k8s.io"
    policy = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "false", "message": "images must be signed"}],
    }
    binding = {"policyName": namespace, "validationActions": ["Deny"], "matchResources": where}
    plane.apply(
        [
            {
                "apiVersion": f"{group}/v1",
                "kind": "ValidatingAdmissionPolicy",
                "metadata": meta,
                "spec": policy,
            },
            {
                "apiVersion": f"{group}/v1",
                "kind": "ValidatingAdmissionPolicyBinding",
                "metadata": meta,
                "spec": binding,
            },
        ]
    )
    wait_for(lambda: is_refused(plane, namespace))
    make(plane, "Deployment", namespace)


def fail_by_webhook(plane: ControlPlane, namespace: str) -> None:
    webhook = {
        "name": "guard.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "timeoutSeconds": 1,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "clientConfig": {"url": "https://127.0.0.1:9/guard"},
        "rules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
        ],
    }
    group = "admissionregistration.k8s.io/v1"
    kind = "ValidatingWebhookConfiguration"
    plane.apply([{"apiVersion": group, "kind": kind, "metadata": {"name": namespace}, "webhooks": [webhook]}])
    wait_for(lambda: is_refused(plane, namespace))
    make(plane, "DaemonSet", namespace)


def is_refused(plane: ControlPlane, namespace: str) -> bool:
    """Whether admission refuses pods here already: it learns of new rules a moment after they are written."""
    try:
        plane.kubectl("run", "trial", "--image=x", "-n", namespace, "--dry-run=server")
    except KubectlFailed:
        return True
    return False


def fail_by_pull_secret(plane: ControlPlane, namespace: str) -> None:
    make(plane, "Deployment", namespace, pods={"imagePullSecrets": [{"name": "regcred"}]})
    for pod in wait_for_pods(plane, namespace, 3):
        write_status(plane, pod, wait_state("ImagePullBackOff", DENIED))
        warn(
            plane, pod, "FailedToRetrieveImagePullSecret",
            "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
        )  # fmt: skip


def fail_by_missing_credentials(plane: ControlPlane, namespace: str) -> None:
    make(plane, "Deployment", namespace)
    for pod in wait_for_pods(plane, namespace, 3):
        write_status(plane, pod, wait_state("ErrImagePull", DENIED))


def fail_by_config(plane: ControlPlane, namespace: str) -> None:
    make(plane, "Deployment", namespace)
    for pod in wait_for_pods(plane, namespace, 3):
        write_status(plane, pod, wait_state("CreateContainerConfigError", 'configmap "settings" not found'))


def fail_by_mount(plane: ControlPlane, namespace: str) -> None:
    make(plane, "Deployment", namespace)
    for pod in wait_for_pods(plane, namespace, 3):
        write_status(plane, pod, CREATING)
        warn(
            plane,
            pod,
            "FailedMount",
            'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found',
        )


def fail_by_deadline(plane: ControlPlane, namespace: str) -> None:
    make(plane, "Deployment", namespace, progressDeadlineSeconds=2, minReadySeconds=1)
    wait_for_pods(plane, namespace, 3)


WAYS: dict[str, tuple[Callable[[ControlPlane, str], None], str, tuple[str, ...]]] = {
    "image": (
        fail_by_image,
        f"2 of 3 new pods: ImagePullBackOff, image {IMAGE} not found.",
        ("container main, waiting", "failed to resolve reference"),
    ),
    "crash": (
        fail_by_crash,
        "3 of 3 new pods: CrashLoopBackOff, container main exits with code 2: panic: no database.",
        ("container main, last termination", "Error, exit code 2: panic: no database"),
    ),
    "crash by memory": (
        fail_by_memory,
        "1 of 1 new pod: CrashLoopBackOff, container main was OOMKilled at its memory limit of 128Mi.",
        ("Pod web-0", "OOMKilled, exit code 137"),
    ),
    "probe": (
        fail_by_probe,
        "3 of 3 new pods: Unready, readiness probe failed: HTTP probe failed with statuscode: 503.",
        ("event Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"),
    ),
    "quota": (
        fail_by_quota,
        "2 of 3 new pods cannot be created: quota small is exceeded "
        "(requested: pods=1, used: pods=1, limited: pods=1).",
        ("condition ReplicaFailure", "ResourceQuota small", "pods: 1 of 1 used"),
    ),
    "quota of a StatefulSet": (
        fail_by_quota_of_a_stateful_set,
        "3 of 3 new pods cannot be created: quota small is exceeded (requested: requests.cpu=2, used: requests.cpu=0, "
        "limited: requests.cpu=1).",
        ("StatefulSet web", "event FailedCreate", "requests.cpu: 0 of 1 used"),
    ),
    "unschedulable": (
        fail_by_scheduling,
        "3 of 3 new pods: Unschedulable, 0/5 nodes are available: 5 Insufficient cpu.",
        ("condition PodScheduled",),
    ),
    "budget": (
        fail_by_budget,
        "3 old pods stay until somebody deletes them (OnDelete), and PodDisruptionBudget all-of-web allows no eviction "
        "now.",
        ("PodDisruptionBudget all-of-web", "0: 3 pods are healthy, 3 must be"),
    ),
    "policy": (
        fail_by_policy,
        "3 of 3 new pods cannot be created: ValidatingAdmissionPolicy {namespace} denies it: images must be "
        "signed.",
        ("condition ReplicaFailure", "is forbidden"),
    ),
    "webhook": (
        fail_by_webhook,
        "5 of 5 new pods cannot be created: admission webhook guard.example.com cannot be reached: connection refused.",
        ("DaemonSet web", "event FailedCreate", "failed calling webhook"),
    ),
    "pull secret": (
        fail_by_pull_secret,
        f"3 of 3 new pods: ImagePullBackOff, image {IMAGE}, pull secret not found: regcred.",
        ("event FailedToRetrieveImagePullSecret", "401 Unauthorized"),
    ),
    "no pull secret": (
        fail_by_missing_credentials,
        f"3 of 3 new pods: ErrImagePull, the registry denies access to image {IMAGE}, and the pod has no pull secret.",
        ("401 Unauthorized",),
    ),
    "config missing": (
        fail_by_config,
        '3 of 3 new pods: CreateContainerConfigError, configmap "settings" not found.',
        ("container main, waiting",),
    ),
    "config missing in a volume": (
        fail_by_mount,
        '3 of 3 new pods: FailedMount, secret "web-tls" not found.',
        ("event FailedMount", 'volume "tls"'),
    ),
    "deadline": (
        fail_by_deadline,
        "No progress within 2 s (progressDeadlineSeconds): 3 of 3 new pods are not ready.",
        ("condition Progressing", "has timed out progressing"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_the_page_names_the_cause_with_its_evidence(
    controlplane: ControlPlane, namespace: str, read_rollout: ReadRollout, way: str
) -> None:
    fail, sentence, evidence = WAYS[way]
    fail(controlplane, namespace)
    found = json.loads(controlplane.kubectl("get", "deploy,sts,ds", "-n", namespace, "-o", "json"))["items"]
    plural = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}[
        found[0]["kind"]
    ]
    sentence, text = sentence.replace("{namespace}", namespace), ""

    def is_said() -> bool:
        nonlocal text
        text = read_rollout("dana", namespace, f"{plural}.apps/web")
        return sentence in text and all(part in text for part in evidence)

    try:
        wait_for(is_said, seconds=20)
    finally:
        assert "Why it does not go on" in text, text
        assert sentence in text, text
        missing = [part for part in evidence if part not in text]
        assert missing == [], text


def test_a_rollout_that_is_done_or_on_its_way_has_no_cause(
    controlplane: ControlPlane, namespace: str, read_rollout: ReadRollout
) -> None:
    make(controlplane, "Deployment", namespace)
    pods = wait_for_pods(controlplane, namespace, 3)
    wait_for(lambda: "3 new pods ready" in read_rollout("dana", namespace, "deployments.apps/web"))
    text = read_rollout("dana", namespace, "deployments.apps/web")
    assert "0 of 3 updated replicas are available..." in text
    assert "Why it does not go on" not in text
    for pod in pods:
        make_ready(controlplane, pod)
    wait_for(lambda: "successfully rolled out" in read_rollout("dana", namespace, "deployments.apps/web"))
    text = read_rollout("dana", namespace, "deployments.apps/web")
    assert "3 of 3 new pods ready" in text
    assert "Why it does not go on" not in text
    assert len(list_pods(controlplane, namespace)) == 3
