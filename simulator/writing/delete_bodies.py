"""DELETE options: those of the body, else those of the query."""

from __future__ import annotations

from typing import Any

from simulator.requests.call import Call
from simulator.requests.statuses import bad_request_error, unsupported_media_type_error
from simulator.writing import protobuf
from simulator.writing.bodies import ACCEPTED, PROTOBUF, content_type, no_struct_message, parse_body


async def read_delete_body(call: Call) -> dict[str, Any]:
    """A body, even an empty object, hides the query altogether."""
    raw = await call.body()
    if not raw:
        return _read_query(call)
    media = content_type(call)
    if media not in ACCEPTED:
        raise unsupported_media_type_error(ACCEPTED)
    if media == PROTOBUF:
        return protobuf.decode_protobuf(raw, call.cluster)
    value, _ = parse_body(
        raw, media, lambda why: bad_request_error(f"couldn't get version/kind; json parse error: {why}")
    )
    if not isinstance(value, dict):
        raise bad_request_error(f"couldn't get version/kind; json parse error: {no_struct_message(value)}")
    return value


def _read_query(call: Call) -> dict[str, Any]:
    query = call.query
    found: dict[str, Any] = {"dryRun": query.all("dryRun")}
    if query.get("propagationPolicy"):
        found["propagationPolicy"] = query.get("propagationPolicy")
    if query.get("gracePeriodSeconds"):
        found["gracePeriodSeconds"] = query.number("gracePeriodSeconds")
    if query.get("orphanDependents"):
        found["orphanDependents"] = query.flag("orphanDependents")
    return found
