"""Invented ids, phones, cards, plates, mail addresses and names in disguise, and how to find them.

Written from the list of what may never be carried, not from the scrubber: what a person can still
read as the number counts as the number.

    every = build(seed)       Canary(kind, disguise, value, shown, name_column)
    finder = Finder(every)
    finder.find(text)         the canaries that stand in a text, in whatever disguise
"""
import collections
import html
import random
import re
import unicodedata

Canary = collections.namedtuple("Canary", "kind disguise value shown name_column")

HAN = "〇一二三四五六七八九"
SPOKEN = "零幺二三四五六七八九"
FINANCIAL = "零壹贰叁肆伍陆柒捌玖"
TRADITIONAL = "零壹貳參肆伍陸柒捌玖"
CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨"
BRACKETED = "〇㈠㈡㈢㈣㈤㈥㈦㈧㈨"
ROUND_HAN = "〇㊀㊁㊂㊃㊄㊅㊆㊇㊈"
SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹"
REGIONS = ("320312", "110101", "340104", "370102", "410105", "510104", "440305", "330106", "620102")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
DOUBLE = ("欧阳", "司马", "诸葛", "上官", "皇甫", "尉迟", "令狐", "慕容")
RARE = "鹮鵟鸮鹨鹀鸲鹡鹪鹩鹎鸫鸻鹬鸨鸱鹟"
TITLES = ("先生", "女士", "某", "某某")


def check_digit(body):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(body, weights)) % 11]


def luhn_digit(body):
    total = 0
    for place, digit in enumerate(reversed(body)):
        double = int(digit) * (2 if place % 2 == 0 else 1)
        total += double - 9 if double > 9 else double
    return str(-total % 10)


def id18(rng):
    born = f"{rng.randrange(1940, 2015)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
    body = rng.choice(REGIONS) + born + f"{rng.randrange(1000):03d}"
    return body + check_digit(body)


def id15(rng):
    born = f"{rng.randrange(35, 95)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
    return rng.choice(REGIONS) + born + f"{rng.randrange(1000):03d}"


def mobile(rng):
    return f"1{rng.choice('3456789')}{rng.randrange(10 ** 9):09d}"


def landline(rng):
    code = rng.choice(("0516", "010", "021", "025", "0512", "0371", "0531"))
    return code + rng.choice("2345678") + f"{rng.randrange(10 ** 7):07d}"


def card(rng):
    head, length = rng.choice((("622202", 19), ("621700", 19), ("622848", 19), ("622588", 16),
                               ("436742", 16), ("955880", 19), ("520131", 16), ("601382", 19)))
    body = head + "".join(rng.choice("0123456789") for _ in range(length - len(head) - 1))
    return body + luhn_digit(body)


def plate(rng):
    tail = "".join(rng.choice("0123456789") for _ in range(4)) + rng.choice("ABCDEFGHJKLMNPQRSTUV")
    if rng.random() < 0.3:
        return rng.choice("苏皖鲁豫沪京浙") + rng.choice("ABCDEFGH") + rng.choice("DF") + "".join(
            rng.choice("0123456789") for _ in range(5))
    return rng.choice("苏皖鲁豫沪京浙") + rng.choice("ABCDEFGH") + tail


def email(rng):
    word = "".join(rng.choice("abcdefghkmnprstuvwxyz") for _ in range(7))
    host = rng.choice(("example.com", "mail.example.cn", "example.org", "qq.example.com"))
    return f"{word}{rng.randrange(1000)}@{host}"


def full_name(rng):
    surname = rng.choice(DOUBLE) if rng.random() < 0.15 else rng.choice(SURNAMES)
    return surname + "".join(rng.sample(RARE, 2))


def titled(rng):
    title = rng.choice(TITLES)
    if title[0] == "某":
        return rng.choice(DOUBLE) + title
    given = "".join(rng.sample(RARE, rng.randrange(3)))
    return (rng.choice(DOUBLE) if not given else rng.choice(SURNAMES)) + given + title


NUMBERS = {"id18": id18, "id15": id15, "mobile": mobile, "landline": landline, "card": card}


def groups(value):
    """As people write them: 138 1234 5678; 0516 8334 5678; 320312 19900101 1234; by fours."""
    cuts = {11: (3, 7), 12: (4, 8), 15: (6, 12), 18: (6, 14)}.get(len(value))
    if cuts is None:
        cuts = tuple(range(4, len(value), 4))
    edges = (0, *cuts, len(value))
    return [value[a:b] for a, b in zip(edges, edges[1:])]


def by_table(table):
    return lambda v, rng: "".join(table[int(c)] if c.isdigit() else c for c in v)


def offset(first):
    return lambda v, rng: "".join(chr(first + int(c)) if c.isdigit() else c for c in v)


def joined(separator):
    return lambda v, rng: separator.join(groups(v))


def each(separator):
    return lambda v, rng: separator.join(v)


def two_lines(separator):
    return lambda v, rng: v[:len(v) // 2] + separator + v[len(v) // 2:]


def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def look_alike(v, rng):
    return v.replace("0", "O", 2).replace("1", "l", 1) if v[0] != "1" else \
        v[0] + v[1:].replace("0", "O", 2).replace("1", "I", 1)


NUMBER_DISGUISES = {
    "plain": lambda v, rng: v,
    "full_width": lambda v, rng: full_width(v),
    "mixed_width": lambda v, rng: "".join(full_width(c) if i % 3 == 0 else c
                                          for i, c in enumerate(v)),
    "spaced_groups": joined(" "), "spaced_each": each(" "), "ideographic_space": each("\u3000"),
    "thin_space": joined("\u2009"), "no_break_space": joined("\u00a0"), "tab": joined("\t"),
    "hyphen": joined("-"), "spaced_hyphen": joined(" - "), "dash": joined("——"),
    "dot_each": each("."), "dot_groups": joined("."), "middle_dot": joined("·"),
    "full_stop": joined("．"), "slash": joined("/"), "underscore": joined("_"),
    "star": joined("*"), "tilde": joined("~"), "comma": joined(","), "wide_comma": joined("，"),
    "enumeration_comma": joined("、"), "colon": joined(":"), "plus": joined("+"),
    "brackets": lambda v, rng: "".join(f"({g})" for g in groups(v)),
    "wide_brackets": lambda v, rng: "".join(f"【{g}】" for g in groups(v)),
    "new_line": two_lines("\n"), "new_lines": joined("\r\n"),
    "zero_width": each("\u200b"), "soft_hyphen": joined("\u00ad"), "bidi": each("\u200e"),
    "joiner": joined("\u2060"), "combining": each("\u0336"), "keycap": each("\ufe0f\u20e3"),
    "html_tags": lambda v, rng: "".join(f"<b>{g}</b>" for g in groups(v)),
    "html_breaks": joined("<br/>"), "html_space": joined("&nbsp;"),
    "html_entities": lambda v, rng: "".join(f"&#{ord(c)};" for c in v),
    "html_hex": lambda v, rng: "".join(f"&#x{ord(c):x};" for c in v),
    "han": by_table(HAN), "han_spoken": by_table(SPOKEN), "han_spaced": lambda v, rng: " ".join(
        by_table(SPOKEN)(v, rng)), "financial": by_table(FINANCIAL),
    "financial_traditional": by_table(TRADITIONAL), "circled": by_table(CIRCLED),
    "bracketed_han": by_table(BRACKETED), "round_han": by_table(ROUND_HAN),
    "superscript": by_table(SUPERSCRIPT), "math_bold": offset(0x1D7CE),
    "math_mono": offset(0x1D7F6), "arabic_indic": offset(0x0660), "devanagari": offset(0x0966),
    "han_and_digits": lambda v, rng: "".join(HAN[int(c)] if c.isdigit() and i % 2 else c
                                             for i, c in enumerate(v)),
    "look_alike": look_alike, "said": joined("杠"), "and_then": joined("然后"),
    "glued": lambda v, rng: f"tel{v}号",
    "lower_case": lambda v, rng: v.lower(),
}
MOBILE_DISGUISES = {
    "country_plus": lambda v, rng: "+86" + v, "country_spaced": lambda v, rng: "+86 " + v,
    "country_zeros": lambda v, rng: "0086-" + v, "country_brackets": lambda v, rng: f"(+86){v}",
    "trunk_zero": lambda v, rng: "0" + v, "two_glued": lambda v, rng: v + mobile(rng),
    "pairs": lambda v, rng: " ".join(v[i:i + 2] for i in range(0, len(v), 2)),
    "four_three_four": lambda v, rng: f"{v[:4]} {v[4:7]} {v[7:]}"}
WORD_DISGUISES = {
    "plain": lambda v, rng: v, "spaced": each(" "), "ideographic_space": each("\u3000"),
    "middle_dot": each("·"), "dot": each("."), "hyphen": each("-"), "zero_width": each("\u200b"),
    "bidi": each("\u200e"), "tab": each("\t"), "new_line": each("\n"), "slash": each("/"),
    "html_tags": lambda v, rng: "".join(f"<i>{c}</i>" for c in v), "html_space": each("&nbsp;"),
    "html_entities": lambda v, rng: "".join(f"&#{ord(c)};" for c in v),
    "quotes": lambda v, rng: f"“{v}”", "no_break_space": each("\u00a0"), "underscore": each("_"),
    "soft_hyphen": each("\u00ad"), "star": each("*"), "brackets": lambda v, rng: f"（{v}）"}
PLATE_DISGUISES = {
    "plain": lambda v, rng: v, "middle_dot": lambda v, rng: f"{v[:2]}·{v[2:]}",
    "lower_case": lambda v, rng: v.lower(), "full_width": lambda v, rng: full_width(v),
    "spaced": lambda v, rng: f"{v[:2]} {v[2:]}", "spaced_each": each(" "), "hyphen": each("-"),
    "han_digits": by_table(SPOKEN), "zero_width": each("\u200b"), "bidi": each("\u200e"),
    "html_tags": lambda v, rng: f"<b>{v[:2]}</b>{v[2:]}", "circled": by_table(CIRCLED),
    "new_line": lambda v, rng: f"{v[:2]}\n{v[2:]}", "financial": by_table(FINANCIAL),
    "html_entities": lambda v, rng: "".join(f"&#{ord(c)};" for c in v)}
EMAIL_DISGUISES = {
    "plain": lambda v, rng: v, "upper_case": lambda v, rng: v.upper(),
    "full_width": lambda v, rng: full_width(v), "spaced": lambda v, rng: v.replace("@", " @ "),
    "wide_at": lambda v, rng: v.replace("@", "＠"), "small_at": lambda v, rng: v.replace("@", "﹫"),
    "bracket_at": lambda v, rng: v.replace("@", "(at)"),
    "square_at": lambda v, rng: v.replace("@", " [at] ").replace(".", " [dot] "),
    "said_at": lambda v, rng: v.replace("@", "艾特").replace(".", "点"),
    "wide_dot": lambda v, rng: v.replace(".", "。"), "zero_width": each("\u200b"),
    "html_entity": lambda v, rng: v.replace("@", "&#64;"), "bidi": each("\u200e"),
    "spaced_each": each(" ")}


def build(seed, rounds=6):
    """At least 2,000 canaries; the same seed gives the same ones."""
    rng = random.Random(seed)
    every = []

    def add(kind, made, table, in_column=False):
        for disguise, show in table.items():
            for _ in range(rounds):
                value = made(rng)
                every.append(Canary(kind, disguise, value.upper(), show(value, rng),
                                    value if in_column else ""))

    for kind, made in NUMBERS.items():
        add(kind, made, NUMBER_DISGUISES)
    add("mobile", mobile, MOBILE_DISGUISES)
    add("plate", plate, PLATE_DISGUISES)
    add("email", email, EMAIL_DISGUISES)
    add("name", full_name, WORD_DISGUISES, in_column=True)
    add("titled", titled, WORD_DISGUISES)
    return every


SENTENCES = (
    "村口路灯不亮，{}，请尽快处理", "{}", "反映人{}称夜间无法通行", "2026年5月6日来电{}，费用1300.50元",
    "联系{}。范围约20平方米，涉及3户", "（{}）已到现场", "第3组|{}|第5组", "投诉内容：{}；办理时限2个工作日",
    "网格320312111217001{}", "来自12345热线\n{}\n请于14:40前回复")


def sentence(canary, number):
    return SENTENCES[number % len(SENTENCES)].format(canary.shown)


# -- finding ---------------------------------------------------------------------------------------

def _digit_table():
    table = {}
    for row in (HAN, SPOKEN, FINANCIAL, TRADITIONAL):
        table.update({ord(c): str(i) for i, c in enumerate(row)})
    table[ord("○")] = "0"
    return table


DIGITS = _digit_table()
SAID = re.compile("杠|然后")
SAID_AT = re.compile(r"[(\[]?\bat\b[)\]]?|艾特", re.I)
SAID_DOT = re.compile(r"[(\[]?\bdot\b[)\]]?|点|。", re.I)
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
TAGS = re.compile(r"<[^<>]{0,40}>")


def unescape(text):
    """JSON escapes, then HTML entities, then tags, undone."""
    text = ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), text)
    text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").replace("\\/", "/")
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return TAGS.sub("", html.unescape(text))


class Folded(dict):
    """What a character counts as: itself, a digit, an upper-case letter, or nothing."""

    def __missing__(self, code):
        kind = unicodedata.category(chr(code))
        if kind == "Nd":
            self[code] = str(unicodedata.decimal(chr(code)))
        else:
            self[code] = chr(code).upper() if kind[0] in "LN" else None
        return self[code]


FOLDED = Folded()


def compact(text):
    """Letters, Han characters and digits only, in one form."""
    return SAID.sub("", unicodedata.normalize("NFKC", unescape(text))).translate(FOLDED)


class Finder:
    """Looks for canaries in texts, undisguised and in any disguise above."""

    def __init__(self, canaries):
        self.numbers = collections.defaultdict(dict)
        self.words, self.shown = {}, {}
        for canary in canaries:
            if canary.kind in NUMBERS:
                self.numbers[len(canary.value)][canary.value] = canary
            else:
                self.words[compact(canary.value)] = canary
            if len(canary.shown.encode()) >= 9:
                self.shown[canary.shown.encode()] = canary
        longest_first = sorted(self.words, key=len, reverse=True)
        self.word_pattern = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
        self.run_pattern = re.compile("[0-9OIL]{10,}X?")

    def _numbers_in(self, flat):
        for run in self.run_pattern.findall(flat):
            digits = run.translate(str.maketrans("OIL", "011"))
            for length, table in self.numbers.items():
                for at in range(len(digits) - length + 1):
                    if digits[at:at + length] in table:
                        yield table[digits[at:at + length]]

    def _words_in(self, flat):
        for match in self.word_pattern.finditer(flat):
            yield self.words[match.group()]

    def find(self, text):
        """text: str or bytes of one record, row or log line."""
        if isinstance(text, bytes):
            return {c for form in self._decoded(text) for c in self._find(form)}
        return set(self._find(text))

    @staticmethod
    def _decoded(data):
        """As UTF-8; as GBK and UTF-16 too where the bytes may be that."""
        try:
            yield data.decode("utf-8")
            if b"\0" not in data:
                return
        except UnicodeDecodeError:
            yield data.decode("utf-8", "replace")
        yield data.decode("gbk", "replace")
        yield data.decode("utf-16-le", "replace")

    def _find(self, text):
        flat = compact(text)
        yield from self._numbers_in(flat)
        yield from self._words_in(flat)
        han = flat.translate(DIGITS)
        if han != flat:
            yield from self._numbers_in(han)
            yield from self._words_in(han)
        plain = unescape(text)
        said = SAID_DOT.sub("", SAID_AT.sub("", plain))
        if said != plain:
            yield from self._words_in(compact(said))
