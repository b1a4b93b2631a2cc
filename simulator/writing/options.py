"""Write options: manager, user, dry run, field validation."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from simulator.requests.authentication import User
from simulator.requests.call import Call
from simulator.requests.rbac import MASTERS
from simulator.requests.statuses import Cause, invalid_error
from simulator.schemas.resources import Resource

SYSTEM = User("system:simulator", (MASTERS,))
MANAGER_SIZE = 128
VALIDATIONS = ("", "Ignore", "Strict", "Warn")


@dataclass(frozen=True)
class WriteOptions:
    """`operation` is Update, Apply, or Scale (of a custom kind: who held the field loses it, and nobody is
    recorded), `validation` Ignore, Warn or Strict; `warnings` are answered as headers."""

    manager: str = "simulator"
    user: User = SYSTEM
    is_dry_run: bool = False
    validation: str = "Warn"
    is_forced: bool = False
    subresource: str = ""
    operation: str = "Update"
    warnings: list[str] = field(default_factory=list)


def write_options(call: Call, kind: str) -> WriteOptions:
    """Of a call; `kind` is what the API server calls them: CreateOptions, UpdateOptions, PatchOptions."""
    query = call.query
    causes = []
    if any(value != "All" for value in query.all("dryRun")):
        shown = ",".join(f'"{value}"' for value in query.all("dryRun"))
        causes.append(
            Cause(
                "FieldValueNotSupported", f'Unsupported value: [{shown}]: supported values: "All"', "dryRun"
            )
        )
    manager = query.get("fieldManager")
    if len(manager.encode()) > MANAGER_SIZE:
        message = f"Too long: may not be more than {MANAGER_SIZE} bytes"
        causes.append(Cause("FieldValueTooLong", message, "fieldManager"))
    bad = next(((n, one) for n, one in enumerate(manager) if not one.isprintable()), None)
    if bad is not None:
        code, shown = ord(bad[1]), json.dumps(manager)
        message = f"Invalid value: {shown}: invalid character U+{code:04X} (at position {bad[0]})"
        causes.append(Cause("FieldValueInvalid", message, "fieldManager"))
    validation = query.get("fieldValidation")
    if validation not in VALIDATIONS:
        known = ", ".join(f'"{one}"' for one in VALIDATIONS)
        message = f'Unsupported value: "{validation}": supported values: {known}'
        causes.append(Cause("FieldValueNotSupported", message, "fieldValidation"))
    if causes:
        raise invalid_error(Resource("meta.k8s.io", "v1", "", "", kind, False, ()), "", causes)
    return WriteOptions(
        call.manager,
        call.user,
        call.is_dry_run,
        validation or "Warn",
        query.flag("force"),
        call.info.subresource,
        warnings=call.warnings,
    )
