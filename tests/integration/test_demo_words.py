"""The demo's page has every text in both languages, with the same values filled in."""
import os
import re
import sys
from pathlib import Path

from gb_servers import ROOT

sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))

import demo_words  # noqa: E402

EXAMPLE = Path(ROOT) / "examples" / "tangzhang"
HOLE = re.compile(r"\{(\w+)\}")


def test_both_languages_fill_in_the_same():
    zh, en = demo_words.read(EXAMPLE / "story.yaml", "zh"), demo_words.read(EXAMPLE / "story.yaml",
                                                                            "en")
    lines = [line for line in open(EXAMPLE / "story.yaml", encoding="utf-8") if "{zh:" in line]
    assert len(zh) == len(en) == len(lines) > 20  # no line that the reader passes over
    for name, text in zh.items():
        assert "\\" not in text + en[name], f"{name}: the reader knows no escapes"
        assert sorted(HOLE.findall(text)) == sorted(HOLE.findall(en[name])), name
        assert re.search(r"[\u4e00-\u9fff]", text) or name == "story.comma", name
        assert not re.search(r"[\u4e00-\u9fff]", en[name]), name


def test_every_text_that_the_demo_asks_for_is_there():
    texts = demo_words.read(EXAMPLE / "story.yaml", "zh")
    asked = set()
    for name in ("demo_story.py", "demo_live.py"):
        path = Path(ROOT) / "scripts" / "lib" / name
        if path.exists():
            asked |= set(re.findall(r'(?:line|head|words)\("(\w+)"', path.read_text("utf-8")))
    assert len(asked) > 10
    assert {"story." + name for name in asked} <= set(texts), asked


def test_names_of_the_bundle_are_read():
    words = demo_words.Words(EXAMPLE, "zh")
    assert words.name("roles", "grid_worker") == "网格员"
    assert words.name("sources", "party_building") == "智慧党建平台"
    assert words.overlap("no_owner") == "无人主责"
    assert words.overlap("no_such") == "no_such"
    assert demo_words.Words(EXAMPLE, "en").name("states", "CLOSED") == "closed"
