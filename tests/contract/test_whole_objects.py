"""Contract of whole objects of the tests' world: defaults, admission, managed fields, warnings."""

from __future__ import annotations

import copy

import pytest
import yaml

from simulator.schemas.archive import archive
from simulator.schemas.catalog import Catalog
from simulator.schemas.resources import split_api_version
from tests.contract.bodies import collection_path, pod, thing
from tests.controlplane import world

FILES = ("services", "workloads", "rules", "drivers")


def objects():
    """Each with an id for the test: kind and name."""
    for name in FILES:
        for one in yaml.load_all((world.FOLDER / f"{name}.yaml").read_text(), Loader=yaml.CSafeLoader):
            if KINDS.find_kind(*split_api_version(one["apiVersion"]), one["kind"]) is not None:
                yield pytest.param(one, id=f"{one['kind']}/{one['metadata']['name']}")


KINDS = Catalog(archive())


@pytest.mark.parametrize("body", list(objects()))
def test_a_new_object(both, own_namespace, body):
    """Under another name, in a namespace of its own, in a dry run."""
    resource = KINDS.find_kind(*split_api_version(body["apiVersion"]), body["kind"])
    body = copy.deepcopy(body)
    body["metadata"]["name"] += "-again"
    path = resource.path
    if resource.is_namespaced:
        body["metadata"]["namespace"] = own_namespace.rpartition("/")[2]
        path = path.replace(
            f"/{resource.plural}", f"/namespaces/{body['metadata']['namespace']}/{resource.plural}"
        )
    found = both.same(lambda caller: strip_random_addresses(caller.post(f"{path}?dryRun=All", body)))
    assert found["status"] in (201, 422), found


def strip_random_addresses(reply):
    """Addresses and ports that were allocated at random."""
    spec = reply.json.get("spec") or {}
    for key in ("clusterIP", "clusterIPs"):
        if spec.get(key) not in (None, "None", ["None"]):
            spec[key] = "<address>"
    for port in spec.get("ports") or () if reply.json["kind"] == "Service" else ():
        port.pop("nodePort", None)
    return reply


TIMES = [
    "2026-03-01T12:00:00Z", "2026-03-01T12:00:00+02:00", "2026-03-01T12:00:00.5Z", "2026-03-01T12:00:00.123456Z",
    "2026-03-01T12:00:00", "2026-03-01", "20260301T120000Z", "", "soon", "2026-03-01 12:00:00Z", "2026-13-01T12:00:00Z",
    "2026-02-30T12:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T12:61:00Z", "2026-03-01T12:00:00Zulu",
]  # fmt: skip


@pytest.mark.parametrize("time", TIMES)
def test_a_time(both, own_namespace, time):
    """A Time of a pod's status, a MicroTime of a Lease."""
    pods, leases = (
        collection_path(own_namespace, "v1", "pods"),
        collection_path(own_namespace, "coordination.k8s.io/v1", "leases"),
    )

    def request(caller):
        body = thing("coordination.k8s.io/v1", "Lease", "zz", spec={"renewTime": time})
        taken = caller.post(f"{leases}?dryRun=All", body)
        caller.post(pods, pod("timed"))
        begun = caller.patch(f"{pods}/timed/status", {"status": {"startTime": time}})
        return [normalize_time(taken, "spec", "renewTime"), normalize_time(begun, "status", "startTime")]

    both.same(request)


def normalize_time(reply, part, key):
    """The time that was stored, or why it was not; put so that the comparison does not take it for one."""
    stored = reply.json[part].get(key) if reply.status < 300 else reply.message.rpartition("parsing time")[2]
    return [reply.status, str(stored).replace("T", " at ")]
