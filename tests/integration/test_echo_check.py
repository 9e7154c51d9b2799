"""The checker of claim echo against histories written by hand: a clean one, and each fault."""
import copy
import os
import sys

import pytest
from gb_servers import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "claims", "lib"))

import echo_check as e  # noqa: E402

LANE, CASE, TASK = 1, "500", "900001"
AUTHORITY = {"state": [e.GRID, e.PARTY], "title": [e.PARTY, e.GRID]}


def task(**more):
    row = dict.fromkeys(e.FIELD_OF[e.PARTY])
    return {**row, "status": "PENDING", "description": None, **more}


def case(**more):
    row = dict.fromkeys(e.FIELD_OF[e.GRID])
    return {**row, "is_finished": "0", "is_duplicate": "0", **more}


class Script:
    """A matter that the grid leads: typed as a task, a case was made of it, closed by the grid."""

    def __init__(self):
        self.index, self.number = 10, 0
        self.told, self.results, self.images, self.changes = [], [], [], []
        self.tables = {e.PARTY: {TASK: task()}, e.GRID: {CASE: case(party_task_ref=TASK)}}
        self.logs = {e.PARTY: [], e.GRID: []}
        self.answers, self.saved = {}, 0
        self.writebacks = []
        self.lead = {"network": "grid", "role": "grid_worker"}
        self.refs = [{"source": e.PARTY, "key": TASK}]

    def at(self):
        self.index += 1
        return (LANE, self.index, 0)

    def tell(self, set_, fields, source=e.PARTY, key=TASK, pos=None, **more):
        self.number += 1
        ident = f"w{self.number}"
        pos = pos or self.at()
        message = {"about": f"{source}/matter/{key}", "action": "update", "clock": self.index,
                   "expires_at": self.index + 100, "fields": fields, "id": ident, "key": key,
                   "matter": "m1", "set": set_, "source": source, "try": 1, **more}
        self.told.append(e.Told(pos, message))
        self.writebacks.append({"id": ident, "source": source, "state": "sent"})
        return ident

    def create(self, **more):
        ident = self.tell({"party_task_ref": TASK, "event_type_list": "1004"}, {}, e.GRID,
                          action="create", about=f"{e.PARTY}/matter/{TASK}", **more)
        del self.told[-1].message["key"]
        return ident

    def answer(self, ident, result="accepted", is_heard=True, **more):
        self.answers[ident] = {"id": ident, "result": result, **more}
        if is_heard:
            self.results.append(e.Result(self.at(), self.answers[ident]))
            for entry in self.writebacks:
                if entry["id"] == ident:
                    entry["state"] = result
                    entry.update(more)

    def change(self, source, key, origin=None, op="update", **columns):
        """A row changes and the bridge hears of it; the position at which it does."""
        table = self.tables[source]
        before = copy.deepcopy(table[key]) if op == "update" else None
        table.setdefault(key, case() if source == e.GRID else task()).update(columns)
        self.logs[source].append({"seq": len(self.logs[source]) + 1, "op": op, "key": key,
                                  "before": before, "after": copy.deepcopy(table[key]),
                                  "origin": origin})
        pos = self.at()
        self.images.append(e.Image(pos, source, key, e.shown_state(source, table[key]), None, None,
                                   origin, op))
        return pos

    def matter(self, **after):
        pos = self.at()
        self.changes.append(e.Change(pos, {"change": "matter.changed", "matter": "m1",
                                           "after": after, "before": {}}))
        return pos

    def standard(self):
        self.change(e.PARTY, TASK, op="insert")
        self.matter(lead=self.lead, refs=self.refs)
        made = self.create()
        self.tables[e.GRID] = {}
        self.answer(made, key=CASE)
        self.change(e.GRID, CASE, made, "insert", party_task_ref=TASK)
        self.refs = [*self.refs, {"source": e.GRID, "key": CASE}]
        self.matter(refs=self.refs)
        self.change(e.GRID, CASE, is_finished="1")
        done = self.tell({"status": "COMPLETED"}, {"state": "CLOSED"})
        self.change(e.PARTY, TASK, done, status="COMPLETED")
        self.answer(done)
        self.saved = 1
        return self

    def history(self):
        value = {"id": "m1", "refs": self.refs, "lead": self.lead, "state": "CLOSED",
                 "category": "MS04", "writebacks": self.writebacks}
        return e.History(self.told, self.results, self.images, self.changes, {"m1": value},
                         self.tables, self.logs, self.answers, AUTHORITY, self.saved)

    def faults(self):
        return e.judge(self.history(), ("MS04",))[0]


def test_a_clean_run_has_no_fault():
    script = Script().standard()
    faults, figures = e.judge(script.history(), ("MS04",))
    assert faults == []
    assert figures["told_create"] == figures["saved"] == 1 and figures["echoes"] == 2


def test_the_same_value_after_a_foreign_edit_is_a_bounce():
    script = Script().standard()
    script.change(e.PARTY, TASK, status="ACCEPTED")
    assert script.faults() == []  # an officer's own word stays
    again = script.tell({"status": "COMPLETED"}, {"state": "CLOSED"})
    script.change(e.PARTY, TASK, again, status="COMPLETED")
    script.answer(again)
    assert any("ping-pong" in fault for fault in script.faults())


def test_the_same_value_after_the_wish_was_another_is_none():
    script = Script().standard()
    script.change(e.GRID, CASE, is_finished="0")  # reopened
    script.change(e.PARTY, TASK, status="ACCEPTED")
    script.change(e.GRID, CASE, is_finished="1")
    again = script.tell({"status": "COMPLETED"}, {"state": "CLOSED"})
    script.change(e.PARTY, TASK, again, status="COMPLETED")
    script.answer(again)
    assert script.faults() == []


@pytest.mark.parametrize("clock, attempt, is_heard, is_fault", (
    (1000, 2, False, False), (1000, 2, True, True), (0, 2, False, True), (1000, 1, False, True)))
def test_sent_again_only_when_nobody_answered_in_time(clock, attempt, is_heard, is_fault):
    script = Script().standard()
    first = script.tell({"peer_case_id": CASE}, {"peer": f"{e.GRID}/matter/{CASE}"})
    script.answer(first, "refused", is_heard, reason="expired")
    again = script.tell({"peer_case_id": CASE}, {"peer": f"{e.GRID}/matter/{CASE}"}, clock=clock,
                        **{"try": attempt})
    script.change(e.PARTY, TASK, again, peer_case_id=CASE)
    script.answer(again)
    script.writebacks = [w for w in script.writebacks if w["id"] != first]
    assert bool(script.faults()) is is_fault, script.faults()


def test_a_second_creation_is_found():
    script = Script().standard()
    again = script.create()
    script.answer(again, key=CASE)
    assert any("created twice" in fault for fault in script.faults())


def test_two_rows_of_one_creation_are_found():
    script = Script().standard()
    script.change(e.GRID, "501", "w1", "insert", party_task_ref=TASK)
    assert any("2 counterparts" in fault for fault in script.faults())


def test_a_counterpart_in_a_matter_of_its_own_is_found():
    script = Script().standard()
    history = script.history()
    history.matters["m1"]["refs"] = [r for r in script.refs if r["source"] == e.PARTY]
    history.matters["m2"] = {"id": "m2", "refs": [{"source": e.GRID, "key": CASE}],
                             "state": "CLOSED", "category": "MS04"}
    assert any("is in ['m2']" in fault for fault in e.judge(history)[0])


@pytest.mark.parametrize("set_, fields, source, key, lead", (
    ({"task_title": "x"}, {"title": "x"}, e.PARTY, TASK, "grid"),
    ({"is_finished": "1"}, {"state": "CLOSED"}, e.GRID, CASE, "party")))
def test_a_value_of_the_systems_own_is_not_overwritten(set_, fields, source, key, lead):
    script = Script().standard()
    script.lead = {"network": lead}
    if source == e.GRID:
        script.change(e.GRID, CASE, is_finished="0")
    script.matter(lead=script.lead)
    ident = script.tell(set_, fields, source, key)
    script.change(source, key, ident, **set_)
    script.answer(ident)
    assert any("'s own" in fault for fault in script.faults()), script.faults()


def test_a_column_that_was_not_asked_for_is_found():
    script = Script().standard()
    script.change(e.PARTY, TASK, "w2", task_title="y")
    assert any("not asked for" in fault for fault in script.faults())


def test_an_echo_that_speaks_is_found():
    script = Script().standard()
    echo = script.images[-1]
    script.changes.append(e.Change(echo.pos, {"change": "overlap.opened", "matter": "m1",
                                              "kind": "double_lead", "after": {}}))
    assert any("opened an overlap" in fault for fault in script.faults())
    script = Script().standard()
    ident = script.tell({"execute_dept": "x"}, {"lead": "department"}, e.GRID, CASE,
                        pos=(LANE, script.images[-1].pos[1], 1))
    script.change(e.GRID, CASE, ident, execute_dept="x")
    script.answer(ident)
    assert any("had" in fault and "written" in fault for fault in script.faults())


def test_a_row_that_does_not_show_its_last_word_needs_a_reason():
    script = Script().standard()
    ident = script.tell({"peer_case_id": CASE}, {"peer": f"{e.GRID}/matter/{CASE}"})
    assert script.faults() == []  # sent, and nobody has answered
    script.answer(ident)          # accepted, and yet not there
    assert any("was told 500" in fault for fault in script.faults())
    refused = Script().standard()
    ident = refused.tell({"peer_case_id": CASE}, {"peer": f"{e.GRID}/matter/{CASE}"})
    refused.answer(ident, "refused", reason="busy")
    assert refused.faults() == []
    refused.writebacks[-1]["reason"] = "other"
    assert any("reason other" in fault for fault in refused.faults())


def test_a_wish_that_was_never_told_is_found():
    script = Script().standard()
    history = script.history()
    history.tables[e.PARTY][TASK]["status"] = "PENDING"
    history.told = [t for t in history.told if t.message["action"] == "create"]
    assert any("was never told so" in fault for fault in e.judge(history)[0])


def test_a_counterpart_that_nobody_asked_for_is_found():
    history = Script().standard().history()
    history.matters["m1"].update(refs=[{"source": e.PARTY, "key": "777"}], state="REPORTED")
    assert any("was not asked" in fault for fault in e.judge(history, ("MS04",))[0])
    assert not any("was not asked" in fault for fault in e.judge(history, ("MS05",))[0])


def test_entries_saved_are_the_accepted_creations():
    script = Script().standard()
    script.saved = 2
    assert any("entries saved" in fault for fault in script.faults())
