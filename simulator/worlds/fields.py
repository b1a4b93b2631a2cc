"""Schema of world files: the keys of each section (documented in docs/simulator.md)."""

from __future__ import annotations

from simulator.worlds.checking import Field, Fields

TEXT, NUMBER, FLAG = Field(), Field((int,)), Field((bool,))
MAPPING, LIST = Field((dict,)), Field((list,))
AMOUNT = Field((str, int))
REQUIRED_TEXT = Field(is_required=True)
SPAN = Field((str, list))  # a duration ("20m"), or [least, most]

BEHAVIOR: Fields = {
    "after": SPAN, "code": NUMBER, "message": TEXT, "killed": FLAG, "pull": TEXT, "share": Field((float, int)),
    "unready_every": SPAN, "unready_for": SPAN, "why": TEXT,
}  # fmt: skip
LOAD: Fields = {
    "low": Field((float, int), is_required=True),
    "high": Field((float, int), is_required=True),
    "period": Field(is_required=True),
}
ROLLOUT: Fields = {"every": SPAN, "tag": REQUIRED_TEXT}
SCALER: Fields = {"min": NUMBER, "max": Field((int,), is_required=True), "cpu": NUMBER}
CONTAINER: Fields = {
    "name": REQUIRED_TEXT,
    "image": REQUIRED_TEXT,
    "cpu": AMOUNT,
    "memory": AMOUNT,
    "port": NUMBER,
}
KINDS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job")

APP: Fields = {
    "name": REQUIRED_TEXT,
    "namespace": REQUIRED_TEXT,
    "kind": Field(choices=KINDS),
    "count": NUMBER,
    "replicas": NUMBER,
    "image": TEXT,
    "tag": AMOUNT,
    "port": NUMBER,
    "metrics_port": NUMBER,
    "cpu": AMOUNT,
    "memory": AMOUNT,
    "limits": MAPPING,
    "command": LIST,
    "args": LIST,
    "env": MAPPING,
    "config": MAPPING,
    "secret": MAPPING,
    "probes": FLAG,
    "service": Field((bool, str)),
    "host": TEXT,
    "hpa": Field((dict,), inner=SCALER),
    "pdb": Field((int, str)),
    "storage": AMOUNT,
    "schedule": TEXT,
    "suspend": FLAG,
    "zone": TEXT,
    "completions": NUMBER,
    "parallelism": NUMBER,
    "pool": TEXT,
    "everywhere": FLAG,
    "host_network": FLAG,
    "priority": TEXT,
    "account": FLAG,
    "sidecars": Field((list,), inner=CONTAINER),
    "init": Field((list,), inner=CONTAINER),
    "labels": MAPPING,
    "annotations": MAPPING,
    "strategy": Field(choices=("RollingUpdate", "Recreate")),
    "age": TEXT,
    "revisions": NUMBER,
    "behavior": Field((dict,), inner=BEHAVIOR),
    "rollout": Field((dict,), inner=ROLLOUT),
    "load": Field((dict,), inner=LOAD),
    "logs": LIST,
    "part_of": TEXT,
}

PERSON: Fields = {"groups": Field((list,), is_required=True), "about": REQUIRED_TEXT}
NAMESPACE: Fields = {
    "team": TEXT, "labels": MAPPING, "annotations": MAPPING, "quota": MAPPING, "isolated": FLAG, "age": TEXT,
}  # fmt: skip
POOL: Fields = {
    "pool": REQUIRED_TEXT, "count": Field((int,), is_required=True), "zones": Field((list,), is_required=True),
    "cpu": Field((str, int), is_required=True), "memory": REQUIRED_TEXT, "pods": NUMBER, "instance": TEXT,
    "version": TEXT, "image": TEXT, "kernel": TEXT, "labels": MAPPING, "taints": LIST, "role": TEXT, "age": TEXT,
    "storage": TEXT,
}  # fmt: skip
DOWNTIME: Fields = {"pool": REQUIRED_TEXT, "number": NUMBER, "every": SPAN, "for": SPAN}
CUSTOM: Fields = {
    "kind": REQUIRED_TEXT,
    "apiVersion": REQUIRED_TEXT,
    "namespace": TEXT,
    "items": Field((dict,), is_required=True),
}

# Of a world, and but for the people of the parts that it includes (simulator/worlds/parts/).
PART: Fields = {
    "namespaces": Field((dict,), inner=NAMESPACE, is_per_value=True),
    "nodes": Field((list,), inner=POOL),
    "apps": Field((list,), inner=APP),
    "custom_resources": Field((list,), inner=CUSTOM),
    "objects": LIST,
    "downtimes": Field((list,), inner=DOWNTIME),
}
WORLD: Fields = {
    **PART,
    "version": TEXT,
    "include": LIST,
    "region": TEXT,
    "domain": TEXT,
    "registry": TEXT,
    "people": Field((dict,), is_required=True, inner=PERSON, is_per_value=True),
}
