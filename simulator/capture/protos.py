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
SCALARS = {"string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double", "float"}


def messages(folders: list[Path]) -> dict[str, Any]:
    """Full name of the message -> number of the field -> [name, type, "", "repeated" or "map"]."""
    found: dict[str, Any] = {}
    for folder in folders:
        for path in sorted(folder.rglob("generated.proto")):
            text = re.sub(r"//.*", "", path.read_text())
            package = _PACKAGE.search(text)
            if package is None:
                continue
            for name, body in _MESSAGE.findall(text):
                found[f"{package[1]}.{name}"] = _fields(package[1], body)
    return found


def _fields(package: str, body: str) -> dict[str, list[str]]:
    found = {}
    for label, kind, name, number in _FIELD.findall(body):
        found[number] = [name, _full(package, kind), "repeated" if label == "repeated" else ""]
    for _, kind, name, number in _MAP.findall(body):
        found[number] = [name, _full(package, kind), "map"]
    return found


def _full(package: str, kind: str) -> str:
    if kind in SCALARS or kind.startswith("."):
        return kind.removeprefix(".")
    return kind if "." in kind else f"{package}.{kind}"
