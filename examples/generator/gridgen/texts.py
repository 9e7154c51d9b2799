"""Titles, descriptions and addresses from templates. No person, id or phone occurs in them, but for
the invented ones that the scrubber must take out.

Canary names are for columns that must never be carried: each is built from two characters that
occur in no template, so that finding one anywhere means a leak.
"""

_PROBLEMS = {
    "MS01": ("公共座椅损坏", "健身广场灯箱破损", "窨井盖松动"), "MS02": ("污水外溢", "自来水管渗漏", "排水沟堵塞"),
    "MS03": ("电线低垂", "燃气表箱门脱落"), "MS04": ("路灯不亮", "道路坑洼积水", "路面塌陷"),
    "MS05": ("代办医保缴费", "代取快递药品", "代办老年证"), "MS06": ("助老走访", "助困慰问走访", "帮扶送餐"),
    "MS99": ("民生诉求登记", "便民服务需求"),
    "AQ01": ("楼道堆放杂物", "电动车飞线充电", "灭火器过期"), "AQ02": ("企业消防通道占用", "厂房应急灯失效"),
    "AQ03": ("作业现场无防护", "粉尘车间未清扫"), "AQ04": ("电梯检验过期", "叉车无牌作业"),
    "AQ05": ("液化气瓶存放不当", "燃气软管老化"), "AQ06": ("铁路护栏破损", "铁路沿线放羊"),
    "AQ07": ("河塘无警示牌", "圩堤渗水"), "AQ08": ("校门口占道停车", "校园周边护栏缺失"), "AQ99": ("公共安全隐患",),
    "HJ01": ("作坊违规排放", "养殖粪污直排"), "HJ02": ("露天焚烧秸秆", "焚烧垃圾"), "HJ03": ("沟渠水体发黑", "河面漂浮物"),
    "HJ04": ("工地扬尘", "渣土未覆盖"),
    "CG01": ("垃圾未清运", "道路抛洒物", "公厕保洁不到位"), "CG02": ("违章搭建棚屋", "私建围墙"), "CG03": ("占道经营", "流动摊点堵路"),
    "CG04": ("违规张贴广告", "破损广告牌"), "CG05": ("绿化带枯死", "树枝遮挡路口"), "CG06": ("夜间施工噪声", "施工围挡破损"),
    "SC01": ("虚假宣传单页", "夸大宣传横幅"), "SC02": ("小饭桌卫生不达标", "食品过期销售"), "SC03": ("无证经营门店",),
    "NY01": ("大棚积水排涝", "蔬菜大棚进水", "棚区排水沟淤塞"), "NY02": ("番茄病虫害", "小麦赤霉病防治"), "NY03": ("土地流转面积核对",),
    "NY04": ("鱼塘缺氧死鱼", "渔网占用河道"),
    "MD01": ("邻里通道堆物纠纷", "邻里排水纠纷"), "MD02": ("家庭赡养协商",), "MD03": ("宅基地边界纠纷",), "MD04": ("劳动报酬纠纷",),
    "MD05": ("消费退款纠纷",), "MD06": ("物业收费纠纷",), "MD99": ("其他纠纷调处",),
    "ZC01": ("惠农政策宣讲", "反诈宣传进村"), "ZC02": ("志愿清扫活动", "义诊志愿服务"), "ZC03": ("主题党日开放活动",),
    "ZC04": ("民主议事会",),
    "YJ01": ("强对流天气受灾", "暴雨内涝险情"), "YJ02": ("聚集性腹泻排查",), "YJ03": ("交通事故现场处置",),
    "QT99": ("其他事项登记", "综合巡查记录"),
}
_SPOTS = ("村口", "主干道", "文化广场旁", "卫生室门前", "大棚区", "泵站旁", "小学东侧", "桥头", "村部北侧", "沟渠边", "")
_SENTENCES = ("现场已拍照", "影响群众出行", "雨后更加明显", "建议尽快安排处理", "附近住户多次反映", "已设置临时警示",
              "需要协调相关单位", "与上次情况相似", "范围约二十平方米", "已告知周边住户", "待进一步核实", "已初步处置并将继续跟进",
              "涉及三户门前道路", "夜间尤其不便", "已联系施工队伍", "请相关部门到场查看")
_UPDATES = ("已到现场查看。", "已完成清理。", "材料已备齐，明日复查。", "已与村部会商。", "等待配件到货。")
_DEPARTMENTS = ("市政", "环卫", "农技站", "安监办", "综合执法局", "供水站", "民政办", "供电所")
_RARE_BIRDS = "鹮鵟鸮鹨鹀鸲鹡鹪鹩鹎鸫鸻鹬鸨鸱鹟"
_SURNAMES = "测试样例"


def title(rng, category, village):
    """A title of 10 to 25 characters."""
    problem = rng.choice(_PROBLEMS[category])
    return f"{village.short}村{rng.randrange(1, 13)}组{rng.choice(_SPOTS)}{problem}"


def description(rng):
    """None for a quarter, else 6 to 200 characters, short ones more often."""
    if rng.random() < 0.25:
        return None
    count = min(int(rng.expovariate(0.45)) + 1, 16)
    return ("，".join(rng.choice(_SENTENCES) for _ in range(count)) + "。")[:200]


def amended(rng, text):
    """The description after somebody added to it, at most 200 characters."""
    return ((text or "") + rng.choice(_UPDATES))[-200:]


def address(rng, village):
    """The place as typed; some with the stray blanks and slashes that are met in the field."""
    if rng.random() < 0.05:
        return f"徐州市/ 铜山区/{village.town.name}/{village.short}村/"
    return f"{village.town.name}{village.short}村{rng.randrange(1, 13)}组"


def department(rng):
    return rng.choice(_DEPARTMENTS)


def canary_names(count):
    """The first count canary names, none a part of another."""
    birds = _RARE_BIRDS
    names = [f"{_SURNAMES[i % 4]}{a}{b}" for i, a in enumerate(birds) for b in birds if a != b]
    return names[:count]


def canary_id(number):
    """An invented id number: region 999999 is assigned to nobody; the check digit is right."""
    body = f"99999919{50 + number % 50}0101{number % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(int(d) * w for d, w in zip(body, weights)) % 11]
    return body + check


def canary_phone(number):
    """An invented mobile number in one of six disguises."""
    plain = f"1{3 + number % 7}{number * 7919 % 10 ** 9:09d}"
    parts = (plain[:3], plain[3:7], plain[7:])
    return (plain, "-".join(parts), " ".join(parts), "".join(chr(ord(c) + 0xFEE0) for c in plain),
            "".join("零幺二三四五六七八九"[int(c)] for c in plain), "·".join(plain))[number % 6]
