"""Which file may include and call what."""
import re

from source import LAYERS

# Foreign headers and names: who may use them.
OWNERS = [
    ("jansson", r"jansson\.h", r"json_(?:t|error_t|loads|loadb|load_\w+|dump\w*|object_\w+"
     r"|array_\w+|string_\w+|stringn?|integer\w*|decref|incref|pack|unpack|is_\w+|typeof)",
     {"codec"}),
    ("libfyaml", r"libfyaml\.h", r"fy_(?:document|parser|node|token|event|parse)\w*", {"codec"}),
    ("utf8proc", r"utf8proc\.h", r"utf8proc_\w+", {"codec"}),
    ("libuv", r"uv\.h", r"uv_\w+", {"shell"}),
    ("librdkafka", r"librdkafka/.*|rdkafka\.h", r"rd_kafka_\w+", {"shell"}),
    ("libpq", r"(?:postgresql/)?libpq-fe\.h|postgres\.h", r"PQ[a-z]\w+|PG(?:conn|result)\b",
     {"shell"}),
    ("libmicrohttpd", r"microhttpd\.h", r"MHD_\w+", {"shell"}),
    ("OpenSSL", r"openssl/.*", r"EVP_\w+|RAND_\w+", {"base", "shell"}),
]

CORE_HEADERS = {"assert.h", "errno.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h",
                "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "stdnoreturn.h",
                "string.h"}

BANNED = "strcpy strcat sprintf vsprintf gets atoi atol atoll strtok rand srand system popen"
BANNED_BELOW_SHELL = ("time clock_gettime gettimeofday localtime localtime_r gmtime mktime "
                      "printf fprintf vprintf vfprintf puts fputs fopen fdopen open getenv "
                      "setenv setlocale sleep usleep nanosleep")
BANNED_IN_CORE = "malloc calloc realloc reallocarray strdup strndup free clock qsort_r"


def words(text):
    return "|".join(text.split())


def included_layer(path):
    head = path.split("/")[0] if "/" in path else ""
    return head if head in LAYERS else None


def layer_direction(tree):
    """An include points to the same layer, a lower one, or the public headers."""
    for f in tree.sources():
        for line, quote, path in f.includes:
            target = included_layer(path)
            if f.layer in LAYERS and target and LAYERS[target] > LAYERS[f.layer]:
                yield f.path, line, f"{f.layer} must not include {path}"
            elif f.layer not in LAYERS and target:
                yield f.path, line, f"public headers and adapters see gridbridge/ only: {path}"


def include_path(tree):
    """Own headers are included as "layer/file.h" or "gridbridge/file.h"."""
    for f in tree.sources():
        for line, quote, path in f.includes:
            own = included_layer(path) or path.startswith("gridbridge/")
            if quote == '"' and not own:
                yield f.path, line, f'write the layer: "{path}"'
            if quote == '<' and own:
                yield f.path, line, f"own headers take quotes: <{path}>"


def include_source(tree):
    """No file includes a .c file."""
    for f in tree.of_kind("c"):
        for line, _, path in f.includes:
            if path.endswith(".c"):
                yield f.path, line, f"includes a source file: {path}"


def include_circle(tree):
    """Headers do not include each other in a circle."""
    graph = {}
    for f in tree.sources():
        root = "include/" if f.layer == "public" else "src/"
        name = f.path[len(root):] if f.path.startswith(root) else f.path
        graph[name] = (f.path, f.includes)
    state = {}

    def visit(name, trail):
        state[name] = "open"
        path, includes = graph[name]
        for line, _, target in includes:
            if state.get(target) == "open":
                circle = trail[trail.index(target):] if target in trail else trail
                yield path, line, "circle: " + " -> ".join(circle + [target])
            elif target in graph and target not in state:
                yield from visit(target, trail + [target])
        state[name] = "done"

    for name in sorted(graph):
        if name not in state:
            yield from visit(name, [name])


def foreign_library(tree):
    """A foreign library is used in the layer that owns it and nowhere else."""
    for f in tree.sources():
        for library, header, name, layers in OWNERS:
            if f.layer in layers:
                continue
            for line, _, path in f.includes:
                if re.fullmatch(header, path):
                    yield f.path, line, f"{library} belongs to {'/'.join(sorted(layers))}"
            for m in re.finditer(r"(?<![\w.>])(?:" + name + r")\b", f.code_and_macros):
                yield f.path, f.line(m.start()), f"{m.group(0)} is {library}'s"


def core_header(tree):
    """core includes no system header that could bring the world in."""
    for f in tree.sources():
        for line, quote, path in f.includes:
            if f.layer == "core" and quote == "<" and path not in CORE_HEADERS:
                yield f.path, line, f"<{path}> has no place in core"


def calls(tree, names, layers):
    pattern = re.compile(r"(?<![\w.>])(" + words(names) + r")\s*\(")
    for f in tree.sources():
        if layers is None or f.layer in layers:
            for m in pattern.finditer(f.code_and_macros):
                yield f.path, f.line(m.start()), f"{m.group(1)}() is banned here"


def banned_call(tree):
    """Calls that are unsafe everywhere."""
    yield from calls(tree, BANNED, None)


def world_call(tree):
    """No clock, environment, locale or stream below the shell."""
    yield from calls(tree, BANNED_BELOW_SHELL, {"core", "codec", "lane"})


def core_memory(tree):
    """core takes memory from its arena only."""
    yield from calls(tree, BANNED_IN_CORE, {"core"})


def core_float(tree):
    """core computes with integers only."""
    for f in tree.sources():
        if f.layer == "core":
            for m in re.finditer(r"\b(float|double)\b", f.code_and_macros):
                yield f.path, f.line(m.start()), f"{m.group(1)} in core"


RULES = [layer_direction, include_path, include_source, include_circle, foreign_library,
         core_header, banned_call, world_call, core_memory, core_float]
