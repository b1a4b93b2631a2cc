"""Route inventory: every route of the URL configuration, with its arguments and a path that resolves.

A route that is added later is found automatically. What a new argument may contain is said once, in
tests/attacks/installation.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
WRITING = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """`name` is the view's name with its namespace, `parts` the pieces of its path from the outside to the inside."""

    name: str
    parts: tuple[str, ...]
    converters: tuple[tuple[str, str], ...]  # argument -> the converter's word (str, int, slug)
    view: Callable[..., Any]

    def __str__(self) -> str:
        return self.name

    @property
    def arguments(self) -> tuple[str, ...]:
        return tuple(name for name, _converter in self.converters)

    def address(self, values: Mapping[str, object]) -> str:
        """The path with these arguments; fails where Django does not lead it back to this very route."""
        path = "/" + "".join(self.parts)
        for name, converter in self.converters:
            path = re.sub(
                rf"<(?:{converter}:)?{name}>", quote(str(values[name]), safe=",:@").replace("\\", r"\\"), path
            )
        try:
            found = resolve(path).view_name
        except Resolver404:
            found = "nothing"
        assert found == self.name, (
            f"{path} leads to {found} and not to {self.name}: in SAMPLES of tests/attacks/installation.py "
            f"choose other values for {', '.join(f'{name} ({converter})' for name, converter in self.converters)}."
        )
        return path


@cache
def list_routes() -> tuple[Route, ...]:
    """All of them, as the site map lists them."""
    found = tuple(_resolve_routes(get_resolver(), (), (), ""))
    names = [route.name for route in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice, (
        f"two routes are named {twice}: give each a name of its own, tests tell them apart by it."
    )
    return found


def fetch_methods(route: Route, path: str, client: Client) -> frozenset[str]:
    """The methods that the view takes, from its 405 to a method that nobody has (as an administrator).

    A view that answers such a method has not said which it takes, and so takes any of them.
    """
    answer = client.generic("BREW", path)
    assert answer.status_code == 405, (
        f"{route.name} answers {answer.status_code} to a method that does not exist: "
        "decorate it with require_safe, require_POST or require_http_methods."
    )
    return frozenset(word.strip() for word in answer["Allow"].split(",")) - {"OPTIONS"}


def _resolve_routes(
    resolver: URLResolver, parts: tuple[str, ...], outer: tuple[tuple[str, str], ...], namespace: str
) -> Iterator[Route]:
    for one in resolver.url_patterns:
        here, converters = (*parts, _read_pattern(one)), (*outer, *_read_converters(one))
        if isinstance(one, URLResolver):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _resolve_routes(one, here, converters, inner)
        else:
            assert one.name, f"the route {''.join(here)} has no name: tests classify routes by their names."
            yield Route(f"{namespace}{one.name}", here, converters, one.callback)


def _read_pattern(one: URLPattern | URLResolver) -> str:
    text = str(one.pattern)
    assert not text.startswith("^"), f"{text} is a regular expression: write the route with path()."
    return text


def _read_converters(one: URLPattern | URLResolver) -> tuple[tuple[str, str], ...]:
    words = {"StringConverter": "str", "IntConverter": "int", "SlugConverter": "slug"}
    words |= {"UUIDConverter": "uuid", "PathConverter": "path"}
    return tuple((name, words[type(by).__name__]) for name, by in one.pattern.converters.items())
