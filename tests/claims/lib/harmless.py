"""Numbers that work needs and that name nobody: codes, order numbers, dates, amounts, places, law.

    build(seed)    [(kind, text)]: at least 1,000 short texts that must come out unchanged

The forms are those that the two networks and the command centre write: grid codes of 15, 17, 18 and
20 digits, running numbers, the date dialects, money, areas, coordinates, articles of law.
"""
import random

VILLAGES = [f"320312111{n}" for n in (*range(201, 205), *range(206, 219))]
TOWNS = ("320312112", "320312109", "320312113", "320312118", "320312004", "110101001", "340104005",
         "370102015", "410105024", "620102012", "510104030", "440305008")
ARTICLES = ("第十七条", "第一百三十二条第三项", "第二千零八十条", "第二十四条至第二十五条", "第（三）项",
            "第一千零三十四条", "二〇二五年八月一日起施行", "第三编第二章第一节")
WORDS = ("一位女士", "这位先生", "某处", "某小区", "某日上午", "某单位", "各位女士先生", "三五天", "一二三期工程",
         "七八户", "八九十亩", "一五一十", "二三十米", "十一五规划", "五四三二一", "第一、二、三、四、五、六组", "某村某组",
         "三〇一室", "八一路", "五一路与六一路", "一二·九纪念", "零陵路", "二七宿舍社区", "三八妇女节", "五四青年节")


def grid_codes(rng):
    village = rng.choice(VILLAGES)
    yield "网格代码", f"{village}{rng.randrange(1, 60):03d}"
    town = rng.choice(TOWNS)
    yield "网格代码", f"{town}{rng.choice((1, 2, 3))}{rng.randrange(1, 99):02d}" \
                      f"{rng.randrange(1, 30):03d}"
    yield "微网格", f"{village}{rng.randrange(1, 30):03d}{rng.randrange(1, 30):02d}"
    yield "微网格", f"{village}{rng.randrange(1, 30):03d}{rng.randrange(1, 30):03d}"
    yield "村代码", village
    yield "镇代码", town
    yield "部件网格", f"{rng.choice(('010203', '020104', '030101'))}320312{rng.randrange(1, 20):03d}" \
                      f"{rng.randrange(601, 640)}{rng.randrange(30):02d}"


def order_numbers(rng):
    day = f"2026{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
    yield "案件编号", f"{day[:6]}{rng.randrange(1, 99999):05d}{rng.randrange(1000):03d}"
    yield "事项编号", f"SXD{rng.randrange(999999):06d}"
    yield "工单号", f"XZ{day}{rng.randrange(99999):05d}"
    yield "工单号", f"{day}{rng.randrange(9999):04d}"
    yield "工单号", f"{day}{rng.randrange(24):02d}{rng.randrange(60):02d}{rng.randrange(60):02d}" \
                    f"{rng.randrange(9999):04d}"
    yield "流水号", f"{rng.randrange(10 ** 5):08d}"
    yield "任务", f"T-{rng.randrange(1000, 9999)}-{rng.randrange(100)}"
    yield "记录号", str(rng.randrange(700001, 800000))
    yield "案号", f"（2026）苏0312民初{rng.randrange(1, 9999)}号"
    yield "文号", f"苏政发〔2025〕{rng.randrange(1, 99)}号"
    yield "标识", f"{rng.randrange(16 ** 8):08x}-{rng.randrange(16 ** 4):04x}-7" \
                  f"{rng.randrange(16 ** 3):03x}-8{rng.randrange(16 ** 3):03x}-" \
                  f"{rng.randrange(16 ** 12):012x}"


def dates(rng):
    year, month, day = rng.randrange(2015, 2027), rng.randrange(1, 13), rng.randrange(1, 29)
    hour, minute, second = rng.randrange(24), rng.randrange(60), rng.randrange(60)
    clock = f"{hour:02d}:{minute:02d}"
    yield "日期", f"{year}-{month:02d}-{day:02d} {clock}:{second:02d}"
    yield "日期", f"{year}/{month}/{day:02d}{clock}"
    yield "日期", f"{year}{month:02d}{day:02d}"
    yield "日期", f"{year}年{month}月{day}日{hour}时{minute}分"
    yield "日期", f"{year}.{month:02d}.{day:02d} {clock}"
    yield "日期", f"{month}月{day}日至{month}月{day + 2}日"
    yield "日期", f"{year}-{month:02d}-{day:02d}T{clock}:{second:02d}.{rng.randrange(1000):03d}Z"
    yield "日期", f"/Date({rng.randrange(1577836800, 1798761600)}{rng.randrange(1000):03d}+0800)/"
    yield "日期", f"{year}{month:02d}{day:02d}{hour:02d}{minute:02d}{second:02d}"
    yield "时刻", f"{clock}:{second:02d}.{rng.randrange(10 ** 6):06d}"
    yield "时间戳", f"{rng.randrange(1577836800, 1798761600)}000"
    yield "期限", f"{year}-{month:02d}-{day:02d} 09:00 ~ {year}-{month:02d}-{day:02d} 17:30"


def amounts(rng):
    yield "金额", f"{rng.randrange(1, 99999)}.{rng.randrange(100):02d}元"
    yield "金额", f"¥{rng.randrange(1, 999)},{rng.randrange(1000):03d}.{rng.randrange(100):02d}"
    yield "金额", f"{rng.randrange(1, 99)},{rng.randrange(1000):03d},{rng.randrange(1000):03d}元"
    yield "金额", f"{rng.randrange(1, 300)}万{rng.randrange(1000, 9999)}元"
    yield "面积", f"{rng.randrange(1, 400)}.{rng.randrange(10)}亩，{rng.randrange(10, 9999)}平方米"
    yield "长度", f"{rng.randrange(1, 90)}x{rng.randrange(1, 90)}米"
    yield "占比", f"{rng.randrange(100)}.{rng.randrange(10)}%"
    yield "户数", f"涉及{rng.randrange(1, 50)}户{rng.randrange(50, 300)}人"
    yield "电表读数", f"{rng.randrange(10 ** 6):06d}.{rng.randrange(10)}"
    yield "单价数量", f"{rng.randrange(10, 99)}.50*{rng.randrange(10, 99)}=" \
                      f"{rng.randrange(999, 9999)}.00"


def places(rng):
    lng, lat = rng.randrange(1170000, 1179999) / 10000, rng.randrange(340000, 349999) / 10000
    yield "坐标", f"{lng:.4f},{lat:.4f}"
    yield "坐标", f"lng:{lng:.6f} lat:{lat:.6f}"
    yield "坐标", f"117°{rng.randrange(60)}′{rng.randrange(60)}″E 34°{rng.randrange(60)}′E"
    yield "地址", f"{rng.randrange(1, 13)}组{rng.randrange(1, 200)}号"
    yield "地址", f"{rng.randrange(1, 40)}幢{rng.randrange(1, 5)}单元{rng.randrange(101, 1899)}室"
    yield "道路", f"{rng.choice('GSX')}{rng.randrange(100, 999)}国道K{rng.randrange(99)}+" \
                  f"{rng.randrange(1000):03d}处"
    yield "热线", rng.choice(("12345", "110", "119", "120", "12348", "96777", "12319", "122"))
    yield "路灯杆号", f"{rng.randrange(1, 99):02d}-{rng.randrange(1, 999):03d}"


def law(rng):
    yield "依据", rng.choice(ARTICLES)
    yield "标准", f"GB/T {rng.randrange(10000, 44000)}-20{rng.randrange(10, 26)}"
    yield "批次", f"第{rng.randrange(1, 12)}批第{rng.randrange(1, 200)}件"
    yield "说法", rng.choice(WORDS)


def build(seed, rounds=22):
    rng = random.Random(seed)
    every = []
    for _ in range(rounds):
        for make in (grid_codes, order_numbers, dates, amounts, places, law):
            every += make(rng)
    return every
