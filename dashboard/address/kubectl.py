"""kubectl commands for a list or an object: built from an address, quoted for a POSIX shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from dashboard.address.paths import ALL, CLUSTER, Address

MAX_COMMANDS = 12


def list_commands(address: Address) -> str:
    """The commands that list what the page lists, one a line: kubectl takes one cluster and one namespace."""
    words = [address.resource, *_selectors(address)]
    commands = [
        command(cluster, namespace, "get", *words)
        for cluster in address.clusters
        for namespace in address.namespaces
    ]
    more = ["# …"] if len(commands) > MAX_COMMANDS else []
    return "\n".join([*commands[:MAX_COMMANDS], *more])


def get_command(address: Address, *options: str) -> str:
    """The command that shows one object, such as with `-o yaml`."""
    return command(address.cluster, address.namespaces[0], "get", *_object(address), *options)


def object_command(address: Address, verb: str, *options: str) -> str:
    """A command about one object, such as `delete` with `--cascade=orphan`; `verb` can be two words."""
    words = [*verb.split(), *_object(address), *options]
    return command(address.cluster, address.namespaces[0], words[0], *words[1:])


def node_command(address: Address, verb: str) -> str:
    """A command that takes the name of a Node alone, such as `cordon`."""
    return command(address.cluster, CLUSTER, verb, address.name)


def describe_command(address: Address) -> str:
    """The command whose answer is nearest to an object's page."""
    return command(address.cluster, address.namespaces[0], "describe", *_object(address))


def edit_command(address: Address) -> str:
    """The command that edits one object."""
    return command(address.cluster, address.namespaces[0], "edit", *_object(address))


def logs_command(address: Address, *options: str) -> str:
    """The command that reads the logs of a pod or of a workload's pods, or of the pods that the selector selects."""
    if not address.name:
        return command(address.cluster, address.namespaces[0], "logs", *_selectors(address), *options)
    target = address.name if address.resource == "pods" else f"{address.resource}/{address.name}"
    return command(address.cluster, address.namespaces[0], "logs", target, *options)


def events_command(address: Address, kind: str) -> str:
    """The command that shows an object's events."""
    namespace = "default" if address.namespaces[0] == CLUSTER else address.namespaces[0]
    return command(address.cluster, namespace, "events", "--for", f"{kind}/{address.name}")


def secret_value(address: Address, key: str) -> str:
    """The command that prints one value of a Secret."""
    escaped = key.replace("\\", "\\\\").replace(".", "\\.")
    return get_command(address, "-o", f"jsonpath={{.data.{escaped}}}") + " | base64 -d"


def command(cluster: str, namespace: str, verb: str, *words: str) -> str:
    """One command. `namespace` as in an address: `_all` and `_cluster` too."""
    options = {ALL: ["--all-namespaces"], CLUSTER: []}.get(namespace, ["-n", namespace])
    return shlex.join(["kubectl", "--context", cluster, verb, *words, *options])


def _object(address: Address) -> Sequence[str]:
    """Kind and name; as one word where the name would be taken for an option."""
    if address.name.startswith("-"):
        return [f"{address.resource}/{address.name}"]
    return [address.resource, address.name]


def _selectors(address: Address) -> Sequence[str]:
    query = dict(address.query)
    words = []
    if selector := query.get("selector"):
        words += ["-l", selector]
    if fields := query.get("fields"):
        words += ["--field-selector", fields]
    return words
