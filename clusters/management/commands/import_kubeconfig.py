"""Command import_kubeconfig: adds clusters and credentials from a kubeconfig on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clusters.api.errors import ApiError
from clusters.audit_details import draft_cluster_entry, draft_share_entry, settings_of
from clusters.credentials.errors import BadCredential
from clusters.credentials.invalidation import invalidate_shares
from clusters.credentials.kubeconfig import Context, ImportOptions, Kubeconfig, read_kubeconfig
from clusters.credentials.matching import free_slug, match
from clusters.credentials.store import Owner, save_credential, server_of
from clusters.credentials.verification import WhoAmI, reach, try_identity
from clusters.credentials.yaml_tree import LARGEST
from clusters.models import Cluster, Share
from people.audit.changes import audited_change
from people.audit.record import AuditTrailUnavailable, record
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
        owner = _user(options["owner"])
        team = _team(options["team"], options["share"])
        kubeconfig = _read(Path(options["file"]), options["allow_insecure"])
        self.stored: dict[int, str] = {}  # the context whose credential was stored, by cluster
        failed = 0
        for context in _contexts(kubeconfig, options["context"]):
            try:
                summary = self._import_context(context, owner, team, options["without_trying"])
            except AuditTrailUnavailable as wrong:
                raise CommandError(
                    f"The audit trail is not writable, so nothing was done: {wrong}."
                ) from wrong
            except (BadCredential, ApiError) as wrong:
                failed += 1
                self.stderr.write(f"{context.name}: {_describe_error(wrong)}")
                continue
            self.stdout.write(f"{context.name}: {summary}")
        if failed:
            raise CommandError(f"{failed} context(s) could not be imported.")

    def _import_context(
        self, context: Context, owner: User | None, team: Team | None, without_trying: bool
    ) -> str:
        """Add or find the cluster, share it, store the credential; says what was done."""
        if context.errors and (owner or not context.has_cluster):
            raise context.errors[0]
        found = match(context, Cluster.objects.all()).cluster
        cluster = found or _new_cluster(context)
        who = self._try(context, cluster, owner, without_trying or found is not None)
        with audited_change():
            if not found:
                cluster.save()
                record(draft_cluster_entry(None, "cluster-add", cluster, detail=settings_of(cluster)))
            done = [f"{'found' if found else 'added'} cluster {cluster.slug} ({cluster.server})"]
            if team:
                _made, is_new = Share.objects.get_or_create(cluster=cluster, team=team)
                invalidate_shares([team.pk] if is_new else [])
                if is_new:
                    record(draft_share_entry(None, "share-add", cluster, team))
                done.append(f"shared with team {team.slug}")
            if owner and who and context.identity:
                self._check_first_use(cluster, context)
                own = Owner(user=owner)
                save_credential(
                    cluster, own, context.identity, who, namespace=context.namespace, read_only=False
                )
                done.append(_describe_stored(owner, who))
        return ", ".join(done)

    def _check_first_use(self, cluster: Cluster, context: Context) -> None:
        if cluster.pk in self.stored:
            message = f"a user can have only one credential per cluster, and context {self.stored[cluster.pk]} gave it"
            raise BadCredential("contexts", message, "Choose one of them with --context.")
        self.stored[cluster.pk] = context.name

    def _try(self, context: Context, cluster: Cluster, owner: User | None, skip_reach: bool) -> WhoAmI | None:
        if owner and context.identity:
            return try_identity(server_of(cluster), context.identity)
        if not skip_reach:
            reach(server_of(cluster))
        return None


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


def _contexts(kubeconfig: Kubeconfig, names: list[str]) -> list[Context]:
    known = {one.name: one for one in kubeconfig.contexts}
    for name in names:
        if name not in known:
            raise CommandError(f"No context named {name!r}. Available: {', '.join(known)}.")
    return [known[name] for name in names] if names else list(kubeconfig.contexts)


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


def _new_cluster(context: Context) -> Cluster:
    return Cluster(
        slug=free_slug(context.cluster),
        name=context.cluster[:100],
        server=context.server,
        ca=context.ca,
        tls_server_name=context.tls_server_name,
        verify_tls=not context.insecure,
        proxy_url=context.proxy_url,
    )


def _describe_stored(owner: User, who: WhoAmI) -> str:
    ends = f"until {who.expires_at:%Y-%m-%d %H:%M} UTC" if who.expires_at else "no expiry date"
    left = " (EXPIRED)" if who.expires_at and who.expires_at < timezone.now() else ""
    return f"stored the credential of {owner.username}: {who.username}, {ends}{left}"


def _describe_error(wrong: BadCredential | ApiError) -> str:
    if isinstance(wrong, BadCredential):
        return f"{wrong} {wrong.advice}".strip()
    return " ".join(part for part in (wrong.title, wrong.message, wrong.advice) if part)
