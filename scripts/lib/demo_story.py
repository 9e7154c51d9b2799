"""What the demo tells, one page: each part reads the bridge's state and prints a few lines."""
import collections
import json


class Story:
    """town: servers and daemon (demo.py); words: demo_words.Words."""

    def __init__(self, town, words):
        self.town, self.words = town, words
        self.matters = self.read_matters()

    def read_matters(self):
        """Published values of the matters that stand, by id."""
        values = (json.loads(row)["value"] for row, in self.town.ask("SELECT row FROM matter"))
        return {value["id"]: value for value in values if "redirect_to" not in value}

    def head(self, name):
        print(f"\n{self.words(name)}")

    def line(self, text, **values):
        print(f"  {self.words(text, **values)}")

    def typed(self):
        print(self.words("title"))
        self.head("head_typed")
        rows = dict(self.town.ask(
            "SELECT row::json ->> 'source', count(*) FROM observation"
            " WHERE row::json ->> 'entity' = 'matter' GROUP BY 1"))
        for source, book in sorted(self.town.books().items()):
            if source in rows:
                self.line("typed", source=self.words.name("sources", source), rows=rows[source],
                          changes=book["received"] - book["ignored"] - book["dead"])
        return sum(rows.values())

    def became_one(self, rows):
        self.head("head_one")
        both = sum(len({ref["source"] for ref in value["refs"]}) > 1
                   for value in self.matters.values())
        self.line("one", rows=rows, matters=len(self.matters), both=both)
        kinds = collections.Counter()
        for value in self.matters.values():
            kinds.update(value.get("duplicates", {}))
        for kind, count in sorted(kinds.items()):
            if self.words.has(kind):
                print(f"    {self.words(kind, count=count)}")

    def who_leads(self):
        self.head("head_lead")
        leads = collections.Counter()
        for value in self.matters.values():
            lead = value.get("lead")
            basis = (lead or {}).get("basis", {}).get(self.words.lang, "")
            leads[(lead["role"], lead.get("rule", ""), basis) if lead else None] += 1
        for lead, count in leads.most_common():
            if lead is None:
                self.line("lead_nobody", count=count)
            else:
                self.line("lead", count=count, role=self.words.name("roles", lead[0]),
                          rule=lead[1], basis=lead[2])
        settled = dict(self.overlaps("settled"))
        if settled:
            self.line("settled", count=sum(settled.values()), kinds=self.words.several(
                f"{self.words.overlap(kind)} {count}" for kind, count in settled.items()))

    def overlaps(self, state):
        return self.town.ask("SELECT row::json ->> 'kind', count(*) FROM overlap"
                             " WHERE row::json ->> 'state' = %s GROUP BY 1 ORDER BY 2 DESC, 1",
                             state)

    def written_back(self, departments, before):
        """What went back; before: what was due while both systems were in shadow."""
        self.head("head_written")
        self.line("shadow", count=before["suppressed"])
        self.line("live", typed=len(departments.typed))
        leads = {(ref["source"], ref["key"]): value for value in self.read_matters().values()
                 for ref in value["refs"]}
        for source, title, key in departments.typed:
            lead = leads[source, str(key)]["lead"]
            other = next(name for name in departments.stores if name != source)
            made = departments.counterpart(source, key)
            print("    " + self.words(
                "live_one", title=title, first=self.words.name("sources", source), first_key=key,
                second=self.words.name("sources", other), second_key=made, rule=lead["rule"],
                role=self.words.name("roles", lead["role"])))
        self.line("live_closed", count=len(departments.closed))
        after = departments.counts()
        if after["refused"]:
            self.line("live_refused", count=after["refused"])
        self.line("saved", **{word: after[word] for word in
                              ("saved", "sent", "confirmed", "echoes")})

    def to_decide(self):
        """Open overlaps; one is decided by a seat, and the lane answers."""
        self.head("head_open")
        for kind, count in self.overlaps("open"):
            self.line("open", name=self.words.overlap(kind), count=count)
        rows = self.town.ask("SELECT key FROM overlap WHERE row::json ->> 'state' = 'open'"
                             " ORDER BY row::json ->> 'kind' <> 'no_owner', key LIMIT 1")
        if not rows:
            raise SystemExit("demo: no overlap is open: something is wrong")
        answer = self.town.command(
            "overlaps", "decide", rows[0][0], "--to", "grid_leader", "--post", "seat-1",
            "--reason", "the village is nearest", "--execute", "-c", str(self.town.config))
        self.line("decided")
        for line in answer.splitlines():
            print(f"    {line}")

    def one_matter(self):
        self.head("head_case")
        rows = self.town.ask(
            "SELECT matter FROM overlap WHERE row::json ->> 'kind' = 'duplicate_entry'"
            " ORDER BY key LIMIT 1")
        if not rows:
            raise SystemExit("demo: no secondary entry was recognised: something is wrong")
        lang = "zh-CN" if self.words.lang == "zh" else "en"
        print(f"  (gridbridge explain --matter {rows[0][0]} --lang {lang})")
        for line in self.town.command("explain", "--matter", rows[0][0], "--lang", lang,
                                      "--postgres", self.town.dsn).splitlines():
            print(f"  {line}" if line else "")

    def books(self):
        self.head("head_books")
        self.line("books")
        for source, book in sorted(self.town.books().items()):
            total = sum(v for k, v in book.items() if k != "received")
            print(f"    {source:16}" + "".join(f" {k} {v}" for k, v in book.items())
                  + ("  balanced" if total == book["received"] else "  NOT BALANCED"))

    def replay(self):
        lines = self.town.command("replay", "--postgres", self.town.dsn).strip()
        print(f"  {self.words('replay')}: {lines.splitlines()[0]}")
