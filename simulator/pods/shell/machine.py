"""What does a program find in a container: which files, which environment, which programs?"""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Iterator
from typing import Any

from simulator.cluster import Cluster
from simulator.schemas.resources import Object

DEBIAN = (
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
    'VERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL="https://www.debian.org/"\n'
)
ALPINE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.1\nPRETTY_NAME="Alpine Linux v3.22"\n'
SMALL = ("alpine", "busybox")  # in an image's name: no bash
BARE = ("distroless", "scratch")  # no shell at all
FOLDERS = (
    "/", "/app", "/bin", "/dev", "/etc", "/home", "/lib", "/opt", "/proc", "/root", "/run", "/sys", "/tmp", "/usr",  # noqa: S108 - a name alone
    "/usr/bin", "/usr/local", "/usr/local/bin", "/var", "/var/log", "/var/run",
)  # fmt: skip


class Machine:
    """One container, as it looks from inside."""

    def __init__(self, cluster: Cluster, pod: Object, container: str) -> None:
        self.cluster = cluster
        self.pod = pod
        self.name = container
        spec = pod.get("spec") or {}
        kinds = ("containers", "initContainers", "ephemeralContainers")
        every = [one for kind in kinds for one in spec.get(kind) or ()]
        self.spec: dict[str, Any] = next(
            (one for one in every if one["name"] == container), {"name": container}
        )
        self.image: str = self.spec.get("image") or ""
        self.hostname: str = spec.get("hostname") or pod["metadata"]["name"]
        self.folder: str = self.spec.get("workingDir") or "/"
        self.files: dict[str, str] = dict(self._files())
        self.folders = {*FOLDERS, self.folder}
        for path in self.files:
            self.folders |= set(_above(path))

    @property
    def is_bare(self) -> bool:
        """Nothing can be run in it but what it is for."""
        return any(word in self.image for word in BARE)

    @property
    def has_bash(self) -> bool:
        return not any(word in self.image for word in SMALL)

    def path(self, folder: str, name: str) -> str:
        return posixpath.normpath(posixpath.join(folder, name)).replace("//", "/")

    def within(self, folder: str) -> list[str]:
        """The names in a folder."""
        prefix = folder.rstrip("/") + "/"
        found = [*self.files, *self.folders]
        inside = {one.removeprefix(prefix).partition("/")[0] for one in found if one.startswith(prefix)}
        return sorted(inside - {""})

    def environment(self) -> dict[str, str]:
        """As the container was started with; of Secrets and ConfigMaps what they hold now."""
        found = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOSTNAME": self.hostname,
            "KUBERNETES_SERVICE_HOST": "10.0.0.1",
            "KUBERNETES_SERVICE_PORT": "443",
            "KUBERNETES_PORT": "tcp://10.0.0.1:443",
            "HOME": "/root",
        }
        for source in self.spec.get("envFrom") or ():
            for key, value in self._all_of(source).items():
                found[(source.get("prefix") or "") + key] = value
        for one in self.spec.get("env") or ():
            found[one["name"]] = one.get("value") or self._value(one.get("valueFrom") or {})
        return found

    def command(self) -> str:
        """Of process 1."""
        words = [*(self.spec.get("command") or ()), *(self.spec.get("args") or ())]
        return " ".join(map(str, words)) or f"/app/{self.name}"

    def _files(self) -> Iterator[tuple[str, str]]:
        metadata = self.pod["metadata"]
        address = (self.pod.get("status") or {}).get("podIP") or "127.0.0.1"
        yield "/etc/os-release", DEBIAN if self.has_bash else ALPINE
        yield "/etc/hostname", f"{self.hostname}\n"
        yield "/etc/hosts", f"127.0.0.1\tlocalhost\n::1\tlocalhost\n{address}\t{self.hostname}\n"
        search = f"search {metadata['namespace']}.svc.cluster.local svc.cluster.local cluster.local"
        yield "/etc/resolv.conf", f"{search}\nnameserver 10.0.0.10\noptions ndots:5\n"
        yield "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"
        yield f"/app/{self.name}", ""
        yield "/dev/null", ""
        if not self.is_bare:
            for name in ("sh", "ls", "cat", *(("bash",) if self.has_bash else ())):
                yield f"/bin/{name}", ""
        account = "/var/run/secrets/kubernetes.io/serviceaccount"
        if any(one.get("mountPath") == account for one in self.spec.get("volumeMounts") or ()):
            yield f"{account}/namespace", metadata["namespace"]
            yield f"{account}/ca.crt", self.cluster.authority.pem

    def _value(self, source: dict[str, Any]) -> str:
        for kind in ("secretKeyRef", "configMapKeyRef"):
            if one := source.get(kind):
                return self._held(kind, one.get("name") or "").get(one.get("key"), "")
        field = (source.get("fieldRef") or {}).get("fieldPath") or ""
        value: Any = self.pod
        for part in field.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return str(value) if value is not None and field else ""

    def _all_of(self, source: dict[str, Any]) -> dict[str, str]:
        for kind in ("secretRef", "configMapRef"):
            if one := source.get(kind):
                return self._held(kind, one.get("name") or "")
        return {}

    def _held(self, kind: str, name: str) -> dict[str, str]:
        plural = "secrets" if kind.startswith("secret") else "configmaps"
        found = self.cluster.store.get(("", plural), self.pod["metadata"]["namespace"], name)
        data: dict[str, str] = (found or {}).get("data") or {}
        if plural == "configmaps":
            return data
        return {key: base64.b64decode(value).decode(errors="replace") for key, value in data.items()}


def _above(path: str) -> Iterator[str]:
    while path != "/":
        path = posixpath.dirname(path)
        yield path
