"""What became of it, as a reader gets it on one day: obligations, their course, what stands where.

Everything is counted, nothing averaged, and every side goes through the same functions: deadlines,
counts and columns know no side but as a key. See docs/records.md.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Exists, OuterRef, Q
from django.utils.html import linebreaks
from django.utils.safestring import mark_safe
from django.utils.translation import ngettext

from dialogue_platform.languages import STORED, current, reading
from dialogue_platform.passages import Passage, in_script

from .days import versions_on
from .models import (
    RECORD_KINDS,
    Assessment,
    Debtor,
    Level,
    Obligation,
    Obstacle,
    Position,
    ProvisionText,
    RecordSource,
    Reply,
    Side,
    Source,
    Version,
)

# The three voices, in the order of every page: alphabetical, then the facilitator.
VOICES = (Side.KOSOVO, Side.SERBIA, Side.EU)
# Where nobody has assessed an obligation yet: a state of our work, not of the obligation.
NOT_ASSESSED = "not-assessed"
LEVELS = (*Level.values, NOT_ASSESSED)


@dataclass(frozen=True)
class Deadline:
    """The day a text sets for an obligation, and how many days ago that was.

    `days` counts from the last day on which it could be kept; it is negative before.
    `overdue` is true where the day is over and the obligation was not found complete; what cannot
    be rated is not called overdue.
    """

    days: int
    overdue: bool


def deadline(obligation, level, date):
    """Return the Deadline of an obligation on a date, None where the text sets no day."""
    if obligation.due_on is None or obligation.due_precision != "day":
        return None
    days = (date - obligation.due_on).days
    settled = level in (Level.COMPLETE, Level.CANNOT_BE_RATED)
    return Deadline(days, overdue=days > 0 and not settled)


@dataclass
class Tracked:
    """One obligation with its assessments, oldest first, on one day."""

    obligation: Obligation
    assessments: list
    date: object
    text: ProvisionText | None = None  # the provision as the version of that day gives it

    @property
    def agreement(self):
        return self.obligation.agreement

    @property
    def owed_by(self):
        return self.obligation.owed_by

    @property
    def current(self):
        """The newest assessment, or None where nobody has assessed it yet."""
        return self.assessments[-1] if self.assessments else None

    @property
    def earlier(self):
        """The assessments before the newest, newest first."""
        return self.assessments[-2::-1]

    @property
    def level(self):
        return self.current.level if self.current else NOT_ASSESSED

    @property
    def deadline(self):
        return deadline(self.obligation, self.level, self.date)


def tracked(day, *, whole=False, **obligations):
    """Return [Tracked] that the public could read at the end of a day: two queries.

    `obligations` narrows them, such as `provision__agreement=…`; `whole` loads the reasons too.
    """
    rows = Obligation.objects.public_at(day.moment).filter(**obligations)
    rows = rows.select_related("provision__agreement__theme")
    rows = list(rows.order_by("provision__agreement__slug", "pk"))
    assessments = Assessment.objects.public_at(day.moment).select_related("obligation", "evidence")
    narrowed = {f"obligation__{name}": value for name, value in obligations.items()}
    assessments = assessments.filter(**narrowed).order_by("as_of", "published_at", "pk")
    if not whole:
        assessments = assessments.only(
            "level",
            "disputed",
            "as_of",
            "as_of_precision",
            "next_check_on",
            "obligation__key",
            "evidence__key",
        )
    of_obligation = {}
    for assessment in assessments:
        of_obligation.setdefault(assessment.obligation.key, []).append(assessment)
    return [Tracked(row, of_obligation.get(row.key, []), day.date) for row in rows]


def counted(found):
    """Return {level: number} in the order of LEVELS, without those that do not occur.

    `found` is [Tracked], or [Obligation] with_level; so it is for `by_debtor` and `tallies`.
    """
    numbers = Counter(each.level or NOT_ASSESSED for each in found)
    return {level: numbers[level] for level in LEVELS if numbers[level]}


def by_debtor(found):
    """Return [(Debtor, [own])] in the order of Debtor; Kosovo and Serbia always stand there."""
    always = (Debtor.KOSOVO, Debtor.SERBIA) if found else ()
    rows = [(debtor, [each for each in found if each.owed_by == debtor]) for debtor in Debtor]
    return [(debtor, own) for debtor, own in rows if own or debtor in always]


# ── Sources ──────────────────────────────────────────────────────────────────────────────────


def one_sided(sources):
    """Return the side, Kosovo's or Serbia's, on whose sources alone something rests, or None."""
    voices = {source.side for source in sources}
    if voices in ({Source.Voice.KOSOVO}, {Source.Voice.SERBIA}):
        return voices.pop()
    return None


def attach_sources(records):
    """Give records their sources, in order, with one query for all of them."""
    keys = {kind: [each.pk for each in records if each.kind == kind] for kind in RECORD_KINDS}
    wanted = Q()
    for kind, ids in keys.items():
        if ids:
            wanted |= Q(**{f"{kind}__in": ids})
    rows = RecordSource.objects.filter(wanted).select_related("source") if wanted else ()
    of_record = {}
    for row in rows:
        for kind in RECORD_KINDS:
            if pk := getattr(row, f"{kind}_id"):
                of_record.setdefault((kind, pk), []).append(row)
    for record in records:
        cache = getattr(record, "_prefetched_objects_cache", {})
        cache["recordsources"] = of_record.get((record.kind, record.pk), [])
        record._prefetched_objects_cache = cache  # as prefetch_related leaves it


@dataclass
class Cited:
    """Numbers the sources that a page names, in the order in which it names them."""

    sources: list = field(default_factory=list)
    _numbers: dict = field(default_factory=dict)

    def numbers(self, record):
        """Return [(number, Source)] of a record's sources."""
        for source in record.sources:
            if source.pk not in self._numbers:
                self.sources.append(source)
                self._numbers[source.pk] = len(self.sources)
        return [(self._numbers[source.pk], source) for source in record.sources]

    @property
    def numbered(self):
        """Return [(number, Source)] of everything named so far."""
        return list(enumerate(self.sources, 1))


# ── One agreement ────────────────────────────────────────────────────────────────────────────


@dataclass
class Voice:
    """What one side said about an agreement, newest first."""

    side: Side
    positions: list


def in_order(tracked):
    """Return the place of a Tracked among those of its agreement: by point, then by debtor."""
    position = tracked.text.position if tracked.text else float("inf")
    return position, Debtor.values.index(tracked.owed_by), tracked.obligation.key


class AgreementRecords:
    """Everything that became of one agreement, on one day: six queries, whatever its size."""

    def __init__(self, version, day):
        self.version, self.day = version, day
        self.texts = {text.provision_id: text for text in version.provision_texts.all()}
        agreement = version.agreement_id
        self.obligations = tracked(day, whole=True, provision__agreement=agreement)
        for each in self.obligations:
            each.text = self.texts.get(each.obligation.provision_id)
        self.obligations.sort(key=in_order)
        obstacles = Obstacle.objects.public_at(day.moment).filter(agreement=agreement)
        self.obstacles = list(obstacles.prefetch_related("provisions").order_by("pk"))
        self.obstacles.sort(key=lambda each: each.until is not None)
        for each in self.obstacles:
            explain_obstacle(each, version, self.texts, day)
        positions = Position.objects.public_at(day.moment).filter(agreement=agreement)
        self.positions = list(positions.order_by("-said_on", "-pk"))
        # Of earlier assessments the page shows no sources; an obligation's own page does.
        records = [each.obligation for each in self.obligations]
        records += [each.current for each in self.obligations if each.current]
        attach_sources([*records, *self.positions])
        self.cited = Cited()

    @property
    def provisions(self):
        """Return [(ProvisionText or None, [(Debtor, [Tracked])])] in the order of the text."""
        groups = {}
        for each in self.obligations:
            groups.setdefault(each.obligation.provision_id, []).append(each)
        return [(found[0].text, by_own_debtor(found)) for found in groups.values()]

    @property
    def tallies(self):
        return tallies(self.obligations)

    @cached_property
    def voices(self):
        """Return [Voice] of Prishtina, Belgrade and Brussels, then of others who said something."""
        said = {side: [] for side in VOICES}
        for position in self.positions:
            position.text = self.texts.get(position.provision_id)
            said.setdefault(Side(position.side), []).append(position)
        order = (*VOICES, *(side for side in Side if side not in VOICES))
        return [Voice(side, said[side]) for side in order if side in said]

    @property
    def evidence(self):
        """Return [(Tracked, Source)] of what the newest assessments rest on most."""
        rows = [(each, each.current.evidence) for each in self.obligations if each.current]
        return [(each, source) for each, source in rows if source is not None]

    @property
    def last_looked(self):
        """Return the newest assessment by its date, or None."""
        current = [each.current for each in self.obligations if each.current]
        return max(current, key=lambda each: each.as_of, default=None)

    @property
    def next_check_on(self):
        """Return the first day on which something is to be looked at again, or None."""
        days = [each.current.next_check_on for each in self.obligations if each.current]
        return min(filter(None, days), default=None)

    @property
    def one_sided(self):
        return one_sided(self.cited.sources)


def tallies(found):
    """Return [(Debtor, number, [(level, number)])], Kosovo and Serbia always among them.

    Every row has the same levels in the same order, 0 included: those that occur in any.
    """
    levels = counted(found)
    rows = []
    for debtor, own in by_debtor(found):
        numbers = counted(own)
        rows.append((debtor, len(own), [(level, numbers.get(level, 0)) for level in levels]))
    return rows


class Glance:
    """What became of one agreement in a few lines: counts, what stands in the way, replies.

    Three queries, four where an institution was asked or replied.
    """

    def __init__(self, agreement, day):
        self.day = day
        obligations = Obligation.objects.public_at(day.moment).with_level(day.moment)
        self.obligations = list(obligations.filter(provision__agreement=agreement))
        obstacles = Obstacle.objects.public_at(day.moment).filter(agreement=agreement)
        self.obstacles = [each for each in obstacles.order_by("pk") if stands(each, day.date)]
        self.replies = replies_to(agreement, day)

    @property
    def rows(self):
        return tallies(self.obligations)

    @property
    def last_looked(self):
        """Return the Obligation, with_level, whose newest assessment is the newest, or None."""
        assessed = [each for each in self.obligations if each.assessed_on]
        return max(assessed, key=lambda each: each.assessed_on, default=None)


def replies_to(agreement, day):
    """Return [Reply] about an agreement, as a page of that day shows them: one query, or two.

    By side in the order of every page, then by day. Each has `letter`, the Passage of the reply as
    it was received, and `ours`, that of our translation where the reader needs one, else None.
    """
    replies = list(Reply.objects.public_at(day.moment).filter(agreement=agreement))
    replies.sort(key=lambda each: (Side.values.index(each.side), each.date, each.pk))
    if replies:
        attach_sources(replies)
    for each in replies:
        each.letter, each.ours = _letter(each), _our_translation(each)
    return replies


def _letter(reply):
    """Return a reply unedited: its own script, its own lines, and nothing in it is markup."""
    html = linebreaks(reply.original, autoescape=True)
    return Passage(mark_safe(html), reply.original_tag)  # noqa: S308 - escaped before


def _our_translation(reply):
    if not reply.is_answered or reply.original_language == current().stored:
        return None
    found = reading(reply, "translation")
    return in_script(linebreaks(found.text, autoescape=True), found) if found else None


def by_own_debtor(found):
    """Return [(Debtor, [Tracked])] of the debtors that occur, in the order of Debtor."""
    return [
        (debtor, own)
        for debtor in Debtor
        if (own := [each for each in found if each.owed_by == debtor])
    ]


# ── The whole dialogue ───────────────────────────────────────────────────────────────────────


def public_versions(day, **agreements):
    """Return {agreement id: Version} of what was public at the end of a day: two queries."""
    public = versions_on(day, **agreements)
    versions = Version.objects.select_related("agreement__theme").in_bulk(set(public.values()))
    return {agreement: versions[version] for agreement, version in public.items()}


def everything(day):
    """Return ([Tracked], {agreement id: Version}) of everything public at the end of a day.

    Obligations of an agreement that was not public then are left out. Four queries.
    """
    version_of = public_versions(day)
    found = [each for each in tracked(day) if each.agreement.pk in version_of]
    return found, version_of


def texts_of(version_of):
    """Return {agreement id: {provision id: ProvisionText}}, without the wordings: one query."""
    of_version = {version.pk: agreement for agreement, version in version_of.items()}
    found = {agreement: {} for agreement in version_of}
    texts = ProvisionText.objects.filter(version__in=of_version).select_related("provision")
    wordings = [f"{field}_{code}" for field in ("text", "plain") for code in STORED]
    for text in texts.defer(*wordings):
        found[of_version[text.version_id]][text.provision_id] = text
    return found


def give_texts(found, version_of):
    """Give each Tracked its provision as the version of the day has it: one query."""
    texts = texts_of(version_of)
    for each in found:
        each.text = texts[each.agreement.pk].get(each.obligation.provision_id)


def latest_assessments(version_of, length):
    """Return [(Assessment, the one before it or None, Version)], what was published last first.

    Each has `owed`, its obligation as it is public now. Three queries.
    """
    newest = (
        Assessment.objects.public()
        .filter(
            Exists(Obligation.objects.public().filter(key=OuterRef("obligation__key"))),
            obligation__provision__agreement__in=version_of,
        )
        .select_related("obligation__provision")
        .order_by("-published_at", "-as_of", "-pk")[:length]
    )
    newest = list(newest)
    keys = [each.obligation.key for each in newest]
    owed = {each.key: each for each in Obligation.objects.public().filter(key__in=keys)}
    for each in newest:
        each.owed = owed[each.obligation.key]
    before = {}
    earlier = Assessment.objects.public().filter(
        obligation__in={each.obligation_id for each in newest}
    )
    for each in earlier.only("level", "as_of", "obligation").order_by("as_of", "pk"):
        before.setdefault(each.obligation_id, []).append(each)
    return [
        (
            each,
            _last_before(each, before[each.obligation_id]),
            version_of[each.obligation.provision.agreement_id],
        )
        for each in newest
    ]


def _last_before(assessment, course):
    """Return the last of [Assessment], oldest first, that is older than one; or None."""
    return next((each for each in reversed(course) if each.as_of < assessment.as_of), None)


def explain_obstacle(obstacle, version, texts, day):
    """Give an obstacle what a page says of it: what it holds up, whether and how long it stands.

    `texts` is {provision id: ProvisionText} of the version.
    """
    held_up = [texts.get(provision.pk) for provision in obstacle.provisions.all()]
    obstacle.version = version
    obstacle.held_up = sorted(filter(None, held_up), key=lambda text: text.position)
    obstacle.stands = stands(obstacle, day.date)
    obstacle.duration = duration(obstacle, day.date)


# ── Time ─────────────────────────────────────────────────────────────────────────────────────


def stands(obstacle, date):
    """Tell whether an obstacle still stands on a date."""
    return obstacle.until is None or obstacle.until > date


def duration(obstacle, date):
    """Say for how long an obstacle has stood on a date, or stood in all, as exact as is honest.

    '' where nobody knows since when.
    """
    if obstacle.since is None:
        return ""
    end = min(obstacle.until or date, date)
    months = (end.year - obstacle.since.year) * 12 + end.month - obstacle.since.month
    if obstacle.since_precision == "year" or months >= 24:
        whole = end.year - obstacle.since.year
        count = max(whole if obstacle.since_precision == "year" else months // 12, 1)
        return ngettext("%(count)d year", "%(count)d years", count) % {"count": count}
    count = max(months, 1)
    return ngettext("%(count)d month", "%(count)d months", count) % {"count": count}
