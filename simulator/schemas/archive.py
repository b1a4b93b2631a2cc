"""Archive of captured data: compressed JSON, each part loaded on first use."""

import functools
import gzip
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent.parent / "captured"
LATEST = "v1.36"


def write(folder: Path, part: str, value: Any) -> None:
    """Deterministic: the same value gives the same file."""
    packed = gzip.compress(msgspec.json.encode(value), 9, mtime=0)
    (folder / f"{part}.json.gz").write_bytes(packed)


def versions() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


class Archive:
    """The captured data of one version. Values are shared and never changed."""

    def __init__(self, version: str = LATEST) -> None:
        if not (FOLDER / version).is_dir():
            raise ValueError(f"Kubernetes {version} is not captured, only {', '.join(versions())}.")
        self.version = version

    @functools.cached_property
    def release(self) -> dict[str, str]:
        """What /version answers."""
        return self._part("version")  # type: ignore[no-any-return]

    @functools.cached_property
    def discovery(self) -> dict[str, Any]:
        """Keys `api`, `apis` (aggregated), `plain`, `lists`, `root`: see simulator/capture/documents.py."""
        return self._part("discovery")  # type: ignore[no-any-return]

    @functools.cached_property
    def openapi_v3(self) -> dict[str, Any]:
        """Keys `schemas` (name -> variants) and `documents` (path -> hash, body)."""
        return self._part("openapi_v3")  # type: ignore[no-any-return]

    @functools.cached_property
    def openapi_v2(self) -> dict[str, Any]:
        return self._part("openapi_v2")  # type: ignore[no-any-return]

    @functools.cached_property
    def columns(self) -> dict[str, list[dict[str, Any]]]:
        """Column definitions by path of the collection."""
        return self._part("columns")  # type: ignore[no-any-return]

    @functools.cached_property
    def objects(self) -> list[dict[str, Any]]:
        """What an empty control plane holds."""
        return self._part("objects")  # type: ignore[no-any-return]

    @functools.cached_property
    def protobuf(self) -> dict[str, dict[str, list[str]]]:
        """Message -> number -> [name, type, "", "repeated" or "map", flags]: see capture/protos.py."""
        return self._part("protobuf")  # type: ignore[no-any-return]

    def _part(self, name: str) -> Any:
        return msgspec.json.decode(gzip.decompress((FOLDER / self.version / f"{name}.json.gz").read_bytes()))


@functools.cache
def archive(version: str = LATEST) -> Archive:
    """One for each version and process: clusters share it."""
    return Archive(version)
