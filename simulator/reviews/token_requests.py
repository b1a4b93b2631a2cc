"""TokenRequest endpoint: ServiceAccount tokens, optionally bound to a pod or a Secret."""

from __future__ import annotations

import datetime
import time
from typing import Any

from aiohttp import web

from simulator.requests.authentication import ACCOUNTS
from simulator.requests.call import Call
from simulator.requests.responses import respond
from simulator.requests.statuses import (
    Cause,
    StatusError,
    bad_request_error,
    conflict_error,
    invalid_error,
    not_found_error,
)
from simulator.requests.tokens import ISSUER, account_claims
from simulator.schemas.resources import Object, Resource
from simulator.writing import managed
from simulator.writing.bodies import read_object
from simulator.writing.decoding import decode
from simulator.writing.options import write_options

SHORTEST, LONGEST, USUAL = 600, 2**32, 3600  # seconds
_REQUEST = Resource("authentication.k8s.io", "v1", "tokenrequests", "tokenrequest", "TokenRequest", True, ())


async def request_token(call: Call) -> web.StreamResponse:
    thing, _ = await read_object(call)
    thing = decode(
        thing, call.cluster.types.get_kind_type("authentication.k8s.io", "v1", "TokenRequest"), _REQUEST
    ).thing
    account = call.cluster.store.get(ACCOUNTS, call.info.namespace, call.info.name)
    if account is None:
        raise not_found_error(call.resource, call.info.name)
    spec = _check_spec(thing.get("spec") or {})
    bound = _resolve_bound_object(call, spec.get("boundObjectRef"))
    metadata = account["metadata"]
    claims = account_claims(
        call.info.namespace,
        call.info.name,
        metadata["uid"],
        seconds=spec["expirationSeconds"],
        audiences=spec["audiences"],
        bound=bound,
    )
    status = {
        "token": call.cluster.tokens.sign(claims),
        "expirationTimestamp": _expiry(spec["expirationSeconds"]),
    }
    head: Object = {"kind": "TokenRequest", "apiVersion": _REQUEST.api_version}
    own = {"name": call.info.name, "namespace": call.info.namespace, "uid": metadata["uid"]}
    own["creationTimestamp"] = call.cluster.clock.stamp()
    options = write_options(call, "CreateOptions")
    recorded = {"expirationSeconds": spec["expirationSeconds"]} | (thing.get("spec") or {})
    issued = managed.record_update(
        call.cluster, _REQUEST, None, head | {"metadata": own, "spec": recorded}, options
    )
    return await respond(call, issued | {"spec": spec, "status": status}, 201)


def _check_spec(spec: dict[str, Any]) -> dict[str, Any]:
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < SHORTEST:
        raise _invalid(seconds, "may not specify a duration less than 10 minutes")
    if seconds is not None and seconds > LONGEST:
        raise _invalid(seconds, "may not specify a duration larger than 2^32 seconds")
    audiences = spec.get("audiences") or [ISSUER]
    usual = USUAL if seconds is None else seconds
    return {"audiences": audiences, "expirationSeconds": usual, "boundObjectRef": spec.get("boundObjectRef")}


def _invalid(seconds: int, why: str) -> StatusError:
    message = f"Invalid value: {seconds}: {why}"
    return invalid_error(_REQUEST, "", [Cause("FieldValueInvalid", message, "spec.expirationSeconds")])


def _resolve_bound_object(call: Call, reference: dict[str, Any] | None) -> dict[str, Any]:
    """What the token is bound to; raises 404 and 409 where that is not there, or another of its name."""
    if not reference:
        return {}
    kind = reference.get("kind", "")
    if reference.get("apiVersion") != "v1" or kind not in ("Pod", "Secret", "Node"):
        group, _, version = reference.get("apiVersion", "").rpartition("/")
        raise bad_request_error(f"cannot bind token to object of type {group}/{version}, Kind={kind}")
    plural, name = f"{kind.lower()}s", reference.get("name", "")
    found = call.cluster.store.get(("", plural), "" if kind == "Node" else call.info.namespace, name)
    resource = call.cluster.catalog.find("", "v1", plural)
    if found is None or resource is None:
        raise not_found_error(resource or call.resource, name)
    uid = found["metadata"]["uid"]
    if reference.get("uid") and reference["uid"] != uid:
        why = (
            f"the UID in the bound object reference ({reference['uid']}) does not match the UID in record. "
            "The object might have been deleted and then recreated"
        )
        raise conflict_error(resource, name, why)
    return {kind.lower(): {"name": name, "uid": uid}}


def _expiry(seconds: int) -> str:
    timestamp = datetime.datetime.fromtimestamp(time.time() + seconds, datetime.UTC)
    return timestamp.strftime("%Y-%m-%dT%H:%M:%SZ")
