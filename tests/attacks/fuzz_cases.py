"""Fuzzing corpus: inputs that once broke something, tried first in every run."""

KUBECONFIGS: tuple[str, ...] = ()
PATHS: tuple[str, ...] = ()
HEADERS: tuple[tuple[str, str], ...] = ()
FRAMES: tuple[str, ...] = (
    '{"ack": NaN}',
    '{"ack": 1, "took": NaN}',
    '{"ack": 1e999}',
    '{"ack": ' + "9" * 5000 + "}",
)
FIELDS: tuple[str, ...] = ("=relative\x1bplace", "\x00", "\ud7ff\ue000", "\u202e")
