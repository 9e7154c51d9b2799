"""The shape of C: sizes, braces, switches, names."""
import re

from source import close_of

FUNCTION_LINES_MAX = 70
PARAMS_MAX = 5
FILE_LINES_MAX = 499


def function_length(tree):
    """A function has at most 70 lines."""
    for f in tree.of_kind("c"):
        for fn in f.functions:
            lines = fn.last - fn.first + 1
            if fn.is_definition and lines > FUNCTION_LINES_MAX:
                yield f.path, fn.first, f"{fn.name} has {lines} lines"


def function_params(tree):
    """A function has at most 5 parameters; a static callback may have a library's signature."""
    for f in tree.of_kind("c"):
        for fn in f.functions:
            near = "\n".join(f.lines[max(0, fn.first - 3):fn.first - 1])
            foreign = fn.is_static and re.search(r"Signature of lib\w+'s \w+", near)
            if len(fn.params) > PARAMS_MAX and not foreign:
                yield f.path, fn.first, f"{fn.name} has {len(fn.params)} parameters"


def file_length(tree):
    """A file of code has fewer than 500 lines."""
    for f in tree.of_kind("c", "py", "sh", "cmake"):
        count = f.text.count("\n")
        if count > FILE_LINES_MAX:
            yield f.path, count, f"{count} lines"


def case_labels(code, switch):
    body = code.find("{", switch)
    text = code[body:close_of(code, body)]
    return [m.group(1) for m in re.finditer(r"\bcase\s+(\S)", text)], text


def switch_default(tree):
    """A switch over an enum has no default; other defaults say why in a comment."""
    for f in tree.sources():
        switches = [m.start() for m in re.finditer(r"\bswitch\b", f.code)]
        for m in re.finditer(r"\bdefault\s*:", f.code):
            inside = [s for s in switches if s < m.start()]
            labels = case_labels(f.code, inside[-1])[0] if inside else []
            if labels and all(c in "'-0123456789" for c in labels):
                continue
            line = f.line(m.start())
            near = "\n".join(f.lines[max(0, line - 2):line + 1])
            if "/*" not in near and "//" not in near:
                yield f.path, line, "default: without a reason beside it"


def next_char(code, offset):
    m = re.compile(r"\S").search(code, offset)
    return code[m.start()] if m else ""


def brace_follows(code, keyword, end):
    """True if the statement after a keyword is a block, or the tail of do-while."""
    if keyword == "do":
        return next_char(code, end) == "{"
    if keyword == "else":
        return next_char(code, end) == "{" or re.match(r"\s+if\b", code[end:end + 80])
    paren = code.find("(", end)
    after = next_char(code, close_of(code, paren, "()") + 1)
    return after == "{" or (keyword == "while" and after == ";")


def braces(tree):
    """Every controlled statement stands in braces."""
    pattern = re.compile(r"(?<![\w.>])(if|else|for|while|do|switch)\b")
    for f in tree.of_kind("c"):
        for m in pattern.finditer(f.code):
            if not brace_follows(f.code, m.group(1), m.end()):
                yield f.path, f.line(m.start()), f"{m.group(1)} without braces"


def external_name(tree):
    """What has external linkage is called gb_ something."""
    for f in tree.sources():
        for fn in f.functions:
            if not fn.is_static and not fn.name.startswith("gb_") and fn.name != "main":
                yield f.path, fn.first, f"{fn.name} is external and lacks gb_"


def no_typedef(tree):
    """Structs, unions and enums are named by their tags."""
    for f in tree.sources():
        for m in re.finditer(r"\btypedef\s+(struct|union|enum)\b", f.code):
            yield f.path, f.line(m.start()), f"typedef {m.group(1)}"


RULES = [function_length, function_params, file_length, switch_default, braces, external_name,
         no_typedef]
