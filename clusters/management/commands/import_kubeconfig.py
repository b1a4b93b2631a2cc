"""Command import_kubeconfig: adds clusters and credentials from a kubeconfig on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clusters.api.errors import ApiError
from clusters.credentials.errors import BadCredential
from clusters.credentials.import_execution import ImportOutcome, carry_out
from clusters.credentials.import_plan import Choice, Importer, command_importer, plan_import
from clusters.credentials.kubeconfig import ImportOptions, Kubeconfig, read_kubeconfig
from clusters.credentials.verification import WhoAmI
from clusters.credentials.yaml_tree import LARGEST
from clusters.models import Cluster
from people.audit.record import AuditTrailUnavailable
from people.models import Team, User


class Command(BaseCommand):
    help = (
        "Import clusters from a kubeconfig and, with --owner, its credentials. Files it refers to are read "
        "relative to it. Exec plugins and auth providers are never run, and impersonation settings are "
        "ignored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a kubeconfig")
        parser.add_argument(
            "--context", action="append", default=[], help="import only this context; can be repeated"
        )
        parser.add_argument("--owner", default="", help="username of the user who will own the credential")
        parser.add_argument("--team", default="", help="ID of the team to share with (with --share)")
        parser.add_argument("--share", action="store_true", help="share the clusters with --team")
        parser.add_argument(
            "--allow-insecure", action="store_true", help="accept insecure-skip-tls-verify: true"
        )
        parser.add_argument(
            "--without-trying", action="store_true", help="also add clusters that cannot be reached"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        importer = command_importer(_user(options["owner"]), must_reach=not options["without_trying"])
        team = _team(options["team"], options["share"])
        kubeconfig = _read(Path(options["file"]), options["allow_insecure"])
        choices = dict.fromkeys(_choose_contexts(kubeconfig, options["context"]), Choice(team=team))
        plan = plan_import(kubeconfig, list(Cluster.objects.all()), importer, choices)
        failed = 0
        for outcome in carry_out(plan, importer):
            name = outcome.planned.context.name
            if isinstance(outcome.error, AuditTrailUnavailable):
                raise CommandError(
                    f"{name}: the audit trail is not writable, so nothing was done: {outcome.error}."
                )
            if outcome.error:
                failed += 1
                self.stderr.write(f"{name}: {_describe_error(outcome.error)}")
            else:
                self.stdout.write(f"{name}: {_describe(outcome, importer)}")
        if failed:
            raise CommandError(f"{failed} context(s) could not be imported.")


def _read(path: Path, allow_insecure: bool) -> Kubeconfig:
    folder = path.resolve().parent
    allowed = ImportOptions(
        lambda name: _bytes(folder / Path(name).expanduser()), proxy=True, insecure=allow_insecure
    )
    try:
        return read_kubeconfig(_bytes(path), allowed)
    except OSError as wrong:
        raise CommandError(f"{path} cannot be read: {wrong.strerror}.") from wrong
    except BadCredential as wrong:
        raise CommandError(_describe_error(wrong)) from wrong


def _bytes(path: Path) -> bytes:
    """At most one byte more than a kubeconfig may have, so that a device or a huge file does no harm."""
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _choose_contexts(kubeconfig: Kubeconfig, names: list[str]) -> list[int]:
    """Their numbers: of the named contexts, or of all."""
    known = [one.name for one in kubeconfig.contexts]
    for name in names:
        if name not in known:
            raise CommandError(f"No context named {name!r}. Available: {', '.join(known)}.")
    return [number for number, one in enumerate(kubeconfig.contexts) if not names or one.name in names]


def _user(username: str) -> User | None:
    if not username:
        return None
    found = User.objects.filter(username=username, is_active=True).first()
    if not found:
        raise CommandError(f"There is no active user named {username!r}.")
    return found


def _team(slug: str, share: bool) -> Team | None:
    if share != bool(slug):
        raise CommandError("--team and --share must be used together.")
    found = Team.objects.filter(slug=slug).first()
    if slug and not found:
        raise CommandError(f"There is no team {slug!r}.")
    return found


def _describe(outcome: ImportOutcome, importer: Importer) -> str:
    cluster, choice = outcome.cluster, outcome.planned.choice
    done = []
    if cluster:
        done.append(f"{'added' if outcome.is_new else 'found'} cluster {cluster.slug} ({cluster.server})")
    if choice and choice.team:
        done.append(f"shared with team {choice.team.slug}")
    if importer.owner and outcome.who:
        done.append(_describe_stored(importer.owner, outcome.who))
    return ", ".join(done)


def _describe_stored(owner: User, who: WhoAmI) -> str:
    ends = f"until {who.expires_at:%Y-%m-%d %H:%M} UTC" if who.expires_at else "no expiry date"
    left = " (EXPIRED)" if who.expires_at and who.expires_at < timezone.now() else ""
    return f"stored the credential of {owner.username}: {who.username}, {ends}{left}"


def _describe_error(wrong: BadCredential | ApiError) -> str:
    if isinstance(wrong, BadCredential) and wrong.reason == "used":
        return f"{wrong} Choose one of them with --context."
    if isinstance(wrong, BadCredential):
        return f"{wrong} {wrong.advice}".strip()
    return " ".join(part for part in (wrong.title, wrong.message, wrong.advice) if part)
