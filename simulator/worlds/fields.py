"""What may stand in a world's file? Each key with its kind; what it means is in docs/simulator.md."""

from __future__ import annotations

from simulator.worlds.checking import Field, Fields

TEXT, NUMBER, FLAG = Field(), Field((int,)), Field((bool,))
MAPPING, LIST = Field((dict,)), Field((list,))
AMOUNT = Field((str, int))
NEEDED = Field(is_required=True)
SPAN = Field((str, list))  # a duration ("20m"), or [least, most]

BEHAVIOUR: Fields = {
    "after": SPAN, "code": NUMBER, "message": TEXT, "killed": FLAG, "pull": TEXT, "share": Field((float, int)),
    "unready_every": SPAN, "unready_for": SPAN, "why": TEXT,
}  # fmt: skip
LOAD: Fields = {
    "low": Field((float, int), is_required=True),
    "high": Field((float, int), is_required=True),
    "period": Field(is_required=True),
}
ROLLOUT: Fields = {"every": SPAN, "tag": NEEDED}
SCALER: Fields = {"min": NUMBER, "max": Field((int,), is_required=True), "cpu": NUMBER}
CONTAINER: Fields = {"name": NEEDED, "image": NEEDED, "cpu": AMOUNT, "memory": AMOUNT, "port": NUMBER}
KINDS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job")

APP: Fields = {
    "name": NEEDED,
    "namespace": NEEDED,
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
    "behaves": Field((dict,), inner=BEHAVIOUR),
    "rollout": Field((dict,), inner=ROLLOUT),
    "load": Field((dict,), inner=LOAD),
    "logs": LIST,
    "part_of": TEXT,
}

PERSON: Fields = {"groups": Field((list,), is_required=True), "about": NEEDED}
NAMESPACE: Fields = {
    "team": TEXT, "labels": MAPPING, "annotations": MAPPING, "quota": MAPPING, "isolated": FLAG, "age": TEXT,
}  # fmt: skip
POOL: Fields = {
    "pool": NEEDED, "count": Field((int,), is_required=True), "zones": Field((list,), is_required=True),
    "cpu": Field((str, int), is_required=True), "memory": NEEDED, "pods": NUMBER, "instance": TEXT, "version": TEXT,
    "image": TEXT, "kernel": TEXT, "labels": MAPPING, "taints": LIST, "role": TEXT, "age": TEXT, "storage": TEXT,
}  # fmt: skip
OUTAGE: Fields = {"pool": NEEDED, "number": NUMBER, "every": SPAN, "for": SPAN}
CUSTOM: Fields = {
    "kind": NEEDED,
    "apiVersion": NEEDED,
    "namespace": TEXT,
    "items": Field((dict,), is_required=True),
}

# Of a world, and but for the people of the parts that it includes (simulator/worlds/parts/).
PART: Fields = {
    "namespaces": Field((dict,), inner=NAMESPACE, of_each=True),
    "nodes": Field((list,), inner=POOL),
    "apps": Field((list,), inner=APP),
    "customs": Field((list,), inner=CUSTOM),
    "objects": LIST,
    "outages": Field((list,), inner=OUTAGE),
}
WORLD: Fields = {
    **PART,
    "version": TEXT,
    "include": LIST,
    "region": TEXT,
    "domain": TEXT,
    "registry": TEXT,
    "people": Field((dict,), is_required=True, inner=PERSON, of_each=True),
}
