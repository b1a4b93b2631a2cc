"""Contract of kubectl create, set, label, patch and other commands that make or change objects."""

from __future__ import annotations

import json
import re

import pytest

from tests.contract.bodies import CONTAINER, deployment, thing
from tests.contract.both import compare
from tests.contract.contenders import KUBERNETES, SIMULATOR
from tests.contract.copying import Copy
from tests.contract.normalization import normalize_output

_GENERATED = re.compile(r"generation: \d+|clusterIP: 10\.0\.0\.\d+|- 10\.0\.0\.\d+|nodePort: \d+")


@pytest.fixture(scope="module")
def filled_namespace(contenders, own_namespace):
    """The name of a namespace with what nothing runs of."""
    name = own_namespace.rpartition("/")[2]
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [CONTAINER | {"ports": [{"containerPort": 80}]}]},
    }
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": [CONTAINER]}}}
    yearly = {"schedule": "@yearly", "suspend": True, "jobTemplate": {"spec": job}}
    things = [
        deployment("web", template=template),
        thing("apps/v1", "StatefulSet", "db", spec=deployment(template=template)["spec"] | {"serviceName": "db"}),
        thing("batch/v1", "CronJob", "nightly", spec=yearly),
        thing("v1", "Service", "web", spec={"clusterIP": "None", "selector": {"a": "b"}}),
    ]  # fmt: skip
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": things})
    real = contenders[KUBERNETES]
    code, _, error = real.kubectl("create", "-n", name, "-f", "-", input=text)
    assert code == 0, error
    for one, how in (("deployment/web", "Available"), ("deployment/web", "Progressing")):
        code, _, error = real.kubectl("wait", f"--for=condition={how}", one, "-n", name, "--timeout=30s")
        assert code == 0, error
    code, _, error = real.kubectl("rollout", "status", "statefulset/db", "-n", name, "--timeout=30s")
    assert code == 0, error
    Copy(real, contenders[SIMULATOR]).copy_namespace(name)
    return name


def compare_dry_run(both, command, namespace):
    """With --dry-run=server, and all that would be there."""
    own, dashes, rest = command.partition(" -- ")
    words = [*own.split(" "), "-n", namespace, "--dry-run=server", "-o", "yaml", *(dashes + rest).split()]
    code, *texts = both.kubernetes.kubectl(*words)
    own_code, *own_texts = both.simulator.kubectl(*words)
    expected, found = (
        [one, *map(normalize_lines, two)] for one, two in ((code, texts), (own_code, own_texts))
    )
    compare(found, expected)
    return expected


def normalize_lines(text):
    return [_GENERATED.sub("<generated>", line) for line in normalize_output(text)]


CREATED = [
    "create ingress made --class=x --rule=a.example.com/path*=web:80,tls=secret",
    "create ingress made --class=x --default-backend=web:http --annotation a=b",
    "create quota made --hard=pods=2 --scopes=BestEffort",
    "create quota made --hard=cpu=1500m,memory=1024Mi,pods=2",
    "create poddisruptionbudget made --selector=a=b --min-available=50%",
    "create pdb made --selector=a=b --max-unavailable=1",
    "create priorityclass made --value=10 --description=x --preemption-policy=Never",
    "create clusterrole made --verb=get,list --resource=pods,deployments.apps --resource-name=x",
    "create clusterrole made --verb=get --non-resource-url=/logs/*",
    "create clusterrole made --aggregation-rule=a=b",
    "create clusterrolebinding made --clusterrole=view --user=a --group=b --serviceaccount=shop:c",
    "create rolebinding made --clusterrole=view --serviceaccount=shop:c",
    "create service clusterip made --tcp=80:8080 --tcp=443:https",
    "create service clusterip made --clusterip=None",
    "create service nodeport made --tcp=80:8080",
    "create service loadbalancer made --tcp=80:8080",
    "create service externalname made --external-name=a.example.com",
    "create secret docker-registry made --docker-server=r --docker-username=u --docker-password=p",
    "create job made --from=cronjob/nightly",
    "create job made --image=i -- sh -c true",
    "create cronjob made --image=i --schedule=@hourly --restart=OnFailure",
    "create deployment made --image=i:1 --image=j:2 --replicas=2",
    "create deployment made --image=i:1 --port=80 -- sh",
    "run made --image=i --env=A=b --labels=a=b --port=80 --restart=Never --command -- sh",
    "autoscale deployment web --min=2 --max=5 --cpu-percent=80",
    "expose deployment web --port=80 --target-port=8080 --name=made",
    "expose deployment web --type=NodePort --name=made",
    "create role made --verb=get --resource=pods/log,configmaps",
    "create serviceaccount made",
    "create namespace made-here",
    "create configmap made --from-literal=a=1 --from-literal=b=2",
    "create secret generic made --type=kubernetes.io/basic-auth --from-literal=username=u --from-literal=password=p",
]  # fmt: skip


@pytest.mark.parametrize("command", CREATED)
def test_it_creates(both, filled_namespace, command):
    assert compare_dry_run(both, command, filled_namespace)[0] == 0


CHANGED = [
    "set image deployment/web c=i:2",
    "set image deployment/web *=i:3",
    "set image deployment/web nope=i:3",
    "set resources deployment/web --limits=cpu=0.5,memory=1024Mi --requests=cpu=100m",
    "set env deployment/web A=b C-",
    "set env deployment/web --from=configmap/kube-root-ca.crt",
    "set serviceaccount deployment/web robot",
    "set selector service/web x=y",
    "set subject rolebinding/nope --user=a",
    "label deployment web a=b c=d",
    "annotate deployment web a=b",
    "scale deployment web --replicas=3",
    "scale statefulset db --replicas=3 --current-replicas=0",
    "autoscale statefulset db --max=3",
]  # fmt: skip


@pytest.mark.parametrize("command", CHANGED)
def test_it_changes(both, filled_namespace, command):
    compare_dry_run(both, command, filled_namespace)


PATCHES = [
    ("strategic", {"spec": {"template": {"spec": {"containers": [{"name": "d", "image": "i"}]}}}}),
    ("strategic", {"spec": {"template": {"spec": {"containers": [{"name": "c", "$patch": "delete"}]}}}}),
    ("strategic", {"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "c"}]}}}}),
    ("strategic", {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
    ("strategic", {"spec": {"strategy": {"type": "Recreate"}}}),
    ("merge", {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}),
    ("merge", {"spec": {"template": {"spec": {"containers": [{"name": "c"}]}}}}),
    ("merge", {"spec": {"replicas": -1}}),
    ("merge", {"spec": {"template": {"metadata": {"labels": {"a": "c"}}}}}),
    (
        "json",
        [{"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "d", "image": "i"}}],
    ),
    ("json", [{"op": "test", "path": "/spec/replicas", "value": 7}]),
    ("json", [{"op": "copy", "from": "/spec/replicas", "path": "/spec/minReadySeconds"}]),
]


@pytest.mark.parametrize(("kind", "patch"), PATCHES)
def test_it_patches(both, filled_namespace, kind, patch):
    compare_dry_run(
        both,
        f"patch deployment web --type={kind} -p {json.dumps(patch, separators=(',', ':'))}",
        filled_namespace,
    )


@pytest.mark.parametrize(
    "command",
    ["taint node node-1 example.com/a=b:NoSchedule", "taint node node-1 example.com/nope-", "label node node-1 a=b",
     "cordon node-1", "uncordon node-1", "delete deployment web --cascade=orphan",
     "rollout undo deployment/web", "rollout restart cronjob/nightly", "rollout undo deployment/web --to-revision=7"],
)  # fmt: skip
def test_it_would_do(both, filled_namespace, command):
    both.same_kubectl(
        *command.split(), *(() if "node" in command else ("-n", filled_namespace)), "--dry-run=server"
    )


@pytest.mark.parametrize("kind", ["flowschemas", "prioritylevelconfigurations", "clusterrolebindings"])
def test_it_lists_what_every_cluster_has(both, kind):
    """Those that Kubernetes itself has put there."""

    def lines(one):
        selector = "kubernetes.io/bootstrapping" if "role" in kind else ""
        code, output, error = one.kubectl("get", kind, "-o", "wide", "--no-headers", "-l", selector)
        assert (code, error) == (0, "")
        return [
            re.sub(r"(?<=\s)(\d+[smhdy])+(?=\s)", "<age>", line + " ").split() for line in output.splitlines()
        ]

    compare(lines(both.simulator), lines(both.kubernetes))
    assert len(lines(both.kubernetes)) > 5
