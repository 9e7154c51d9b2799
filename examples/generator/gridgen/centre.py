"""The command centre of the model town: a "1+4" product without a change feed (DOMAIN.md 4, G1).

A gateway polls its lists every ten minutes and puts each page on a topic as it came, with RowState
in each row. Hotline orders are its own matters; others are made from a case of the grid system and
name it (GridCaseId). CoopInfo says who was made to lead; EventStatus, the acknowledgement of C1, is
read by nobody. Villages come as names, so the source serves one town.
"""

from gridgen import clock, texts
from gridgen.catalog import CENTRE, CENTRE_PATH, GRID
from gridgen.jsontext import dump
from gridgen.rows import Message
from gridgen.townrun import CALL

TOPIC = "centre.rest"
MATTER, COOP, STATUS = "MatterHandle", "CoopInfo", "EventStatus"
STATES = {0: "REPORTED", 1: "DISPATCHED", 2: "ACCEPTED", 3: "IN_PROGRESS", 4: "HANDLED",
          5: "VERIFIED", 6: "VERIFIED", 7: "VERIFIED", 8: "CLOSED", 9: "RETURNED", 10: "VOID",
          11: "WITHDRAWN"}
_REFUSED = ("全部/风险类/信访稳定", "全部/风险类/聚集维权纠纷", "全部/宗教管理/宗教活动协管")
_VILLAGES = ("{}村委会", "{}村民委员会", "{}村", "{}")
_PAGE = 10
_POLL = 10 * clock.MINUTE
_ZERO_GUID = "00000000-0000-0000-0000-000000000000"


def _net(us):
    return f"/Date({us // 1000}+0800)/"


def _glued(us):
    """A time as the product's lists show it, the blank missing."""
    text = clock.local_text(us)
    return f"{text[:10].replace('-', '/')}{text[11:16]}"


class CentreRow:
    """A matter of the centre; what the truth asks of a row."""

    __slots__ = ("source", "key", "image", "good", "deleted", "kind", "claimed", "village",
                 "category", "occurred", "case", "gone", "defect")

    def __init__(self, key, kind, village):
        self.source, self.key, self.kind, self.village = CENTRE, key, kind, village
        self.image, self.good, self.case, self.defect = {}, None, None, None
        self.deleted = self.claimed = self.gone = False
        self.category, self.occurred = None, 0


class Centre:
    """The centre's matters of one town; output is a Spool."""

    def __init__(self, run, output):
        self.run, self.output = run, output
        self.rng = run.random("centre")
        self.rows, self.seen = [], set()
        self.changed = {}           # row key -> row, since the last poll
        self.decisions = []

    def day(self, plan):
        """Push a day's orders and polls."""
        run, rng = self.run, self.rng
        for _ in range(rng.randrange(10, 18)):
            run.push(plan.moment(), CALL, self._order)
        for _ in range(rng.randrange(6, 12)):
            run.push(plan.at(9, 18), CALL, self._from_case)
        for kind in ("refused", "unknown_village", "unknown_state", "removed", "deleted"):
            if plan.day == 0 or rng.random() < 0.4:
                run.push(plan.at(8, 12), CALL, lambda us, k=kind: self._order(us, k))
        for number in range(clock.DAY // _POLL):
            run.push(plan.midnight + (number + 1) * _POLL - clock.SECOND, CALL, self._poll)

    # -- what happens in the product -------------------------------------------------------

    def _row(self, us, kind, village, category):
        rng, number = self.rng, len(self.rows) + 1
        row = CentreRow(f"SXD{number:06d}", kind, village)
        row.category = category
        row.occurred = us // clock.MINUTE * clock.MINUTE
        path = CENTRE_PATH[category]
        name, phone = self.run.canary(number), self._phone(number)
        row.image = {
            "Id": row.key, "RowState": "added", "Code": row.key,
            "Title": f"{village.short}村{rng.randrange(1, 12)}组反映事项",
            "Content": f"群众{name}来电，{phone}。", "EventAddress": f"{village.short}村３组",
            "VillageName": rng.choice(_VILLAGES).format(village.short),
            "CategoryPath": rng.choice((path, f"{path}/", path.replace("/", "/ ", 1))),
            "EnumOrderStatus": 1, "EnumEventLevel": 0, "EnumSource": 0,
            "SourceId": f"12345-{number}", "IsInCharge": 0, "DepartmentId": _ZERO_GUID,
            "GridCaseId": None, "CreateEmName": name, "CreateEmTel": phone,
            "CreateTimeStr": _glued(us), "DeadlineTimeStr": rng.choice(
                ("无", _glued(us + 3 * clock.DAY))), "UpdateTime": _net(us), "IsDeleted": False,
            "ReminderCount": 0, "PRSuperviseCount": 0, "Memo": f"<p>{name}#</p>"}
        self.rows.append(row)
        self.changed[row.key] = row
        self._later(us, row)
        return row

    def _phone(self, number):
        """A canary of the centre's own, so that the other sources stay as they are without it."""
        phone = texts.canary_phone(5000 + number % 500)
        self.run.used_canaries.add(phone)
        return phone

    def _order(self, us, kind="order"):
        """An order of the hotline, a matter of the centre's own."""
        rng = self.rng
        village = rng.choice(self.run.town.villages)
        row = self._row(us, kind, village, rng.choice(sorted(CENTRE_PATH)))
        if kind == "refused":
            row.image["CategoryPath"], row.defect = rng.choice(_REFUSED), "refused_category"
        elif kind == "unknown_village":
            row.image["VillageName"], row.defect = "不知道村", "unknown_grid"
        elif kind == "unknown_state":
            row.image["EnumOrderStatus"], row.defect = 77, "unknown_state"
        elif kind == "removed":
            self.run.push(us + 3 * clock.HOUR, CALL, lambda at: self._remove(at, row))
        elif kind == "deleted":
            self.run.push(us + 3 * clock.HOUR, CALL,
                          lambda at: self._change(at, row, {"IsDeleted": True}))
        self.run.traps[f"centre_{kind}"] += 1

    def _from_case(self, us):
        """A case that the grid handed up: the centre's matter names it, once."""
        free = [row for row in self.run.rows[-400:] if row.good is not None and not row.deleted
                and row.source == GRID and row.kind == "ordinary"
                and row.key not in self.seen]
        if free:
            case = self.rng.choice(free)
            self.seen.add(case.key)
            place = self.run.by_grid_id[case.good["grid"]]
            row = self._row(us, "from_case", place.village, "QT99")
            row.case = case
            row.image.update(GridCaseId=str(case.key), EnumSource=2, SourceId=str(case.key))
            self.run.traps["centre_from_case"] += 1

    def _later(self, us, row):
        """Accepted, being handled, handled, filed: now and then it stops on the way."""
        for state in (2, 3, 4, 8)[:self.rng.choice((1, 2, 3, 4, 4, 4))]:
            us += self.rng.randrange(15, 400) * clock.MINUTE
            self.run.push(us, CALL, lambda at, s=state: self._state(at, row, s))

    def _state(self, us, row, state):
        if row.defect != "unknown_state" and not row.gone and not row.image["IsDeleted"]:
            self._change(us, row, {"EnumOrderStatus": state})
            if state == 3 and row.defect is None and self.rng.random() < 0.5:
                self.decisions.append({
                    "Id": f"D{row.key}", "RowState": "added", "MatterId": row.key,
                    "VillageName": row.image["VillageName"], "LeadUnit": "综合执法局",
                    "JointUnits": "城管中队，社会事业局", "EnumIsInSite": self.rng.randrange(3),
                    "DecideTime": _net(us)})

    def _change(self, us, row, delta):
        if not row.gone:
            row.image = {**row.image, **delta, "UpdateTime": _net(us),
                         "RowState": "added" if row.key in self.changed and row.good is None
                         else "changed"}
            self.changed[row.key] = row

    def _remove(self, us, row):
        row.gone = True
        row.image = {**row.image, "UpdateTime": _net(us), "RowState": "removed"}
        self.changed[row.key] = row

    # -- what the gateway sends -------------------------------------------------------------

    def _poll(self, us):
        rows = list(self.changed.values())
        self.changed = {}
        for first in range(0, len(rows), _PAGE):
            page = rows[first:first + _PAGE]
            self._send(us, MATTER, [row.image for row in page],
                       [self._judge(row) for row in page])
        if self.decisions:
            self._send(us, COOP, self.decisions,
                       [("accepted", self.run.town.code)] * len(self.decisions))
            self._send(us, STATUS, [{"Id": d["MatterId"], "content": "已办结",
                                     "externalUserId": "u1"} for d in self.decisions],
                       [("ignored:other_table", None)])
            self.decisions = []

    def _judge(self, row):
        if row.defect == "refused_category":
            self.run.refused[row.image["CategoryPath"]] += 1
            return "ignored:refused_category", None
        if row.defect:
            return f"dead:{row.defect}", None
        row.good = row.image
        row.deleted = row.gone or row.image["IsDeleted"]
        return "accepted", self.run.town.code

    def _send(self, us, module, rows, verdicts):
        value = dump({"code": 200, "module": module, "message": "ok",
                      "data": {"totalCount": len(rows), "list": rows}})
        message = Message(0, None, value, verdicts)
        message.table = module
        self.output.send(us // 1000 + 700, message)
