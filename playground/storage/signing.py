"""The server's secret key, and HMAC-SHA256 signatures of text.

The key is `PLAYGROUND_SECRET` (16 characters or more), or else a random one that is created once
beside the database of runs, readable by its user only, so that signatures survive a restart.
"""

import base64
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from playground.storage import schema

VARIABLE = "PLAYGROUND_SECRET"
MIN_LENGTH = 16  # characters
FILE = "secret.key"


class SecretError(RuntimeError):
    """There is no usable key; the text is one sentence for a page."""


def key(make: bool = True, environment: Mapping[str, str] = os.environ) -> bytes:
    """The key of this server; with `make`, one is created where none exists.

    Raises SecretError if it is too short, cannot be read or made, or others can read it.
    """
    given = environment.get(VARIABLE, "")
    if given:
        if len(given) < MIN_LENGTH:
            raise SecretError(
                f"{VARIABLE} must have at least {MIN_LENGTH} characters, got {len(given)}."
            )
        return given.encode()
    path = schema.folder(environment) / FILE
    try:
        if make and not path.exists():
            _make(path)
        return _read(path)
    except FileNotFoundError:
        raise SecretError(
            f"There is no key in {path}: set {VARIABLE} to the server's, or run this on it."
        ) from None
    except OSError as error:
        raise SecretError(
            f"The key in {path} cannot be used ({error.strerror or error}): set {VARIABLE}."
        ) from error


def _make(path: Path) -> None:
    """Create a random key atomically: of several created at once, the first counts."""
    schema.make_folder(path.parent)
    temporary = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    try:
        with open(temporary, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(secrets.token_hex(32) + "\n")
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    status = path.stat()
    user = getattr(os, "getuid", None)  # Windows has neither users of this kind nor such modes
    if user and (status.st_uid != user() or stat.S_IMODE(status.st_mode) & 0o077):
        raise SecretError(
            f"The key in {path} must belong to you and be readable by you alone (chmod 600)."
        )
    return _content(path, status.st_mtime_ns)


@lru_cache(maxsize=4)
def _content(path: Path, _: int) -> bytes:
    content = path.read_bytes().strip()
    if len(content) < MIN_LENGTH:
        raise SecretError(f"The key in {path} must have at least {MIN_LENGTH} characters.")
    return content


def signature(purpose: str, text: str, with_key: bytes) -> str:
    """43 letters, digits, - and _ that sign `text` for a purpose."""
    made = hmac.new(with_key, f"{purpose}\n{text}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def signed(purpose: str, text: str, given: str, with_key: bytes) -> bool:
    """Whether `given` is the signature of `text`."""
    expected = signature(purpose, text, with_key)
    return hmac.compare_digest(expected.encode(), given.encode(errors="surrogateescape"))


def fingerprint(of_key: bytes) -> str:
    """Eight characters that identify a key without revealing it."""
    return signature("fingerprint", "", of_key)[:8]
