"""Files of the control plane's programs: audit policy, tokens and kwok configuration."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from cryptography.hazmat.primitives.asymmetric import ec

from tests.controlplane.binaries import Binaries
from tests.controlplane.certificates import Authority, encode_key, encode_public_key
from tests.controlplane.users import get_person

_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}
_KWOK_STAGES = (
    "stage/node/fast/node-initialize.yaml",
    "stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "stage/pod/fast/pod-ready.yaml",
    "stage/pod/fast/pod-complete.yaml",
    "stage/pod/fast/pod-delete.yaml",
    "stage/pod/chaos/pod-container-running-failed.yaml",
    "metrics/resource/metrics-resource.yaml",
    "metrics/usage/usage-from-annotation.yaml",
)
_POD_LOG = "".join(
    f"2026-01-01T00:00:{second:02}.000000000Z {stream} F {text}\n"
    for second, (stream, text) in enumerate(
        (
            ("stdout", "listening on :8080"),
            ("stderr", "warning: the cache is cold"),
            ("stdout", '{"level":"info","msg":"GET /","status":200}'),
            ("stdout", "<img src=x onerror=alert(1)> \x1b[31mred\x1b[0m \x1b]0;title\x07"),
            ("stderr", "Traceback (most recent call last):"),
        )
    )
)


def write_files(
    directory: Path,
    authority: Authority,
    service_account_key: ec.EllipticCurvePrivateKey,
    tokens: Mapping[str, str],
    programs: Binaries,
    apiserver_port: int,
) -> None:
    (directory / "ca.crt").write_text(authority.pem)
    (directory / "ca.key").write_text(authority.key_pem)
    (directory / "service-account.key").write_text(encode_key(service_account_key))
    (directory / "service-account.pub").write_text(encode_public_key(service_account_key))
    authority.server().write(directory, "serving")
    authority.client("front-proxy").write(directory, "front-proxy")
    authority.client("kubelet-client", ["system:masters"]).write(directory, "kubelet-client")
    (directory / "tokens.csv").write_text("".join(_token_line(name, token) for name, token in tokens.items()))
    (directory / "audit-policy.yaml").write_text(yaml.safe_dump(_AUDIT_POLICY))
    (directory / "pod.log").write_text(_POD_LOG)
    (directory / "exec").mkdir()
    (directory / "kwok.yaml").write_text(
        _kwok_configuration(directory, programs.kwok_kustomize, apiserver_port)
    )


def _token_line(name: str, token: str) -> str:
    groups = ",".join(get_person(name).groups)
    return f"{token},{name},{name}-uid" + (f',"{groups}"' if groups else "") + "\n"


def _kwok_configuration(directory: Path, kustomize: Path, apiserver_port: int) -> str:
    """kwok's own stages and metrics; logs are one file for all, exec is a local process, and each port of each pod
    leads to the API server."""
    group = "kwok.x-k8s.io/v1alpha1"
    logs = {"logs": [{"logsFile": str(directory / "pod.log"), "follow": True}]}
    execs = {"execs": [{"local": {"workDir": str(directory / "exec")}}]}
    forwards = {"forwards": [{"target": {"port": apiserver_port, "address": "127.0.0.1"}}]}
    ours = [
        {"apiVersion": group, "kind": "ClusterLogs", "metadata": {"name": "logs"}, "spec": logs},
        {"apiVersion": group, "kind": "ClusterExec", "metadata": {"name": "exec"}, "spec": execs},
        {"apiVersion": group, "kind": "ClusterPortForward", "metadata": {"name": "ports"}, "spec": forwards},
    ]
    parts = [(kustomize / name).read_text() for name in _KWOK_STAGES]
    return "\n---\n".join([*parts, yaml.safe_dump_all(ours)])
