"""Simulated cluster: store, kinds, clock, users and certificate authority in one object."""

from __future__ import annotations

import functools
import random
import secrets
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from simulator.certificates import Authority, Pair
from simulator.clock import Clock
from simulator.metrics.usage import Usage
from simulator.pods.logs import Logs
from simulator.requests.authentication import Authentication
from simulator.requests.rbac import Rbac
from simulator.requests.tokens import Tokens
from simulator.schemas.archive import LATEST, archive
from simulator.schemas.catalog import Catalog
from simulator.schemas.discovery import Discovery
from simulator.schemas.openapi import OpenApi
from simulator.schemas.resources import split_api_version
from simulator.schemas.types import Types, types_of
from simulator.store import Object, Store

NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


class Cluster:
    """Everything of one cluster, without a network: serve it with simulator.server.Server.

    It holds what an empty control plane of that version holds. `seed` makes names and uids repeatable.
    """

    def __init__(
        self,
        name: str = "cluster",
        *,
        version: str = LATEST,
        clock: Clock | None = None,
        seed: int | None = None,
    ) -> None:
        self.name = name
        self.archive = archive(version)
        self.clock = clock or Clock()
        self.random = random.Random(seed if seed is not None else secrets.randbits(64))  # noqa: S311 - no secret
        self.store = Store()
        self.catalog = Catalog(self.archive)
        self.discovery = Discovery(self.catalog)
        self.openapi = OpenApi(self.catalog)
        self.authority = Authority(f"{name}-ca")
        self.tokens = Tokens()
        self.authentication = Authentication(self.store, self.tokens)
        self.rbac = Rbac(self.store)
        self.logs = Logs(self.store, self.clock)
        self.usage = Usage(self.clock)
        self.load(self.archive.objects)

    @functools.cached_property
    def types(self) -> Types:
        """Read on first use: it is not for a start."""
        return types_of(self.archive)

    def load(self, things: Iterable[Object]) -> None:
        """Put objects in as they are, without events; each gets uid and creationTimestamp where it has none."""
        found: dict[tuple[str, str], list[Object]] = {}
        for thing in things:
            group, version = split_api_version(thing["apiVersion"])
            resource = self.catalog.find_kind(group, version, thing["kind"])
            if resource is None:
                raise ValueError(f"No kind {thing['kind']} in {thing['apiVersion']}.")
            found.setdefault(resource.storage, []).append(self._add_identity(thing))
            if resource.plural == "customresourcedefinitions":
                self.catalog.define(found[resource.storage][-1])
        for storage, ones in found.items():
            self.store.load(storage, ones)

    def add_person(self, name: str, groups: Sequence[str] = (), *, token: str = "") -> str:
        """Adds a user with a static token; returns the token."""
        token = token or secrets.token_urlsafe(24)
        self.authentication.add(token, name, groups)
        return token

    def certificate(self, name: str, groups: Sequence[str] = (), *, seconds: int = 365 * 86_400) -> Pair:
        """A client certificate of a user."""
        return self.authority.client(name, groups, seconds=seconds)

    def new_uid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def name_suffix(self, length: int = 5) -> str:
        """What generateName appends."""
        return "".join(self.random.choice(NAME_LETTERS) for _ in range(length))

    def _add_identity(self, thing: Object) -> Object:
        own: dict[str, Any] = {"uid": self.new_uid(), "creationTimestamp": self.clock.stamp()}
        return dict(thing, metadata=own | thing["metadata"])
