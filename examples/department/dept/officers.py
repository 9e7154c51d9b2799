"""What people do to a row in their own system, in the system's own columns."""

DEPARTMENTS = ("综合执法办", "农业服务中心", "社会事务办", "应急管理办")


class PartyOfficers:
    """Members at the party platform."""
    title, note = "task_title", "description"

    @staticmethod
    def accept(rng):
        return {"status": "ACCEPTED", "assigned_member_id": str(rng.randrange(1000, 2000))}

    @staticmethod
    def close(_rng):
        return {"status": "COMPLETED"}

    @staticmethod
    def reopen(_rng):
        return {"status": "ACCEPTED"}

    @staticmethod
    def give_back(_rng):
        return {"status": "PENDING", "assigned_member_id": None}


class GridOfficers:
    """Workers and clerks at the grid system."""
    title, note = "case_title", "case_desc"

    @staticmethod
    def accept(rng):
        return {"execute_dept": rng.choice(DEPARTMENTS)}

    @staticmethod
    def close(_rng):
        return {"is_finished": "1"}

    @staticmethod
    def reopen(_rng):
        return {"is_finished": "0"}

    @staticmethod
    def give_back(_rng):
        return {"execute_dept": None}


class Officers:
    """Edits of rows: every method gives the columns that change."""
    ACTS = ("accept", "handle", "close", "retitle", "give_back", "reopen")

    def __init__(self, system, rng):
        self.by = PartyOfficers if system.source == "party_building" else GridOfficers
        self.rng = rng

    def act(self, what):
        if what == "handle":
            return {self.by.note: f"现场处理第{self.rng.randrange(1, 9)}次"}
        if what == "retitle":
            return {self.by.title: f"更正标题{self.rng.randrange(1000)}"}
        return getattr(self.by, what)(self.rng)

    def some_act(self):
        return self.act(self.rng.choices(self.ACTS, (30, 25, 20, 10, 10, 5))[0])
