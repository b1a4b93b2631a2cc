"""Hostile API server: markup and control characters in every kind, column, cell, object and error."""

from __future__ import annotations

import json
from typing import Any

from tests.clusters.api.faults import Wire
from tests.controlplane.hostile import ALL, LINE, TEXTS

VERBS = ["get", "list", "watch", "create", "delete", TEXTS["image"]]
WARNING = f'Warning: 299 - "{TEXTS["image"]} {TEXTS["script"].replace(chr(34), "")}"'


def hostile_api(wire: Wire) -> None:
    """A whole API server, as far as pages ask, in which every text is hostile."""
    path, _, query = wire.request.target.partition("?")
    if path.endswith("/selfsubjectreviews"):
        who = {"username": LINE, "groups": [TEXTS["script"]], "extra": {TEXTS["image"]: [LINE]}}
        _send_json(wire, 201, {"kind": "SelfSubjectReview", "status": {"userInfo": who}})
    elif path.endswith("/selfsubjectaccessreviews"):
        _send_json(
            wire, 201, {"kind": "x", "status": {"allowed": True, "reason": ALL, "evaluationError": ""}}
        )
    elif path in ("/api", "/apis"):
        _send_json(wire, 200, _discovery(path))
    elif path == "/version":
        _send_json(wire, 200, {"gitVersion": LINE, "major": LINE, "minor": ALL, "platform": TEXTS["script"]})
    elif "watch=" in query:
        wire.stream_head(WARNING)
        wire.chunk(json.dumps({"type": "ERROR", "object": _status(403)}).encode() + b"\n")
        wire.send(b"0\r\n\r\n")
    elif path.endswith("/configmaps"):
        _send_json(wire, 200, _table())
    elif path.endswith("/configmaps/hostile"):
        _send_json(wire, 200, _object())
    else:
        _send_json(wire, 403, _status(403))


def _send_json(wire: Wire, code: int, body: Any) -> None:
    wire.respond(code, json.dumps(body).encode(), "application/json", WARNING)


def _status(code: int) -> dict[str, Any]:
    causes = [{"field": text, "reason": text, "message": text} for text in TEXTS.values()]
    details = {"name": LINE, "kind": LINE, "causes": causes}
    return {"kind": "Status", "code": code, "message": ALL, "reason": TEXTS["script"], "details": details}


def _discovery(path: str) -> dict[str, Any]:
    named = {"kind": "ConfigMap", "group": "", "version": ""}
    odd = {"kind": TEXTS["image"], "group": TEXTS["htmx"], "version": TEXTS["script"]}
    resources = [
        {
            "resource": "configmaps",
            "responseKind": named,
            "scope": "Namespaced",
            "verbs": VERBS,
            "shortNames": [LINE],
        },
        {
            "resource": TEXTS["script"],
            "responseKind": odd,
            "scope": "Namespaced",
            "verbs": VERBS,
            "categories": [LINE],
        },
        {"resource": "odd", "responseKind": odd, "singularResource": LINE, "scope": LINE, "verbs": VERBS},
    ]
    version = {"version": "v1", "resources": resources, "freshness": LINE}
    names = [""] if path == "/api" else [TEXTS["image"], "hostile.example.com"]
    items = [{"metadata": {"name": name}, "versions": [version]} for name in names]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}


def _table() -> dict[str, Any]:
    columns = [
        {"name": "Name", "type": "string", "format": "name", "description": ALL},
        {"name": TEXTS["script"], "type": TEXTS["image"], "format": TEXTS["htmx"], "description": LINE},
        {"name": LINE, "type": "integer", "description": TEXTS["attribute"]},
        {"name": TEXTS["address"], "type": "date", "description": ALL},
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "1", "continue": ""},
        "columnDefinitions": columns,
        "rows": [_row(number, text) for number, text in enumerate(TEXTS.values())],
    }


def _row(number: int, text: str) -> dict[str, Any]:
    meta = {
        "name": text if number else "hostile",
        "namespace": text if number % 2 else "shop",
        "uid": f"{number}{text}",
        "resourceVersion": text,
        "creationTimestamp": text,
        "labels": {text: text},
    }
    return {
        "cells": [text, text, [text, {text: text}], {text: text}],
        "object": {"kind": "x", "metadata": meta},
    }


def _object() -> dict[str, Any]:
    """An object in which every text, key and list that pages read is hostile."""
    meta = {
        "name": "hostile",
        "namespace": "shop",
        "uid": TEXTS["script"],
        "resourceVersion": "2",
        "creationTimestamp": TEXTS["image"],
        "deletionTimestamp": TEXTS["htmx"],
        "generateName": LINE,
        "finalizers": list(TEXTS.values()),
        "labels": {text: text for text in TEXTS.values()},
        "annotations": {text: text for text in TEXTS.values()},
        "ownerReferences": [
            {"kind": text, "name": text, "apiVersion": text, "uid": text} for text in TEXTS.values()
        ],
        "managedFields": [
            {"manager": text, "operation": text, "time": text, "fieldsV1": {text: {}}}
            for text in TEXTS.values()
        ],
    }
    nested = {text: [text, {text: text}] for text in TEXTS.values()}
    conditions = [{"type": text, "status": text, "reason": text, "message": text} for text in TEXTS.values()]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": meta,
        "data": nested,
        "spec": nested,
        "status": {"conditions": conditions, "phase": LINE, **nested},
        TEXTS["script"]: nested,
    }
