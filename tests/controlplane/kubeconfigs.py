"""Kubeconfigs of a control plane: for its own programs and for the test users."""

import base64
from pathlib import Path
from typing import Any

import yaml

from tests.controlplane.certificates import Authority, Pair
from tests.controlplane.users import Person

ADMIN = "admin"  # in system:masters; no test user
_MASTERS = "system:masters"
_COMPONENTS = (
    (ADMIN, "admin", (_MASTERS,)),
    ("controller-manager", "system:kube-controller-manager", ()),
    ("scheduler", "system:kube-scheduler", ()),
    ("kwok", "kwok", (_MASTERS,)),
    ("metrics-server", "metrics-server", (_MASTERS,)),
)


def write_component_kubeconfigs(folder: Path, server: str, authority: Authority) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, user, groups in _COMPONENTS:
        _write(
            folder / f"{name}.yaml",
            server,
            authority.pem,
            name,
            _certificate_user(authority.client(user, groups)),
        )


def write_kubeconfig(folder: Path, server: str, ca: str, one: Person, token: str, pair: Pair) -> None:
    """With everything inline, and the namespace of the person's first binding that has one."""
    namespace = next((binding.namespace for binding in one.bindings if binding.namespace), "")
    user = {"token": token} if one.auth == "token" else _certificate_user(pair)
    _write(folder / f"{one.name}.yaml", server, ca, one.name, user, namespace)


def _write(path: Path, server: str, ca: str, name: str, user: dict[str, str], namespace: str = "") -> None:
    cluster = {"server": server, "certificate-authority-data": _base64(ca)}
    context: dict[str, Any] = {"cluster": "controlplane", "user": name}
    if namespace:
        context["namespace"] = namespace
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "controlplane", "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": "controlplane", "context": context}],
        "current-context": "controlplane",
    }
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    path.chmod(0o600)


def _certificate_user(pair: Pair) -> dict[str, str]:
    return {"client-certificate-data": _base64(pair.certificate), "client-key-data": _base64(pair.key)}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
