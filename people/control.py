"""Control messages to open sockets: a session was ended, or a user's access changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import transaction
from django.db.models import F

from people.broadcast import Message, broadcast
from people.models import Session, User

SESSION_ENDED, ACCESS_CHANGED = "session.ended", "access.changed"
Listener = Callable[[Iterable[Message]], None]

_listeners: dict[Listener, Callable[[], None]] = {}


def session_group(session_id: str) -> str:
    """Names the sockets of one signed-in browser."""
    return f"session.{short_id(session_id)}"


def short_id(session_id: str) -> str:
    """What names a session in URLs and groups: the beginning of its hash, which opens nothing."""
    return session_id[:32]


def user_group(user_id: int) -> str:
    """Names all sockets of one person."""
    return f"user.{user_id}"


def listen(listener: Listener, resumed: Callable[[], None] = lambda: None) -> None:
    """`listener` gets each message of this process and of others, from any thread; it must not block.

    `resumed` is called when messages of others may have been missed.
    """
    _listeners[listener] = resumed
    broadcast.listen(_deliver, _resume)


def unlisten(listener: Listener) -> None:
    _listeners.pop(listener, None)


def notify_signed_out(session_id: str) -> None:
    """Tell the sockets of this session, once the change is in the database."""
    _notify([Message(session_group(session_id), SESSION_ENDED)])


def notify_access_changed(user_ids: Iterable[int]) -> None:
    """Tell these people's sockets to ask anew what the person may reach."""
    _notify([Message(user_group(user_id), ACCESS_CHANGED) for user_id in user_ids])


def _notify(messages: list[Message]) -> None:
    """This process hears of it without Redis, and nobody waits for the others."""

    def send() -> None:
        _deliver(messages)
        broadcast.send(messages)

    transaction.on_commit(send)


def _deliver(messages: Iterable[Message]) -> None:
    found = list(messages)
    for listener in tuple(_listeners):
        listener(found)


def _resume() -> None:
    for resumed in tuple(_listeners.values()):
        resumed()


def bump_access(user_ids: Iterable[int]) -> None:
    """Note that what these people may reach has changed; their open sockets re-read the number and end."""
    ids = sorted(set(user_ids))
    User.objects.filter(pk__in=ids).update(access_version=F("access_version") + 1)
    notify_access_changed(ids)


def end_sessions(user: User, *, but: str = "") -> int:
    """End this person's sessions in all browsers, or in all but one (its session ID); how many there were."""
    ids = [session.pk for session in Session.objects.filter(user=user).exclude(pk=but)]
    Session.objects.filter(pk__in=ids).delete()
    _notify([Message(session_group(one), SESSION_ENDED) for one in ids])
    return len(ids)
