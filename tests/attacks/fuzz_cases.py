"""Which inputs broke something once? Each is tried first in every run, by the test of its sort."""

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
