"""`parity check CASE --init`: each side in a process of its own, and the exit code of what was found."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from parity.cli import main
from parity.errors import SideFailed
from parity.fresh import check

pytestmark = pytest.mark.usefixtures("warmly")
CASE = """\
title = "Drawn when it is imported"
reference = { framework = "torch", build = "one:build" }
candidate = { framework = "torch", build = "other:build" }
inputs = [{ name = "x", shape = [6], axes = "channel" }]
"""
NET = """\
import torch
from torch import nn
{top}
def build():
    net = nn.Linear(6, 50)
    with torch.no_grad():
        {body}
    return net
"""


def told(*words):
    return CliRunner().invoke(main, ["check", *map(str, words)])


def written(folder: Path, one: str, other: str, top: str = "") -> Path:
    (folder / "case.toml").write_text(CASE)
    (folder / "one.py").write_text(NET.format(top=top, body=one))
    (folder / "other.py").write_text(NET.format(top="", body=other))
    return folder


def test_weights_that_are_drawn_when_the_module_is_imported_are_drawn_under_each_seed(tmp_path):
    case = written(
        tmp_path,
        "net.weight.copy_(DRAWN)",
        "nn.init.normal_(net.weight, std=0.3)",
        "DRAWN = 0.3 * torch.randn(50, 6)",
    )
    result = told(case, "--init", "--builds", "8", "--report", tmp_path / "init.md", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert (document["schema"], document["verdict"], document["builds"]) == ("parity-init/1", "same", 8)
    assert [each["status"] for each in document["arrays"]] == ["same", "same"]
    assert document["arrays"][0]["reference"]["name"] == document["arrays"][0]["candidate"]["name"]
    assert document["arrays"][1]["places"]["candidate"] == "other.py:5"
    assert (tmp_path / "init.md").read_text().startswith(f"# {tmp_path.name}, fresh weights: SAME")


def test_weights_that_no_seed_moves_are_no_verdict(tmp_path):
    body = "net.weight.copy_(torch.randn(50, 6, generator=torch.Generator().manual_seed(3)))"
    result = told(written(tmp_path, "nn.init.normal_(net.weight)", body), "--init", "--builds", "8", "--quiet")
    assert result.exit_code == 3 and "INCONCLUSIVE" in result.output


def test_a_side_that_fails_is_told_and_no_verdict(tmp_path, monkeypatch):
    def failing(case, options, builds):
        raise SideFailed("candidate", "building its network again under other seeds", "its code raised ValueError")

    monkeypatch.setattr(check, "check_init", failing)
    result = told(written(tmp_path, "pass", "pass"), "--init")
    assert result.exit_code == 4 and "the candidate failed while building its network again" in result.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--init", "--weights", "w.pt"), "--init does not go with --weights"),
        (("--init", "--as-is", "--rtol", "0.1"), "--init does not go with --as-is, --rtol"),
        (("--init", "--builds", "3"), "8"),
        (("--builds", "9"), "--builds goes with --init"),
    ],
)
def test_options_that_mean_nothing_to_fresh_weights_are_refused(tmp_path, words, says):
    result = told(written(tmp_path, "pass", "pass"), *words)
    assert result.exit_code == 2 and says in result.output
