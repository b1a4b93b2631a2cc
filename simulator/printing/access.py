"""Table printers of role bindings and CertificateSigningRequests."""

from __future__ import annotations

import datetime
from typing import Any

from simulator.printing.ages import duration
from simulator.printing.parts import NONE, age_of, name, spec, status
from simulator.schemas.resources import Object


def role_binding(thing: Object, now: datetime.datetime) -> list[Any]:
    role = thing.get("roleRef") or {}
    subjects = thing.get("subjects") or ()
    accounts = [
        f"{one.get('namespace', '')}/{one.get('name', '')}"
        for one in subjects
        if one.get("kind") == "ServiceAccount"
    ]
    return [
        name(thing),
        f"{role.get('kind', '')}/{role.get('name', '')}",
        age_of(thing, now),
        ", ".join(one.get("name", "") for one in subjects if one.get("kind") == "User"),
        ", ".join(one.get("name", "") for one in subjects if one.get("kind") == "Group"),
        ", ".join(accounts),
    ]


def certificate_signing_request(thing: Object, now: datetime.datetime) -> list[Any]:
    desired = spec(thing)
    seconds = desired.get("expirationSeconds")
    return [
        name(thing),
        age_of(thing, now),
        desired.get("signerName") or NONE,
        desired.get("username", ""),
        NONE if seconds is None else duration(seconds),
        _condition(status(thing)),
    ]


def _condition(seen: Object) -> str:
    types = {one.get("type") for one in seen.get("conditions") or ()}
    text = "Denied" if "Denied" in types else "Approved" if "Approved" in types else "Pending"
    return text + (",Failed" if "Failed" in types else "") + (",Issued" if seen.get("certificate") else "")
