"""Validation of ConfigMaps and Secrets: keys, types, and immutability."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.cluster import Cluster
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object
from simulator.writing.names import bad_value, required_value

KEY = re.compile(r"[-._a-zA-Z0-9]+")
KEY_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
    "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
IMMUTABLE = "Forbidden: field is immutable when `immutable` is set"
# type -> keys that must be there
REQUIRED_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
ACCOUNT = "kubernetes.io/service-account.name"


def config_map_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    data, binary = thing.get("data") or {}, thing.get("binaryData") or {}
    for key in data:
        if not KEY.fullmatch(key):
            yield bad_value(f"data[{key}]", f'"{key}"', KEY_RULE)
        if key in binary:
            yield bad_value(f"data[{key}]", f'"{key}"', "duplicate of key present in binaryData")
    for key in binary:
        if not KEY.fullmatch(key):
            yield bad_value(f"binaryData[{key}]", f'"{key}"', KEY_RULE)
    yield from _immutable_causes(thing, was, ("data", "binaryData"))


def secret_causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    data, kind = thing.get("data") or {}, thing.get("type", "")
    for key in data:
        if not KEY.fullmatch(key):
            yield bad_value(f"data[{key}]", f'"{key}"', KEY_RULE)
    for key in REQUIRED_KEYS.get(kind, ()):
        if key not in data:
            yield required_value(f"data[{key}]")
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        yield required_value("data[username]")
        yield required_value("data[password]")
    annotations = thing["metadata"].get("annotations") or {}
    if kind == "kubernetes.io/service-account-token" and not annotations.get(ACCOUNT):
        yield required_value(f"metadata.annotations[{ACCOUNT}]")
    if was is not None and was.get("type") != kind:
        yield bad_value("type", f'"{kind}"', "field is immutable")
    yield from _immutable_causes(thing, was, ("data",))


def _immutable_causes(thing: Object, was: Object | None, names: tuple[str, ...]) -> Iterator[Cause]:
    if was is None or not was.get("immutable"):
        return
    if not thing.get("immutable"):
        yield Cause("FieldValueForbidden", IMMUTABLE, "immutable")
    for name in names:
        if (was.get(name) or {}) != (thing.get(name) or {}):
            yield Cause("FieldValueForbidden", IMMUTABLE, name)
