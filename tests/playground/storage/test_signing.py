"""The key: once made, for its user alone; signatures as the standard has them."""

import stat
from pathlib import Path
from threading import Thread

import pytest

from playground.storage import signing
from playground.storage.schema import folder
from playground.storage.signing import SecretError


def where(place: Path) -> dict[str, str]:
    return {"PLAYGROUND_DATABASE_URL": f"sqlite:///{place / 'new' / 'runs.sqlite'}"}


def test_a_random_key_is_made_once_for_its_user_alone(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [
        Thread(target=lambda: found.append(signing.key(environment=where(tmp_path))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    path = tmp_path / "new" / signing.FILE
    assert path.read_bytes().strip() == found[0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [signing.FILE]
    assert len(found[0]) == 64


def test_the_key_lies_beside_the_database_or_in_the_users_folder(tmp_path: Path) -> None:
    assert folder(where(tmp_path)) == tmp_path / "new"
    for url in ("postgresql://here/runs", "sqlite://", "no url"):
        given = {"PLAYGROUND_DATABASE_URL": url, "XDG_DATA_HOME": str(tmp_path)}
        assert folder(given).name == "mlp-playground"


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    signing.key(environment=where(tmp_path))
    (tmp_path / "new" / signing.FILE).chmod(0o644)
    with pytest.raises(SecretError, match="readable by you alone"):
        signing.key(environment=where(tmp_path))


def test_where_users_have_no_numbers_the_key_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    made = signing.key(environment=where(tmp_path))
    monkeypatch.delattr("os.getuid")
    assert signing.key(environment=where(tmp_path)) == made


def test_a_short_key_and_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="at least 16 characters, got 15"):
        signing.key(environment={"PLAYGROUND_SECRET": "x" * 15})
    with pytest.raises(SecretError, match="There is no key"):
        signing.key(make=False, environment=where(tmp_path))
    assert not (tmp_path / "new").exists()
    given = where(tmp_path) | {"PLAYGROUND_SECRET": "sixteen letters!"}
    assert signing.key(environment=given) == b"sixteen letters!"


def test_a_signature_is_hmac_sha256() -> None:
    # RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?"
    made = signing.hmac.new(b"Jefe", b"what do ya want for nothing?", "sha256").hexdigest()
    assert made.startswith("5bdcc146bf60754e6a042426089575c7")
    text = signing.signature("result", "one", b"Jefe")
    assert signing.base64.urlsafe_b64decode(text + "=").hex() == (
        signing.hmac.new(b"Jefe", b"result\none", "sha256").hexdigest()
    )
    assert signing.signed("result", "one", text, b"Jefe")
    assert not signing.signed("assignment", "one", text, b"Jefe")
    assert not signing.signed("result", "one", "é" * 43, b"Jefe")
