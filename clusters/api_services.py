"""APIServices: who serves each group version of an aggregated API, and whether it is up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clusters.api.client import Client

PATH = "/apis/apiregistration.k8s.io/v1/apiservices"


@dataclass(frozen=True)
class ApiService:
    """One group version. `service` is `namespace/name`, or nothing where the API server serves it itself.

    `available` is the status of the condition: `True`, `False`, `Unknown`, or nothing where there is none.
    """

    group: str
    version: str
    service: str
    available: str
    reason: str
    message: str


def fetch_api_services(client: Client) -> dict[tuple[str, str], ApiService]:
    """By group and version; Forbidden and other ApiErrors as the API server answers."""
    items = _mapping(client.get(PATH)).get("items")
    found = [_read(one) for one in (items if isinstance(items, list) else ())]
    return {(one.group, one.version): one for one in found}


def _read(item: Any) -> ApiService:
    spec, status = _mapping(_mapping(item).get("spec")), _mapping(_mapping(item).get("status"))
    service = _mapping(spec.get("service"))
    conditions = status.get("conditions")
    condition: Mapping[str, Any] = next(
        (
            one
            for one in (conditions if isinstance(conditions, list) else ())
            if _mapping(one).get("type") == "Available"
        ),
        {},
    )
    return ApiService(
        group=_text(spec, "group"),
        version=_text(spec, "version"),
        service=f"{_text(service, 'namespace')}/{_text(service, 'name')}" if service else "",
        available=_text(condition, "status"),
        reason=_text(condition, "reason"),
        message=_text(condition, "message"),
    )


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
