"""What time is it in a cluster? A clock that can run faster, stand still and be moved."""

import datetime
import time


class Clock:
    """Starts at the real time (or at `start`); after t real seconds it shows start + t x speed."""

    def __init__(self, *, speed: float = 1.0, start: datetime.datetime | None = None) -> None:
        self._origin = (start or datetime.datetime.now(datetime.UTC)).timestamp()
        self._since = time.monotonic()
        self._speed = speed

    @property
    def speed(self) -> float:
        """0 while it stands still."""
        return self._speed

    def seconds(self) -> float:
        """Since 1970."""
        return self._origin + (time.monotonic() - self._since) * self._speed

    def now(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self.seconds(), datetime.UTC)

    def stamp(self) -> str:
        """As Kubernetes writes it, to the second."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def stamp_micro(self) -> str:
        """A MicroTime, as Leases and Events hold it."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def run(self, speed: float) -> None:
        """From now on so many seconds of the cluster in a real one; 0 freezes it."""
        self._origin, self._since, self._speed = self.seconds(), time.monotonic(), speed

    def move(self, seconds: float) -> None:
        """Jump ahead."""
        self._origin += seconds

    @staticmethod
    def written(seconds: float) -> str:
        """A moment (seconds since 1970) as Kubernetes writes it."""
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
