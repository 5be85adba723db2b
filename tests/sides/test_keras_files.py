"""Keras's weight files, of version 2 and 3: what is read of them, and what is hostile, damaged or another network's."""

import os
import zipfile
from functools import cache
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from parity.errors import OutlineError, UsageError
from parity.sides._keras_files import read_weights, write_weights

INSIDE = "model.weights.h5"
DENSE = "layers/dense/vars/0"


def network() -> keras.Model:
    keras.utils.clear_session()
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 3)),
            layers.Conv1D(4, 3),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


@cache
def trained() -> keras.Model:
    """A network in which nothing stands as it is built, with what an optimizer keeps beside it. Made once."""
    model = network()
    model.compile("adam", "mse")
    model.fit(np.ones((4, 8, 3)), np.ones((4, 2)), verbose=0)
    random = np.random.default_rng(3)
    model.set_weights([random.normal(size=each.shape) for each in model.get_weights()])
    return model


def same(one: keras.Model, other: keras.Model) -> bool:
    return all(np.array_equal(mine, yours) for mine, yours in zip(one.get_weights(), other.get_weights(), strict=True))


def refused(file: Path, model: keras.Model | None = None) -> str:
    """What is told of a file that is not loaded; the network is then as it was."""
    model = network() if model is None else model
    before = model.get_weights()
    with pytest.raises(UsageError) as caught:
        read_weights(model, file)
    assert all(np.array_equal(now, then) for now, then in zip(model.get_weights(), before, strict=True))
    told = str(caught.value)
    assert told.startswith(f"{file}: ")
    assert len(told) < 700 and "\n" not in told
    return told


# -- written and read ------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
def test_a_written_file_is_loaded_by_keras_itself(suffix, tmp_path):
    model, file = trained(), tmp_path / f"x{suffix}"
    write_weights(model, file)
    assert {path.name for path in tmp_path.iterdir()} == {file.name}
    if suffix == ".keras":
        other = keras.saving.load_model(file)
    else:
        other = network()
        other.load_weights(file)
    assert same(model, other)


SAVES = {
    "x.weights.h5": lambda model, file: model.save_weights(file),
    "x.keras": lambda model, file: model.save(file),
    "x.h5": lambda model, file: model.save(file),  # the layout of Keras 2
    "exported": lambda model, file: model.export(file, verbose=False),
}


@pytest.mark.parametrize("name", SAVES)
def test_what_keras_saves_of_a_trained_model_is_read(name, tmp_path):
    model = trained()
    SAVES[name](model, tmp_path / name)
    other = network()
    read_weights(other, tmp_path / name)
    assert same(model, other)


def test_a_saved_model_of_tensorflow_is_read_also_where_its_layers_have_other_names(tmp_path):
    import tensorflow as tf

    model = trained()
    tf.saved_model.save(model, str(tmp_path / "x"))
    other = keras.Sequential([keras.Input((8, 3)), keras.layers.Conv1D(4, 3, name="c"), *network().layers[1:-1]])
    other.add(keras.layers.Dense(2, name="d"))
    read_weights(other, tmp_path / "x")
    assert same(model, other)


def test_a_saved_model_is_read_without_its_graph_and_functions(tmp_path):
    model, other = trained(), network()
    model.export(tmp_path / "x", verbose=False)
    (tmp_path / "x" / "saved_model.pb").write_bytes(os.urandom(1000))
    read_weights(other, tmp_path / "x")
    assert same(model, other)


def test_arrays_of_a_saved_model_that_cannot_be_told_apart_are_not_guessed(tmp_path):
    def pair(*names: str) -> keras.Model:
        return keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(3, name=name) for name in names)])

    pair("a", "b").export(tmp_path / "x", verbose=False)
    read_weights(pair("b", "a"), tmp_path / "x")
    assert "cannot be told apart" in refused(tmp_path / "x", pair("c", "d"))


def test_layers_of_a_saved_model_of_keras_2_are_told_apart_by_their_numbers(tmp_path):
    """Their names count on from process to process; what Keras 2 writes is written here by TensorFlow alone."""
    import tensorflow as tf

    random, root = np.random.default_rng(1), tf.train.Checkpoint()
    arrays = [random.normal(size=shape).astype("f4") for shape in ((3, 3), (3,)) * 2]
    for number in (0, 1):
        kernel, bias = (
            tf.Variable(array, name=f"dense_{number + 7}/{word}")
            for array, word in zip(arrays[2 * number : 2 * number + 2], ("kernel", "bias"), strict=True)
        )
        setattr(root, f"layer_with_weights-{number}", tf.train.Checkpoint(kernel=kernel, bias=bias))
    root.optimizer = tf.train.Checkpoint(_variables=[tf.Variable(arrays[0] * 0, name="Adam/m/dense_7/kernel")])
    (tmp_path / "x" / "variables").mkdir(parents=True)
    root.write(str(tmp_path / "x" / "variables" / "variables"))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, name="a"), keras.layers.Dense(3, name="b")])
    read_weights(model, tmp_path / "x")
    assert all(np.array_equal(one, other) for one, other in zip(model.get_weights(), arrays, strict=True))


def test_an_array_of_a_saved_model_that_the_network_has_not_is_told(tmp_path):
    deep = keras.Sequential([keras.Input((8, 3)), *network().layers, keras.layers.Dense(5, name="more")])
    deep.export(tmp_path / "x", verbose=False)
    assert "more/kernel" in refused(tmp_path / "x")


def test_what_other_versions_of_keras_keep_beside_the_weights_is_no_weight(tmp_path):
    """Keras 3.0 wrote the states of random layers too, Keras 2.13 called the layers otherwise and kept metrics."""
    model, other = trained(), network()
    model.save_weights(tmp_path / "x.weights.h5")
    with h5py.File(tmp_path / "x.weights.h5", "a") as opened:
        opened["layers/dropout/seed_generator/vars/0"] = np.ones(2, "u4")
        opened["metrics/mean/vars/0"] = np.float32(3)
        opened.move("layers", "_layer_checkpoint_dependencies")
    read_weights(other, tmp_path / "x.weights.h5")
    assert same(model, other)


# -- the layouts of Keras 2 ------------------------------------------------------------------------


def legacy(file: Path, layers: dict[str, dict[str, np.ndarray]], order: list[str] | None = None) -> Path:
    """A file as `tf.keras` 2 wrote it with `save_weights("x.h5")`."""
    with h5py.File(file, "w") as opened:
        opened.attrs["layer_names"] = [name.encode() for name in order or layers]
        opened.attrs["backend"], opened.attrs["keras_version"] = b"tensorflow", b"2.11.0"
        for layer, arrays in layers.items():
            group = opened.create_group(layer)
            group.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in arrays]
            for name, array in arrays.items():
                group[f"{layer}/{name}:0"] = array
        opened.create_group("top_level_model_weights").attrs["weight_names"] = np.array([], "S1")
    return file


def arrays(*, number: str = "") -> dict[str, dict[str, np.ndarray]]:
    random = np.random.default_rng(5)

    def drawn(**shapes: tuple[int, ...]) -> dict[str, np.ndarray]:
        return {name: random.normal(size=shape).astype("f4") for name, shape in shapes.items()}

    return {
        f"conv1d{number}": drawn(kernel=(3, 3, 4), bias=(4,)),
        f"batch_normalization{number}": drawn(gamma=(4,), beta=(4,), moving_mean=(4,), moving_variance=(4,)),
        f"dropout{number}": {},
        f"dense{number}": drawn(kernel=(24, 2), bias=(2,)),
    }


@pytest.mark.parametrize("number", ["", "_7"])
@pytest.mark.parametrize("name", ["x.h5", "x.hdf5", "x.weights.h5"])
def test_a_file_of_keras_2_is_read_by_the_names_of_its_layers_or_in_their_order(number, name, tmp_path):
    held, model = arrays(number=number), network()
    read_weights(model, legacy(tmp_path / name, held))
    expected = [array for roles in held.values() for array in roles.values()]
    assert all(np.array_equal(one, other) for one, other in zip(model.get_weights(), expected, strict=True))


def test_names_of_layers_stand_above_their_order_and_names_of_arrays_too(tmp_path):
    """A layer that was frozen when it was saved keeps its arrays in another order than one that was not."""
    held, model = arrays(), network()
    expected = [array for roles in held.values() for array in roles.values()]
    held["batch_normalization"] = dict(reversed(held["batch_normalization"].items()))
    read_weights(model, legacy(tmp_path / "x.h5", held, order=list(reversed(held))))
    assert all(np.array_equal(one, other) for one, other in zip(model.get_weights(), expected, strict=True))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda held: held.pop("dense"), "holds weights of 2 layers"),
        (lambda held: held["dense"].pop("bias"), "holds 1 arrays for dense"),
        (lambda held: held["dense"].update(bias=np.ones(3, "f4")), "is (3,) there and (2,) in the network"),
        (lambda held: held["dense"].update(bias=np.ones(2, "i4")), "is of int32 there"),
    ],
)
def test_what_does_not_fit_in_a_file_of_keras_2_is_named(change, expected, tmp_path):
    held = arrays()
    change(held)
    assert expected in refused(legacy(tmp_path / "x.h5", held))


# -- models that do not go into a file ---------------------------------------------------------------


def test_layers_that_keras_does_not_find_are_told_and_nothing_is_written(tmp_path):
    class Hiding(keras.Model):
        def __init__(self):
            super().__init__()
            self._get = (lambda layer: lambda: layer)(keras.layers.Dense(3))

        def build(self, shape):
            self._get().build(shape)

        @property
        def weights(self):
            return self._get().weights

        def call(self, x):
            return self._get()(x)

    model = Hiding()
    model(np.ones((1, 2)))
    with pytest.raises(OutlineError, match=r"Keras keeps 0 of the 9 numbers of this model in a file"):
        write_weights(model, tmp_path / "x.weights.h5")
    assert not list(tmp_path.iterdir())


def test_a_layer_goes_into_weights_and_not_into_a_model_file(tmp_path):
    layer, other = keras.layers.Dense(3), keras.layers.Dense(3)
    for each in (layer, other):
        each.build((None, 2))
    write_weights(layer, tmp_path / "x.weights.h5")
    read_weights(other, tmp_path / "x.weights.h5")
    assert np.array_equal(*(each.kernel.numpy() for each in (layer, other)))
    with pytest.raises(UsageError, match=r"x\.keras: a Dense is no keras\.Model; expected \.weights\.h5"):
        write_weights(layer, tmp_path / "x.keras")
    with pytest.raises(UsageError, match="the build returned a bare callable"):
        write_weights(keras.ops.relu, tmp_path / "y.weights.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["x.weights.h5"]


@pytest.mark.parametrize("name", ["x.h5", "x.safetensors", "x", "missing/x.keras"])
def test_a_place_that_does_not_do_is_told_before_anything_is_written(name, tmp_path):
    with pytest.raises(UsageError, match=r"expected \.weights\.h5 or \.keras|there is no folder"):
        write_weights(network(), tmp_path / name)
    assert not list(tmp_path.iterdir())


# -- hostile and damaged ---------------------------------------------------------------------------


def huge(opened: h5py.File) -> None:
    """A few bytes that claim to be 400 TB."""
    del opened[DENSE]
    opened["layers/dense/vars"].create_dataset("0", (10**7, 10**7), "f4", chunks=(100, 100), compression="gzip")


def linked(link) -> object:
    def change(opened: h5py.File) -> None:
        del opened[DENSE]
        opened[DENSE] = link

    return change


def outside(opened: h5py.File) -> None:
    del opened[DENSE]
    opened["layers/dense/vars"].create_dataset("0", (24, 2), "f4", external=[("/etc/passwd", 0, 192)])


def virtual(opened: h5py.File) -> None:
    del opened[DENSE]
    layout = h5py.VirtualLayout((24, 2), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (24, 2))
    opened["layers/dense/vars"].create_virtual_dataset("0", layout)


def looped(opened: h5py.File) -> None:
    opened["layers/dense/more"] = opened["layers"]


def retyped(opened: h5py.File) -> None:
    del opened[DENSE]
    opened[DENSE] = np.ones((24, 2), "i4")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (huge, f"{DENSE} is (10000000, 10000000) there and (24, 2) in the network"),
        (linked(h5py.ExternalLink("/etc/passwd", "x")), "ExternalLink"),
        (linked(h5py.SoftLink("/layers/conv1d/vars/0")), "SoftLink"),
        (outside, "keeps its numbers in another file"),
        (virtual, "keeps its numbers in another file"),
        (looped, "more than once"),
        (retyped, f"{DENSE} is of int32"),
        (lambda opened: opened.pop("layers/dense/vars/1"), "missing from it: layers/dense/vars/1"),
        (lambda opened: opened.update({"layers/x/vars/0": np.ones(3)}), "unknown to the network: layers/x/vars/0"),
        (lambda opened: opened.clear(), "missing from it"),
    ],
)
@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
def test_a_hostile_or_foreign_hdf5_file_is_refused_and_nothing_is_loaded(suffix, change, expected, tmp_path):
    place = tmp_path / INSIDE
    trained().save_weights(place)
    with h5py.File(place, "a") as opened:
        change(opened)
    if suffix == ".keras":
        with zipfile.ZipFile(tmp_path / "x.keras", "w") as archive:
            archive.write(place, INSIDE)
        place = tmp_path / "x.keras"
    assert expected in refused(place)


def misnamed(opened: h5py.File) -> None:
    opened["dense"].attrs["weight_names"] = [b"../../x", b"/conv1d"]


def grown(opened: h5py.File) -> None:
    del opened["dense/dense/kernel:0"]
    opened["dense"].create_dataset("dense/kernel:0", (10**7, 10**7), "f4", chunks=(100, 100), compression="gzip")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (misnamed, "there is no such thing"),
        (grown, "is (10000000, 10000000) there"),
        (lambda opened: opened.attrs.create("layer_names", [b"a", b"b", b"c"]), "there is no such thing"),
        (lambda opened: opened.attrs.create("layer_names", 3), "cannot be read"),
    ],
)
def test_a_hostile_file_of_keras_2_is_refused(change, expected, tmp_path):
    with h5py.File(legacy(tmp_path / "x.h5", arrays()), "a") as opened:
        change(opened)
    assert expected in refused(tmp_path / "x.h5")


@pytest.mark.parametrize("name", ["x.weights.h5", "x.keras", "x.h5"])
def test_a_truncated_file_and_noise_are_refused(name, tmp_path):
    SAVES[name](trained(), tmp_path / name)
    raw = (tmp_path / name).read_bytes()
    model = network()
    for length in (0, 7, 100, len(raw) // 2, len(raw) - 1):
        (tmp_path / name).write_bytes(raw[:length])
        refused(tmp_path / name, model)
    for start in (b"", b"PK\3\4", b"\x89HDF\r\n\x1a\n"):
        (tmp_path / name).write_bytes(start + os.urandom(3000))
        refused(tmp_path / name, model)


def test_the_architecture_in_a_keras_file_is_never_built(tmp_path):
    """Its config.json may hold code: it is not even read."""
    model, other = trained(), network()
    model.save_weights(tmp_path / INSIDE)
    with zipfile.ZipFile(tmp_path / "x.keras", "w") as archive:
        archive.writestr("config.json", b"\xff not json")
        archive.write(tmp_path / INSIDE, INSIDE)
    read_weights(other, tmp_path / "x.keras")
    assert same(model, other)


def test_a_keras_file_that_grows_a_thousandfold_or_holds_no_weights_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(INSIDE, bytes(1 << 27))
    assert "claims 134,217,728 bytes" in refused(tmp_path / "x.keras")
    with zipfile.ZipFile(tmp_path / "y.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    assert f"holds no {INSIDE}" in refused(tmp_path / "y.keras")


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("variables.index", lambda raw: raw[:100]),
        ("variables.index", lambda raw: b""),
        ("variables.index", lambda raw: os.urandom(len(raw))),
        ("variables.data-00000-of-00001", lambda raw: raw[:50]),
        ("variables.data-00000-of-00001", lambda raw: b""),
    ],
)
def test_a_damaged_saved_model_is_refused(name, raw, tmp_path):
    trained().export(tmp_path / "x", verbose=False)
    place = tmp_path / "x" / "variables" / name
    place.write_bytes(raw(place.read_bytes()))
    refused(tmp_path / "x")


def test_what_is_no_file_of_keras_is_told(tmp_path):
    assert "there is no such file" in refused(tmp_path / "x.h5")
    (tmp_path / "x.pt").write_bytes(b"")
    assert "expected .keras, .weights.h5, .h5 or .hdf5 or a SavedModel folder" in refused(tmp_path / "x.pt")
    assert "or a SavedModel folder, with variables/variables.index in it" in refused(tmp_path)


def test_two_arrays_of_one_name_in_a_saved_model_are_not_taken_for_one(tmp_path):
    import tensorflow as tf

    root = tf.train.Checkpoint(
        one=tf.Variable(np.ones((3, 3), "f4"), name="a/kernel"),
        other=tf.Variable(np.zeros((3, 3), "f4"), name="a/kernel"),
        bias=tf.Variable(np.ones(3, "f4"), name="a/bias"),
    )
    (tmp_path / "x" / "variables").mkdir(parents=True)
    root.write(str(tmp_path / "x" / "variables" / "variables"))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, name="a")])
    assert "cannot be told apart" in refused(tmp_path / "x", model)
