"""Planted bugs: reading tests/sim/mutants/*.mutant, planting them into a copy, building, running.

The format stands in tests/sim/README.md.
"""
import collections
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

# The unit tests that know a layer, by the names of their files.
UNITS = {"base": "base|core|lane|record|json|replay",
         "core": "core|lane|replay",
         "codec": "codec|door|record|policy|json|envelope|times|csv|yaml|convert|refuse|lane",
         "lane": "lane|replay"}
WORDS = ("file:", "old:", "new:")
SEED = re.compile(r"^seed (\d+): (\w+): (.*)$")


class Stale(Exception):
    """A mutant that cannot be read, or that fits nowhere."""


class Mutant:
    def __init__(self, path):
        self.name = path.stem
        self.breaks = ""
        self.edits = []
        self.read(path.read_text(encoding="utf-8").split("\n"))

    def read(self, lines):
        current = None
        for number, line in enumerate(lines, 1):
            if line.startswith("breaks:"):
                self.breaks = line[len("breaks:"):].strip()
            elif line.startswith("file:"):
                self.edits.append({"file": line[len("file:"):].strip()})
                current = None
            elif line in ("old:", "new:") and self.edits:
                current = self.edits[-1].setdefault(line[:-1], [])
            elif line.strip() == "" or (current is not None and line.startswith("    ")):
                if current is not None:
                    current.append(line)
            else:
                raise Stale(f"line {number} is none of {', '.join(WORDS)} and no indented text")
        if not self.breaks or not self.edits:
            raise Stale("it needs breaks: and an edit")
        for edit in self.edits:
            if "old" not in edit or "new" not in edit:
                raise Stale(f"the edit of {edit['file']} needs old: and new:")

    def plant(self, root):
        """{file: its text before}. Nothing is written if an edit does not fit."""
        texts = {}
        before = {}
        for edit in self.edits:
            name = edit["file"]
            if name not in texts:
                before[name] = texts[name] = (root / name).read_text(encoding="utf-8")
            texts[name] = replace_once(texts[name], "\n".join(edit["old"]),
                                       "\n".join(edit["new"]), name)
        for name, text in texts.items():
            (root / name).write_text(text, encoding="utf-8")
        return before


def replace_once(text, old, new, name):
    """Blanks and line ends compare equal, one run like another."""
    pattern = r"\s+".join(re.escape(word) for word in old.split())
    if not pattern:
        raise Stale(f"{name}: old is empty")
    found = list(re.finditer(pattern, text))
    if len(found) != 1:
        raise Stale(f"{name}: old occurs {len(found)} times: {' '.join(old.split())[:60]}")
    return text[:found[0].start()] + new.strip() + text[found[0].end():]


class Bench:
    """A copy of the sources with a build beside it."""

    def __init__(self, root, folder):
        self.root = pathlib.Path(root)
        self.source = pathlib.Path(folder) / "src"
        self.build_folder = pathlib.Path(folder) / "build"
        self.copy()

    def copy(self):
        """Only what differs is written, so that a second run builds little."""
        kept = set()
        for top in ("CMakeLists.txt", "cmake", "src", "include", "adapters", "schemas", "examples",
                    "tests"):
            for path in self.files(self.root / top):
                name = path.relative_to(self.root)
                target = self.source / name
                kept.add(name)
                if not target.exists() or target.read_bytes() != path.read_bytes():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, target)
        for path in self.files(self.source):
            if path.relative_to(self.source) not in kept:
                path.unlink()

    @staticmethod
    def files(top):
        if top.is_file():
            return [top]
        return [p for p in top.rglob("*") if p.is_file() and "__pycache__" not in p.parts]

    def configure(self):
        environment = dict(os.environ)
        if shutil.which("ccache"):
            environment.setdefault("CMAKE_C_COMPILER_LAUNCHER", "ccache")
        return self.run(["cmake", "-G", "Ninja", "-S", self.source, "-B", self.build_folder,
                         "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_FLAGS_RELEASE=-O1"],
                        120, environment)

    def build(self, targets=("gridbridge-sim",)):
        return self.run(["cmake", "--build", self.build_folder, "--target", *targets], 600)

    def units_of(self, mutant):
        """Targets of the unit tests that know the layers that the mutant edits."""
        layers = {edit["file"].split("/")[1] for edit in mutant.edits
                  if edit["file"].startswith("src/")}
        words = "|".join(UNITS.get(layer, "") for layer in layers)
        known = re.compile(f"test_({words})\\w*\\.c$")
        return sorted("unit_" + p.stem[len("test_"):]
                      for p in (self.source / "tests" / "unit").glob("test_*.c")
                      if words and known.match(p.name))

    def run_units(self, units):
        """The names of the unit tests that fail."""
        failed = []
        for unit in units:
            program = self.build_folder / "tests" / "unit" / unit
            code, _ = self.run([program], 300, cwd=self.source)
            if code != 0:
                failed.append(unit)
        return failed

    def run_seeds(self, first, last, until_one=False):
        """({invariant: seeds}, an example). Seeds that hold are not in it."""
        code, output = self.run([self.build_folder / "gridbridge-sim", "--seeds",
                                 f"{first}..{last}", "--quick",
                                 "--first" if until_one else "--go-on"], 1800)
        caught = collections.Counter()
        example = ""
        for line in output.split("\n"):
            match = SEED.match(line)
            if match:
                caught[match.group(2)] += 1
                example = example or line
        if code not in (0, 1):
            caught["DIED"] += 1
            example = example or f"ended with {code}"
        return caught, example

    def fingerprint(self, mutant):
        """Of all that a verdict on this mutant hangs on."""
        digest = hashlib.sha256(repr((mutant.breaks, mutant.edits)).encode())
        for top in ("CMakeLists.txt", "cmake", "src", "include", "tests/sim", "tests/unit"):
            for path in sorted(self.files(self.source / top)):
                if path.suffix != ".mutant":
                    digest.update(path.read_bytes())
        return digest.hexdigest()

    @staticmethod
    def run(command, timeout, environment=None, cwd=None):
        """(exit code, -1 for a time-out; output)"""
        try:
            done = subprocess.run([str(c) for c in command], env=environment, cwd=cwd,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=timeout, check=False)
        except subprocess.TimeoutExpired as late:
            return -1, (late.stdout or b"").decode("utf-8", "replace")
        return done.returncode, done.stdout.decode("utf-8", "replace")
