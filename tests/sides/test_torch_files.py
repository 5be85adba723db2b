"""PyTorch's weight files: what it reads by itself, and what is hostile, damaged or another network's."""

import json
import os
import pickle
import struct
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from parity.errors import OutlineError, UsageError
from parity.sides._torch_files import read_state, write_state

EMPTY = zipfile.ZipInfo("empty")


def network() -> nn.Module:
    return nn.Sequential(nn.Conv1d(3, 4, 3), nn.BatchNorm1d(4), nn.Flatten(), nn.Linear(24, 2))


def same(one: nn.Module, other: nn.Module) -> bool:
    mine, yours = one.state_dict(), other.state_dict()
    return mine.keys() == yours.keys() and all(torch.equal(mine[name], yours[name]) for name in mine)


def trained() -> nn.Module:
    """A network in which nothing stands as it is built, the counter of its norm neither."""
    module = network()
    with torch.no_grad():
        for number, value in enumerate(module.state_dict().values()):
            value.copy_(torch.randn(value.shape) + number)
    return module


def refused(file: Path) -> str:
    """What is told of a file that is not loaded; the network is then as it was."""
    module = network()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with pytest.raises(UsageError) as caught:
        read_state(module, file)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    told = str(caught.value)
    assert told.startswith(f"{file}: ")
    assert len(told) < 700 and "\n" not in told
    return told


# -- written and read ------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_a_written_file_is_loaded_by_pytorch_itself_without_a_key_missing(suffix, tmp_path):
    module, file = trained(), tmp_path / f"weights{suffix}"
    write_state(module, file, dict(module.named_parameters()))
    state = load_file(file) if suffix == ".safetensors" else torch.load(file, weights_only=True)
    other = network()
    other.load_state_dict(state, strict=True)
    assert same(module, other)
    assert "1.num_batches_tracked" in state
    assert {path.name for path in tmp_path.iterdir()} == {file.name}
    again = network()
    read_state(again, file)
    assert same(module, again)


def test_safetensors_say_that_they_are_pytorchs(tmp_path):
    write_state(network(), tmp_path / "x.safetensors", {})
    raw = (tmp_path / "x.safetensors").read_bytes()
    assert json.loads(raw[8 : 8 + struct.unpack("<Q", raw[:8])[0]])["__metadata__"] == {"format": "pt"}


def test_tied_weights_and_weights_in_another_order_of_memory_are_written(tmp_path):
    module = nn.ModuleDict({"one": nn.Linear(3, 3), "other": nn.Linear(3, 3)})
    module["other"].weight = module["one"].weight
    module["one"].bias = nn.Parameter(torch.arange(6.0)[::2])
    for suffix in (".safetensors", ".pt"):
        write_state(module, tmp_path / f"x{suffix}", {})
        read_state(module, tmp_path / f"x{suffix}")
    assert load_file(tmp_path / "x.safetensors")["one.bias"].tolist() == [0, 2, 4]
    state = module.state_dict()
    save_file(
        {name: value.clone() + (name == "other.weight") for name, value in state.items()}, tmp_path / "y.safetensors"
    )
    with pytest.raises(UsageError, match=r"one\.weight and other\.weight are one array in the network"):
        read_state(module, tmp_path / "y.safetensors")


def test_an_array_that_no_state_dict_holds_is_told_and_nothing_is_written(tmp_path):
    module = nn.Linear(3, 3)
    module.register_buffer("scale", torch.ones(3), persistent=False)
    with pytest.raises(OutlineError, match=r"scale is not in the module's state_dict.*persistent=False"):
        write_state(module, tmp_path / "x.pt", {"scale": module.scale})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["x.h5", "x", "x.weights.h5", "x.pt2", "missing/x.pt", "folder.pt"])
def test_a_place_that_does_not_do_is_told_before_anything_is_written(name, tmp_path):
    (tmp_path / "folder.pt").mkdir()
    with pytest.raises(UsageError, match=r"expected \.safetensors, \.pt or \.pth|there is no folder|this is a folder"):
        write_state(network(), tmp_path / name, {})
    assert [path.name for path in tmp_path.iterdir()] == ["folder.pt"]


def test_what_stood_there_stays_where_writing_fails(tmp_path, monkeypatch):
    (tmp_path / "x.pt").write_text("what stood there")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(UsageError, match=r"x\.pt: cannot be written: No space left on device"):
        write_state(network(), tmp_path / "x.pt", {})
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("x.pt", "what stood there")]


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model", None])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_checkpoint_of_training_is_unwrapped(key, prefix, tmp_path):
    module = trained()
    state = {f"{prefix}{name}": value for name, value in module.state_dict().items()}
    torch.save(state if key is None else {"epoch": 3, key: state, "optimizer": {"lr": 0.1}}, tmp_path / "x.pt")
    other = network()
    read_state(other, tmp_path / "x.pt")
    assert same(module, other)


def test_a_prefix_that_not_all_names_have_is_no_prefix(tmp_path):
    state = dict(network().state_dict())
    state["module.0.weight"] = state.pop("0.weight")
    torch.save(state, tmp_path / "x.pt")
    told = refused(tmp_path / "x.pt")
    assert "missing from it: 0.weight; unknown to the network: module.0.weight" in told


def test_files_of_older_versions_are_read(tmp_path):
    """Not a zip archive, and without the counter that norms have had since PyTorch 0.4.1."""
    module = trained()
    state = {name: value for name, value in module.state_dict().items() if "num_batches" not in name}
    torch.save(state, tmp_path / "x.pth", _use_new_zipfile_serialization=False)
    other = network()
    other[1].num_batches_tracked.copy_(module[1].num_batches_tracked)
    read_state(other, tmp_path / "x.pth")
    assert same(module, other)


def exported(module: nn.Module, file: Path) -> Path:
    torch.export.save(torch.export.export(module.eval(), (torch.ones(2, 3, 8),)), str(file))
    return file


def test_an_exported_program_gives_its_weights(tmp_path):
    module, other = trained(), network()
    read_state(other, exported(module, tmp_path / "x.pt2"))
    assert same(module, other)


# -- hostile and damaged ---------------------------------------------------------------------------


class Bomb:
    """Its pickle runs a command where it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("place", ["alone", "in a state_dict", "bare pickle"])
def test_a_pickle_that_would_run_code_is_refused_and_runs_none(place, tmp_path):
    mark, file = tmp_path / "ran", tmp_path / "x.pt"
    if place == "bare pickle":
        file.write_bytes(pickle.dumps(Bomb(mark)))
    else:
        torch.save(Bomb(mark) if place == "alone" else {**network().state_dict(), "3.bias": Bomb(mark)}, file)
    told = refused(file)
    assert "posix.system" in told or place == "bare pickle"
    assert "weights_only=False" not in told
    assert not mark.exists()


def test_a_whole_pickled_module_is_refused_and_what_was_expected_is_told(tmp_path):
    torch.save(network(), tmp_path / "x.pt")
    told = refused(tmp_path / "x.pt")
    assert "torch.nn.modules" in told and "torch.save(module.state_dict(), ...)" in told


def repacked(source: Path, target: Path, change) -> Path:
    """A copy of a zip archive with its members changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda each: each.update(use_pickle=True), "is pickled in it"),
        (lambda each: each["tensor_meta"].update(sizes=[{"as_int": 10**9}] * 2), "out of bounds"),
        (lambda each: each["tensor_meta"].update(storage_offset={"as_int": -4}), "cannot be read"),
        (lambda each: each["tensor_meta"].update(dtype=99), "cannot be read"),
        (lambda each: each.update(path_name="../../../etc/passwd"), "cannot be read"),
        (lambda each: each.update(tensor_meta=None), "cannot be read"),
    ],
)
def test_a_list_of_exported_weights_that_lies_is_refused(change, expected, tmp_path):
    def lying(name: str, raw: bytes) -> bytes:
        if not name.endswith("model_weights_config.json"):
            return raw
        listed = json.loads(raw)
        change(listed["config"]["3.weight"])
        return json.dumps(listed).encode()

    source = exported(network(), tmp_path / "x.pt2")
    assert expected in refused(repacked(source, tmp_path / "y.pt2", lying))


def test_a_pickle_among_exported_weights_is_not_run(tmp_path):
    """What `torch.export.load` does with it shows that this file is a bomb."""
    mark = tmp_path / "ran"
    torch.save(Bomb(mark), tmp_path / "bomb")

    def armed(name: str, raw: bytes) -> bytes:
        if name.endswith("/weight_0"):
            return (tmp_path / "bomb").read_bytes()
        if not name.endswith("model_weights_config.json"):
            return raw
        listed = json.loads(raw)
        for each in listed["config"].values():
            each["use_pickle"] = each["path_name"] == "weight_0"
        return json.dumps(listed).encode()

    refused(repacked(exported(network(), tmp_path / "x.pt2"), tmp_path / "y.pt2", armed))
    assert not mark.exists()


def header(file: Path, change, length: int | None = None) -> Path:
    """A safetensors file whose header is changed, or lies about its own length."""
    raw = file.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    told = json.loads(raw[8 : 8 + size])
    change(told)
    text = json.dumps(told).encode()
    file.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + raw[8 + size :])
    return file


@pytest.mark.parametrize(
    ("change", "length"),
    [
        (lambda told: told["3.weight"].update(shape=[10**9, 10**9]), None),
        (lambda told: told["3.weight"].update(data_offsets=[0, 10**15]), None),
        (lambda told: told["3.weight"].update(dtype="F99"), None),
        (lambda told: None, 1 << 62),
        (lambda told: None, 99_000_000),
    ],
)
def test_a_header_of_safetensors_that_lies_is_refused(change, length, tmp_path):
    write_state(network(), tmp_path / "x.safetensors", {})
    assert "cannot be read as safetensors" in refused(header(tmp_path / "x.safetensors", change, length))


@pytest.mark.parametrize("suffix", [".pt", ".safetensors", ".pt2"])
def test_a_truncated_file_and_noise_are_refused(suffix, tmp_path):
    whole, file = tmp_path / f"whole{suffix}", tmp_path / f"x{suffix}"
    exported(network(), whole) if suffix == ".pt2" else write_state(network(), whole, {})
    raw = whole.read_bytes()
    for length in (0, 1, 9, 100, len(raw) // 2, len(raw) - 1):
        file.write_bytes(raw[:length])
        refused(file)
    for start in (b"", b"PK\3\4", b"\x80\2"):
        file.write_bytes(start + os.urandom(4000))
        refused(file)


def test_a_zip_archive_that_grows_a_thousandfold_is_refused_before_it_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/data.pkl", bytes(1 << 27))
    assert "claims 134,217,728 bytes" in refused(tmp_path / "x.pt")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda state: state.pop("3.bias"), "missing from it: 3.bias"),
        (lambda state: state.update({"4.bias": torch.ones(2)}), "unknown to the network: 4.bias"),
        (lambda state: state.update({"3.bias": torch.ones(3)}), "3.bias is (3,) there and (2,) in the network"),
        (lambda state: state.update({"3.bias": torch.zeros(1).expand(10**9, 10**9)}), "of another shape: 3.bias"),
        (lambda state: state.update({"3.bias": torch.ones(2, dtype=torch.int32)}), "3.bias is of torch.int32"),
        (lambda state: state.update({"3.bias": torch.ones(2).to_sparse()}), "3.bias is sparse"),
        (lambda state: state.update({"3.bias": torch.empty(2, device="meta")}), "3.bias is sparse, quantised or empty"),
        (lambda state: state.update({f"{'x' * 999}{n}": torch.ones(1) for n in range(9)}), " and 5 more"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_loaded(change, expected, tmp_path):
    state = dict(trained().state_dict())
    change(state)
    torch.save(state, tmp_path / "x.pt")
    assert expected in refused(tmp_path / "x.pt")


@pytest.mark.parametrize("thing", [[1, 2], {"epoch": 3}, {"model": {"a": 1}}, {1: torch.ones(2)}])
def test_a_file_without_a_state_dict_tells_what_it_holds(thing, tmp_path):
    torch.save(thing, tmp_path / "x.pt")
    assert "expected a state_dict" in refused(tmp_path / "x.pt")


@pytest.mark.parametrize(
    ("name", "expected"), [("x.pt", "no such file"), ("x.h5", "expected .safetensors"), ("", "folder")]
)
def test_what_is_no_file_of_pytorch_is_told(name, expected, tmp_path):
    if name == "x.h5":
        (tmp_path / name).write_bytes(b"")
    assert expected in refused(tmp_path / name)
