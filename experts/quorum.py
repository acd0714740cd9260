"""The balanced quorum: when a panel's verdicts earn the word "verified".

A pure function of (policy, seats, verdicts, what is open): no clock, no database, no names. It
answers with every rule, met or not and by how much, so that a coordinator reads what is missing
and a reader which rules were met. Words for them are in wording.py.
"""

from collections import Counter
from dataclasses import asdict, dataclass, fields
from enum import StrEnum


class Judgement(StrEnum):
    """What one expert concludes; models/verdict.py has their labels."""

    APPROVE = "approve"
    APPROVE_WITH_EDITS = "approve-with-edits"
    NOT_CONVINCED = "not-convinced"
    OBJECT = "object"
    NOT_MY_FIELD = "not-my-field"
    RECUSE = "recuse"


APPROVING = frozenset((Judgement.APPROVE, Judgement.APPROVE_WITH_EDITS))
# An answer, but no voice: whoever says so is not counted in anything but the answers.
NOT_COUNTED = frozenset((Judgement.NOT_MY_FIELD, Judgement.RECUSE))


@dataclass(frozen=True)
class Policy:
    """The numbers of the rule; a round keeps those with which it was opened.

    Shares are (of, out of) pairs of whole numbers, so that two thirds are exactly two thirds.
    """

    smallest_panel: int = 5  # verdicts that count
    answered: tuple[int, int] = (7, 10)  # of the accepted seats
    profiles: tuple[str, ...] = ("law", "policy", "practice")  # each at least once
    perspectives: tuple[str, ...] = ("albanian", "serb")
    of_each_perspective: int = 1
    large_panel: int = 7  # accepted seats
    of_each_perspective_on_large: int = 2
    largest_share: tuple[int, int] = (1, 2)  # no perspective has more of the verdicts
    approving: tuple[int, int] = (2, 3)  # of the verdicts
    approving_inside: tuple[int, int] = (1, 2)  # of those of each required perspective

    def as_json(self):
        """Return the policy as JSON keeps it; `from_json` reads it."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, stored):
        """Return the Policy that `as_json` wrote. Raises TypeError for a name it does not know."""
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()})

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == tuple[int, int]:
                part, whole = value
                if not 0 <= part <= whole or whole == 0:
                    raise ValueError(f"{field.name} is no share: {part} of {whole}")
            elif field.type is int and value < 0:
                raise ValueError(f"{field.name} is below nothing: {value}")


@dataclass(frozen=True)
class Seat:
    """One place on the panel whose expert accepted; `perspective` is '' where it is not said."""

    key: str
    profile: str
    perspective: str = ""
    conflicted: bool = False


@dataclass(frozen=True)
class Verdict:
    """The current verdict of a seat, and the substance hash of the text it was given on."""

    seat: str
    judgement: Judgement
    substance: str


class Kind(StrEnum):
    """The rules, in the order in which they are told."""

    SIZE = "size"
    ANSWERED = "answered"
    PROFILE = "profile"
    PERSPECTIVE = "perspective"
    SHARE = "share"
    APPROVAL = "approval"
    APPROVAL_INSIDE = "approval-inside"
    OBJECTIONS = "objections"
    COMMENTS = "comments"


# Whoever reads of these learns who belongs to which community: for the coordinator alone.
PRIVATE = frozenset((Kind.PERSPECTIVE, Kind.SHARE, Kind.APPROVAL_INSIDE))


@dataclass(frozen=True)
class Rule:
    """One rule as it stands: `lacking` verdicts (or things to settle) until it is met.

    `about` is the profile or perspective it speaks of, else ''.
    """

    kind: Kind
    met: bool
    lacking: int = 0
    about: str = ""

    @property
    def is_private(self):
        return self.kind in PRIVATE


@dataclass(frozen=True)
class Report:
    """Every rule of a policy as it stands for a panel."""

    rules: tuple[Rule, ...]

    @property
    def passed(self):
        return all(rule.met for rule in self.rules)

    @property
    def missing(self):
        return [rule for rule in self.rules if not rule.met]

    @property
    def balanced(self):
        """Tell whether the rules about communities are met, all together: what others may know."""
        return all(rule.met for rule in self.rules if rule.is_private)


def evaluate(policy, seats, verdicts, *, substance, open_objections=0, unanswered=0):
    """Return the Report for a panel.

    `seats` are the accepted ones, `verdicts` at most one a seat: the current one. `substance` is
    the hash of the version under review; a verdict on another text is no answer. `open_objections`
    counts those of this and earlier rounds that their authors have not lifted, `unanswered` the
    comments that editors have not answered.
    """
    by_key = {seat.key: seat for seat in seats}
    answers = [each for each in verdicts if each.seat in by_key and each.substance == substance]
    counted = [
        (by_key[each.seat], each.judgement)
        for each in answers
        if each.judgement not in NOT_COUNTED and not by_key[each.seat].conflicted
    ]
    rules = [
        _at_least(Kind.SIZE, len(counted), policy.smallest_panel),
        _at_least(Kind.ANSWERED, len(answers), _share_of(policy.answered, len(by_key))),
    ]
    profiles = Counter(seat.profile for seat, _judgement in counted)
    rules += [_at_least(Kind.PROFILE, profiles[each], 1, each) for each in policy.profiles]
    rules += _perspective_rules(policy, len(by_key), counted)
    approving = sum(judgement in APPROVING for _seat, judgement in counted)
    # At least one approval: of no verdicts at all, two thirds are nothing.
    rules.append(
        _at_least(Kind.APPROVAL, approving, max(1, _share_of(policy.approving, len(counted))))
    )
    for perspective in policy.perspectives:
        inside = [judgement for seat, judgement in counted if seat.perspective == perspective]
        agreeing = sum(judgement in APPROVING for judgement in inside)
        needed = _share_of(policy.approving_inside, len(inside))
        rules.append(_at_least(Kind.APPROVAL_INSIDE, agreeing, needed, perspective))
    rules.append(_at_most(Kind.OBJECTIONS, open_objections, 0))
    rules.append(_at_most(Kind.COMMENTS, unanswered, 0))
    return Report(tuple(rules))


def expected(policy, seats, answered, *, substance):
    """Return the Report as if everybody who answered had approved: all that may be told of a panel
    while nobody knows what was said. `answered` are keys of seats."""
    verdicts = [Verdict(key, Judgement.APPROVE, substance) for key in answered]
    return evaluate(policy, seats, verdicts, substance=substance)


def _perspective_rules(policy, panel, counted):
    voices = Counter(seat.perspective for seat, _judgement in counted if seat.perspective)
    needed = policy.of_each_perspective
    if panel >= policy.large_panel:
        needed = policy.of_each_perspective_on_large
    rules = [
        _at_least(Kind.PERSPECTIVE, voices[each], needed, each) for each in policy.perspectives
    ]
    part, whole = policy.largest_share
    for each in sorted(voices.keys() | set(policy.perspectives)):
        # So many verdicts of others until this voice has no more than its share.
        over = voices[each] * whole - part * len(counted)
        rules.append(Rule(Kind.SHARE, over <= 0, max(0, -(-over // part) if part else over), each))
    return rules


def _at_least(kind, have, needed, about=""):
    return Rule(kind, have >= needed, max(0, needed - have), about)


def _at_most(kind, have, allowed):
    return Rule(kind, have <= allowed, max(0, have - allowed))


def _share_of(share, number):
    """Return the smallest whole number that is at least a share of a number."""
    part, whole = share
    return -(-part * number // whole)
