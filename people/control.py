"""Control messages to open sockets: a session was ended, or a user's access changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from functools import partial

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import F

from people.models import Session, User

try:
    from redis.exceptions import RedisError
except ImportError:  # Redis is only there beyond one process

    class RedisError(Exception):  # type: ignore[no-redef]
        """Stands for an error that cannot occur."""


log = logging.getLogger(__name__)
SEND_TIMEOUT = 2.0  # seconds; a message that is lost is made up for by the session checks of each socket


def session_group(session_id: str) -> str:
    """The channel layer group of one signed-in browser's sockets."""
    return f"session.{short_id(session_id)}"


def short_id(session_id: str) -> str:
    """What names a session in URLs and groups: the beginning of its hash, which opens nothing."""
    return session_id[:32]


def user_group(user_id: int) -> str:
    """The channel layer group of all sockets of one person."""
    return f"user.{user_id}"


def notify_signed_out(session_id: str) -> None:
    """Tell the sockets of this session, once the change is in the database."""
    transaction.on_commit(partial(_send, session_group(session_id), "session.ended"))


def notify_access_changed(user_id: int) -> None:
    """Tell this person's sockets to ask anew what the person may reach."""
    transaction.on_commit(partial(_send, user_group(user_id), "access.changed"))


def bump_access(user_ids: Iterable[int]) -> None:
    """Note that what these people may reach has changed; their open sockets re-read the number and end."""
    ids = sorted(set(user_ids))
    User.objects.filter(pk__in=ids).update(access_version=F("access_version") + 1)
    for user_id in ids:
        notify_access_changed(user_id)


def _send(group: str, kind: str) -> None:
    try:
        async_to_sync(_group_send)(group, kind)
    except (OSError, RuntimeError, ChannelFull, RedisError):
        log.exception("A control message could not be sent; WebSockets check by themselves within 15 seconds")


async def _group_send(group: str, kind: str) -> None:
    layer = get_channel_layer()
    if layer is not None:
        async with asyncio.timeout(SEND_TIMEOUT):
            await layer.group_send(group, {"type": kind})


def end_sessions(user: User, *, but: str = "") -> int:
    """End this person's sessions in all browsers, or in all but one (its session ID); how many there were."""
    ids = [session.pk for session in Session.objects.filter(user=user).exclude(pk=but)]
    Session.objects.filter(pk__in=ids).delete()
    for one in ids:
        notify_signed_out(one)
    return len(ids)
