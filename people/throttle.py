"""Sign-in throttle: rate limit for each username and address in a 15-minute window."""

from __future__ import annotations

import ipaddress
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from people.models import SignInFailures

WINDOW = timedelta(minutes=15)
NAME_LIMIT = 10
ADDRESS_LIMIT = 50
DEVICE_LIMIT = 10
HASHING_SLOTS = threading.BoundedSemaphore(4)  # each hash takes 16 MiB and a core


P = ParamSpec("P")


class TooBusy(Exception):
    """More people are signing in at this moment than the machine can check."""


def respond_if_busy(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """For a view that checks or sets a password: say 503 where its turn does not come."""

    @wraps(view)
    def patient(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except TooBusy:
            response = render(request, "accounts/busy.html", status=503)
            response["Retry-After"] = "5"
            return response

    return patient


def attempt(username: str, address: str, device: str = "") -> int:
    """Count one attempt before it is made; seconds to wait where there were too many, else 0.

    A browser in which this person has signed in before (`device`) is counted by itself: what strangers try, at the
    name or from the same address, does not shut it out. Beyond its own limit it is one of them.

    Names and addresses fall into a fixed number of buckets, so that the table is bounded and nobody can
    push a count out of it; names that nobody has are counted like all others.
    """
    now = timezone.now()
    with transaction.atomic():
        if device and _count(_device(device), DEVICE_LIMIT, now) == 0:
            return 0
        waits = [_count(_name(username), NAME_LIMIT, now), _count(_address(address), ADDRESS_LIMIT, now)]
    return max(waits)


def record_success(username: str, address: str, device: str = "") -> None:
    """The name starts anew; the address takes back this one attempt. Of a known browser, its own count alone does."""
    if device:
        SignInFailures.objects.filter(bucket=_device(device)).update(count=0)
        return
    SignInFailures.objects.filter(bucket=_name(username)).update(count=0)
    SignInFailures.objects.filter(bucket=_address(address), count__gt=0).update(count=F("count") - 1)


@contextmanager
def hashing_slot() -> Iterator[None]:
    """Wait for one of the few slots in which a password is checked."""
    if not HASHING_SLOTS.acquire(timeout=settings.TIMINGS.people.hashing_slot):
        raise TooBusy
    try:
        yield
    finally:
        HASHING_SLOTS.release()


def _count(bucket: str, limit: int, now: datetime) -> int:
    row, _made = SignInFailures.objects.select_for_update().get_or_create(bucket=bucket)
    if now - row.since >= WINDOW:
        row.count, row.since = 0, now
    row.count = min(row.count + 1, limit + 1)
    row.save()
    if row.count <= limit:
        return 0
    return max(1, int((row.since + WINDOW - now).total_seconds()))


def _name(username: str) -> str:
    return "name:" + _bucket(unicodedata.normalize("NFKC", username).casefold())


def _device(device: str) -> str:
    return "device:" + _bucket(device)


def _address(address: str) -> str:
    """One IPv4 address, or the /64 that one IPv6 subscriber has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "address:" + _bucket("")
    prefix = 32 if parsed.version == 4 else 64
    return "address:" + _bucket(str(ipaddress.ip_network((parsed, prefix), strict=False)))


def _bucket(text: str) -> str:
    return salted_hmac("people.throttle", text).hexdigest()[:4]
