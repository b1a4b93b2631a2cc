"""Query options of pods/log: parsed and validated as the API server does."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from simulator.requests.call import Call
from simulator.requests.info import Query
from simulator.requests.statuses import Cause, bad_request_error, invalid_error
from simulator.schemas.resources import Resource

_OPTIONS = Resource("", "v1", "podlogoptions", "podlogoptions", "PodLogOptions", True, ())
NEGATIVE = "must be greater than or equal to 0"
NOT_POSITIVE = "must be greater than 0"


@dataclass(frozen=True)
class LogOptions:
    container: str = ""
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail: int | None = None  # lines; None is all
    limit: int | None = None  # bytes
    since: float = 0.0  # seconds since 1970


def read_log_options(call: Call) -> LogOptions:
    """Raises the API server's 400 and 422."""
    query = call.query
    tail, limit, seconds = (_number(query, name) for name in ("tailLines", "limitBytes", "sinceSeconds"))
    since = _time(query.get("sinceTime")) if query.get("sinceTime") else None
    causes = _causes(tail, limit, seconds, since)
    if query.has("stream"):
        causes.append(Cause("FieldValueForbidden", "Forbidden: may not be specified", "stream"))
    if causes:
        raise invalid_error(_OPTIONS, call.info.name, causes)
    if seconds is not None:
        since = call.cluster.clock.seconds() - seconds
    return LogOptions(
        query.get("container"),
        query.flag("follow"),
        query.flag("previous"),
        query.flag("timestamps"),
        tail,
        limit,
        since or 0.0,
    )


def _causes(tail: int | None, limit: int | None, seconds: int | None, since: float | None) -> list[Cause]:
    found = []
    if tail is not None and tail < 0:
        found.append(_invalid("tailLines", tail, NEGATIVE))
    if limit is not None and limit < 1:
        found.append(_invalid("limitBytes", limit, NOT_POSITIVE))
    if seconds is not None and since is not None:
        why = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        found.append(Cause("FieldValueForbidden", why, "[]"))
    elif seconds is not None and seconds < 1:
        found.append(_invalid("sinceSeconds", seconds, NOT_POSITIVE))
    return found


def _invalid(field: str, value: int, why: str) -> Cause:
    return Cause("FieldValueInvalid", f"Invalid value: {value}: {why}", field)


def _number(query: Query, name: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    if not re.fullmatch(r"[+-]?\d+", text):
        raise bad_request_error(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _time(text: str) -> float:
    """Cut to whole seconds, as the API server hands it on."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise bad_request_error(
            f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": {_time_parse_error(text)}'
        )
    return float(int(found.timestamp()))


def _time_parse_error(text: str) -> str:
    """Where Go stops to read a time."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return 'cannot parse "" as "T"'
    return f'cannot parse "{text}" as "2006"'
