"""A JSON Schema for each YAML file of a policy bundle: it takes the example's file, and what it
refuses the program refuses too."""
import copy
import json
import pathlib
import re
import shutil
import subprocess

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas" / "policy"
BUNDLE = ROOT / "examples" / "tangzhang" / "policy"
REFUSE = ROOT / "examples" / "tangzhang" / "refuse.yaml"
NAMES = sorted(path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json"))


class PlainLoader(yaml.SafeLoader):
    """Days stay text, as the program reads them."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def read(name):
    path = {"refuse": REFUSE, "policy_test": BUNDLE / "duties.policy_test.yaml"}.get(
        name, BUNDLE / f"{name}.yaml")
    return yaml.load(path.read_text(encoding="utf-8"), PlainLoader)


def validator(name):
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_every_yaml_file_has_a_schema():
    files = {path.stem.rpartition(".")[2] for path in BUNDLE.glob("*.yaml")} | {"refuse"}
    assert files == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_fits(name):
    check = validator(name)
    check.validate(read(name))
    assert not check.is_valid({**read(name), "unknown_key": 1})
    for key in check.schema.get("required", []):
        bad = read(name)
        del bad[key]
        assert not check.is_valid(bad), key


def test_words_are_those_of_the_program():
    core = ROOT / "src" / "core"
    roles = re.findall(r'X\([A-Z_]+, "([a-z_]+)"\)',
                       (core / "duty.h").read_text(encoding="utf-8"))
    header = (core / "policy.h").read_text(encoding="utf-8")
    states = re.findall(r"X\(([A-Z_]+)\)",
                        header[header.index("GB_STATE_LIST(X)"):header.index("enum gb_state")])
    definitions = validator("duties").schema["$defs"]
    codes = validator("states").schema["properties"]["states"]["items"]["properties"]["codes"]
    assert definitions["duty"]["properties"]["role"]["oneOf"][0]["enum"] == roles
    assert definitions["post"]["pattern"] == f"^({'|'.join(roles)})(:.+)?$" and len(roles) > 3
    assert codes["additionalProperties"]["enum"] == states and len(states) > 10


def change(value, path, new):
    """A copy with the value at a path ("duties/0/lead") set, or left out where new is None."""
    value = copy.deepcopy(value)
    *above, last = [int(p) if p.isdigit() else p for p in path.split("/")]
    at = value
    for step in above:
        at = at[step]
    if new is None:
        del at[last]
    else:
        at[last] = new
    return value


MISTAKES = [
    ("authority", "fields/colour", ["party_building"]), ("authority", "fields/state", []),
    ("bundle", "version", 0), ("bundle", "sources/0/role", "mayor"),
    ("bundle", "sources/0/network", None), ("categories", "categories/MS01/zh", None),
    ("categories", "categories/MS*", {"zh": "x", "en": "x"}),
    ("deadlines", "contradiction_after", "soon"), ("deadlines", "deadlines/0/handle", "3x"),
    ("deadlines", "deadlines/0/basis_zh", None), ("deadlines", "working_hours", ["noon"]),
    ("deadlines", "deadlines/0/urgency", 5), ("deadlines", "escalate_after_returns", 0),
    ("deadlines", "half_day_until", "noon"),
    ("decisions", "four_eyes", ["confirm"]), ("decisions", "claim", "soon"),
    ("decisions", "reopen", ["state"]),
    ("duties", "duties/0/lead", None),
    ("duties", "duties/0/lead", "mayor"), ("duties", "duties/0/category", "M*S"),
    ("duties", "duties/0/priority", 5000), ("duties", "duties/0/valid_from", "tomorrow"),
    ("duties", "duties/0/assist", ["grid_worker", "nobody"]),
    ("duties", "duties/0/urgency", 9), ("duties", "duties/0/temporary", True),
    ("duties", "duties/0/hand_over", {"to": "department"}), ("duties", "hit_policy", ["order"]),
    ("duties", "duties/0/no_lead", "refused"), ("duties", "unlisted", "nobody"),
    ("matching", "cell_window", 30), ("states", "states/0/codes/PENDING", "SOMETIMES"),
    ("states", "states/0/entity", "person"),
    ("writeback", "tries", 11), ("writeback", "expires_after", "soon"),
    ("writeback", "sources/0/table", None), ("writeback", "sources/0/create/when", ["leads"]),
    ("writeback", "sources/0/update/set/status/from", "title"),
    ("writeback", "sources/0/update/set/peer_case_id/source", None),
    ("writeback", "sources/0/update/close_duplicates", ["all"]),
    ("words", "messages/lead_row/en", None), ("words", "messages/lead_row", None),
    ("words", "overlaps/no_owner/open_row", None), ("words", "overlaps/overdue/name/zh", ""),
    ("words", "states/DONE", {"zh": "x", "en": "x"}), ("words", "rules", None),
]


@pytest.mark.parametrize("path", ["rules/D04", "rules/L03", "sources/party_building",
                                  "networks/grid"])
def test_each_row_source_and_network_has_its_text(path, tmp_path, gridbridge):
    """What only the program can know: the schema does not see the other files."""
    bundle = tmp_path / "policy"
    shutil.copytree(BUNDLE, bundle)
    (bundle / "words.yaml").write_text(
        yaml.safe_dump(change(read("words"), path, None), allow_unicode=True), encoding="utf-8")
    done = subprocess.run([gridbridge, "check", "policy", str(bundle)], capture_output=True,
                          text=True, check=False)
    section, word = path.split("/")
    assert done.returncode == 78 and f"{section}: no text for {word}" in done.stdout


def test_a_bundle_without_words_is_not_checked_through(tmp_path, gridbridge):
    bundle = tmp_path / "policy"
    shutil.copytree(BUNDLE, bundle)
    (bundle / "words.yaml").unlink()
    done = subprocess.run([gridbridge, "check", "policy", str(bundle)], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 78 and done.stdout.startswith("words.yaml:1:1: the file is missing")


@pytest.mark.parametrize("name, path, new", MISTAKES)
def test_both_refuse(name, path, new, tmp_path, gridbridge):
    bad = change(read(name), path, new)
    assert not validator(name).is_valid(bad)
    bundle = tmp_path / "policy"
    shutil.copytree(BUNDLE, bundle)
    (bundle / f"{name}.yaml").write_text(yaml.safe_dump(bad, allow_unicode=True), encoding="utf-8")
    done = subprocess.run([gridbridge, "check", "policy", str(bundle)], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 78 and f"{name}.yaml:" in done.stdout


@pytest.mark.parametrize("path, new", [
    ("version", 2), ("classes", []), ("classes/0/columns", ["*"]), ("classes/0/columns", None)])
def test_both_refuse_a_refuse_list(path, new, tmp_path, gridbridge):
    bad = change(read("refuse"), path, new)
    assert not validator("refuse").is_valid(bad)
    refuse = tmp_path / "refuse.yaml"
    refuse.write_text(yaml.safe_dump(bad), encoding="utf-8")
    done = subprocess.run([gridbridge, "check", "mapping", str(ROOT / "adapters/party_building"),
                           "--refuse", str(refuse)], capture_output=True, text=True, check=False)
    assert done.returncode == 78 and "refuse.yaml:" in done.stdout
