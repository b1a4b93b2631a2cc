"""Request bodies: JSON or YAML by content type, with duplicate fields reported."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from simulator.requests.call import Call
from simulator.requests.go_errors import go_error_message
from simulator.requests.statuses import StatusError, bad_request_error, unsupported_media_type_error
from simulator.schemas.resources import Object, Resource
from simulator.writing import protobuf

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
ACCEPTED = (JSON, YAML, PROTOBUF)


class Duplicates(list[str]):
    """The paths of keys that stand twice in a body, and how the body begins."""

    raw_text = ""


async def read_object(call: Call) -> tuple[Object, Duplicates]:
    """The object of a POST or PUT, and its duplicate fields; raises 400 and 415."""
    raw = await call.body()
    media = content_type(call)
    if media not in (ACCEPTED if call.resource.definition is None else ACCEPTED[:2]):
        raise unsupported_media_type_error(ACCEPTED if call.resource.definition is None else ACCEPTED[:2])
    if media == PROTOBUF:
        return protobuf.decode_protobuf(raw, call.cluster), Duplicates()
    value, duplicates = parse_body(raw, media, lambda why: unrecognized_error(call.resource, why, raw))
    if value is not None and not isinstance(value, dict):
        raise unrecognized_error(call.resource, no_struct_message(value), raw)
    duplicates.raw_text = quote_beginning(raw)
    return value or {}, duplicates


def content_type(call: Call) -> str:
    """Without its parameters; JSON where none is named."""
    return call.headers.get("Content-Type", "").partition(";")[0].strip().lower() or JSON


def parse_body(raw: bytes, media: str, make_error: Callable[[str], StatusError]) -> tuple[Any, Duplicates]:
    if media == YAML:
        return _yaml(raw, make_error)
    return _json(raw, make_error)


def unrecognized_error(resource: Resource, why: str, raw: bytes) -> StatusError:
    """What the API server says of a body in which it finds no kind."""
    message = f"couldn't get version/kind; json parse error: {why} ({quote_beginning(raw)})"
    return bad_request_error(
        f"the object provided is unrecognized (must be of type {resource.kind}): {message}"
    )


def quote_beginning(raw: bytes) -> str:
    """Of what looks like an object the text, of other bodies the bytes."""
    if not raw:
        return "<empty>"
    if not raw.lstrip().startswith(b"{"):
        return raw[:30].hex()
    return raw[:30].decode(errors="replace") + (" ..." if len(raw) > 30 else "")


def _json(raw: bytes, make_error: Callable[[str], StatusError]) -> tuple[Any, Duplicates]:
    seen: dict[int, list[str]] = {}  # of an object with doubles all keys in their order

    def build(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen[id(found)] = [key for key, _ in pairs]
        return found

    try:
        value = json.loads(raw, object_pairs_hook=build, parse_constant=_no_constant)
    except (ValueError, RecursionError) as failure:
        raise make_error(go_error_message(raw, failure)) from None
    return value, Duplicates(_paths(value, seen) if seen else ())


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def _paths(value: Any, seen: dict[int, list[str]]) -> list[str]:
    """Where the doubles stand, in the order in which a reader meets them."""
    found: list[str] = []

    def walk(one: Any, path: str) -> None:
        if isinstance(one, dict):
            met: set[str] = set()
            for key in seen.get(id(one), one):
                inner = f"{path}.{key}" if path else key
                if key in met:
                    found.append(inner)
                else:
                    walk(one[key], inner)
                met.add(key)
        elif isinstance(one, list):
            for number, inner_one in enumerate(one):
                walk(inner_one, f"{path}[{number}]")

    walk(value, "")
    return list(dict.fromkeys(found))


def no_struct_message(value: Any) -> str:
    kind = {list: "array", str: "string", bool: "bool"}.get(type(value), "number")
    struct = (
        r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'
    )
    return f"json: cannot unmarshal {kind} into Go value of type {struct}"


# --- YAML, as sigs.k8s.io/yaml reads it: 1.1 for booleans and octal numbers, no dates


class _Loader(yaml.CSafeLoader):
    """Without dates, and without numbers of base 60."""


_CONSTRUCTORS = {
    letter: [(tag, form) for tag, form in forms if not tag.endswith((":timestamp", ":int", ":float"))]
    for letter, forms in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.yaml_implicit_resolvers = _CONSTRUCTORS
_INT = re.compile(r"^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+)$")
_FLOAT = re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$")
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))


def _yaml(raw: bytes, make_error: Callable[[str], StatusError]) -> tuple[Any, Duplicates]:
    """The first document alone, as the API server does."""
    try:
        loader = _Loader(raw)
        try:
            value = loader.get_data() if loader.check_data() else None  # type: ignore[no-untyped-call]
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        raise make_error(f"error converting YAML to JSON: yaml: {str(failure).splitlines()[0]}") from None
    return _stringify_keys(value), Duplicates()


def _stringify_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _stringify_keys(one) for key, one in value.items()}
    return [_stringify_keys(one) for one in value] if isinstance(value, list) else value


def _key(key: Any) -> str:
    return json.dumps(key) if isinstance(key, bool | int | float) else str(key)
