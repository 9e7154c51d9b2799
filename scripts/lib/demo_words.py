"""Texts of the demo, from data: `name: {zh: "...", en: "..."}`, one a line, below a section.

A reader for such lines alone (Debian's Python has no YAML of its own); the bundle itself is read by
the daemon, which is strict.
"""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAIR = re.compile(r"^\s+([\w]+): \{zh: (.+?), en: (.+)\}\s*$")
SECTION = re.compile(r"^(\w+):\s*$")
INNER = re.compile(r"^  (\w+):\s*$")


def bare(text):
    """A scalar without its quotes."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def read(path, lang):
    """{"section.name" or "section.inner.name": text} of one file in one language."""
    found, section, inner = {}, "", ""
    for line in open(path, encoding="utf-8"):
        head, below, pair = SECTION.match(line), INNER.match(line), PAIR.match(line)
        if head:
            section, inner = head[1] + ".", ""
        elif below:
            inner = below[1] + "."
        elif pair:
            place = section + (inner if line.startswith("    ") else "")
            found[place + pair[1]] = bare(pair[2 if lang == "zh" else 3])
    return found


class Words:
    """`words("typed", rows=3)`: a text of the story; `words.name("roles", "grid_worker")`."""

    def __init__(self, example, lang):
        self.lang = lang
        self.texts = read(example / "story.yaml", lang)
        self.names = read(example / "policy" / "words.yaml", lang)

    def __call__(self, text, **values):
        return self.texts["story." + text].format(**values)

    def has(self, name):
        return "story." + name in self.texts

    def name(self, section, word):
        return self.names.get(f"{section}.{word}", word)

    def overlap(self, kind):
        return self.names.get(f"overlaps.{kind}.name", kind)

    def several(self, texts):
        return self("comma").join(texts)
