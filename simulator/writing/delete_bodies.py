"""What are the options of a DELETE? Those of its body; where it has none, those of the query."""

from __future__ import annotations

from typing import Any

from simulator.requests.call import Call
from simulator.requests.statuses import bad_request, unsupported_media_type
from simulator.writing import protobuf
from simulator.writing.bodies import ACCEPTED, PROTOBUF, content_type, no_struct, parsed


async def read_delete_body(call: Call) -> dict[str, Any]:
    """A body, even an empty object, hides the query altogether."""
    raw = await call.body()
    if not raw:
        return _of_query(call)
    media = content_type(call)
    if media not in ACCEPTED:
        raise unsupported_media_type(ACCEPTED)
    if media == PROTOBUF:
        return protobuf.decoded(raw, call.cluster)
    value, _ = parsed(
        raw, media, lambda why: bad_request(f"couldn't get version/kind; json parse error: {why}")
    )
    if not isinstance(value, dict):
        raise bad_request(f"couldn't get version/kind; json parse error: {no_struct(value)}")
    return value


def _of_query(call: Call) -> dict[str, Any]:
    query = call.query
    found: dict[str, Any] = {"dryRun": query.all("dryRun")}
    if query.get("propagationPolicy"):
        found["propagationPolicy"] = query.get("propagationPolicy")
    if query.get("gracePeriodSeconds"):
        found["gracePeriodSeconds"] = query.number("gracePeriodSeconds")
    if query.get("orphanDependents"):
        found["orphanDependents"] = query.flag("orphanDependents")
    return found
