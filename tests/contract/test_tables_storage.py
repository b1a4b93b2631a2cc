"""Are the rows of what is kept the same in both: volumes, claims, classes, drivers?"""

from __future__ import annotations

import pytest

from tests.contract.bodies import thing
from tests.contract.tables import NODE, collection_path, read_rows, same_rows
from tests.dashboard_server import wait_for

NEWEST = "contract-newest"  # the default class, while a test lasts
GROUP = "storage.k8s.io/v1"
MODES = ["ReadWriteMany", "ReadWriteOnce", "ReadOnlyMany"]
OLD_CLASS = {"annotations": {"volume.beta.kubernetes.io/storage-class": "old"}}
CSI = {"csi": {"driver": "csi.example.com", "volumeHandle": "v-1"}}
CLAIM = {"namespace": "shop", "name": "web", "uid": "0000"}
VOLUMES = {
    "plain": (None, {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1024Mi"}} | CSI),
    "claimed": (
        None,
        {
            "accessModes": MODES,
            "capacity": {"storage": "0.5Gi"},
            "claimRef": CLAIM,
            "storageClassName": "contract",
        }
        | {
            "persistentVolumeReclaimPolicy": "Delete",
            "volumeMode": "Block",
            "volumeAttributesClassName": "gold",
        }
        | CSI,
    ),
    "old class": (
        OLD_CLASS,
        {"accessModes": ["ReadWriteOncePod"], "capacity": {"storage": "2T"}, "storageClassName": "new"} | CSI,
    ),
}


@pytest.mark.parametrize("volume", VOLUMES)
def test_a_volume(both, volume):
    metadata, spec = VOLUMES[volume]
    statuses = [{"phase": "Released"}, {"phase": "Failed", "reason": "Broken", "message": "It is broken."}]
    body = thing("v1", "PersistentVolume", "contract-zz", metadata, spec=spec)
    patches = [{"status": one} for one in statuses]
    same_rows(both, "/api/v1/persistentvolumes", body, *patches, is_deleted=True)


def claim(**spec):
    return {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}} | spec


CLAIMS = {
    "plain": (None, claim(storageClassName=""), {"phase": "Pending"}),
    "bound": (
        None,
        claim(storageClassName="contract", volumeName="contract-gone", volumeAttributesClassName="gold"),
        {"phase": "Bound", "accessModes": MODES, "capacity": {"storage": "2048Mi"}},
    ),
    "bound to nothing": (None, claim(storageClassName="", volumeName="contract-gone"), {"phase": "Lost"}),
    "block": (OLD_CLASS, claim(volumeMode="Block"), {"phase": "Bound", "capacity": {"storage": "5Gi"}}),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim(both, own_namespace, name):
    metadata, spec, status = CLAIMS[name]
    body = thing("v1", "PersistentVolumeClaim", "zz", metadata, spec=spec)
    path = collection_path(own_namespace, "v1", "persistentvolumeclaims")
    same_rows(both, path, body, {"status": status})


def test_a_claim_that_is_being_deleted(both, own_namespace):
    body = thing("v1", "PersistentVolumeClaim", "zz", spec=claim(storageClassName="contract"))
    same_rows(both, collection_path(own_namespace, "v1", "persistentvolumeclaims"), body, is_deleted=True)


def test_a_claim_of_the_default_class(both, own_namespace):
    classes = f"/apis/{GROUP}/storageclasses"
    metadata = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    made = thing(GROUP, "StorageClass", NEWEST, metadata, provisioner="csi.example.com")
    body = thing("v1", "PersistentVolumeClaim", "zz", spec=claim())

    path = collection_path(own_namespace, "v1", "persistentvolumeclaims")

    def ask(caller):
        caller.post(classes, made)
        try:
            wait_for(
                lambda: caller.post(f"{path}?dryRun=All", body).json["spec"].get("storageClassName") == NEWEST
            )
            return read_rows(caller, path, body)
        finally:
            caller.delete(f"{classes}/{NEWEST}")

    assert both.same(ask)[0]["5. StorageClass"] == f"str {NEWEST}"


@pytest.mark.parametrize("prefix", ["storageclass", "storageclass.beta"])
@pytest.mark.parametrize("is_default", ["true", "false"])
def test_a_storage_class(both, prefix, is_default):
    metadata = {"annotations": {f"{prefix}.kubernetes.io/is-default-class": is_default}}
    more = {
        "reclaimPolicy": "Retain",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }
    body = thing(GROUP, "StorageClass", "contract-zz", metadata, provisioner="csi.example.com")
    same_rows(both, f"/apis/{GROUP}/storageclasses", body | (more if is_default == "true" else {}))


def test_a_volume_attributes_class(both):
    body = thing(
        GROUP, "VolumeAttributesClass", "contract-zz", driverName="csi.example.com", parameters={"a": "b"}
    )
    same_rows(both, f"/apis/{GROUP}/volumeattributesclasses", body)


INLINE = {"accessModes": ["ReadWriteOnce"]} | CSI


@pytest.mark.parametrize("source", [{"persistentVolumeName": "contract-gone"}, {"inlineVolumeSpec": INLINE}])
def test_an_attachment(both, source):
    spec = {"attacher": "csi.example.com", "nodeName": NODE, "source": source}
    body = thing(GROUP, "VolumeAttachment", "contract-zz", spec=spec)
    same_rows(both, f"/apis/{GROUP}/volumeattachments", body, {"status": {"attached": True}})


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {
            "attachRequired": False,
            "podInfoOnMount": True,
            "storageCapacity": True,
            "requiresRepublish": True,
            "tokenRequests": [{"audience": "vault"}, {"audience": "aws", "expirationSeconds": 3600}],
            "volumeLifecycleModes": ["Persistent", "Ephemeral"],
        },
        {"tokenRequests": [{"audience": ""}]},
    ],
)
def test_a_driver(both, spec):
    body = thing(GROUP, "CSIDriver", "contract.csi.example.com", spec=spec)
    same_rows(both, f"/apis/{GROUP}/csidrivers", body)


@pytest.mark.parametrize("count", [0, 2])
def test_the_drivers_of_a_node(both, count):
    drivers = [{"name": f"csi-{one}.example.com", "nodeID": "n", "topologyKeys": []} for one in range(count)]
    body = thing(GROUP, "CSINode", "contract-zz", spec={"drivers": drivers})
    same_rows(both, f"/apis/{GROUP}/csinodes", body)


def test_a_capacity(both, own_namespace):
    body = thing(GROUP, "CSIStorageCapacity", "zz", storageClassName="contract", capacity="1024Gi")
    same_rows(both, collection_path(own_namespace, GROUP, "csistoragecapacities"), body)
