"""Fixtures of the contract tests: the two contenders, and namespaces for each test."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.both import Both
from tests.contract.contenders import (
    KUBERNETES,
    SIMULATOR,
    Contender,
    connect_real,
    create_namespace,
    start_simulated,
)
from tests.controlplane.controlplane import ControlPlane

_numbers = itertools.count(secrets.randbelow(9) * 1000 + 1000)  # a run does not meet what the last one left


@pytest.fixture(scope="session")
def contenders(
    controlplane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Contender]]:
    folder: Path = tmp_path_factory.mktemp("kubeconfigs")
    with start_simulated(folder, controlplane.binaries.kubectl, controlplane.pod_log) as one:
        yield {SIMULATOR: one, KUBERNETES: connect_real(controlplane)}


@pytest.fixture(params=[SIMULATOR, KUBERNETES])
def cluster(request: pytest.FixtureRequest, contenders: dict[str, Contender]) -> Contender:
    """One after the other, for tests that say what is right."""
    return contenders[request.param]


@pytest.fixture
def both(contenders: dict[str, Contender]) -> Both:
    """Side by side, for tests that compare."""
    return Both(contenders[SIMULATOR], contenders[KUBERNETES])


@pytest.fixture
def namespace(request: pytest.FixtureRequest, contenders: dict[str, Contender]) -> Iterator[str]:
    """A new namespace of one name in both (or in `cluster` alone), gone afterwards."""
    name = f"contract-{next(_numbers)}"
    single = request.node.funcargs.get("cluster") or (
        request.getfixturevalue("cluster") if "cluster" in request.fixturenames else None
    )
    chosen = [single] if single is not None else list(contenders.values())
    for one in chosen:
        create_namespace(one.admin, name)
    yield name
    for one in chosen:
        one.admin.delete(f"/api/v1/namespaces/{name}")


@pytest.fixture(scope="module")
def own_namespace(contenders: dict[str, Contender]) -> Iterator[str]:
    """The path of a namespace that all tests of a module share, in both."""
    name = f"contract-{next(_numbers)}"
    for one in contenders.values():
        create_namespace(one.admin, name)
    yield f"/api/v1/namespaces/{name}"
    for one in contenders.values():
        one.admin.delete(f"/api/v1/namespaces/{name}")
