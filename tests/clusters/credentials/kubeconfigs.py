"""Sample kubeconfigs, good and hostile."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import yaml

from tests.clusters.credentials.certificates import make_certificate, to_base64

AUTHORITY = make_certificate("authority")[0]


def build_config(
    *, user: dict[str, Any] | None = None, cluster: dict[str, Any] | None = None
) -> dict[str, Any]:
    """One context `shop` for `https://api.example.com:6443`; the arguments are laid over its fields."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "shop",
        "preferences": {},
        "clusters": [
            {
                "name": "prod",
                "cluster": {
                    "server": "https://api.example.com:6443",
                    "certificate-authority-data": to_base64(AUTHORITY),
                    **(cluster or {}),
                },
            }
        ],
        "users": [{"name": "dana", "user": {"token": "dana-token"} if user is None else user}],
        "contexts": [{"name": "shop", "context": {"cluster": "prod", "user": "dana", "namespace": "shop"}}],
    }


def to_yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False)


def add_context(value: dict[str, Any], *, user: dict[str, Any], server: str) -> dict[str, Any]:
    """The same file with one more context, `other`."""
    value = deepcopy(value)
    value["clusters"].append({"name": "other", "cluster": {"server": server}})
    value["users"].append({"name": "other", "user": user})
    value["contexts"].append({"name": "other", "context": {"cluster": "other", "user": "other"}})
    return value
