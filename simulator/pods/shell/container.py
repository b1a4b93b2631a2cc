"""Simulated container from inside: files, environment with values of Secrets and ConfigMaps, shells."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Iterator
from typing import Any

from simulator.cluster import Cluster
from simulator.schemas.resources import Object

DEBIAN, ALPINE = "Debian GNU/Linux 12 (bookworm)", "Alpine Linux v3.22"
SMALL = ("alpine", "busybox")  # in an image's name: no bash
BARE = ("distroless", "scratch")  # no program at all
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


class Container:
    """One container, as its programs see it."""

    def __init__(self, cluster: Cluster, pod: Object, container: str) -> None:
        self.cluster = cluster
        self.pod = pod
        spec = pod.get("spec") or {}
        kinds = ("containers", "initContainers", "ephemeralContainers")
        every = [one for kind in kinds for one in spec.get(kind) or ()]
        self.spec: dict[str, Any] = next((one for one in every if one["name"] == container), {})
        image: str = self.spec.get("image") or ""
        self.is_bare = any(word in image for word in BARE)
        self.has_bash = not any(word in image for word in SMALL)
        self.hostname: str = spec.get("hostname") or pod["metadata"]["name"]
        self.directory: str = self.spec.get("workingDir") or "/"
        self.files = dict(self._build_files())
        self.directories = {"/", "/root", "/tmp", self.directory}  # noqa: S108 - a name alone
        for path in self.files:
            while path != "/":
                self.directories.add(path := posixpath.dirname(path))
        words = [*(self.spec.get("command") or ()), *(self.spec.get("args") or ())]
        self.command = " ".join(map(str, words)) or f"/app/{container}"  # of process 1

    def list_directory(self, directory: str) -> list[str]:
        """The names in a directory."""
        prefix = directory.rstrip("/") + "/"
        inside = {one[len(prefix) :].partition("/")[0] for one in self.files if one.startswith(prefix)}
        inside |= {one[len(prefix) :].partition("/")[0] for one in self.directories if one.startswith(prefix)}
        return sorted(inside - {""})

    def build_environment(self) -> dict[str, str]:
        """Name -> value; values of Secrets and ConfigMaps are the current ones."""
        found = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOSTNAME": self.hostname,
            "KUBERNETES_SERVICE_HOST": "10.0.0.1",
            "KUBERNETES_SERVICE_PORT": "443",
            "HOME": "/root",
        }
        for source in self.spec.get("envFrom") or ():
            data = self._read_data(source, "secretRef", "configMapRef")
            found |= {f"{source.get('prefix') or ''}{key}": value for key, value in data.items()}
        for one in self.spec.get("env") or ():
            found[one["name"]] = one.get("value") or self._resolve_value(one.get("valueFrom") or {})
        return found

    def _build_files(self) -> Iterator[tuple[str, str]]:
        metadata = self.pod["metadata"]
        address = (self.pod.get("status") or {}).get("podIP") or "127.0.0.1"
        yield "/etc/os-release", f'PRETTY_NAME="{DEBIAN if self.has_bash else ALPINE}"\n'
        yield "/etc/hostname", f"{self.hostname}\n"
        yield "/etc/hosts", f"127.0.0.1\tlocalhost\n{address}\t{self.hostname}\n"
        if any(one.get("mountPath") == ACCOUNT for one in self.spec.get("volumeMounts") or ()):
            yield f"{ACCOUNT}/namespace", metadata["namespace"]
            yield f"{ACCOUNT}/ca.crt", self.cluster.authority.pem

    def _resolve_value(self, source: dict[str, Any]) -> str:
        key = (source.get("secretKeyRef") or source.get("configMapKeyRef") or {}).get("key")
        if key:
            return self._read_data(source, "secretKeyRef", "configMapKeyRef").get(key, "")
        value: Any = self.pod
        for part in ((source.get("fieldRef") or {}).get("fieldPath") or "-").split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return str(value) if value is not None else ""

    def _read_data(self, source: dict[str, Any], secret: str, config_map: str) -> dict[str, str]:
        """The data of the Secret or ConfigMap that the source names, decoded."""
        plural = "secrets" if secret in source else "configmaps"
        name = (source.get(secret) or source.get(config_map) or {}).get("name") or ""
        thing = self.cluster.store.get(("", plural), self.pod["metadata"]["namespace"], name)
        data: dict[str, str] = (thing or {}).get("data") or {}
        if plural == "configmaps":
            return data
        return {key: base64.b64decode(value).decode(errors="replace") for key, value in data.items()}
