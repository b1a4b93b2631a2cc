"""Content negotiation: the Accept header, as the API server reads it."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.requests.statuses import StatusError, not_acceptable_error

JSON, YAML = "application/json", "application/yaml"
AVAILABLE = (JSON, YAML, "application/vnd.kubernetes.protobuf")
STREAMS = (f"{JSON};stream=watch", "application/vnd.kubernetes.protobuf;stream=watch")
META_VERSIONS = {"v1": "meta.k8s.io/v1", "v1beta1": "meta.k8s.io/v1beta1"}
PRETTY_AGENTS = ("curl", "Wget", "Mozilla/5.0")


@dataclass(frozen=True)
class Form:
    """`media` is JSON or YAML; `shape` is "", Table, PartialObjectMetadata or PartialObjectMetadataList, with
    its apiVersion."""

    media: str = JSON
    kind: str = ""
    api_version: str = ""


def negotiate(header: str, kinds: tuple[str, ...] = (), *, streams: bool = True) -> Form:
    """The first clause that can be served; raises 406 where none can."""
    for clause in _clauses(header or "*/*"):
        form = _form(clause, kinds)
        if form is not None:
            return form
    clauses = _clauses(header)
    if any(clause[""] in (JSON, YAML) for clause in clauses):  # the right type, in a shape that there is not
        message = f"only the following media types are accepted: {', '.join(AVAILABLE)}"
        raise StatusError(406, message, "NotAcceptable")
    raise unacceptable_error(streams=streams)


def unacceptable_error(*, streams: bool = True) -> StatusError:
    return not_acceptable_error(AVAILABLE + STREAMS if streams else AVAILABLE)


def is_pretty(agent: str, pretty: str | None) -> bool:
    """People's programs get indented JSON, unless `?pretty=` says otherwise."""
    if pretty is not None:
        return pretty.lower() not in ("false", "0")
    return agent.startswith(PRETTY_AGENTS)


def _clauses(header: str) -> list[dict[str, str]]:
    """Each with its media type under "" and its parameters, the weightiest first."""
    found = []
    for text in header.split(","):
        media, *parameters = (part.strip() for part in text.split(";"))
        clause = {"": media.lower(), "q": "1"}
        clause.update(
            (key.strip(), value.strip()) for key, _, value in (one.partition("=") for one in parameters)
        )
        found.append(clause)
    return sorted(found, key=lambda clause: -_weight(clause["q"]))


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def _form(clause: dict[str, str], kinds: tuple[str, ...]) -> Form | None:
    media = {"*/*": JSON, JSON: JSON, YAML: YAML}.get(clause[""])
    if media is None or clause.get("stream", "watch") != "watch":
        return None
    if "as" not in clause:
        return Form(media)
    if clause["as"] in kinds and clause.get("g") == "meta.k8s.io" and clause.get("v") in META_VERSIONS:
        return Form(media, clause["as"], META_VERSIONS[clause["v"]])
    return None
