"""Every stop point of the program is walked by a claim and stands in the crash table of the README;
nothing else does."""
import ast
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def named_in_the_program():
    text = (ROOT / "src/shell/stop_point.h").read_text(encoding="utf-8")
    return set(re.findall(r'X\([A-Z_]+, "(\w+)"\)', text))


def walked_by(claim):
    """Keys of the claim's POINTS; their values may be names of other constants."""
    for node in ast.parse((ROOT / f"tests/claims/{claim}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "POINTS":
            return {key.value for key in node.value.keys}
    return set()


def in_the_table():
    text = (ROOT / "tests/README.md").read_text(encoding="utf-8")
    table = text[text.index("## The crash table"):]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| ")][1:]
    return {word: row[3] for row in rows for word in re.findall(r"`(\w+)`", row[2])}


def test_each_point_is_walked():
    points = named_in_the_program()
    assert len(points) >= 18
    assert points == walked_by("kill-frozen") | walked_by("kill-all")


def test_the_table_names_the_claims_that_walk():
    table = in_the_table()
    assert set(table) == named_in_the_program()
    for claim in ("kill-frozen", "kill-all"):
        assert {point for point, claims in table.items() if f"`{claim}`" in claims} == \
            walked_by(claim)
