"""Parser of `generated.proto` files: protobuf field numbers from Kubernetes' Go modules.

kubectl sends them for typed clients (auth can-i, auth whoami, create, drain), whatever the server prefers.
"""

import re
from pathlib import Path
from typing import Any

_PACKAGE = re.compile(r"^package ([\w.]+);", re.M)
_MESSAGE = re.compile(r"^message (\w+) \{(.*?)^\}", re.M | re.S)
_FIELD = re.compile(r"^\s*(optional|repeated)\s+([\w.]+)\s+(\w+)\s*=\s*(\d+)", re.M)
_MAP = re.compile(r"^\s*map<(\w+), ([\w.]+)>\s+(\w+)\s*=\s*(\d+)", re.M)
# Go's tags say what is written where nothing was given. Of a field: its name there, its type, its JSON name, the rest.
_STRUCT = re.compile(r"^type (\w+) struct \{(.*?)^\}", re.M | re.S)
_TAGGED = re.compile(r"^\s*\w+\s+([*\[\]\w.]+)\s+`[^`]*json:\"([\w$]+)((?:,\w+)*)\"", re.M)
POINTER, WRITTEN, OMITTED = "p", "w", "z"  # held by pointer; always written; left out when it is all empty
SCALARS = {"string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double", "float"}


def messages(folders: list[Path]) -> dict[str, Any]:
    """Full name of the message -> number of the field -> [name, type, "", "repeated" or "map", flags]."""
    found: dict[str, Any] = {}
    for folder in folders:
        for path in sorted(folder.rglob("generated.proto")):
            text = re.sub(r"//.*", "", path.read_text())
            package = _PACKAGE.search(text)
            if package is None or _is_preview(package[1]):
                continue
            flags = _flags(path.parent)
            for name, body in _MESSAGE.findall(text):
                found[f"{package[1]}.{name}"] = _fields(package[1], body, flags.get(name, {}))
    return found


def _is_preview(package: str) -> bool:
    """Versions that are not served unless they are enabled; metrics have no other."""
    last = package.rpartition(".")[2]
    return (
        bool(re.fullmatch(r"v\d+(alpha|beta)\d+", last))
        and ".metrics." not in package
        and ".meta." not in package
    )


def _flags(folder: Path) -> dict[str, dict[str, str]]:
    """Struct -> JSON name -> flags, from the Go files next to the protos."""
    found: dict[str, dict[str, str]] = {}
    for path in folder.glob("*.go"):
        if path.name.startswith(("zz_", "generated")) or path.name.endswith("_test.go"):
            continue
        for name, body in _STRUCT.findall(path.read_text()):
            for kind, field, options in _TAGGED.findall(body):
                flags = POINTER if kind.startswith("*") else ""
                flags += "" if "omit" in options else WRITTEN
                flags += OMITTED if "omitzero" in options else ""
                found.setdefault(name, {})[field] = flags
    return found


def _fields(package: str, body: str, flags: dict[str, str]) -> dict[str, list[str]]:
    found = {}
    for label, kind, name, number in _FIELD.findall(body):
        sort = "repeated" if label == "repeated" else ""
        found[number] = [name, _full(package, kind), sort, flags.get(name, "")]
    for _, kind, name, number in _MAP.findall(body):
        found[number] = [name, _full(package, kind), "map", flags.get(name, "")]
    return found


def _full(package: str, kind: str) -> str:
    if kind in SCALARS or kind.startswith("."):
        return kind.removeprefix(".")
    return kind if "." in kind else f"{package}.{kind}"
