"""What the rules read: the tree's files, C without comments and strings, its functions."""
import bisect
import functools
import os
import re
import subprocess

LAYERS = {"base": 0, "core": 1, "codec": 2, "lane": 3, "shell": 4, "daemon": 5, "cli": 5}
NOT_OURS = ("tests/tidy/bad/", "tests/tidy/good/", "build/")
SIZE_MAX = 1_500_000

TOKENS = re.compile(
    r"//(?:\\\n|[^\n])*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.M)


def blank(text):
    """The same length and the same lines, nothing to read."""
    return re.sub(r"[^\n]", " ", text)


def blank_token(match):
    token = match.group(0)
    if token[0] == "/":
        return blank(token)
    return token[0] + blank(token[1:-1]) + token[-1]


class File:
    """One file. `code` is C text whose comments, literals and directives are blanks."""

    def __init__(self, path, text):
        self.path = path
        self.text = text

    @functools.cached_property
    def lines(self):
        return self.text.split("\n")

    @functools.cached_property
    def starts(self):
        found = [0]
        found.extend(m.end() for m in re.finditer("\n", self.text))
        return found

    def line(self, offset):
        """1-based line of an offset; equal for `text` and `code`."""
        return bisect.bisect_right(self.starts, offset)

    @functools.cached_property
    def code(self):
        bare = TOKENS.sub(blank_token, self.text)
        return DIRECTIVE.sub(lambda m: blank(m.group(0)), bare)

    @functools.cached_property
    def code_and_macros(self):
        return TOKENS.sub(blank_token, self.text)

    @functools.cached_property
    def includes(self):
        """(line, '"' or '<', path) of each include directive outside comments."""
        bare = re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: blank(m.group(0)), self.text, flags=re.S)
        return [(self.line(m.start(2)), m.group(1), m.group(2)) for m in INCLUDE.finditer(bare)]

    @functools.cached_property
    def layer(self):
        """Name of the layer, 'public', 'adapter', or None for tests and the rest."""
        parts = self.path.split("/")
        if parts[0] == "src" and len(parts) > 2:
            return parts[1]
        return {"include": "public", "adapters": "adapter"}.get(parts[0])

    @functools.cached_property
    def kind(self):
        """c, py, sh, cmake or other."""
        if self.path.endswith((".c", ".h")):
            return "c"
        if self.path.endswith((".cmake", "CMakeLists.txt")):
            return "cmake"
        first = self.lines[0] if self.text.startswith("#!") else ""
        if self.path.endswith(".py") or "python" in first:
            return "py"
        if self.path.endswith(".sh") or re.search(r"\b(ba)?sh\b", first):
            return "sh"
        return "other"

    @functools.cached_property
    def functions(self):
        return list(scan_functions(self)) if self.kind == "c" else []


class Function:
    """A definition or a prototype at file scope."""

    def __init__(self, name, params, span, is_static, is_definition):
        self.name = name
        self.params = params
        self.first, self.last = span
        self.is_static = is_static
        self.is_definition = is_definition


def close_of(code, offset, pair="{}"):
    """Offset of the bracket that closes the one at `offset`, or the end of the text."""
    depth = 0
    for m in re.compile("[" + re.escape(pair) + "]").finditer(code, offset):
        depth += 1 if m.group(0) == pair[0] else -1
        if depth == 0:
            return m.start()
    return len(code)


def split_params(text):
    """The parameters of a list: `void` is none, `...` is not counted."""
    depth, part, parts = 0, "", []
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += c
    parts = [p.strip() for p in parts + [part]]
    return [p for p in parts if p not in ("", "void", "...")]


def head_of(statement):
    """(name, offset of its parenthesis) of the first call-like group that is no macro."""
    for m in re.finditer(r"\b([A-Za-z_]\w*)\s*\(", statement):
        name = m.group(1)
        if name.startswith("_") or name == name.upper() or "=" in statement[:m.start()]:
            continue
        depth = statement[:m.start()].count("(") - statement[:m.start()].count(")")
        if depth == 0:
            return name, m.end() - 1
    return None, 0


def scan_functions(file):
    code, begin = file.code, 0
    at = re.compile(r"[;{]")
    m = at.search(code, begin)
    while m:
        statement = code[begin:m.start()]
        is_definition = m.group(0) == "{"
        end = close_of(code, m.start()) if is_definition else m.start()
        name, paren = head_of(statement)
        if name:
            params = statement[paren + 1:close_of(statement, paren, "()")]
            first = file.line(begin + statement.index(name, max(0, paren - len(name) - 8)))
            yield Function(name, split_params(params), (first, file.line(end)),
                           re.search(r"\bstatic\b", statement[:paren]), is_definition)
        begin = end + 1
        m = at.search(code, begin)


class Tree:
    """All text files, by path from the top."""

    def __init__(self, files):
        self.files = {path: File(path, text) for path, text in files.items()}

    def of_kind(self, *kinds):
        return [f for f in self.files.values() if f.kind in kinds]

    def sources(self):
        """C files of the product: src, include, adapters."""
        return [f for f in self.of_kind("c") if f.layer]


def list_paths(top):
    try:
        listed = subprocess.run(
            ["git", "-C", top, "ls-files", "-co", "--exclude-standard", "-z"],
            capture_output=True, check=True).stdout.decode().split("\0")
        return [p for p in listed if p]
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, names, files in os.walk(top):
            names[:] = [n for n in names if n not in (".git", "build", "__pycache__")]
            found += [os.path.relpath(os.path.join(folder, f), top) for f in files]
        return found


def read_tree(top):
    files = {}
    for path in sorted(list_paths(top)):
        full = os.path.join(top, path)
        if path.startswith(NOT_OURS) or not os.path.isfile(full):
            continue
        if os.path.getsize(full) > SIZE_MAX:
            continue
        with open(full, "rb") as f:
            raw = f.read()
        if b"\0" not in raw:
            files[path] = raw.decode("utf-8", "replace")
    return Tree(files)


def read_snippet(path):
    """A small tree in one file: `## path` begins a file.

    {slash}, {at} and {tab} stand for what the tree itself may not hold; a line that begins with
    {repeat n} stands for n lines.
    """
    with open(path, encoding="utf-8") as f:
        parts = re.split(r"^## (\S+)\n", f.read(), flags=re.M)
    files = {}
    for name, text in zip(parts[1::2], parts[2::2]):
        for word, char in (("{slash}", "/"), ("{at}", "@"), ("{tab}", "\t")):
            text = text.replace(word, char)
        text = re.sub(r"^\{repeat (\d+)\}(.*\n)", lambda m: m.group(2) * int(m.group(1)), text,
                      flags=re.M)
        files[name] = text
    return Tree(files)
