"""The causes in words, for the terminal and for docs/causes.md: what stands at the head of each file of the shelf."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from parity import shelf

HEADINGS = ("What it is", "How it shows", "How to mend", "Example", "Source")
_WIDTH = 100


@dataclass(frozen=True)
class Page:
    """One cause in words: its code, its title, and a paragraph under each of HEADINGS."""

    code: str
    title: str
    sections: Mapping[str, str]


def pages() -> dict[str, Page]:
    """All causes by their codes. Raises ValueError for a file that lacks a heading."""
    found = {name.replace("_", "-"): text for name, text in shelf.words("parity.causes").items()}
    return {code: _page(code, text) for code, text in found.items()}


def _page(code: str, text: str) -> Page:
    title, _, rest = text.partition("\n")
    parts = re.split(rf"^({'|'.join(HEADINGS)}): ", rest, flags=re.MULTILINE)
    told = [" ".join(words.split()) for words in parts[2::2]]
    sections = {heading: words[:1].upper() + words[1:] for heading, words in zip(parts[1::2], told, strict=True)}
    if tuple(sections) != HEADINGS:
        raise ValueError(f"the cause {code}: has {', '.join(sections)}; expected {', '.join(HEADINGS)}, in this order")
    return Page(code, title.rstrip("."), sections)


def text(page: Page) -> str:
    """One cause for the terminal."""
    lines = [f"{page.code}: {page.title}"]
    for heading, words in page.sections.items():
        lines += ["", heading, textwrap.indent(textwrap.fill(words, _WIDTH, break_on_hyphens=False), "  ")]
    return "\n".join(lines) + "\n"


def markdown() -> str:
    """docs/causes.md: all of them."""
    found = pages().values()
    lines = ["# Why two networks part", ""]
    lines += ["What `parity` knows by name, as `parity explain CODE` tells it. `make docs` writes this page."]
    lines += ["", *(f"- [{page.code}](#{page.code}): {page.title}" for page in found)]
    for page in found:
        lines += ["", f"## {page.code}", "", f"{page.title}."]
        for heading, words in page.sections.items():
            lines += ["", f"**{heading}.** {words}"]
    return "\n".join(lines) + "\n"
