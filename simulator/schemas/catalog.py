"""Catalog of served kinds: built-in resources and CustomResourceDefinitions."""

from collections.abc import Callable, Iterator

from simulator.schemas.archive import Archive
from simulator.schemas.resources import Object, Resource, parse_definition, parse_resource_list


class Catalog:
    """The built-in kinds, and those of the cluster's CustomResourceDefinitions. `revision` counts changes."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.revision = 0
        self._resources: dict[tuple[str, str, str], Resource] = {}
        self._definitions: dict[str, Object] = {}
        self._listeners: list[Callable[[str], None]] = []
        for answer in archive.discovery["lists"].values():
            for one in parse_resource_list(answer):
                self._resources[one.group, one.version, one.plural] = one

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._resources.values()))

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._resources.get((group, version, plural))

    def find_kind(self, group: str, version: str, kind: str) -> Resource | None:
        for one in self._resources.values():
            if (one.group, one.version, one.kind) == (group, version, kind):
                return one
        return None

    def find_any_version(self, group: str, plural: str) -> Resource | None:
        """The preferred one: the first that discovery names."""
        for one in self._resources.values():
            if (one.group, one.plural) == (group, plural):
                return one
        return None

    def is_built_in(self, group: str) -> bool:
        return any(one.group == group and one.definition is None for one in self._resources.values())

    @property
    def definitions(self) -> dict[str, Object]:
        """The CustomResourceDefinitions that are served, by name."""
        return dict(self._definitions)

    def define(self, definition: Object) -> None:
        """Serve (or update) the kinds of a CustomResourceDefinition; its metadata must name it."""
        name = definition["metadata"]["name"]
        self._drop(name)
        self._definitions[name] = definition
        for one in parse_definition(definition):
            self._resources[one.group, one.version, one.plural] = one
        self._notify_listeners(name)

    def undefine(self, name: str) -> None:
        if name in self._definitions:
            self._drop(name)
            del self._definitions[name]
            self._notify_listeners(name)

    def listen(self, callback: Callable[[str], None]) -> None:
        """Called with the name of each CustomResourceDefinition that was changed or is gone."""
        self._listeners.append(callback)

    def listen_to(self, name: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Called when that CustomResourceDefinition is changed or gone. Answers how to stop it."""

        def notify(changed: str) -> None:
            if changed == name:
                callback()

        self._listeners.append(notify)
        return lambda: self._listeners.remove(notify)

    def _drop(self, name: str) -> None:
        for key, one in list(self._resources.items()):
            if one.definition is not None and one.definition["metadata"]["name"] == name:
                del self._resources[key]

    def _notify_listeners(self, name: str) -> None:
        self.revision += 1
        for callback in list(self._listeners):
            callback(name)
