"""Data folder checks: its files are closed to other accounts, and a folder that is open to them stops the start."""

from __future__ import annotations

import stat
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

OTHERS = stat.S_IRWXG | stat.S_IRWXO  # what the group and everybody else may
PRIVATE_FILES = ("*.sqlite3", "*.sqlite3-wal", "*.sqlite3-shm", "*.sqlite3-journal", "keys.json")


def close_to_others(folder: Path) -> None:
    """Set the databases and keys to mode 0600; ImproperlyConfigured, with what to do, where others can get at them.

    SQLite gives the files that it makes beside a database the mode of the database.
    """
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & OTHERS:
        raise ImproperlyConfigured(
            f"QUARTERDECK_DATA: the folder {folder} is open to other accounts of this machine (mode {mode:04o}), and "
            f"sessions, credentials and the audit trail are in it. Run: chmod 700 {folder} - or, where its mode is not "
            f"yours to change, set QUARTERDECK_DATA to a folder inside it, which is then made with mode 0700."
        )
    for pattern in PRIVATE_FILES:
        for path in folder.glob(pattern):
            _close_file(path)


def _close_file(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS)
    except FileNotFoundError:  # a -wal goes with its last connection
        return
    except OSError as error:
        raise ImproperlyConfigured(
            f"QUARTERDECK_DATA: {path} can be read by other accounts of this machine, and its mode cannot be changed: "
            f"{error.strerror}. Make it the property of the account that runs Quarterdeck, with mode 0600."
        ) from error
