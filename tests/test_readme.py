"""The README's words are true: its tutorial runs as it stands there, and its links lead somewhere."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)^## ", README, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def settled(text: str) -> str:
    """What float64 leaves of a difference that is mended depends on the machine: none, or some 1e-15."""
    return re.sub(r"mended in memory by (0|\d(\.\d)?e-1\d)\b", "mended in memory by rounding", text)


def test_the_tutorial_runs_as_it_is_written(tmp_path):
    text = section("A case of your own")
    for name, code in zip(
        ("net_keras.py", "net_torch.py"), re.findall(r"```python\n(.*?)```", text, re.DOTALL), strict=True
    ):
        assert f"`{name}`" in text
        (tmp_path / name).write_text(code)
    consoles = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    steps = [step for console in consoles for step in re.split(r"^\$ ", console, flags=re.MULTILINE) if step]
    assert [step.split()[0] for step in steps] == ["parity", "parity", "patch", "parity"]
    for step in steps:
        command, _, expected = step.partition("\n")
        words = shlex.split(command)
        if words[0] == "parity":
            words = [str(Path(sys.executable).with_name("parity")), *words[1:]]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
        printed = " ".join(settled(done.stdout + done.stderr).split())
        for line in expected.splitlines():
            if line.strip() not in ("", "…"):
                assert " ".join(settled(line).split()) in printed, (command, line, printed)
    assert done.returncode == 0


def test_every_link_to_a_file_leads_to_one():
    for page in ("README.md", "parity/README.md"):
        for target in re.findall(r"\]\(([\w./-]+)\)", (ROOT / page).read_text(encoding="utf-8")):
            assert (ROOT / page).parent.joinpath(target).exists(), (page, target)
