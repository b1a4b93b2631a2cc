"""Contract of metrics.k8s.io."""

from __future__ import annotations

import re

import pytest

from tests.contract.contenders import SIMULATOR
from tests.contract.pods import run_pod
from tests.controlplane.world import wait_for_metrics

METRICS = "/apis/metrics.k8s.io/v1beta1"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.fixture(scope="module")
def measured_pods(contenders, controlplane):
    """Pods of which something is known: those of shop/web in the real one, one like them in the simulator."""
    simulated = contenders[SIMULATOR]
    run_pod(simulated, "/api/v1/namespaces/shop", "web-measured", "web", "sidecar", labels={"app": "web"})
    wait_for_metrics(controlplane)
    yield
    simulated.admin.delete("/api/v1/namespaces/shop/pods/web-measured", {"gracePeriodSeconds": 0})


PATHS = [
    "nodes/nope", "namespaces/shop/pods/nope", "namespaces/nope/pods/nope", "namespaces/nope/pods",
    "namespaces/shop/pods?labelSelector=app%3Dnone", "namespaces/shop/pods?labelSelector=%3D%3D",
    "pods?watch=1", "nodes?watch=1", "namespaces/shop/pods/nope?watch=1", "nodes?labelSelector=no%3Dsuch",
    "pods?fieldSelector=metadata.name%3Dnope",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_there(both, path):
    both.same(lambda caller: caller.get(f"{METRICS}/{path}"))


@pytest.mark.parametrize("accept", [TABLE, f"{TABLE},application/json"])
def test_an_empty_table(both, accept):
    both.same_request("GET", f"{METRICS}/namespaces/nope/pods", accept=accept)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_is_only_read(both, method):
    for path in ("namespaces/shop/pods", "namespaces/shop/pods/nope", "nodes"):
        both.same_request(method, f"{METRICS}/{path}", {} if method != "DELETE" else None)


@pytest.mark.parametrize("person", ["stan", "dana", "rene", "aude"])
def test_who_is_not_allowed(both, person):
    both.same(lambda caller: caller.get(f"{METRICS}/nodes/nope"), person=person)
    both.same(lambda caller: caller.get(f"{METRICS}/namespaces/pay/pods/nope"), person=person)


@pytest.mark.usefixtures("measured_pods")
def test_the_form_of_what_is_measured(both):
    """Names, labels and numbers are each cluster's own."""
    pods = f"{METRICS}/namespaces/shop/pods"

    def request(caller):
        listed = caller.get(f"{pods}?labelSelector=app%3Dweb").json
        one = caller.get(f"{pods}/{listed['items'][0]['metadata']['name']}").json
        nodes = caller.get(f"{METRICS}/nodes").json
        node = caller.get(f"{METRICS}/nodes/{nodes['items'][0]['metadata']['name']}").json
        return [form(listed | {"items": listed["items"][:1]}), form(one), form(nodes["items"][0]), form(node)]

    both.same(request)


@pytest.mark.usefixtures("measured_pods")
def test_the_table_of_what_is_measured(both):
    def request(caller):
        pods = caller.get(f"{METRICS}/namespaces/shop/pods?labelSelector=app%3Dweb", accept=TABLE).json
        nodes = caller.get(f"{METRICS}/nodes", accept=TABLE).json
        return [form(one | {"rows": one["rows"][:1]}) for one in (pods, nodes)]

    both.same(request)


def form(value, key=""):
    """The same with what is measured put out of sight; labels are the pods' own."""
    if isinstance(value, dict):
        return {name: form(one, name) for name, one in value.items() if name != "labels"}
    if isinstance(value, list):
        return [form(one, key) for one in value]
    if not isinstance(value, str):
        return value
    if key == "name" or re.match(r"^(web|node)-", value):
        return "<name>"
    value = re.sub(r"^\d+(\.\d+)?(n|u|m)?$", "<cpu>", value)
    value = re.sub(r"^\d+(Ki|Mi|Gi)$", "<memory>", value)
    return re.sub(r"^(\d+m)?\d+(\.\d+)?s$", "<window>", value)
