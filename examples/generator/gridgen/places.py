"""The towns: names and codes of DOMAIN.md 8 where it gives them, else invented villages.

A grid has an id in each system; for every sixth grid the party platform knows only the village.
"""

PROVINCE = ("32", "江苏省")
CITY = ("3203", "徐州市")
COUNTY = ("320312", "铜山区")

TANGZHANG = "320312111"
_TANGZHANG_VILLAGES = {201: "棠张", 202: "学庄", 203: "沙庄", 204: "夏湖", 206: "后谷堆", 207: "前谷堆",
                       208: "马兰", 209: "铁营", 210: "牌坊", 211: "刘庄", 212: "刘塘", 213: "河东",
                       214: "高庄", 215: "位河", 216: "新庄", 217: "跃进", 218: "田河"}

# Code, name, villages, villages whose code DOMAIN.md gives.
_NEIGHBOURS = (("320312112", "张集镇", 20, {}),
               ("320312109", "汉王镇", 9, {}),
               ("320312113", "房村镇", 20, {218: "新庄"}),
               ("320312118", "大许镇", 23, {220: "沙庄"}),
               ("320312114", "伊庄镇", 17, {203: "牌坊"}),
               ("320312051", "新区街道", 17, {201: "新庄"}))
# Counties of the invented towns beyond the ninety-nine codes that one county leaves free.
_COUNTIES = ((COUNTY[0], COUNTY[1]), ("320305", "贾汪区"), ("320321", "丰县"), ("320322", "沛县"),
             ("320324", "睢宁县"), ("320381", "新沂市"), ("320382", "邳州市"))
COUNTY_NAME = dict(_COUNTIES)
# The first of those codes. A grid's code of a town 300 or more may read as a person's old id of 15
# digits (region and birthday 1930 to 1999), which no bridge lets in.
_FREE = 130
_ORDINALS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"

_LIKE_NAMED = ("前马场", "后马场", "宋庄", "宋塘")
_NAMES = ("张集", "杨庄", "李庄", "杨场", "马山", "林头", "上河", "下河", "东桥", "西桥", "柳园", "槐树",
          "石楼", "双沟", "官路", "渔池", "枣林", "北湖", "南湖", "大营", "小营", "窑湾", "红旗", "胜利",
          "幸福", "团结")

TOWNS_MAX = 1 + len(_NEIGHBOURS) + 99 * len(_COUNTIES)
TANGZHANG_LIKE = (("206", "207"), ("211", "212"))


class Grid:
    """One grid: its code and name, its village, its id in each system, the staff posted there."""

    __slots__ = ("code", "name", "village", "party_id", "grid_id", "village_only", "members",
                 "user", "dual")

    def __init__(self, village, number):
        self.code = f"{village.code}{number:03d}"
        self.name = f"({village.short}村)网格{number}"
        self.village = village
        self.party_id = self.grid_id = 0
        self.village_only = False
        self.members = []
        self.user = None
        self.dual = None


class Village:
    """One village of a town with its grids and its leader, who belongs to no grid."""

    __slots__ = ("code", "short", "town", "grids", "leader")

    def __init__(self, town, number, short):
        self.code = f"{town.code}{number:03d}"
        self.short = short
        self.town = town
        self.grids = []
        self.leader = None

    @property
    def name(self):
        return f"{self.short}村委会"


class Town:
    """One town: villages, all their grids, and the pairs of villages with like names."""

    __slots__ = ("code", "name", "villages", "grids", "like", "index", "mean")

    def __init__(self, code, name, index):
        self.code = code
        self.name = name
        self.index = index
        self.villages = []
        self.grids = []
        self.like = []
        self.mean = 0


def _invented_names(count, given, rng):
    """Names by village number from 201; like-named pairs always among them."""
    pool = [n for n in _NAMES if n not in given.values()]
    rng.shuffle(pool)
    names = list(_LIKE_NAMED) + pool
    numbers = [n for n in range(201, 201 + count) if n not in given]
    chosen = dict(given)
    for number, name in zip(numbers, names):
        chosen[number] = name
    return dict(sorted(chosen.items()))


def _town_spec(index, rng):
    if index == 0:
        return TANGZHANG, "棠张镇", _TANGZHANG_VILLAGES
    if index <= len(_NEIGHBOURS):
        code, name, count, given = _NEIGHBOURS[index - 1]
        return code, name, _invented_names(count, given, rng)
    number = index - len(_NEIGHBOURS) - 1
    name = f"样例{_ORDINALS[number % len(_ORDINALS)]}镇"
    if number >= len(_ORDINALS):
        name = f"样例{number + 1}镇"
    county, place = divmod(number, 99)
    return f"{_COUNTIES[county][0]}{_FREE + place}", name, _invented_names(17, {}, rng)


def _like_pairs(town):
    if town.index == 0:
        ends = TANGZHANG_LIKE
        by_end = {v.code[-3:]: v for v in town.villages}
        return [(by_end[a], by_end[b]) for a, b in ends]
    by_name = {v.short: v for v in town.villages}
    names = _LIKE_NAMED
    return [(by_name[names[0]], by_name[names[1]]), (by_name[names[2]], by_name[names[3]])]


def build_town(index, rng):
    """Town number index (0 is Tangzhang) with 3 to 5 grids a village, 3.9 in the mean."""
    code, name, villages = _town_spec(index, rng)
    town = Town(code, name, index)
    for position, (number, short) in enumerate(villages.items()):
        village = Village(town, number, short)
        count = (4, 4, 3, 4, 5, 4, 3, 4)[position % 8]
        village.grids = [Grid(village, n + 1) for n in range(count)]
        town.villages.append(village)
        town.grids.extend(village.grids)
    for position, grid in enumerate(town.grids):
        grid.party_id = 300 + index * 200 + position
        grid.grid_id = 1500 + index * 200 + position
        grid.village_only = position % 6 == 5
    town.like = _like_pairs(town)
    return town
