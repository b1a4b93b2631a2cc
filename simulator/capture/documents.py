"""Capture of discovery and OpenAPI documents (v3 and v2) from a real API server."""

from typing import Any

import msgspec

from simulator.capture.source import Source

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def fetch_discovery(source: Source) -> dict[str, Any]:
    """`api` and `apis` are the aggregated answers, `plain` the old ones of each path, `lists` those of a
    group and version (APIResourceList)."""
    plain = {path: source.json(path) for path in ("/api", "/apis")}
    lists = {"/api/v1": source.json("/api/v1")}
    for group in plain["/apis"]["groups"]:
        plain[f"/apis/{group['name']}"] = source.json(f"/apis/{group['name']}")
        for version in group["versions"]:
            path = f"/apis/{version['groupVersion']}"
            lists[path] = source.json(path)
    return {
        "api": source.json("/api", AGGREGATED),
        "apis": source.json("/apis", AGGREGATED),
        "plain": plain,
        "lists": lists,
        "root": source.json("/")["paths"],
    }


def fetch_openapi_v3(source: Source) -> dict[str, Any]:
    """Every document once, with the schemas that they share taken out: `schemas` is name -> variants,
    `documents` path -> {hash, body}, where the body's schemas are name -> number of the variant."""
    schemas: dict[str, list[Any]] = {}
    documents = {}
    for path, entry in source.json("/openapi/v3")["paths"].items():
        address = entry["serverRelativeURL"]
        raw = source.raw(address.partition("?")[0])
        body = msgspec.json.decode(raw) if raw else None
        parts = (body or {}).get("components", {})
        if "schemas" in parts:
            parts["schemas"] = {name: _number(schemas, name, one) for name, one in parts["schemas"].items()}
        documents[path] = {"hash": address.rpartition("=")[2], "body": body}
    return {"schemas": schemas, "documents": documents}


def fetch_openapi_v2(source: Source) -> Any:
    """The one document of the old form."""
    return source.json("/openapi/v2")


def _number(schemas: dict[str, list[Any]], name: str, schema: Any) -> int:
    variants = schemas.setdefault(name, [])
    if schema not in variants:
        variants.append(schema)
    return variants.index(schema)
