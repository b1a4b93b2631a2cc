"""Would both make the same of every object of the tests' world: defaults, admission, managed fields, warnings?"""

from __future__ import annotations

import copy

import pytest
import yaml

from simulator.schemas.archive import archive
from simulator.schemas.catalogue import Catalogue
from simulator.schemas.resources import split_api_version
from tests.controlplane import world

FILES = ("services", "workloads", "rules", "drivers")


def objects():
    """Each with an id for the test: kind and name."""
    for name in FILES:
        for one in yaml.load_all((world.FOLDER / f"{name}.yaml").read_text(), Loader=yaml.CSafeLoader):
            if KINDS.of_kind(*split_api_version(one["apiVersion"]), one["kind"]) is not None:
                yield pytest.param(one, id=f"{one['kind']}/{one['metadata']['name']}")


KINDS = Catalogue(archive())


@pytest.mark.parametrize("thing", list(objects()))
def test_a_new_object(both, own_namespace, thing):
    """Under another name, in a namespace of its own, in a dry run."""
    resource = KINDS.of_kind(*split_api_version(thing["apiVersion"]), thing["kind"])
    body = copy.deepcopy(thing)
    body["metadata"]["name"] += "-again"
    path = resource.path
    if resource.is_namespaced:
        body["metadata"]["namespace"] = own_namespace.rpartition("/")[2]
        path = path.replace(
            f"/{resource.plural}", f"/namespaces/{body['metadata']['namespace']}/{resource.plural}"
        )
    found = both.same(lambda caller: without_chance(caller.post(f"{path}?dryRun=All", body)))
    assert found["status"] in (201, 422), found


def without_chance(reply):
    """Addresses and ports that nobody has chosen."""
    spec = reply.json.get("spec") or {}
    for key in ("clusterIP", "clusterIPs"):
        if spec.get(key) not in (None, "None", ["None"]):
            spec[key] = "<address>"
    for port in spec.get("ports") or () if reply.json["kind"] == "Service" else ():
        port.pop("nodePort", None)
    return reply
