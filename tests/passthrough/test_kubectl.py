"""kubectl through the pass-through: the same output as direct, for reads, writes, watches and streams."""

from __future__ import annotations

import re

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.passthrough.conftest import Passage, Passages, run_kubectl

READS = """
get pods -n shop
get pods -n shop -o wide
get pods -n shop -o json
get pods -n shop -o yaml
get pods -n shop -l app=web
get pods -n shop --field-selector status.phase=Running
get deployments,services,configmaps -n shop
get all -n shop
get widgets.example.com -n shop -o yaml
get secrets -n shop
describe deployment web -n shop
describe pods -n shop -l app=web
explain deployment.spec.strategy
explain widgets.example.com.spec
api-resources
api-resources --api-group=apps -o wide
api-versions
version -o json
auth whoami -o yaml
auth can-i list pods -n shop
auth can-i delete nodes
auth can-i --list -n shop
get --raw /version
get --raw /api/v1/namespaces/shop/pods?limit=1
get --raw /openapi/v3
get --raw /readyz?verbose
logs deployment/web -n shop --tail=5
logs deployment/web -n shop --all-containers --prefix --tail=2
rollout history deployment/web -n shop
rollout status deployment/web -n shop --timeout=5s
get events -n shop -o name
events -n shop
top pods -n shop
get pods -n pay
get nodes
get pods missing -n shop
get nothing
get --raw /no/such/path
""".strip().splitlines()


@pytest.fixture(scope="module")
def dana(passages: Passages) -> Passage:
    return passages.open("dana")


def normalize(text: str, passage: Passage) -> str:
    """Without host names and what the clock changes."""
    text = text.replace(passage.url, "SERVER")
    text = re.sub(r"https://127\.0\.0\.1:\d+(/k8s/clusters/harbour)?", "SERVER", text)
    text = re.sub(r"\b\d+(?:y|d|h|m|s)(?:\d+(?:d|h|m|s))?\b", "AGE", text)
    text = re.sub(r"\d+m\b|\d+Mi\b", "USE", text)
    text = re.sub(
        r'"(resourceVersion|continue)": ?"[^"]*"', "VERSION", text
    )  # of a list: the cluster's newest
    text = re.sub(r"hash=[0-9A-F]+", "HASH", text)  # it changes while the API server still reads its CRDs
    text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME", text)
    return re.sub(r"[ \t]+", " ", text)


@pytest.mark.parametrize("command", READS)
def test_a_read_is_as_direct(dana: Passage, controlplane: ControlPlane, command: str) -> None:
    through = dana.kubectl(*command.split())
    direct = run_kubectl(controlplane, controlplane.kubeconfig("dana"), *command.split())
    assert through.returncode == direct.returncode, through.stderr
    printed = [normalize(one.stdout, dana) for one in (through, direct)]
    if "--all-containers" in command:  # whose lines come in no order
        printed = ["\n".join(sorted(one.splitlines())) for one in printed]
    assert printed[0] == printed[1]
    assert normalize(through.stderr, dana) == normalize(direct.stderr, dana)
    assert direct.stdout or direct.stderr
