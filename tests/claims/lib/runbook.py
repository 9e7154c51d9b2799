"""The commands of docker/RUNBOOK.md as they stand there: a claim that runs them tests the page.

    book = Runbook()
    for words in book.commands("Kafka was restored", LANE="0", OFFSET="17"): ...
    book.unused()      commands that were never asked for
"""
import os
import pathlib
import shlex

PATH = pathlib.Path(os.environ["GB_ROOT"]) / "docker" / "RUNBOOK.md"


class Runbook:
    def __init__(self, path=PATH):
        self.sections, self.used, title = {}, set(), "First"
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("## "):
                title = line[3:]
            elif line.startswith("    gridbridge "):
                self.sections.setdefault(title, []).append(line.strip())

    def commands(self, title, **places):
        """Words of each command behind `gridbridge`, without the configuration, in their order."""
        found = []
        for line in self.sections[title]:
            self.used.add((title, line))
            words = shlex.split(line.removesuffix(" -c FILE"))[1:]
            found.append([places.get(word, word) for word in words])
        return found

    def one(self, title, *begin, **places):
        """The one command of a section that begins so."""
        line, = [l for l in self.sections[title] if l.split()[1:1 + len(begin)] == list(begin)]
        self.used.add((title, line))
        return [places.get(w, w) for w in shlex.split(line.removesuffix(" -c FILE"))[1:]]

    def unused(self):
        return [f"{title}: {line}" for title, lines in self.sections.items() for line in lines
                if (title, line) not in self.used]
