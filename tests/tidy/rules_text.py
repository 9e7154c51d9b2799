"""What no text of the project may hold."""
import re

LINE_MAX = 100
CODE = ("c", "py", "sh", "cmake")
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
MACHINE = re.compile(r"(?<![\w.~}\])-])/(?:" + "wo" + "rk|ro" + r"ot|home/\w+)/")
EMAIL = re.compile(r"[\w.+-]+@([\w-]+\.)+([A-Za-z]{2,})\b")
NO_PERSON = re.compile(r"@(?:[\w-]+\.)*example(?:\.(?:com|org|net|cn))?\b|\.(?:invalid|test)\b")
UNITS = {"service", "socket", "timer", "target", "conf"}
HOSTS = re.compile("|".join([
    r"repo1?\.mav" + r"en\.(?:apache\.)?org", r"deb\.deb" + r"ian\.org", r"py" + r"pi\.org",
    r"registry\.npm" + r"js", r"pythonho" + r"sted\.org", r"static\.crat" + r"es\.io"]))


def line_length(tree):
    """A line of code has at most 100 columns."""
    for f in tree.of_kind(*CODE):
        for i, text in enumerate(f.lines, 1):
            if len(text) > LINE_MAX:
                yield f.path, i, f"{len(text)} columns"


def tabs(tree):
    """No tabs in code."""
    for f in tree.of_kind(*CODE):
        for i, text in enumerate(f.lines, 1):
            if "\t" in text:
                yield f.path, i, "a tab"


def trailing_space(tree):
    """No blanks at the end of a line of code, and a newline at the end of the file."""
    for f in tree.of_kind(*CODE):
        for i, text in enumerate(f.lines, 1):
            if text.endswith((" ", "\r")):
                yield f.path, i, "blanks at the end"
        if f.text and not f.text.endswith("\n"):
            yield f.path, len(f.lines), "no newline at the end"


def search(tree, pattern, message):
    for f in tree.files.values():
        for m in pattern.finditer(f.text):
            yield f.path, f.line(m.start()), f"{message}: {m.group(0)}"


def unfinished(tree):
    """No marks of unfinished work."""
    yield from search(tree, UNFINISHED, "unfinished")


def machine_path(tree):
    """No path of one machine."""
    yield from search(tree, MACHINE, "path of a machine")


def person(tree):
    """No e-mail address of a person."""
    for f in tree.files.values():
        if "@" not in f.text:
            continue
        for m in EMAIL.finditer(f.text):
            if not NO_PERSON.search(m.group(0)) and m.group(2) not in UNITS:
                yield f.path, f.line(m.start()), f"an e-mail address: {m.group(0)}"


def registry_host(tree):
    """No host of a package registry: the machine's own tools know theirs."""
    yield from search(tree, HOSTS, "host of a registry")


def readme(tree):
    """Each folder of src has a README.md."""
    folders = {p.rsplit("/", 1)[0] for p in tree.files if p.startswith("src/") and p.count("/") > 1}
    for folder in sorted(folders):
        if folder + "/README.md" not in tree.files:
            yield folder, 1, "no README.md"


RULES = [line_length, tabs, trailing_space, unfinished, machine_path, person, registry_host,
         readme]
