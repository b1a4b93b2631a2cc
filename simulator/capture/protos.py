"""What do protobuf bodies mean? Field numbers from the `generated.proto` files of Kubernetes' Go modules.

kubectl sends them for typed clients (auth can-i, auth whoami, create, drain), whatever the server prefers.
"""

import re
from pathlib import Path
from typing import Any

_PACKAGE = re.compile(r"^package ([\w.]+);", re.M)
_MESSAGE = re.compile(r"^message (\w+) \{(.*?)^\}", re.M | re.S)
_FIELD = re.compile(r"^\s*(optional|repeated)\s+([\w.]+)\s+(\w+)\s*=\s*(\d+)", re.M)
_MAP = re.compile(r"^\s*map<(\w+), ([\w.]+)>\s+(\w+)\s*=\s*(\d+)", re.M)
# A field of a Go struct that is kept by pointer: an empty value of it is written, of others left out.
_STRUCT = re.compile(r"^type (\w+) struct \{(.*?)^\}", re.M | re.S)
_POINTER = re.compile(r"^\s*\w+\s+\*[\w.]+\s+`[^`]*json:\"([\w$]+)", re.M)
SCALARS = {"string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double", "float"}


def messages(folders: list[Path]) -> dict[str, Any]:
    """Full name of the message -> number of the field -> [name, type, "", "repeated", "map" or "pointer"]."""
    found: dict[str, Any] = {}
    for folder in folders:
        for path in sorted(folder.rglob("generated.proto")):
            text = re.sub(r"//.*", "", path.read_text())
            package = _PACKAGE.search(text)
            if package is None or _is_preview(package[1]):
                continue
            pointers = _pointers(path.parent)
            for name, body in _MESSAGE.findall(text):
                found[f"{package[1]}.{name}"] = _fields(package[1], body, pointers.get(name, set()))
    return found


def _is_preview(package: str) -> bool:
    """Versions that are not served unless somebody asks for them; metrics have no other."""
    last = package.rpartition(".")[2]
    return (
        bool(re.fullmatch(r"v\d+(alpha|beta)\d+", last))
        and ".metrics." not in package
        and ".meta." not in package
    )


def _pointers(folder: Path) -> dict[str, set[str]]:
    """Struct -> the JSON names of its pointers, from the Go files beside the protos."""
    found: dict[str, set[str]] = {}
    for path in folder.glob("*.go"):
        if path.name.startswith(("zz_", "generated")) or path.name.endswith("_test.go"):
            continue
        for name, body in _STRUCT.findall(path.read_text()):
            found.setdefault(name, set()).update(_POINTER.findall(body))
    return found


def _fields(package: str, body: str, pointers: set[str]) -> dict[str, list[str]]:
    found = {}
    for label, kind, name, number in _FIELD.findall(body):
        sort = "repeated" if label == "repeated" else "pointer" if name in pointers else ""
        found[number] = [name, _full(package, kind), sort]
    for _, kind, name, number in _MAP.findall(body):
        found[number] = [name, _full(package, kind), "map"]
    return found


def _full(package: str, kind: str) -> str:
    if kind in SCALARS or kind.startswith("."):
        return kind.removeprefix(".")
    return kind if "." in kind else f"{package}.{kind}"
