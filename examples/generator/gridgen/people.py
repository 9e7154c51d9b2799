"""Post holders: ids of the two systems, dual hats, and the confirmed mapping holders.csv.

No person has a name here: a member is an id of the party platform, a user an id of the grid system.
"""

import base64
import hashlib
import hmac

from gridgen.catalog import GRID, PARTY

SEPARATOR = "\x1f"


def _token(key, text):
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()[:16]
    return base64.b32encode(digest).decode().rstrip("=").lower()


def id_hash(key, source, kind, ident):
    """The join token of an id: `j1.` + base32 of HMAC(join key, source US kind US id)."""
    return "j1." + _token(key, SEPARATOR.join((source, kind, ident)))


def pseudonym(key, holder):
    """The published pseudonym of a holder key."""
    return "p1." + _token(key, holder)


def read_key(path):
    """The 32 bytes of a key file: 64 hex digits and a newline."""
    with open(path, encoding="ascii") as file:
        key = bytes.fromhex(file.read().strip())
    if len(key) != 32:
        raise ValueError(f"{path}: 64 hex digits expected")
    return key


class Staff:
    """Everybody who holds a post, by id, and who of them is one holder."""

    def __init__(self):
        self.next_member = 10001
        self.next_user = 20001
        self.holder_of = {}
        self.holders = 0

    def member(self):
        """A new id of the party platform."""
        self.next_member += 1
        return str(self.next_member - 1)

    def user(self):
        """A new id of the grid system."""
        self.next_user += 1
        return str(self.next_user - 1)

    def confirm(self, member, user):
        """Confirm these ids (either may be None) as one holder; returns its key."""
        self.holders += 1
        holder = f"h{self.holders:05d}"
        if member is not None:
            self.holder_of[(PARTY, member)] = holder
        if user is not None:
            self.holder_of[(GRID, user)] = holder
        return holder

    def rows(self, join_key, publish_key):
        """Lines of holders.csv without the header."""
        kinds = {PARTY: "member", GRID: "user"}
        return [(id_hash(join_key, source, kinds[source], ident), holder,
                 pseudonym(publish_key, holder))
                for (source, ident), holder in self.holder_of.items()]


def staff_town(town, staff, rng):
    """Give every grid 2 to 5 key families and one worker; four of nine grids have a dual hat."""
    for village in town.villages:
        village.leader = staff.user()
    for position, grid in enumerate(town.grids):
        grid.members = [staff.member() for _ in range(rng.choice((2, 2, 3, 3, 4, 5)))]
        grid.user = staff.user()
        if position % 9 in (0, 2, 4, 6):
            grid.dual = staff.confirm(grid.members[0], grid.user)
        elif position % 9 == 8:
            staff.confirm(grid.members[0], None)
            staff.confirm(None, grid.user)
