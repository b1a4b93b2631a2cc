"""Upgrade from the previous version: its data folder opens, and its audit trail still verifies.

`previous_version.tar.gz` is the data folder of an installation of the previous version: database, encryption keys,
audit trail (events, requests with and without a result) and one archived month. It is never made again by this code.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).with_name("previous_version.tar.gz")
CHECKPOINT = "23:bb5e303c4908f6e0a4baf3daaf7e8d165cc63569d7599f293337548e9350c3ca"  # as the previous version printed it

DESCRIBE = """
import json
from django.test import Client
from clusters.credentials.store import identity_of
from clusters.models import Cluster, Credential
from people.models import Invitation, Membership, User
from people.audit.models import AuditEntry
from people.audit.record import draft_for_user, record
dana, aude = (User.objects.get(username=name) for name in ("dana", "aude"))
client = Client()
client.force_login(aude)
page = client.get("/people/audit/", headers={"host": "127.0.0.1"}).content.decode()
try:
    AuditEntry.objects.filter(sequence=8).update(person="mallory")
    refused = False
except Exception as error:
    refused = str(error)
record(draft_for_user(dana, "name", target="person dana"))
print(json.dumps({
    "global roles": dict(User.objects.values_list("username", "global_role")),
    "team roles": dict(Membership.objects.values_list("user__username", "role")),
    "invitations": list(Invitation.objects.values_list("role", "global_role")),
    "passwords": dana.check_password("round-the-horn-again-1"),
    "tokens": [identity_of(one).token for one in Credential.objects.order_by("pk")],
    "color": Cluster.objects.get().color,
    "requests": list(AuditEntry.objects.filter(request__isnull=False).values_list("sequence", "request")),
    "page": [word for word in ("web-1", "web-2", "Viewer", "Editor", "rene") if word in page],
    "refused": refused,
    "keys": [bool(key) for key in AuditEntry.objects.order_by("sequence").values_list("key_id", flat=True)[:30]],
    "keyed": AuditEntry.objects.get(verb="trail-keyed").sequence,
}))
"""

# The version before 0008 adds rows with its own columns only, while it still serves beside this one.
EARLIER = """
import uuid
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from clusters.models import BulkRun, Cluster, Operation
from clusters.operations.lease import call_back
from people.models import User
old = MigrationExecutor(connection).loader.project_state([("clusters", "0007_personal_tokens")]).apps
dana = User.objects.get(username="dana").pk
cluster = old.get_model("clusters", "Cluster").objects.create(slug="added", name="Added", server="https://api.example.com")
drain = old.get_model("clusters", "Operation").objects.create(kind="drain", cluster=cluster, user_id=dana)
run = old.get_model("clusters", "BulkRun").objects.create(id=uuid.uuid4(), user_id=dana)
assert Cluster.objects.get(pk=cluster.pk).name_lifters == ""
assert BulkRun.objects.get(pk=run.pk).undo_window == 0
found = Operation.objects.get(pk=drain.pk)
assert found.begun_at and found.starts_at
assert not call_back(found, "dana"), "its process has begun"
print("added by both")
"""


def run(folder: Path, *arguments: str, status: int = 0) -> str:
    """What `manage.py` prints with this data folder."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "QUARTERDECK_DATA": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upgraded")
    with tarfile.open(DATA) as archive:
        archive.extractall(folder, filter="data")
    run(folder, "migrate", "--verbosity", "0")
    return folder


@pytest.fixture(scope="module")
def described(upgraded: Path) -> dict[str, Any]:
    """What stands in the upgraded installation; the audit trail is verified before and after its next row.

    `migrate` has added one: it is keyed, and vouches for those that were there.
    """
    assert "All 24 rows are valid" in run(upgraded, "verify_audit", "--checkpoint", CHECKPOINT)
    found: dict[str, Any] = json.loads(
        run(upgraded, "shell", "--no-imports", "-c", DESCRIBE).splitlines()[-1]
    )
    assert "All 25 rows are valid" in run(upgraded, "verify_audit", "--head", CHECKPOINT)
    return found


def test_users_teams_and_links_keep_their_roles_under_new_names(described: dict[str, Any]) -> None:
    assert described["global roles"] == {
        "ada": "administrator",
        "dana": "member",
        "rene": "member",
        "aude": "auditor",
    }
    assert described["team roles"] == {"dana": "editor", "rene": "viewer"}
    assert described["invitations"] == [["editor", "member"]]
    assert described["passwords"]


def test_credentials_are_still_decrypted(described: dict[str, Any]) -> None:
    tokens = ["dana-token-of-the-previous-version", "team-token-of-the-previous-version"]
    assert described["tokens"] == tokens
    assert described["color"] == "slate"


def test_the_audit_trail_is_read_verified_and_still_append_only(described: dict[str, Any]) -> None:
    assert [after - before for after, before in described["requests"]] == [1, 1, 1]
    assert described["page"] == ["web-1", "web-2", "Viewer", "Editor", "rene"]
    assert "append-only" in described["refused"]


def test_its_rows_stay_as_they_are_and_those_after_them_are_keyed(described: dict[str, Any]) -> None:
    assert described["keyed"] == 24
    assert described["keys"] == sorted(described["keys"]), "none without a key behind one that has one"
    assert described["keys"].count(True) == 2


def test_a_changed_row_of_the_previous_version_is_found(upgraded: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    changed.mkdir()
    with tarfile.open(DATA) as archive:
        archive.extractall(changed, filter="data")
    forge = (
        "from django.db import connections; cursor = connections['audit'].cursor();"
        "cursor.execute('drop trigger audit_entry_no_update');"
        "cursor.execute(\"update audit_entry set person = 'mallory' where sequence = 20\")"
    )
    run(changed, "migrate", "--verbosity", "0")
    run(changed, "shell", "--no-imports", "-c", forge)
    run(changed, "verify_audit", status=1)


def test_the_version_before_adds_rows_beside_this_one(upgraded: Path) -> None:
    assert "added by both" in run(upgraded, "shell", "--no-imports", "-c", EARLIER)
