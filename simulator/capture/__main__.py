"""Command line of the capture: `python -m simulator.capture <kubeconfig> <version> [protos ...]`.

The kubeconfig belongs to a user in system:masters of an empty control plane; what lies in it becomes the
first content of every simulated cluster. The protos are folders of Go modules (k8s.io/api and the like) in
which `generated.proto` is looked for; without them the messages captured last stay.
"""

import sys
from pathlib import Path

from simulator.capture.contents import fetch_first_objects, fetch_printer_columns
from simulator.capture.documents import fetch_discovery, fetch_openapi_v2, fetch_openapi_v3
from simulator.capture.protos import messages
from simulator.capture.source import Source
from simulator.schemas.archive import FOLDER, write


def capture(kubeconfig: Path, version: str, protos: list[Path]) -> None:
    """Overwrite what is captured of that version."""
    source = Source.from_kubeconfig(kubeconfig)
    folder = FOLDER / version
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, "version", source.json("/version"))
    found = fetch_discovery(source)
    write(folder, "discovery", found)
    write(folder, "openapi_v3", fetch_openapi_v3(source))
    write(folder, "openapi_v2", fetch_openapi_v2(source))
    write(folder, "columns", fetch_printer_columns(source, found["lists"]))
    write(folder, "objects", fetch_first_objects(source, found["lists"]))
    if protos:
        write(folder, "protobuf", messages(protos))
    for path in sorted(folder.iterdir()):
        print(f"{path.stat().st_size:>9}  {path.name}")


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        print("Usage: python -m simulator.capture <kubeconfig> <version> [protos ...]", file=sys.stderr)
        return 2
    capture(Path(arguments[0]), arguments[1], [Path(one) for one in arguments[2:]])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
