"""The server's secret key, and signatures made with it: HMAC-SHA256 over text.

`PLAYGROUND_SECRET` (16 characters or more) is the key. Without it a random one is made once and
kept beside the database of runs, readable by its user alone, so that what was signed stays valid
when the server starts again.
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
SHORTEST = 16  # characters
FILE = "secret.key"


class SecretError(RuntimeError):
    """There is no key to sign with; the text is one sentence for a page."""


def key(make: bool = True, environment: Mapping[str, str] = os.environ) -> bytes:
    """The key of this server; with `make` a new one, where there is none.

    Raises SecretError if it is too short, cannot be read or made, or others may read it.
    """
    given = environment.get(VARIABLE, "")
    if given:
        if len(given) < SHORTEST:
            raise SecretError(
                f"{VARIABLE} must have at least {SHORTEST} characters, got {len(given)}."
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
    """A random key, whole from the start: of several that are made at once, the first counts."""
    schema.prepare(path.parent)
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
    found = path.stat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise SecretError(
            f"The key in {path} must belong to you and be readable by you alone (chmod 600)."
        )
    return _kept(path, found.st_mtime_ns)


@lru_cache(maxsize=4)
def _kept(path: Path, _: int) -> bytes:
    content = path.read_bytes().strip()
    if len(content) < SHORTEST:
        raise SecretError(f"The key in {path} must have at least {SHORTEST} characters.")
    return content


def signature(purpose: str, text: str, with_key: bytes) -> str:
    """43 letters, digits, - and _ that only who has the key can make of `text`, for a purpose."""
    made = hmac.new(with_key, f"{purpose}\n{text}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def signed(purpose: str, text: str, given: str, with_key: bytes) -> bool:
    """Whether `given` is the signature of `text`."""
    wanted = signature(purpose, text, with_key)
    return hmac.compare_digest(wanted.encode(), given.encode(errors="surrogateescape"))


def fingerprint(of_key: bytes) -> str:
    """Eight characters that tell one key from another, and nothing else about it."""
    return signature("fingerprint", "", of_key)[:8]
