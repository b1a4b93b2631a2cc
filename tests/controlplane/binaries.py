"""Binaries of the control plane: found on this machine, or built.

The variables of envtest come first: `TEST_ASSET_<NAME>` names one program, `KUBEBUILDER_ASSETS` a folder
that may hold any of them. What neither names is built once into the user's cache folder (building.py).
https://book.kubebuilder.io/reference/envtest
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.controlplane.building import (
    KUBELET,
    KWOK_KUSTOMIZE,
    MODULES,
    RECIPES,
    ControlPlaneUnavailable,
    build,
    list_kubelet_sources,
    report,
)

__all__ = ["Binaries", "ControlPlaneUnavailable", "find_binaries", "get_cache_folder"]


@dataclass(frozen=True)
class Binaries:
    """The programs, and the folder with kwok's own stages and metrics (`stage/`, `metrics/`)."""

    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path
    kube_scheduler: Path
    kubectl: Path
    kwok: Path
    metrics_server: Path
    kwok_kustomize: Path
    test_kubelet: Path


def find_binaries(progress: Callable[[str], None] = report) -> Binaries:
    """Find or build them all; raises ControlPlaneUnavailable with what to do."""
    names = {name: name for name in (*RECIPES, KWOK_KUSTOMIZE)} | {KUBELET: _get_kubelet_name()}
    named = {name: path for name in names if (path := _find_in_environment(name))}
    folder = get_cache_folder()
    build([file for name, file in names.items() if name not in named], folder, progress)
    return Binaries(
        **{name.replace("-", "_"): named.get(name, folder / file) for name, file in names.items()}
    )


def get_cache_folder() -> Path:
    """The folder for exactly these modules, built in exactly this way."""
    digest = hashlib.sha256(repr(sorted(RECIPES.items())).encode())
    for path in sorted(MODULES.glob("*/go.*")):
        if path.parent.name != "kubelet":
            digest.update(f"{path.parent.name}/{path.name}\n".encode() + path.read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "quarterdeck" / "controlplane" / digest.hexdigest()[:16]


def _get_kubelet_name() -> str:
    """The file in the cache folder for exactly this source."""
    digest = hashlib.sha256()
    for path in list_kubelet_sources():
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return f"{KUBELET}-{digest.hexdigest()[:16]}"


def _find_in_environment(name: str) -> Path | None:
    variable = "TEST_ASSET_" + name.upper().replace("-", "_")
    if one := os.environ.get(variable):
        if not Path(one).exists():
            raise ControlPlaneUnavailable(f"{variable} names {one}, which is not there.")
        return Path(one)
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets and (Path(assets) / name).exists():
        return Path(assets) / name
    return None
