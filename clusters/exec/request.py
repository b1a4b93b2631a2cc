"""Exec request: what is run in which container, with its access reviews, path and query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from clusters.api.paths import resource_path
from clusters.api.resource_attributes import ResourceAttributes

MAX_COMMAND = 500  # characters of a command in the audit trail


@dataclass(frozen=True)
class ExecRequest:
    """A command in a container, or with `attach` the container's own first process, which has no command.

    Without a `container` it is the only one of the pod. With `tty` the output is that of a terminal, and standard
    error is within it. Nothing of a command is expanded by a shell, unless it is one.
    """

    namespace: str
    pod: str
    container: str = ""
    command: Sequence[str] = ()
    stdin: bool = False
    tty: bool = False
    subresource: Literal["exec", "attach"] = "exec"

    @property
    def attributes(self) -> ResourceAttributes:
        """What the audit trail names; a WebSocket needs `create` and, by its method, `get`."""
        return self._attributes("create")

    @property
    def checks(self) -> tuple[ResourceAttributes, ResourceAttributes]:
        """What must be granted for it over a WebSocket (kubernetes/kubernetes#133515)."""
        return self._attributes("create"), self._attributes("get")

    @property
    def path(self) -> str:
        return resource_path(self.attributes)

    @property
    def query(self) -> list[tuple[str, str]]:
        streams = [
            ("stdin", self.stdin),
            ("stdout", True),
            ("stderr", not self.tty),
            ("tty", self.tty),
        ]
        options = [(name, "true") for name, is_set in streams if is_set]
        if self.container:
            options.append(("container", self.container))
        return [*options, *(("command", word) for word in self.command)]

    @property
    def detail(self) -> dict[str, str]:
        """For the audit trail."""
        found = {"container": self.container} if self.container else {}
        return found | ({"command": " ".join(self.command)[:MAX_COMMAND]} if self.command else {})

    def _attributes(self, verb: str) -> ResourceAttributes:
        return ResourceAttributes(verb, "", "v1", "pods", self.subresource, self.namespace, self.pod)
