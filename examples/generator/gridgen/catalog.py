"""Canonical categories, their codes in the two systems, how often they occur, and the duty list.

Categories: DOMAIN.md 2.2; frequencies: shaped after the counts of DOMAIN.md 2.1 (a few classes hold
most of the mass); duty list: the example town's, after DOMAIN.md 6.2.
"""

PARTY = "party_building"
GRID = "governance_grid"
CENTRE = "command_centre"
# Canonical category -> path in the command centre's tree (DOMAIN.md 2.1 A, and its two lines).
CENTRE_PATH = {
    "MS01": "全部/民生类/市政设施", "MS02": "全部/民生类/污水外溢", "AQ01": "全部/风险类/居民消防隐患",
    "AQ02": "全部/风险类/企业消防隐患", "AQ03": "全部/风险类/安全生产隐患",
    "AQ05": "全部/风险类/液化气隐患", "CG05": "全部/市容管理/绿化保护", "CG02": "全部/市容管理/违章搭建",
    "SC01": "全部/市场管理/非法虚假广告行为", "HJ01": "全部/环保管理/违规排放",
    "HJ02": "全部/环保管理/露天焚烧", "NY04": "全部/农业生产/渔业保护", "QT99": "全部/其他",
    "SP02": "审批服务/帮办代办", "ZF02": "综合执法/立案线索"}

L1_WORD = {"MS": "livelihood", "AQ": "safety", "HJ": "environment", "CG": "town", "SC": "market",
           "NY": "farming", "MD": "dispute", "ZC": "activity", "YJ": "emergency", "QT": "other"}
L1_NUMBER = {"MS": 10, "AQ": 20, "HJ": 30, "CG": 40, "SC": 50, "NY": 60, "MD": 70, "ZC": 80,
             "YJ": 90, "QT": 99}
L2 = {"MS": (1, 2, 3, 4, 5, 6, 99), "AQ": (1, 2, 3, 4, 5, 6, 7, 8, 99), "HJ": (1, 2, 3, 4),
      "CG": (1, 2, 3, 4, 5, 6), "SC": (1, 2, 3), "NY": (1, 2, 3, 4),
      "MD": (1, 2, 3, 4, 5, 6, 99), "ZC": (1, 2, 3, 4), "YJ": (1, 2, 3), "QT": (99,)}

CATEGORIES = tuple(f"{l1}{n:02d}" for l1, numbers in L2.items() for n in numbers)

_GRID_WEIGHT = {"AQ01": 2517, "MS01": 1370, "QT99": 979, "CG05": 942, "SC01": 838, "NY01": 640,
                "AQ03": 263, "CG01": 240, "AQ04": 189, "AQ02": 169, "MD01": 150, "HJ01": 130,
                "CG02": 123, "MS02": 115, "MS04": 100, "AQ05": 60, "MD03": 50, "HJ02": 45,
                "AQ07": 40, "CG03": 40}
_PARTY_WEIGHT = {"MS05": 900, "MS06": 820, "NY01": 560, "ZC01": 330, "MD01": 280, "AQ01": 260,
                 "MS01": 240, "ZC02": 160, "CG01": 140, "MD02": 120, "MS02": 110, "QT99": 100,
                 "NY02": 80, "MS04": 80, "MD03": 70, "ZC04": 60, "ZC03": 50, "NY03": 40}
_RARE = 9

GRID_WEIGHTS = tuple(_GRID_WEIGHT.get(c, _RARE) for c in CATEGORIES)
PARTY_WEIGHTS = tuple(_PARTY_WEIGHT.get(c, _RARE) for c in CATEGORIES)
BOTH_WEIGHTS = tuple(min(g, 700) * min(p, 300) for g, p in zip(GRID_WEIGHTS, PARTY_WEIGHTS))


def party_code(category):
    """The party platform's task_type of a canonical category."""
    return f"{L1_WORD[category[:2]]}_{category[2:]}"


def grid_code(category):
    """The grid system's event type id (text) of a canonical category."""
    return str(L1_NUMBER[category[:2]] * 100 + int(category[2:]))


PARTY_CATEGORY = {party_code(c): c for c in CATEGORIES}
GRID_CATEGORY = {grid_code(c): c for c in CATEGORIES}

PARTY_STATE = {"PENDING": "REPORTED", "ACCEPTED": "ACCEPTED", "COMPLETED": "CLOSED"}
GRID_STATE = {"0/0": "REPORTED", "1/0": "CLOSED", "2/0": "VOID",
              "0/1": "MERGED", "1/1": "MERGED", "2/1": "MERGED"}

_EVERYBODY = ("key_family", "grid_leader", "branch_secretary", "department", "command_centre")
_NETWORK_ROLE = {PARTY: "key_family", GRID: "grid_worker"}
_SPECIALITY_GRID = {"MS01", "MS02", "MS03", "MS04", "AQ01", "AQ02"}
_FIRST_CONTACT = {"AQ05", "AQ06", "AQ07", "AQ08", "AQ99", "NY01", "NY02", "NY03", "MS99", "MD99",
                  "QT99"}


def _duty(lead, rule, assist=(), inform=(), first=()):
    return {"lead": lead, "rule": rule, "assist": list(assist), "inform": list(inform),
            "first_contact": list(first)}


def duty(category, elder_source, is_extreme=False):
    """Who leads a matter whose elder report came by elder_source, and by which line. is_extreme:
    the grid says teji."""
    l1 = category[:2]
    if l1 == "YJ" or (is_extreme and category not in ("AQ03", "AQ04", "NY04")):
        return _duty("grid_worker", "emergency", inform=_EVERYBODY)
    if category in ("AQ03", "AQ04") or l1 in ("SP", "ZF"):
        return _duty("department", "command_centre", ["grid_worker"], ["key_family"])
    if l1 == "ZC" or category in ("MS05", "MS06"):
        return _duty("key_family", "speciality_party", ["grid_worker"])
    if l1 in ("CG", "HJ", "SC") or category in _SPECIALITY_GRID:
        return _duty("grid_worker", "speciality_grid", first=["key_family"])
    if category in ("MD01", "MD02"):
        return _duty("key_family", "mediation_party")
    if category in ("MD03", "MD04", "MD05", "MD06"):
        return _duty("grid_worker", "mediation_grid")
    if category in _FIRST_CONTACT and elder_source == CENTRE:
        return _duty("grid_leader", "territorial_fallback")     # the centre is no first contact
    if category in _FIRST_CONTACT:
        return _duty(_NETWORK_ROLE[elder_source], "first_contact")
    return _duty(None, "unlisted")
