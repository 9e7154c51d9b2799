"""What must hold of write-backs and their echoes, judged from what everybody can read.

    faults, figures = judge(history)

history: topics gb.writeback.* and gb.change, the lanes' ledgers, the tables of both departments and
their own logs. Nothing of the bridge's memory is asked: what was told, answered and shown is put
together here again. A position is (lane, ledger index, ordinal); a row's own matters lie in one
lane, so positions that are compared are in one order.
"""
import collections
import dataclasses

PARTY, GRID = "party_building", "governance_grid"
NETWORK = {PARTY: "party", GRID: "grid"}
# Canonical field of each column that the bundle's authority speaks of.
FIELD_OF = {
    PARTY: {"task_title": "title", "task_type": "category", "grid_id": "grid", "status": "state",
            "created_at": "occurred_at", "deadline": "deadline_at", "peer_case_id": "peer"},
    GRID: {"case_title": "title", "event_type_list": "category", "grid": "grid",
           "is_finished": "state", "is_duplicate": "state", "occur_time": "occurred_at",
           "dead_line": "deadline_at", "case_level": "level", "execute_dept": "lead",
           "party_task_ref": "peer"}}
STATE_OF = {
    PARTY: {"PENDING": "REPORTED", "ACCEPTED": "ACCEPTED", "COMPLETED": "CLOSED",
            "CANCELLED": "VOID"},
    GRID: {"0/0": "REPORTED", "1/0": "CLOSED", "2/0": "VOID", "0/1": "MERGED", "1/1": "MERGED",
           "2/1": "MERGED"}}
OVER = ("CLOSED", "VOID", "MERGED", "WITHDRAWN")
Told = collections.namedtuple("Told", "pos message")
Result = collections.namedtuple("Result", "pos answer")
Image = collections.namedtuple("Image", "pos source key state deadline xref origin op")
Change = collections.namedtuple("Change", "pos value")


@dataclasses.dataclass
class History:
    told: list          # Told: messages of all gb.writeback.SOURCE
    results: list       # Result: answers as the ledgers hold them
    images: list        # Image: observations of matters as the ledgers hold them
    changes: list       # Change: gb.change
    matters: dict       # {id: value}: gb.matter as it ends
    tables: dict        # {source: {key: {column: text or None}}}
    logs: dict          # {source: [{"seq", "op", "key", "before", "after", "origin"}]}
    answers: dict       # {id: answer}: what the departments say that they did
    authority: dict     # {field: [source ...]}: the bundle's
    saved: int          # entries saved, as the bridge counts them

    def __post_init__(self):
        self.told.sort(key=lambda t: t.pos)
        self.by_id = {t.message["id"]: t for t in self.told}
        self.result_at = {}
        for result in sorted(self.results, key=lambda r: r.pos):
            self.result_at.setdefault(result.answer["id"], result.pos)
        self.rows_with = self._rows_with()
        self.shown = collections.defaultdict(list)  # (source, key): images
        for image in sorted(self.images, key=lambda i: i.pos):
            self.shown[image.source, image.key].append(image)

    def _rows_with(self):
        """{matter: rows that were ever in it}"""
        rows = collections.defaultdict(set)
        for change in self.changes:
            for side in ("before", "after"):
                for ref in (change.value.get(side) or {}).get("refs", ()):
                    rows[change.value["matter"]].add((ref["source"], ref["key"]))
        for told in self.told:
            source, _, key = told.message["about"].split("/", 2)
            rows[told.message["matter"]].add((source, key))
        return rows


def between(items, first, last):
    """Those of one lane that lie after first and not after last."""
    return [item for item in items if item.pos[0] == first[0] and first < item.pos <= last]


def place(message):
    return f"{message['source']}/{message.get('key', 'new')} ({message['id']})"


# -- a told value is told once ------------------------------------------------------------------


def columns(message):
    """(column, value) of what a row is told; a creation is looked at on its own."""
    return [] if message["action"] == "create" else sorted(message["set"].items())


def is_answered(history, told, before):
    """Somebody answered it, or the row showed it, until then."""
    at = history.result_at.get(told.message["id"])
    if at is not None and at <= before:
        return True
    source, _, key = told.message["about"].split("/", 2)
    return any(image.origin == told.message["id"]
               for image in between(history.shown[source, key], told.pos, before))


def has_wish_changed(history, first, last, column):
    """Something other than the row itself gave reason to wish another value in between."""
    message = first.message
    field = FIELD_OF[message["source"]][column]
    lead_changes = [change for change in between(history.changes, first.pos, last.pos)
                    if change.value.get("matter") in (message["matter"], last.message["matter"])
                    and {"lead", "refs"} & set(change.value.get("after") or {})]
    if lead_changes:
        return True
    own = (message["source"], message["key"])
    for matter in {message["matter"], last.message["matter"]}:
        for row in history.rows_with[matter] - {own}:
            for image in between(history.shown[row], first.pos, last.pos):
                if field == "state" and image.state != message["fields"].get("state"):
                    return True
                if field == "deadline_at" and \
                        image.deadline != message["fields"].get("deadline_at"):
                    return True
    return False


def is_resent(first, last):
    """The same once more because nobody answered in time; or because something new goes with it."""
    a, b = first.message, last.message
    if b["try"] == a["try"] + 1 and b["clock"] >= a["expires_at"]:
        return True
    return any(a["set"].get(column) != value for column, value in b["set"].items())


def check_bounce(history):
    """No value is told twice to a row unless the wish changed, or nobody had answered."""
    faults, last = [], {}
    for told in history.told:
        for column, value in columns(told.message):
            at = (told.message["source"], told.message["key"], column)
            before = last.get(at)
            last[at] = told
            if before is None or before.message["set"][column] != value:
                continue
            if not is_answered(history, before, told.pos) and is_resent(before, told):
                continue
            if not has_wish_changed(history, before, told, column):
                faults.append(f"ping-pong: {place(told.message)}: {column} = {value} was told and"
                              f" answered before ({before.message['id']})")
    return faults


def check_creations_once(history):
    """A counterpart is asked for once; again only when nobody answered in time."""
    faults, last = [], {}
    for told in history.told:
        if told.message["action"] != "create":
            continue
        at = (told.message["about"], told.message["source"])
        before = last.get(at)
        last[at] = told
        if before is not None and (is_answered(history, before, told.pos)
                                   or not is_resent(before, told)):
            faults.append(f"created twice: {place(told.message)} for {at[0]}")
    return faults


# -- nothing of a source's authority is overwritten ---------------------------------------------


def may_write(history, field, target, writer):
    """The bundle does not put target before writer."""
    for source in history.authority.get(field, ()):
        if source in (target, writer):
            return source == writer
    return field in ("peer", "lead", "state")


def leader_at(history, matter, pos):
    """The source of the network that leads the matter there, by gb.change."""
    lead = None
    for change in history.changes:
        if change.value.get("matter") == matter and change.pos[:2] <= pos[:2] and \
                change.pos[0] == pos[0] and "lead" in (change.value.get("after") or {}):
            lead = change.value["after"]["lead"]
    network = (lead or {}).get("network")
    return next((source for source, name in NETWORK.items() if name == network), None)


def check_authority(history):
    """In the departments' own logs: what a write-back changed was not the system's to say."""
    faults = []
    for source, log in history.logs.items():
        for change in log:
            if change["origin"] is None or change["op"] != "update":
                continue
            told = history.by_id.get(change["origin"])
            changed = {column for column in change["after"]
                       if change["after"][column] != change["before"][column]}
            if told is None:
                faults.append(f"{source}/{change['key']}: changed by {change['origin']}, which"
                              " nobody was told")
                continue
            faults += [f"{place(told.message)}: {column} was changed and not asked for"
                       for column in changed & set(FIELD_OF[source]) - set(told.message["set"])]
            for column in changed & set(told.message["set"]):
                field = FIELD_OF[source].get(column)
                writer = leader_at(history, told.message["matter"], told.pos)
                is_duplicate = told.message["fields"].get("state") == "MERGED"
                if not (is_duplicate and field == "state") and \
                        not may_write(history, field, source, writer):
                    faults.append(f"{place(told.message)}: {column} is {source}'s own ({field}),"
                                  f" and was overwritten with {writer}'s")
    return faults


# -- one creation, one row, one matter ----------------------------------------------------------


def matters_of(history):
    """{(source, key): [matter ids]}"""
    found = collections.defaultdict(list)
    for ident, value in history.matters.items():
        for ref in value.get("refs", ()):
            found[ref["source"], ref["key"]].append(ident)
    return found


def check_creations(history):
    faults, made = [], collections.defaultdict(list)
    found = matters_of(history)
    for source, log in history.logs.items():
        for change in log:
            if change["op"] == "insert" and change["origin"]:
                told = history.by_id.get(change["origin"])
                if told is None or told.message["action"] != "create":
                    faults.append(f"{source}/{change['key']}: a row that nobody asked for")
                else:
                    made[told.message["about"], source].append(str(change["key"]))
    for (about, source), keys in made.items():
        if len(keys) != 1:
            faults.append(f"{about}: {len(keys)} counterparts in {source}: {keys}")
        origin, _, key = about.split("/", 2)
        for one in keys:
            if one not in history.tables[source]:
                continue
            mine, theirs = found.get((source, one), []), found.get((origin, key), [])
            if len(mine) != 1 or mine != theirs:
                faults.append(f"counterpart {source}/{one} is in {mine}, its report {about} in"
                              f" {theirs}")
    accepted = {(history.by_id[i].message["about"], history.by_id[i].message["source"])
                for i, answer in history.answers.items() if answer["result"] == "accepted"
                and i in history.by_id and history.by_id[i].message["action"] == "create"}
    if accepted != set(made):
        faults.append(f"accepted creations and rows differ: {sorted(accepted ^ set(made))[:3]}")
    if history.saved != len(made):
        faults.append(f"entries saved: {history.saved}, accepted creations: {len(made)}")
    return faults


# -- echoes are silent --------------------------------------------------------------------------


def is_first_word(history, told):
    """Something in it was never told to that row before: a row that was made is news, and the two
    rows may learn of each other. What nobody has answered yet may go along."""
    message = told.message
    said = {column for one in history.told if one.pos < told.pos
            and one.message.get("key") == message.get("key")
            and one.message["source"] == message["source"] for column in one.message["set"]}
    return message["action"] != "create" and not set(message["set"]) <= said


def check_echoes(history):
    """What a write-back made of a row opens no overlap and is no reason to write."""
    faults = []
    spoken = collections.defaultdict(list)
    for told in history.told:
        spoken[told.pos[:2]].append(told)
    opened = {change.pos[:2]: change for change in history.changes
              if change.value["change"] == "overlap.opened"
              or change.value.get("kind") == "duplicate_entry"}
    for image in history.images:
        if image.origin is None:
            continue
        if image.pos[:2] in opened:
            kind = opened[image.pos[:2]].value.get("kind")
            faults.append(f"echo {image.source}/{image.key} at {image.pos} opened an overlap"
                          f" ({kind})")
        for told in spoken[image.pos[:2]]:
            if image.op != "insert" or not is_first_word(history, told):
                faults.append(f"echo {image.source}/{image.key} at {image.pos} had"
                              f" {place(told.message)} written: {told.message['set']}")
    return faults


# -- all agree in the end -----------------------------------------------------------------------


def shown_state(source, row):
    if source == PARTY:
        return STATE_OF[PARTY].get(row["status"])
    return STATE_OF[GRID].get(f"{row['is_finished']}/{row['is_duplicate']}")


def standing_of(history):
    """{id of a write-back: what its matter shows of it}"""
    return {entry["id"]: entry for value in history.matters.values()
            for entry in value.get("writebacks", ()) if "id" in entry}


def states_shown(history):
    """{id of a write-back: states that its matter ever showed of it}; the newest one of a row
    takes the place of the one before, whose end stands in the log."""
    shown = collections.defaultdict(set)
    lists = [change.value.get("after", {}).get("writebacks") for change in history.changes]
    lists += [value.get("writebacks") for value in history.matters.values()]
    for entries in lists:
        for entry in entries or ():
            shown[entry.get("id")].add(entry["state"])
    return shown


def changed_by_hand(history, source, key, column, origin):
    """An officer changed it after the write-back had, or in place of it."""
    log = [c for c in history.logs[source] if str(c["key"]) == key and c["before"] and c["after"]]
    applied = max((c["seq"] for c in log if c["origin"] == origin), default=0)
    return any(c["origin"] is None and c["seq"] > applied
               and c["before"][column] != c["after"][column] for c in log)


def check_last_words(history):
    """Each row shows what it was told last, or there is a reason that can be read."""
    faults, last = [], {}
    shown = states_shown(history)
    for told in history.told:
        for column, value in columns(told.message):
            last[told.message["source"], told.message["key"], column] = (told, value)
    for (source, key, column), (told, value) in last.items():
        row = history.tables[source].get(key)
        ident = told.message["id"]
        if row is None or str(row[column]) == value:
            continue
        answer = history.answers.get(ident)
        states = shown[ident]
        if answer is None and states & {"sent", "expired"}:
            continue
        if answer is not None and answer["result"] == "refused" and \
                states & {"refused", "expired"}:
            continue
        if changed_by_hand(history, source, key, column, ident):
            continue
        faults.append(f"{place(told.message)}: {column} is {row[column]}, was told {value};"
                      f" answer {answer and answer['result']}, its matter said {sorted(states)}")
    return faults


def was_shown(history, told):
    """The row showed all of it at some time after it was refused: somebody did it by hand."""
    message = told.message
    return any(str(change["key"]) == message.get("key") and change["after"] is not None and
               all(str(change["after"][column]) == value for column, value in
                   message["set"].items()) for change in history.logs[message["source"]])


def check_standing(history):
    """What a matter shows of a write-back is what the department did with it."""
    faults = []
    for ident, entry in standing_of(history).items():
        answer = history.answers.get(ident)
        result = answer and answer["result"]
        wanted = {None: ("sent", "expired"), "refused": ("refused", "expired"),
                  "accepted": ("accepted", "confirmed", "expired")}[result]
        if result == "refused" and was_shown(history, history.by_id[ident]):
            wanted += ("confirmed",)
        if entry["state"] == "refused" and answer and entry.get("reason") != answer.get("reason"):
            faults.append(f"{ident}: reason {entry.get('reason')}, answered {answer.get('reason')}")
        if entry["state"] not in wanted:
            faults.append(f"{ident}: its matter says {entry['state']}, the department"
                          f" {answer and (result, answer.get('reason'))}")
    return faults


def check_followers(history):
    """A matter that the grid leads: its eldest task shows that the case is done, or there is a
    reason: it was told so, or is done in its own way, or nothing could be told."""
    faults, told = [], collections.defaultdict(list)
    for one in history.told:
        if one.message["action"] != "create":
            told[one.message["source"], one.message["key"]].append(one)
    for value in history.matters.values():
        if (value.get("lead") or {}).get("network") != "grid" or "redirect_to" in value:
            continue
        cases = [r["key"] for r in value["refs"] if r["source"] == GRID]
        tasks = [r["key"] for r in value["refs"] if r["source"] == PARTY]
        if not cases or not tasks or cases[0] not in history.tables[GRID]:
            continue
        state = shown_state(GRID, history.tables[GRID][cases[0]])
        row = history.tables[PARTY].get(tasks[0])
        if row is None or state not in ("CLOSED", "VOID") or state == shown_state(PARTY, row):
            continue
        words = [t.message["fields"].get("state") for t in told[PARTY, tasks[0]]]
        if state not in words:
            faults.append(f"matter {value['id']}: case {cases[0]} is {state}, task {tasks[0]} is"
                          f" {shown_state(PARTY, row)} and was never told so")
    return faults


def check_asked_for(history, categories):
    """A report of which the network that leads has no row: a counterpart was asked for.

    categories: those for which both systems have a code."""
    faults = []
    asked = {told.message["about"] for told in history.told if told.message["action"] == "create"}
    for value in history.matters.values():
        network = (value.get("lead") or {}).get("network")
        sources = {ref["source"] for ref in value.get("refs", ())}
        if "redirect_to" in value or value["state"] in OVER or network not in NETWORK.values() or \
                value["category"] not in categories or network in {NETWORK[s] for s in sources}:
            continue
        if any(entry.get("action") == "create" and entry["state"] == "suppressed"
               for entry in value.get("writebacks", ())):
            continue  # from the time when its system was in shadow
        if not any(f"{ref['source']}/matter/{ref['key']}" in asked for ref in value["refs"]):
            faults.append(f"matter {value['id']}: {network} leads, has no row, and was not asked")
    return faults


CHECKS = (check_bounce, check_creations_once, check_authority, check_creations, check_echoes,
          check_last_words, check_standing, check_followers)


def judge(history, categories=()):
    """(faults, figures)"""
    faults = [fault for check in CHECKS for fault in check(history)]
    faults += check_asked_for(history, categories)
    actions = collections.Counter(t.message["action"] for t in history.told)
    results = collections.Counter(a["result"] for a in history.answers.values())
    figures = {f"told_{name}": actions[name]
               for name in ("create", "update", "reassign", "close_duplicate")}
    figures |= {name: results[name] for name in ("accepted", "refused")}
    figures["echoes"] = sum(image.origin is not None for image in history.images)
    figures["sent_again"] = sum(t.message["try"] > 1 for t in history.told)
    figures["saved"] = history.saved
    return faults, figures
