"""Source rows, the statements that change them, and the records that come of it.

A row has two images: `image`, what the source's database holds, and `good`, what a bridge can know
of it: the last image that came through undamaged. They differ after a broken record.
"""

from collections import Counter

from gridgen.catalog import GRID, PARTY

INSERT, READ, UPDATE, DELETE = "insert", "read", "update", "delete"
STALE = "stale"     # no damage: an update whose own time lies before that of the image before it


class Row:
    """One row of sys_party_task or case_info over its whole life."""

    __slots__ = ("source", "key", "image", "text", "good", "deleted", "sent", "moved", "born",
                 "kind", "claimed")

    def __init__(self, source, kind):
        self.source = source
        self.key = None         # assigned by the database at the insert
        self.image = None       # database truth; None before the insert and after a delete
        self.text = None        # JSON text of image
        self.good = None        # last accepted image, also after a delete
        self.deleted = False    # as far as accepted records tell
        self.sent = None        # messages kept for a replay, when it is a list
        self.moved = False      # went to another town
        self.born = None        # time of the insert
        self.kind = kind        # why the row was made
        self.claimed = False    # an accepted image claimed the lead at some time

    def __repr__(self):
        return f"{self.source}:{self.key}:{self.kind}"


class Item:
    """One row within a statement: its new values and, perhaps, what is broken in its record."""

    __slots__ = ("row", "delta", "defect")

    def __init__(self, row, delta=None, defect=None):
        self.row = row
        self.delta = delta or {}
        self.defect = defect


def changed(row, delta):
    """The row's next image. A value may be a Row (its key) or a function of the old image."""
    image = dict(row.image) if row.image else {}
    for column, value in delta.items():
        if isinstance(value, Row):
            if value.key is None:
                continue
            value = value.key if row.source == PARTY else str(value.key)
        elif callable(value):
            value = value(image)
        image[column] = value
    return image


def is_soft_deleted(row, image):
    return row.source == GRID and image["is_deleted"] == "1"


def claims_lead(row, image):
    """Does this image say that its network has taken the lead?"""
    if row.source == PARTY:
        return image["assigned_member_id"] is not None and image["status"] == "ACCEPTED"
    return bool(image["execute_dept"])


def accept(row, image, hard_delete):
    """Note that an undamaged record with this image came through."""
    row.good = image
    row.deleted = hard_delete or is_soft_deleted(row, image)
    row.claimed = row.claimed or claims_lead(row, image)


class Message:
    """One Kafka record: exact texts, and per intake record of it (verdict, town or None)."""

    __slots__ = ("partition", "key", "value", "parts", "verdicts", "clean", "table", "number")

    def __init__(self, partition, key, value, verdicts):
        self.partition = partition
        self.key = key
        self.value = value
        self.parts = None       # Canal: texts around the batch id and the build time
        self.verdicts = verdicts
        self.clean = False      # may be part of a replayed window
        self.table = None       # name of the table; None where the writer has but one
        self.number = None      # of its first line in a spool


class Books:
    """What one source sent, in intake records, by what must become of them."""

    def __init__(self):
        self.messages = 0
        self.accepted = 0
        self.replayed = 0
        self.dead = Counter()
        self.ignored = Counter()
        self.accepted_by_town = Counter()

    def note(self, message, replay):
        self.messages += 1
        for verdict, town in message.verdicts:
            kind, _, detail = verdict.partition(":")
            if kind in ("accepted", "stale"):
                self.accepted += 1
                self.replayed += replay or kind == "stale" or detail == "same"
                if town is not None:
                    self.accepted_by_town[town] += 1
            elif kind == "dead":
                self.dead[detail] += 1
            else:
                self.ignored[detail] += 1

    def add(self, other):
        """Count what other counted, too."""
        self.messages += other.messages
        self.accepted += other.accepted
        self.replayed += other.replayed
        for name in ("dead", "ignored", "accepted_by_town"):
            getattr(self, name).update(getattr(other, name))
