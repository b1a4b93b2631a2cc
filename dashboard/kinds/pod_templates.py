"""Pod templates: the containers that a workload starts, as a small table."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from dashboard.kinds.fields import KubernetesObject, mappings, text, texts
from dashboard.kinds.summary import Cell, SmallTable, table


def summarize_containers(spec: KubernetesObject) -> Sequence[SmallTable]:
    """The containers of a pod template's spec, or no table where there are none."""
    rows = []
    for field in ("initContainers", "containers"):
        for one in mappings(spec, field):
            command = " ".join([*texts(one, "command"), *texts(one, "args")])
            kind = _("init") if field == "initContainers" else ""
            rows.append(
                [
                    Cell(text(one, "name"), values=[kind] if kind else ()),
                    Cell(text(one, "image")),
                    Cell(values=[f"{text(port, 'containerPort')}" for port in mappings(one, "ports")]),
                    Cell(command[:2000]),
                ]
            )
    columns = [_("Name"), _("Image"), _("Ports"), _("Command")]
    return table("containers", _("Pod template containers"), columns, rows)
