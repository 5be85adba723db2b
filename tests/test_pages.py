"""A page of each case and an index, whole, and the same again from the same outcomes."""

from click.testing import CliRunner

from parity.cli import main

NET = """
import torch
def build():
    return torch.nn.Sequential(torch.nn.Linear(3, 4), {last})
"""
CASE = """
title = "A pair"
[reference]
framework = "torch"
build = "one:build"
[candidate]
framework = "torch"
build = "{candidate}:build"
[[inputs]]
name = "x"
shape = [3]
axes = "channel"
"""


def test_pages_are_written_for_each_case_with_an_index(tmp_path):
    for name, candidate in (("good", "one"), ("bad", "other")):
        folder = tmp_path / "cases" / name
        folder.mkdir(parents=True)
        (folder / "one.py").write_text(NET.format(last="torch.nn.ReLU()"))
        (folder / "other.py").write_text(NET.format(last="torch.nn.Tanh()"))
        (folder / "case.toml").write_text(CASE.format(candidate=candidate))
    pages = tmp_path / "pages"
    words = ["check", "--all", "--cases", str(tmp_path / "cases"), "--no-onnx", "--pages", str(pages)]
    missing = CliRunner().invoke(main, words)
    assert missing.exit_code == 2
    assert "there is no such folder" in missing.output
    texts = []
    for _ in range(2):
        pages.mkdir(exist_ok=True)
        told = CliRunner().invoke(main, words)
        assert told.exit_code == 1
        assert "2 cases: 1 divergence, 1 parity; 1 not as expected" in told.output
        texts.append({file.name: file.read_text() for file in pages.iterdir()})
    assert texts[0] == texts[1]
    assert set(texts[0]) == {"README.md", "good.md", "bad.md"}
    index = texts[0]["README.md"].splitlines()
    assert "| [bad](bad.md) | divergence | **no**: parity | torch, 16 parameters | torch, 16 parameters |" in index[-2]
    assert index[-2].endswith("| wrong-activation |")
    assert index[-1].startswith("| [good](good.md) | parity | yes |")
