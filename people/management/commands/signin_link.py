"""Command `signin_link`: prints a one-time sign-in link for a locked-out user."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from people import one_time_links
from people.audit.record import draft_for_program, note
from people.models import Purpose, User
from people.usernames import check_new_username


class Command(BaseCommand):
    help = "Print a one-time sign-in link, valid for 15 minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", help="username; defaults to the first administrator")
        parser.add_argument(
            "--create-administrator",
            action="store_true",
            help="create this user as an administrator without a password",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = _person(options["username"], create=options["create_administrator"])
        secret = one_time_links.link_for(user, Purpose.SIGN_IN)
        made = {"made": True} if options["create_administrator"] else {}
        note(draft_for_program("manage.py", "signin-link", target=f"person {user.username}", detail=made))
        self.stderr.write(f"One-time sign-in link for {user.username} (valid for 15 minutes):")
        self.stdout.write(one_time_links.link_url(secret))


def _person(username: str | None, *, create: bool) -> User:
    if create:
        if username and User.objects.filter(username=username).exists():
            raise CommandError(f"{username!r} already exists; omit --create-administrator.")
        if username:
            username = _check_username(username)
        return one_time_links.create_administrator(username or "admin")
    if username is None:
        user = one_time_links.first_administrator()
        if user is None:
            raise CommandError(
                "An administrator with a password exists. Specify the username that needs a link."
            )
        return user
    try:
        return User.objects.get(username=username, is_active=True)
    except User.DoesNotExist:
        raise CommandError(f"There is no active user named {username!r}.") from None


def _check_username(username: str) -> str:
    """The name as it is stored."""
    try:
        User.username.field.run_validators(username)
        return check_new_username(username)
    except ValidationError as error:
        raise CommandError(f"The username {username!r} cannot be used. {' '.join(error.messages)}") from None
