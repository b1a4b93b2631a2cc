"""Command lines of the control plane's programs.

The flags are those of envtest and kwok; what was measured of them: https://book.kubebuilder.io/reference/envtest
and https://kwok.sigs.k8s.io/docs/.
"""

from collections.abc import Mapping
from pathlib import Path

from tests.controlplane.binaries import Binaries
from tests.controlplane.certificates import ISSUER
from tests.controlplane.processes import Port

PORTS = ("etcd", "etcd-peer", "kube-apiserver", "kwok", "metrics-server")
CLIENTS = ("kube-controller-manager", "kube-scheduler", "kwok")
KUBELET_LABEL = "test.quarterdeck.example/kubelet"  # on nodes that have a kubelet with real processes
_PACE = ("--kube-api-qps=500", "--kube-api-burst=1000")


def build_command(
    name: str, programs: Binaries, directory: Path, ports: Mapping[str, Port]
) -> tuple[Path, list[str]]:
    """The program and its arguments."""
    flags = {
        "etcd": _etcd,
        "kube-apiserver": _kube_apiserver,
        "kube-controller-manager": _kube_controller_manager,
        "kube-scheduler": _kube_scheduler,
        "kwok": _kwok,
        "metrics-server": _metrics_server,
    }
    program: Path = getattr(programs, name.replace("-", "_"))
    return program, flags[name](directory, ports)


def _etcd(directory: Path, ports: Mapping[str, Port]) -> list[str]:
    client, peer = f"http://127.0.0.1:{ports['etcd']}", f"http://127.0.0.1:{ports['etcd-peer']}"
    return [
        "--name=node0",
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=node0={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _kube_apiserver(directory: Path, ports: Mapping[str, Port]) -> list[str]:
    return [
        f"--etcd-servers=http://127.0.0.1:{ports['etcd']}",
        f"--secure-port={ports['kube-apiserver']}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={directory / 'certificates'}",
        f"--tls-cert-file={directory / 'serving.crt'}",
        f"--tls-private-key-file={directory / 'serving.key'}",
        f"--client-ca-file={directory / 'ca.crt'}",
        f"--token-auth-file={directory / 'tokens.csv'}",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={directory / 'service-account.pub'}",
        f"--service-account-signing-key-file={directory / 'service-account.key'}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={directory / 'kubelet-client.crt'}",
        f"--kubelet-client-key={directory / 'kubelet-client.key'}",
        f"--requestheader-client-ca-file={directory / 'ca.crt'}",
        "--requestheader-allowed-names=front-proxy",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={directory / 'front-proxy.crt'}",
        f"--proxy-client-key-file={directory / 'front-proxy.key'}",
        f"--audit-policy-file={directory / 'audit-policy.yaml'}",
        f"--audit-log-path={directory / 'audit.log'}",
    ]


def _kube_controller_manager(directory: Path, ports: Mapping[str, Port]) -> list[str]:
    return [
        f"--kubeconfig={directory / 'kubeconfigs' / 'controller-manager.yaml'}",
        f"--root-ca-file={directory / 'ca.crt'}",
        f"--service-account-private-key-file={directory / 'service-account.key'}",
        f"--cluster-signing-cert-file={directory / 'ca.crt'}",
        f"--cluster-signing-key-file={directory / 'ca.key'}",
        f"--cert-dir={directory / 'certificates'}",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--secure-port=0",
        "--concurrent-replicaset-syncs=20",
        *_PACE,
    ]


def _kube_scheduler(directory: Path, ports: Mapping[str, Port]) -> list[str]:
    return [
        f"--kubeconfig={directory / 'kubeconfigs' / 'scheduler.yaml'}",
        f"--cert-dir={directory / 'certificates'}",
        "--leader-elect=false",
        "--secure-port=0",
        *_PACE,
    ]


def _kwok(directory: Path, ports: Mapping[str, Port]) -> list[str]:
    return [
        f"--kubeconfig={directory / 'kubeconfigs' / 'kwok.yaml'}",
        f"--config={directory / 'kwok.yaml'}",
        f"--manage-nodes-with-label-selector=!{KUBELET_LABEL}",
        "--node-ip=127.0.0.1",
        f"--node-port={ports['kwok']}",
        f"--server-address=127.0.0.1:{ports['kwok']}",
        f"--tls-cert-file={directory / 'serving.crt'}",
        f"--tls-private-key-file={directory / 'serving.key'}",
        "--node-lease-duration-seconds=40",
    ]


def _metrics_server(directory: Path, ports: Mapping[str, Port]) -> list[str]:
    kubeconfig = directory / "kubeconfigs" / "metrics-server.yaml"
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports['metrics-server']}",
        f"--cert-dir={directory / 'certificates'}",
        "--kubelet-use-node-status-port",
        "--kubelet-insecure-tls",
        "--kubelet-preferred-address-types=InternalIP",
        "--metric-resolution=15s",
    ]
