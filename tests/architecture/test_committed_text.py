"""Committed text: no machine paths and no private package registries."""

from __future__ import annotations

import re

import pytest

from tests.architecture.architecture_map import ROOT
from tests.architecture.committed_files import list_committed

# Built from parts, so that this file is none of what it looks for.
PATHS = re.compile(r"(?<![\w.~$}<>-])/(?:" + "root|work" + r"|home/(?!<)[A-Za-z][\w-]*)/[\w.]")
PUBLIC = ("pypi.org", "proxy.golang.org", "deb.debian.org", "registry.k8s.io", "registry.npmjs.org")
INDEX = re.compile(r"(?:index-url|find-links|registry|GOPROXY|PIP_INDEX_URL)[\s=:]+(\S+://\S+)", re.I)
HOSTS = re.compile(r"https?://([\w.-]*(?:artifactory|nexus|mirror|pypi|goproxy|devpi)[\w.-]*)", re.I)


def find_machine_traces(text: str) -> list[str]:
    """Machine paths and hosts of package registries that are not the public ones."""
    found = [match[0] for match in PATHS.finditer(text)]
    found += [match[0] for match in INDEX.finditer(text) if not _is_public(match[1])]
    found += [match[0] for match in HOSTS.finditer(text) if not _is_public(match[1])]
    return found


def _is_public(host: str) -> bool:
    return any(one in host for one in PUBLIC)


def test_it_names_no_machine_and_no_private_registry() -> None:
    found = []
    for path in list_committed():
        if path == "tests/architecture/test_committed_text.py" or "/vendor/" in path:
            continue
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{path}: {one}" for one in find_machine_traces(text)]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "open('/work/main/manage.py')",
        "see /root/.cache/x",
        'PATH="/home/kim/bin"',
        "--index-url https://packages.example.com/simple",
        "https://mirror.example.com/debian",
        "GOPROXY=https://go.example.com",
    ],
)
def test_it_sees_one_that_does(text: str) -> None:
    assert find_machine_traces(text)


@pytest.mark.parametrize(
    "text",
    [
        "/c/prod/shop/pods",
        "https://example.com/network/work/x",
        "/srv/quarterdeck/data",
        "/home/<you>/quarterdeck",
        "https://pypi.org/simple",
        "$HOME/work/thing",
        "docs/root/index",
    ],
)
def test_it_leaves_other_text_alone(text: str) -> None:
    assert find_machine_traces(text) == []
