"""Pods as far as their logs need them: containers, their runs, and how each ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from clusters.api.errors import NotKubernetes

ContainerKind = Literal["container", "init", "ephemeral"]
_CONTAINER_FIELDS: tuple[tuple[str, str, ContainerKind], ...] = (
    ("initContainers", "initContainerStatuses", "init"),
    ("containers", "containerStatuses", "container"),
    ("ephemeralContainers", "ephemeralContainerStatuses", "ephemeral"),
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run of a container ended."""

    exit_code: int
    signal: int
    reason: str
    message: str
    finished_at: str


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a pod now. `waiting` is why it does not run; `ended` and `previous` are its last two endings."""

    name: str
    kind: ContainerKind
    restart_count: int = 0
    is_running: bool = False
    waiting: str = ""
    ended: Ending | None = None
    previous: Ending | None = None

    @property
    def has_log(self) -> bool:
        """Whether there is a log to read without `previous`: the run goes on, or ended and is the last one."""
        return self.is_running or self.ended is not None or self.previous is not None

    @property
    def is_crashed(self) -> bool:
        """Whether it does not run because its last run ended badly."""
        last = self.ended or self.previous
        return not self.is_running and last is not None and (last.exit_code != 0 or bool(self.waiting))


@dataclass(frozen=True, slots=True)
class Owner:
    """The controller of an object."""

    api_version: str
    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod now. `controller` is None where nothing controls it."""

    namespace: str
    name: str
    uid: str
    node: str
    controller: Owner | None
    containers: tuple[Container, ...]

    def find(self, name: str) -> Container | None:
        return next((one for one in self.containers if one.name == name), None)


def read_pod(found: Any) -> Pod:
    """Of a Pod as the API server sends it; parts of a wrong type are as if they were not there."""
    metadata = _dictionary(found, "metadata")
    return Pod(
        _text(metadata, "namespace"),
        _text(metadata, "name"),
        _text(metadata, "uid"),
        _text(_dictionary(found, "spec"), "nodeName"),
        find_controller(metadata),
        tuple(_read_containers(found)),
    )


def read_list(body: bytes) -> tuple[list[Pod], str, bool]:
    """The pods of a PodList, its resourceVersion, and whether there are more. NotKubernetes for what is none."""
    found = decode(body)
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise NotKubernetes("The response to a list of pods is no list.")
    metadata = _dictionary(found, "metadata")
    return (
        [read_pod(one) for one in items],
        _text(metadata, "resourceVersion"),
        bool(_text(metadata, "continue")),
    )


def find_controller(metadata: Any) -> Owner | None:
    for one in _list(metadata, "ownerReferences"):
        if one.get("controller") is True:
            return Owner(_text(one, "apiVersion"), _text(one, "kind"), _text(one, "name"), _text(one, "uid"))
    return None


def decode(body: bytes) -> Any:
    """Raises NotKubernetes for what is no JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise NotKubernetes("The response is not JSON.") from None


def _read_containers(found: Any) -> Iterator[Container]:
    spec, status = _dictionary(found, "spec"), _dictionary(found, "status")
    for field, status_field, kind in _CONTAINER_FIELDS:
        statuses = {_text(one, "name"): one for one in _list(status, status_field)}
        for one in _list(spec, field):
            name = _text(one, "name")
            yield _read_container(name, kind, statuses.get(name, {}))


def _read_container(name: str, kind: ContainerKind, status: Any) -> Container:
    state = _dictionary(status, "state")
    return Container(
        name,
        kind,
        _number(status, "restartCount"),
        isinstance(state.get("running"), dict),
        _text(_dictionary(state, "waiting"), "reason"),
        _read_ending(state),
        _read_ending(_dictionary(status, "lastState")),
    )


def _read_ending(state: Any) -> Ending | None:
    ended = _dictionary(state, "terminated")
    if not ended:
        return None
    return Ending(
        _number(ended, "exitCode"),
        _number(ended, "signal"),
        _text(ended, "reason"),
        _text(ended, "message"),
        _text(ended, "finishedAt"),
    )


def _dictionary(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _list(value: Any, key: str) -> Sequence[dict[str, Any]]:
    found = value.get(key) if isinstance(value, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(value: Any, key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _number(value: Any, key: str) -> int:
    found = value.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
