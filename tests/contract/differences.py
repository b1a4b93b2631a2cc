"""Known differences between the simulator and a real API server, each with its reason."""

from __future__ import annotations

# Headers that are compared; of the others the API server has some that no client reads.
HEADERS = ("content-type", "cache-control", "location", "retry-after", "x-content-type-options", "vary")

# Keys that are left out of every comparison, each with its reason.
IGNORED_KEYS = {
    "storageVersionHash": "a digest of how the real one stores a kind",
}

# What the simulator does otherwise, for people to read; tests that meet one of them name it.
KNOWN_DIFFERENCES = {
    "protobuf answers": "kubectl takes JSON wherever it asks for protobuf first; protobuf bodies are read",
    "HTTP/2": "aiohttp speaks HTTP/1.1 alone; every client falls back to it",
    "X-Kubernetes-Pf headers": "there is no priority and fairness",
    "certificates of another authority": "Python's TLS ends the handshake; the real one goes on and answers 401",
    "field order": "JSON objects of built-in kinds have Go's order there, and the order of writing here",
    "order of causes": "several faults of one object come in the order of the schema, not of Go's code",
    "bookmarks": "carry kind, apiVersion and metadata; Go's empty spec and status are left out",
    "a kubelet's logs": "an error as of a kubelet (waiting to start, no previous run); kwok shows one file for all",
    "exit codes": "NonZeroExitCode with its cause, as of a kubelet; kwok makes an InternalError of every code but 0",
    "the end of stdin": "reaches the program; under kwok it never does",
    "a terminal": "echo, Ctrl-C, size; kwok loses what a short program prints, and one without stdin crashes it",
    "attach": "shows what the container writes from then on; kwok has nothing to attach to unless it is set up",
    "SPDY": "501 after all other checks; kubectl takes WebSocket first, and SPDY only where that failed",
    "port-forward": "501 after all other checks: nothing listens in a pod that there is not; kubectl says it",
    "the proxy of pods": "405, for the same reason",
    "an exec without a command": "an InternalError in the words of a container's runtime; kwok runs none",
    "a kubelet's error in v4": "its status and text, with the API server's headers",
}
