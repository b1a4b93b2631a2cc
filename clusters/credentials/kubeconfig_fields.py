"""Kubeconfig fields: typed access with path and line, raising KubeconfigError."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from clusters.api.paths import is_dns_label
from clusters.credentials.errors import KubeconfigError
from clusters.credentials.yaml_tree import Mapping, Node, Scalar, Sequence

ReadFile = Callable[[str], bytes]  # raises OSError
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?")
LONGEST_NAME = 253
PLACEHOLDERS = (
    "REDACTED",
    "DATA+OMITTED",
)  # kubectl config view without --raw, client-go's clientcmd/api/helpers.go
FLATTEN = "kubectl config view --raw --flatten --minify"


@dataclass(frozen=True)
class LocatedMapping:
    """A dictionary of the file and where it stands, such as `users[0].user`."""

    node: Mapping
    path: str

    def path_to(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def line(self, key: str) -> int:
        found = self.node.entries.get(key)
        return found.line if found else self.node.line


@dataclass(frozen=True)
class NamedEntry:
    """An entry of `clusters`, `users` or `contexts`; where there is an `error`, its `mapping` is empty or ambiguous."""

    name: str
    mapping: LocatedMapping
    error: KubeconfigError | None = None
    has_name: bool = True


def root(node: Node) -> LocatedMapping:
    """The file itself, which must be a mapping."""
    if not isinstance(node, Mapping):
        raise KubeconfigError(
            "", _("This is not a kubeconfig: it has no keys."), _("Paste the whole file."), reason="type"
        )
    return LocatedMapping(node, "")


def empty_mapping(path: str) -> LocatedMapping:
    """A dictionary without fields, for what is not in the file."""
    return LocatedMapping(Mapping({}, 0), path)


def expect(mapping: LocatedMapping, key: str, value: str) -> None:
    """The field must hold this value where it is there."""
    found = text(mapping, key)
    if found and found != value:
        message = _("Expected %(value)s.") % {"value": value}
        raise KubeconfigError(mapping.path_to(key), message, reason="kind", line=mapping.line(key))


def text(mapping: LocatedMapping, key: str) -> str:
    """The text of a field, "" where it is missing or null."""
    node = mapping.node.entries.get(key)
    if node is None or _is_null(node):
        return ""
    if not isinstance(node, Scalar) or node.type in ("int", "float", "bool"):
        raise _wrong_type(mapping.path_to(key), node, _("a string"))
    return node.text


def secret_text(mapping: LocatedMapping, key: str) -> str:
    """The text of a field that `kubectl config view` leaves out without --raw: what it prints instead is an error."""
    found = text(mapping, key)
    if found.strip() in PLACEHOLDERS:
        raise KubeconfigError(
            mapping.path_to(key),
            _("This file was printed without --raw, so its certificates, keys and tokens are left out."),
            _("Paste the output of: %(command)s") % {"command": FLATTEN},
            reason="raw",
            line=mapping.line(key),
        )
    return found


def flag(mapping: LocatedMapping, key: str) -> bool:
    """True or false; a missing field is false."""
    node = mapping.node.entries.get(key)
    if node is None or _is_null(node):
        return False
    if not isinstance(node, Scalar) or node.type != "bool":
        raise _wrong_type(mapping.path_to(key), node, _("true or false"))
    return node.text.lower() in ("true", "yes", "on")


def is_set(mapping: LocatedMapping, key: str) -> bool:
    """Is there anything in this field that would mean something?"""
    node = mapping.node.entries.get(key)
    if node is None or _is_null(node):
        return False
    if isinstance(node, Scalar):
        return node.text != ""
    return True


def read_named_list(mapping: LocatedMapping, key: str, inner: str) -> list[NamedEntry]:
    """A list of `{name, <inner>}`, in the order of the file. Of entries with one name none is usable."""
    node = mapping.node.entries.get(key)
    if node is None or _is_null(node):
        return []
    if not isinstance(node, Sequence):
        raise _wrong_type(mapping.path_to(key), node, _("a list"))
    found: list[NamedEntry] = []
    first: dict[str, int] = {}
    for index, item in enumerate(node.items):
        one = _read_entry(item, f"{mapping.path_to(key)}[{index}]", inner)
        earlier = first.setdefault(one.name, index)
        if one.has_name and earlier != index:
            message = _("Duplicate name: %(name)s.") % {"name": one.name}
            error = KubeconfigError(
                f"{mapping.path_to(key)}[{index}].name", message, reason="duplicate", line=item.line
            )
            one, found[earlier] = replace(one, error=error), replace(found[earlier], error=error)
        found.append(one)
    return found


def namespace(mapping: LocatedMapping) -> str:
    """The namespace of a context."""
    name = text(mapping, "namespace")
    if name and not is_dns_label(name):
        raise KubeconfigError(
            mapping.path_to("namespace"),
            _("This is not a valid namespace name."),
            _("Lowercase letters, digits and hyphens, at most 63 characters."),
            line=mapping.line("namespace"),
        )
    return name


def host(mapping: LocatedMapping, key: str) -> str:
    """A host name, such as `tls-server-name`."""
    name = text(mapping, key)
    if name and not HOST.fullmatch(name):
        raise KubeconfigError(
            mapping.path_to(key), _("This is not a valid host name."), line=mapping.line(key)
        )
    return name


def pem(mapping: LocatedMapping, key: str, read_file: ReadFile | None) -> str:
    """PEM from `<key>-data` (base64), which wins over the file that `<key>` names where files may be read."""
    inline = f"{key}-data"
    if is_set(mapping, inline):
        return _decode_base64(mapping, inline)
    if read_file and is_set(mapping, key):
        return file_text(mapping, key, read_file)
    return ""


def file_text(mapping: LocatedMapping, key: str, read_file: ReadFile) -> str:
    """The text of the file that a field names."""
    path = text(mapping, key)
    try:
        return read_file(path).decode()
    except UnicodeDecodeError as wrong:
        raise KubeconfigError(
            mapping.path_to(key), _("The file %(path)s is not text.") % {"path": path}
        ) from wrong
    except OSError as wrong:
        details = {"path": path, "why": wrong.strerror or type(wrong).__name__}
        raise KubeconfigError(
            mapping.path_to(key), _("The file %(path)s cannot be read: %(why)s.") % details
        ) from wrong


def _decode_base64(mapping: LocatedMapping, key: str) -> str:
    packed = "".join(secret_text(mapping, key).split())
    try:
        return base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, ValueError) as wrong:
        raise KubeconfigError(
            mapping.path_to(key),
            _("This is not base64-encoded PEM."),
            _("Encode the PEM file with: base64 -w0"),
            reason="base64",
            line=mapping.line(key),
        ) from wrong


def _read_entry(item: Node, path: str, inner: str) -> NamedEntry:
    """The entry, or what is wrong with it; without a usable name it is called by its path."""
    name = ""
    try:
        one = _mapping(item, path)
        name = text(one, "name")
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            name = ""
            raise KubeconfigError(one.path_to("name"), _("A name is missing or invalid."), line=item.line)
        return NamedEntry(name, _inner(one, inner))
    except KubeconfigError as wrong:
        return NamedEntry(name or path, empty_mapping(path), wrong, has_name=bool(name))


def _inner(one: LocatedMapping, inner: str) -> LocatedMapping:
    node = one.node.entries.get(inner)
    if node is None or _is_null(node):
        return empty_mapping(one.path_to(inner))
    return _mapping(node, one.path_to(inner))


def _mapping(node: Node, path: str) -> LocatedMapping:
    if not isinstance(node, Mapping):
        raise _wrong_type(path, node, _("a mapping"))
    return LocatedMapping(node, path)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.type == "null"


def _wrong_type(path: str, node: Node, expected: str) -> KubeconfigError:
    advice = ""
    if isinstance(node, Scalar) and node.type in ("int", "float", "bool"):
        advice = _("Put the value in quotes if it is meant to be a string.")
    words = {"wanted": expected, "found": _type_name(node), "line": node.line}
    message = _("Line %(line)d: expected %(wanted)s, found %(found)s.") % words
    return KubeconfigError(path, message[:1].upper() + message[1:], advice, reason="type", line=node.line)


def _type_name(node: Node) -> str:
    if isinstance(node, Mapping):
        return _("a mapping")
    if isinstance(node, Sequence):
        return _("a list")
    if node.type in ("int", "float"):
        return _("a number")
    return _("true or false") if node.type == "bool" else _("a string")
