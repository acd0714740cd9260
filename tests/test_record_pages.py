"""The public pages of records: what became of it, counted, dated and sourced, at a fixed cost."""

import csv
import datetime
import io
import itertools
import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from agreements import publishing, recording
from agreements.models import (
    Agreement,
    Assessment,
    Count,
    Debtor,
    Event,
    Level,
    Obligation,
    Obstacle,
    Phase,
    Position,
    ProvisionText,
    RecordSource,
    Side,
    Source,
)
from agreements.models.event import EventKind
from agreements.models.obligation import CONFIDENCE_TESTS, LEVEL_TESTS
from agreements.models.obstacle import ObstacleKind
from dialogue_platform.dates import written
from dialogue_platform.languages import STORED, reading
from dialogue_platform.passages import bare_text
from dialogue_platform.scripts import to_latin
from tests.conftest import NOON, make_draft
from tests.page_types import PUBLIC_CODES, every_language
from tests.test_pages import CYRILLIC, page, visible_text

pytestmark = pytest.mark.django_db
each_side = pytest.mark.parametrize("side", ["kosovo", "serbia"])

# Every type of page that shows records, by an example from the content files.
RECORD_PAGES = {
    "home": "",
    "agreements": "agreements/?level=complete&side=serbia",
    "glance": "agreements/customs-stamps/",
    "agreement": "agreements/customs-stamps/implementation/",
    "obligation": "agreements/customs-stamps/implementation/customs-stamps-p3-kosovo/",
    "list": "implementation/",
    "list-narrowed": "implementation/?side=kosovo&level=intermediate",
    "obstacles": "obstacles/",
    "obstacle": "obstacles/customs-stamps-two-readings/",
    "timeline": "timeline/",
    "timeline-narrowed": "timeline/?year=2013&kind=agreement",
    "phases": "timeline/phases/",
    "method": "about/method/",
    "how-many": "about/how-many/",
}
_rendered = {}


def example(client, code, path):
    """Return a page as the content files alone make it, rendered once; only to be read."""
    if (code, path) not in _rendered:
        _rendered[code, path] = page(client, f"/{code}/{path}")
    return _rendered[code, path]


every_record_page = pytest.mark.parametrize("path", RECORD_PAGES.values(), ids=RECORD_PAGES.keys())


# ── Records past the verbs, which would take too long for many ───────────────────────────────

WHY = {"sq": "Ishte gabim.", "sr": "Било је погрешно.", "en": "It was wrong."}
_SAID = {"sq": "Teksti", "sr": "Текст", "en": "Text"}
_places = itertools.count(1)


def today():
    return timezone.localdate()


def texts(field, what):
    """Return the columns of a field in three languages, told apart by `what`, digits or signs."""
    return {f"{field}_{language}": f"{_SAID[language]} {what}" for language in STORED}


def source_of(side="independent", key=None, **columns):
    """Return the source of that voice and key, made where it is not there yet."""
    key = key or f"source-{side}"
    named = texts("title", key) | texts("publisher", side)
    named |= {"title_sr": "Извор", "publisher_sr": "Издавач"}
    defaults = {"side": side, "kind": "report", "language": "en", "url": f"https://e.org/{key}"}
    return Source.objects.get_or_create(key=key, defaults=named | defaults | columns)[0]


class Records:
    """Makes records of one agreement as the public reads them; `public=False` leaves drafts."""

    def __init__(self, version):
        self.version, self.agreement = version, version.agreement
        self.preparer = User.objects.get_or_create(username="records")[0]
        self.publisher = User.objects.get_or_create(username="records-release")[0]
        self.provisions = {row.key: row for row in self.agreement.provisions.all()}

    def publish(self, rows, *, sources=None, lists=None, at=NOON, public=True):
        model, kind = type(rows[0]), rows[0].kind
        sources = [source_of()] if sources is None else sources
        for row in rows:
            row.prepared_by, row.prepared_at = self.preparer, at
        rows = model.objects.bulk_create(rows)
        RecordSource.objects.bulk_create(
            RecordSource(**{kind: row, "source": each, "place": place})
            for row in rows
            for place, each in enumerate(sources, 1)
        )
        for name, members in (lists or {}).items():
            field = model._meta.get_field(name)
            through = field.remote_field.through
            own, other = field.m2m_column_name(), field.m2m_reverse_name()
            through.objects.bulk_create(
                through(**{own: row.pk, other: each.pk}) for row in rows for each in members
            )
        published = model.objects.filter(pk__in=[row.pk for row in rows])
        if public:
            published.update(published_by=self.publisher, published_at=at)
        return list(published.order_by("pk"))

    def obligations(self, provision, *owed_by, key=None, **changes):
        """Return one obligation for each debtor named."""
        how = {name: changes.pop(name) for name in ("sources", "at", "public") if name in changes}
        rows = []
        for debtor in owed_by:
            place = next(_places)
            columns = {"owed_by": debtor, **texts("text", place)} | changes
            own = key or f"test-{provision}-{place}"
            rows.append(Obligation(key=own, provision=self.provisions[provision], **columns))
        return self.publish(rows, **how)

    def obligation(self, provision="p1", owed_by="kosovo", **changes):
        return self.obligations(provision, owed_by, **changes)[0]

    def assess(self, obligation, level, as_of=datetime.date(2024, 5, 1), **changes):
        how = {name: changes.pop(name) for name in ("sources", "at", "public") if name in changes}
        columns = {
            "key": f"{obligation.key}-{as_of}",
            "obligation": Obligation.objects.get(key=obligation.key, edition=1),
            "as_of": as_of,
            "level": level,
            "confidence": "medium",
            **texts("reason", next(_places)),
        }
        if level == "complete":
            columns["evidence"] = (how.get("sources") or [source_of()])[0]
        if level == "cannot-be-rated":
            columns |= {"looked_on": datetime.date(2024, 4, 2), **texts("would_settle", "9")}
        return self.publish([Assessment(**columns | changes)], **how)[0]

    def obstacle(self, *provisions, key=None, **changes):
        how = {name: changes.pop(name) for name in ("sources", "at", "public") if name in changes}
        place = next(_places)
        columns = {
            "key": key or f"test-obstacle-{place}",
            "agreement": self.agreement,
            "obstacle_kind": "legal",
            **texts("title", f"{place}"),
            **texts("text", f"{place}."),
        }
        held_up = [self.provisions[each] for each in provisions or ("p1",)]
        row = Obstacle(**columns | changes)
        return self.publish([row], lists={"provisions": held_up}, **how)[0]

    def position(self, side, **changes):
        how = {name: changes.pop(name) for name in ("sources", "at", "public") if name in changes}
        place = next(_places)
        columns = {
            "key": f"test-position-{place}",
            "agreement": self.agreement,
            "side": side,
            "said_on": datetime.date(2024, 2, 3),
            **texts("statement", place),
        }
        return self.publish([Position(**columns | changes)], **how)[0]

    def event(self, **changes):
        how = {name: changes.pop(name) for name in ("sources", "at", "public") if name in changes}
        place = next(_places)
        columns = {
            "key": f"test-event-{place}",
            "happened_on": datetime.date(2024, 2, 3),
            "event_kind": "round",
            **texts("title", place),
        }
        row = Event(**columns | changes)
        return self.publish([row], lists={"agreements": [self.agreement]}, **how)[0]

    def correct(self, record, **values):
        """Publish a correction of a record, later than whatever was published before."""
        draft = recording.correct(record, by=self.preparer, notes=WHY)
        draft = recording.rewrite(draft, by=self.preparer, seen=draft.revision, values=values)
        return recording.publish(draft, by=self.publisher, seen=draft.revision, at=self._later())

    def withdraw(self, record):
        draft = recording.withdraw(record, by=self.preparer, notes=WHY)
        return recording.publish(draft, by=self.publisher, seen=draft.revision, at=self._later())

    def _later(self):
        return NOON + datetime.timedelta(minutes=next(_places))


@pytest.fixture
def records(public):
    """Records of a public agreement with three points."""
    return Records(public(provisions=3))


NOT_ASSESSED = gettext_lazy("not assessed yet")
SLUG = "test-agreement"
OWN = f"agreements/{SLUG}/implementation/"


def said(element):
    return " ".join(element.text_content().split())


def label(lazy, code="en"):
    with translation.override(code):
        return str(lazy)


def name_of(level, code="en"):
    """Return the name of a level as a page in that language has it."""
    return label(NOT_ASSESSED if level == "not-assessed" else Level(level).label, code)


def words_of(row, field, code="en"):
    """Return a trilingual field as a page in that language has it."""
    with translation.override(code):
        return " ".join(bare_text(reading(row, field)).split())


def day_of(date, precision="day", code="en"):
    with translation.override(code):
        text = written(date, precision)
    return to_latin(text) if code == "sr-latn" else text


# ── The state of things, counted the long way ────────────────────────────────────────────────


def naive_state():
    """Return {key of a public obligation of a public agreement: facts}, row by row."""
    courses = {}
    for row in Assessment.objects.select_related("obligation"):
        if row.published_at and not row.ended_at:
            courses.setdefault(row.obligation.key, []).append(row)
    found = {}
    for row in Obligation.objects.select_related("provision__agreement__theme"):
        agreement = row.provision.agreement
        if row.published_at and not row.ended_at and agreement.published_id:
            course = sorted(courses.get(row.key, ()), key=lambda each: each.as_of)
            found[row.key] = {
                "agreement": agreement.slug,
                "theme": agreement.theme.slug,
                "side": row.owed_by,
                "level": course[-1].level if course else "not-assessed",
            }
    return found


def naive_keys(state=None, **chosen):
    return {
        key
        for key, facts in (state or naive_state()).items()
        if all(facts[name] == value for name, value in chosen.items())
    }


# ── What became of one agreement ─────────────────────────────────────────────────────────────


@pytest.fixture
def reordered(editor, publisher):
    """Records of an agreement whose text puts its points in the order p2, p3, p1."""
    draft = make_draft(editor, provisions=3)
    for position, key in ((11, "p2"), (12, "p3"), (13, "p1")):
        ProvisionText.objects.filter(version=draft, provision__key=key).update(position=position)
    version = publishing.seal(draft, at=NOON)
    publishing.publish(version, by=publisher, replacing=None, at=NOON)
    return Records(version)


@every_language
def test_obligations_stand_by_point_in_the_order_of_the_text_then_by_debtor(
    client, reordered, code
):
    reordered.obligations("p1", "serbia", "kosovo")
    reordered.obligations("p3", "us", "eu", "both")
    reordered.obligations("p2", "other", "both", "serbia", "kosovo")
    tree = page(client, f"/{code}/{OWN}")
    sections = tree.xpath("//section[@class='of-provision']")
    assert [each.get("aria-labelledby") for each in sections] == ["of-p2", "of-p3", "of-p1"]
    assert [
        [said(owed).rstrip(":") for owed in each.xpath(".//p[@class='owed']//b")]
        for each in sections
    ] == [
        [label(Debtor(debtor).label, code) for debtor in debtors]
        for debtors in (
            ["kosovo", "serbia", "both", "other"],
            ["both", "eu", "us"],
            ["kosovo", "serbia"],
        )
    ]


def test_every_public_obligation_stands_on_the_page_of_its_agreement_once(client):
    for agreement in Agreement.objects.public():
        tree = page(client, f"/en/agreements/{agreement.slug}/implementation/")
        shown = tree.xpath("//*[starts-with(@class, 'tracked')]/@id")
        assert len(shown) == len(set(shown))
        assert set(shown) == naive_keys(agreement=agreement.slug)


@every_language
def test_the_current_level_stands_with_date_reason_confidence_and_next_check(client, records, code):
    owed = records.obligation()
    records.assess(owed, "complete", datetime.date(2020, 1, 1))
    current = records.assess(
        owed,
        "intermediate",
        datetime.date(2024, 3, 1),
        as_of_precision="month",
        confidence="low",
        judged_by="sources",
        next_check_on=datetime.date(2031, 12, 24),
    )
    shown = page(client, f"/{code}/{OWN}").get_element_by_id(owed.key)
    text = said(shown)
    assert shown.xpath(".//p[@class='standing']//time/@datetime") == ["2024-03"]
    assert said(shown.xpath(".//p[@class='standing']//a")[0]) == name_of("intermediate", code)
    for expected in (
        words_of(owed, "text", code),
        words_of(current, "reason", code),
        day_of(current.as_of, "month", code),
        day_of(current.next_check_on, code=code),
        label(Assessment.Confidence.LOW.label, code),
        label(Assessment.Judge.SOURCES.label, code),
    ):
        assert expected in text


def test_the_newest_assessment_is_the_current_one_whenever_it_was_published(client, records):
    owed = records.obligation()
    records.assess(owed, "reversed", datetime.date(2025, 1, 1), at=NOON)
    records.assess(owed, "complete", datetime.date(2024, 1, 1), at=NOON.replace(hour=20))
    assert naive_state()[owed.key]["level"] == "reversed"
    for path in (OWN, f"implementation/?agreement={SLUG}", f"{OWN}{owed.key}/"):
        standing = page(client, f"/en/{path}").xpath("//main//p//span[@class='level']")
        assert standing[0].get("data-level") == "reversed", path


@pytest.mark.parametrize(
    "slug", ["cadastral-records", "first-agreement", "licence-plates-2022", "customs-stamps"]
)
def test_sources_are_numbers_that_lead_to_the_list_below(client, slug):
    tree = page(client, f"/en/agreements/{slug}/implementation/")
    listed = tree.xpath("//section[@class='sources']/ol/li/@id")
    links = tree.xpath("//sup[@class='cite']/a")
    assert links
    for link in links:
        assert listed[int(link.text) - 1] == link.get("href")[1:]
    assert {link.get("href")[1:] for link in links} == set(listed)
    for owed in tree.xpath("//*[starts-with(@class, 'tracked')]"):
        row = Obligation.objects.public().get(key=owed.get("id"))
        cited = owed.xpath("./p[@class='owed']/sup/a/@href")
        assert cited == [f"#source-{source.key}" for source in row.sources]


def test_earlier_assessments_stand_in_a_table_oldest_first(client, records):
    owed = records.obligation()
    records.assess(owed, "complete", datetime.date(2023, 5, 1), as_of_precision="month")
    records.assess(owed, "not-started", datetime.date(2020, 1, 1), as_of_precision="year")
    records.assess(owed, "suspended", datetime.date(2024, 2, 9), disputed=True)
    table = page(client, f"/en/{OWN}").get_element_by_id(owed.key).xpath(".//table")[0]
    rows = [[said(cell) for cell in row.xpath("td")] for row in table.xpath(".//tbody/tr")]
    assert rows == [
        ["2020", "not started"],
        ["May 2023", "complete"],
        ["9 February 2024", "suspended, disputed"],
    ]


def test_an_only_assessment_needs_no_table_and_no_drawing(client, records):
    owed = records.obligation()
    records.assess(owed, "complete")
    shown = page(client, f"/en/{OWN}").get_element_by_id(owed.key)
    assert not shown.xpath(".//table | .//svg[@class='course']")


def test_only_a_disputed_level_is_marked_disputed(client, records):
    disputed, agreed = records.obligations("p1", "kosovo", "serbia")
    records.assess(disputed, "minimal", disputed=True)
    records.assess(agreed, "minimal")
    for path in (OWN, f"implementation/?agreement={SLUG}"):
        marks = page(client, f"/en/{path}").xpath("//b[@class='disputed']")
        assert [said(mark) for mark in marks] == ["disputed"], path
    tree = page(client, f"/en/{OWN}")
    assert tree.get_element_by_id(disputed.key).xpath(".//b[@class='disputed']")


@every_language
def test_what_cannot_be_rated_says_what_would_settle_it_and_when_we_looked(client, records, code):
    owed = records.obligation()
    looked = {"looked_on": datetime.date(2023, 11, 1), "looked_precision": "month"}
    judged = records.assess(owed, "cannot-be-rated", **looked)
    for path in (OWN, f"{OWN}{owed.key}/"):
        tree = page(client, f"/{code}/{path}")
        text = said(tree.xpath("//main")[0])
        assert words_of(judged, "would_settle", code) in text
        assert day_of(judged.looked_on, "month", code) in text


def test_what_nobody_assessed_yet_says_so(client, records):
    owed = records.obligation()
    shown = page(client, f"/en/{OWN}").get_element_by_id(owed.key)
    assert said(shown.xpath(".//p[@class='standing']")[0]) == "not assessed yet"


def test_an_agreement_without_records_says_so(client, records):
    tree = page(client, f"/en/{OWN}")
    assert "No obligation of this agreement has been recorded yet." in said(tree)
    assert not tree.xpath("//section[@class='obstacles' or @class='evidence']")


def test_obstacles_stand_with_the_points_they_hold_up_each_the_way_to_its_text(client, reordered):
    reordered.obstacle("p1", "p2", since=datetime.date(2020, 1, 1))
    past = reordered.obstacle(
        "p3", since=datetime.date(2015, 2, 1), until=datetime.date(2016, 1, 1)
    )
    standing = reordered.obstacle("p2")
    rows = page(client, f"/en/{OWN}").xpath("//section[@class='obstacles']//li[@class='row']")
    assert [each.xpath("p[last()]/a/text()") for each in rows] == [["2", "1"], ["2"], ["3"]]
    assert rows[0].xpath("p[last()]/a/@href") == [
        f"/en/agreements/{SLUG}/full-text/#{key}" for key in ("p2", "p1")
    ]
    assert words_of(standing, "title") in said(rows[1])
    assert words_of(past, "title") in said(rows[2])  # what is past comes last
    anchors = page(client, f"/en/agreements/{SLUG}/full-text/").xpath("//@id")
    assert {"p1", "p2", "p3"} <= set(anchors)


@pytest.mark.parametrize("speaks", ["kosovo", "serbia", "eu", "us"])
def test_three_voices_stand_in_one_order_whoever_spoke(client, records, speaks):
    position = records.position(speaks, provision=records.provisions["p2"])
    order = ["kosovo", "serbia", "eu"] + ["us"] * (speaks == "us")
    for code in PUBLIC_CODES:
        voices = page(client, f"/{code}/{OWN}").xpath("//section[@class='voice-of']")
        assert [said(each.xpath("h3")[0]) for each in voices] == [
            label(Side(side).label, code) for side in order
        ]
        silent = {said(each.xpath("p")[0]) for each in voices if not each.xpath("blockquote")}
        assert len(silent) == 1  # the same words for every side
        spoken = [each for each in voices if each.xpath("blockquote")]
        assert [said(each.xpath("h3")[0]) for each in spoken] == [label(Side(speaks).label, code)]
        assert words_of(position, "statement", code) in said(spoken[0])
        assert day_of(position.said_on, code=code) in said(spoken[0])
    assert silent == {"We have found no statement of this side."}  # English is the last
    assert "on point 2" in said(spoken[0])


def test_the_evidence_box_names_what_the_newest_assessments_rest_on(client, records):
    shows, weak = source_of(key="shows-it"), source_of(key="shows-less")
    owed, other = records.obligations("p2", "kosovo", "serbia")
    records.assess(
        owed, "complete", datetime.date(2020, 1, 1), evidence=weak, sources=[weak, shows]
    )
    records.assess(
        owed, "intermediate", datetime.date(2024, 1, 1), evidence=shows, sources=[weak, shows]
    )
    records.assess(other, "minimal")
    rows = page(client, f"/en/{OWN}").xpath("//section[@class='evidence']//li")
    assert len(rows) == 1
    assert "intermediate: point 2, Kosovo." in said(rows[0])
    assert "#source-shows-it" in rows[0].xpath(".//a/@href")


def test_a_correction_is_told_where_the_corrected_record_stands(client, records):
    owed = records.obligation(**texts("text", "seven."))
    judged = records.assess(owed, "minimal", **texts("reason", "eight."))
    statement = records.position("serbia", **texts("statement", "nine."))
    records.correct(owed, **texts("text", "seventy-seven"))
    records.correct(judged, **texts("reason", "eighty-eight"))
    records.correct(statement, **texts("statement", "ninety-nine"))
    tree = page(client, f"/en/{OWN}")
    corrected = [said(each) for each in tree.xpath("//p[@class='corrected']")]
    assert len(corrected) == 2
    assert all(each.startswith("Corrected:") and WHY["en"] in each for each in corrected)
    assert WHY["en"] in said(tree.xpath("//blockquote")[0])
    assert tree.xpath("//*[starts-with(@class, 'tracked')]/@id") == [owed.key]
    told = " ".join(each.strip() for each in tree.xpath("//main//text()"))
    for new in ("seventy-seven", "eighty-eight", "ninety-nine"):
        assert new in told
    for old in ("seven.", "eight.", "nine."):
        assert old not in told


# ── Deadlines ────────────────────────────────────────────────────────────────────────────────


@every_language
def test_an_obligation_overdue_by_days_says_how_many_for_either_side_alike(client, records, code):
    numbers = {"p1": 1, "p2": 2, "p3": 400}
    for point, days in numbers.items():
        due = today() - datetime.timedelta(days)
        for owed in records.obligations(point, "kosovo", "serbia", due_on=due):
            records.assess(owed, "minimal")
    own = page(client, f"/{code}/{OWN}")
    found = page(client, f"/{code}/implementation/?agreement={SLUG}")
    for point, days in numbers.items():
        both = Obligation.objects.filter(provision=records.provisions[point]).order_by("pk")
        assert [owed.owed_by for owed in both] == ["kosovo", "serbia"]
        told = []
        for owed in both:
            row = found.xpath(f"//li[@class='obligation'][.//a[contains(@href, '#{owed.key}')]]")[0]
            alone = page(client, f"/{code}/{OWN}{owed.key}/")
            for where in (own.get_element_by_id(owed.key), row, alone):
                told.append(said(where.xpath(".//p[@class='due']")[0]))
        assert len(told) == 6
        assert len(set(told)) == 1
        assert day_of(today() - datetime.timedelta(days), code=code) in told[0]
        assert re.findall(r"\d+", told[0])[-1] == str(days)


def overdue_in(tree):
    return [said(each) for each in tree.xpath(".//p[@class='due']/b")]


def test_what_is_complete_or_cannot_be_rated_is_never_called_overdue(client, records):
    due, expected = today() - datetime.timedelta(3), {}
    for level in [*Level.values, "not-assessed"]:
        for owed in records.obligations("p1", "kosovo", "serbia", due_on=due):
            if level != "not-assessed":
                records.assess(owed, level)
            expected[owed.key] = level not in ("complete", "cannot-be-rated")
    own = page(client, f"/en/{OWN}")
    found = page(client, f"/en/implementation/?agreement={SLUG}")
    days = {row["Key"]: row["Days overdue"] for row in spreadsheet(client, f"?agreement={SLUG}")}
    for key, overdue in expected.items():
        row = found.xpath(f"//li[@class='obligation'][.//a[contains(@href, '#{key}')]]")[0]
        alone = page(client, f"/en/{OWN}{key}/")
        for where in (own.get_element_by_id(key), row, alone):
            assert overdue_in(where) == ["3 days overdue"] * overdue, key
        assert days[key] == ("3" if overdue else "")


@pytest.mark.parametrize("days_to_go", [0, 1, 30])
def test_what_is_due_today_or_later_is_not_overdue(client, records, days_to_go):
    due = today() + datetime.timedelta(days_to_go)
    owed = records.obligations("p1", "kosovo", "serbia", due_on=due)
    for path in (OWN, f"implementation/?agreement={SLUG}", f"{OWN}{owed[0].key}/"):
        tree = page(client, f"/en/{path}")
        assert overdue_in(tree) == []
        assert day_of(due) in said(tree.xpath("//p[@class='due']")[0])
    assert {row["Days overdue"] for row in spreadsheet(client, f"?agreement={SLUG}")} == {""}


def test_a_deadline_known_to_the_month_is_shown_and_counts_no_days(client, records):
    due = {"due_on": datetime.date(2013, 12, 1), "due_precision": "month"}
    records.obligation(**due)
    tree = page(client, f"/en/{OWN}")
    assert said(tree.xpath("//p[@class='due']")[0]) == "Due: December 2013"
    assert overdue_in(tree) == []


# ── Sources of one side ──────────────────────────────────────────────────────────────────────


@each_side
def test_a_page_that_rests_on_sources_of_one_side_says_so_for_either_side_alike(
    client, records, side
):
    only = [source_of(side)]
    owed = records.obligation(owed_by="both", sources=only)
    records.assess(owed, "minimal", sources=only)
    obstacle = records.obstacle(sources=only)
    for code in PUBLIC_CODES:
        sentences = [
            page(client, f"/{code}/{path}").xpath("//p[@class='one-sided']")
            for path in (OWN, f"{OWN}{owed.key}/", f"obstacles/{obstacle.key}/")
        ]
        assert [len(each) for each in sentences] == [1, 1, 1]
        told = label(gettext_lazy("This text rests on sources of one side only."), code)
        assert {said(each[0]) for each in sentences} == {told}


@pytest.mark.parametrize("side", ["kosovo", "serbia"])
def test_an_assessment_on_sources_of_one_side_says_so_on_a_page_with_both(client, records, side):
    owed = records.obligation(owed_by="both", sources=[source_of("press")])
    records.assess(owed, "minimal", sources=[source_of(side)])
    for path in (OWN, f"{OWN}{owed.key}/"):
        tree = page(client, f"/en/{path}")
        assert not tree.xpath("//p[@class='one-sided']"), path
        (mark,) = tree.xpath("//b[@class='one-sided']")
        assert said(mark) == "Rests on sources of one side only."


@pytest.mark.parametrize(
    "voices", [["kosovo", "serbia"], ["kosovo", "press"], ["serbia", "press"], ["eu"], ["us"]]
)
def test_a_page_with_another_voice_is_not_called_one_sided(client, records, voices):
    sources = [source_of(side) for side in voices]
    owed = records.obligation(owed_by="both", sources=sources[:1])
    records.assess(owed, "minimal", sources=sources[-1:])
    for path in (OWN, f"{OWN}{owed.key}/"):
        assert not page(client, f"/en/{path}").xpath("//p[@class='one-sided']"), path


# ── The overview ─────────────────────────────────────────────────────────────────────────────

CHOICES = [
    {},
    {"agreement": "customs-stamps"},
    {"theme": "movement"},
    {"side": "kosovo"},
    {"side": "serbia"},
    {"level": "cannot-be-rated"},
    {"side": "serbia", "level": "complete"},
    {"side": "kosovo", "level": "not-assessed"},
    {"agreement": "first-agreement", "side": "both", "level": "intermediate"},
    {"theme": "movement", "agreement": "licence-plates-2022", "side": "kosovo"},
]
every_choice = pytest.mark.parametrize(
    "chosen", CHOICES, ids=["&".join(each.values()) or "everything" for each in CHOICES]
)


def query(chosen):
    return "?" + "&".join(f"{name}={value}" for name, value in chosen.items())


def listed(client, chosen):
    """Return the keys that the overview lists for a choice, all its pages, in order."""
    found = []
    first = page(client, f"/en/implementation/{query(chosen)}")
    others = first.xpath("//nav[@class='pages']//a/@href")[1:]
    for tree in [first, *(page(client, f"/en/implementation/{other}") for other in others)]:
        found += [
            link.split("#")[1] for link in tree.xpath("//li[@class='obligation']/p[2]/a/@href")
        ]
    return found


def numbers(table):
    """Return {label of the row: [numbers]} of a table of counts, the last row too."""
    return {
        said(row.xpath("th")[0]): [int(cell.text) for cell in row.xpath("td")]
        for row in table.xpath("tbody/tr | tfoot/tr")
    }


@every_choice
def test_filters_mean_what_they_say_and_the_download_holds_exactly_what_they_show(
    client, records, chosen
):
    records.obligations("p1", *["kosovo", "eu", "serbia"] * 11)  # never assessed
    found, state = listed(client, chosen), naive_state()
    assert len(found) == len(set(found))
    assert set(found) == naive_keys(state, **chosen)
    rows = spreadsheet(client, query(chosen))
    assert [row["Key"] for row in rows] == found
    for row in rows:
        facts = state[row["Key"]]
        assert row["State"] == name_of(facts["level"])
        assert row["Who owes"] == Debtor(facts["side"]).label


@every_choice
def test_both_tables_count_what_a_count_by_hand_gives(client, records, chosen):
    records.obligations("p1", "kosovo", "eu", "serbia")  # never assessed
    state = naive_state()
    keys = naive_keys(state, **chosen)
    tree = page(client, f"/en/implementation/{query(chosen)}")
    assert f"{len(keys)} obligation" in said(tree.xpath("//p[@class='found']")[0])
    by_side, by_agreement = (numbers(table) for table in tree.xpath("//table"))
    levels = [*Level.values, "not-assessed"]

    def by_hand(name, value):
        own = [state[key]["level"] for key in keys if state[key][name] == value]
        return [*map(own.count, levels), len(own)]

    sides = {state[key]["side"] for key in keys} | {"kosovo", "serbia"}
    assert by_side == {
        Debtor(side).label: by_hand("side", side) for side in Debtor.values if side in sides
    }
    total = by_agreement.pop("In all")
    names = {words_of(row.published, "short_title"): row.slug for row in Agreement.objects.public()}
    assert {names[name]: row for name, row in by_agreement.items()} == {
        slug: by_hand("agreement", slug) for slug in {state[key]["agreement"] for key in keys}
    }
    whole = [state[key]["level"] for key in keys]
    assert total == [*map(whole.count, levels), len(whole)]


def test_each_filter_link_says_to_how_many_it_leads(client, records):
    records.obligations("p1", "kosovo", "eu", "serbia")
    tree = page(client, "/en/implementation/")
    links = [a for a in tree.xpath("//div[@class='filters']//a") if a.xpath("span[@class='count']")]
    assert len(links) > 15
    state = naive_state().values()
    for link in links:
        name, value = link.get("href").removeprefix("?").split("=")
        count = sum(facts[name] == value for facts in state)
        assert link.xpath("span")[0].text == str(count), link.get("href")


def test_a_filter_link_keeps_the_other_choices_of_the_overview(client):
    tree = page(client, "/en/implementation/?theme=movement&side=serbia")
    levels = tree.xpath("//nav[@aria-label='State']//a/@href")
    assert all(link.startswith("?theme=movement&side=serbia") for link in levels)
    sides = tree.xpath("//nav[@aria-label='Who owes']//a[@aria-current]/@href")
    assert sides == ["?theme=movement&side=serbia"]


@pytest.mark.parametrize("address", ["implementation/", "implementation/obligations.csv"])
@pytest.mark.parametrize("name", ["agreement", "theme", "side", "level"])
def test_a_wrong_filter_value_is_answered_with_those_that_exist(client, address, name):
    tree = example(client, "en", "implementation/")
    response = client.get(f"/en/{address}?{name}=no-such-thing")
    assert response.status_code == 400
    offered = re.findall(rf'href="\?{name}=([a-z0-9-]+)"', response.content.decode())
    links = tree.xpath(f"//div[@class='filters']//a/@href[starts-with(., '?{name}=')]")
    assert offered == [link.split("=")[1] for link in links]
    assert {"kosovo", "serbia"} <= set(offered) or name != "side"


def test_a_long_overview_is_cut_into_pages_that_together_hold_everything(client, records):
    for n in range(1, 4):
        records.obligations(f"p{n}", *["kosovo", "serbia"] * 12)
    first = page(client, f"/en/implementation/?agreement={SLUG}")
    assert len(first.xpath("//li[@class='obligation']")) == 30
    assert numbers(first.xpath("//table")[0])["Kosovo"][-1] == 36  # counts are of all pages
    found = listed(client, {"agreement": SLUG})
    assert len(found) == len(set(found)) == 72
    assert client.get(f"/en/implementation/?agreement={SLUG}&page=4").status_code == 404
    assert client.get("/en/implementation/?page=none").status_code == 404


def test_the_overview_lists_agreements_newest_first(client):
    found, state = [], naive_state()
    for key in listed(client, {}):
        slug = state[key]["agreement"]
        if slug not in found:
            found.append(slug)
    dates = [Agreement.objects.get(slug=slug).published.date_agreed for slug in found]
    assert dates == sorted(dates, reverse=True)


def test_what_changed_lately_tells_the_level_before_where_it_was_another(client, records):
    now = timezone.now()
    changed, same, new = records.obligations("p1", "kosovo", "serbia", "both")
    records.assess(changed, "minimal", datetime.date(2020, 1, 1))
    records.assess(same, "suspended", datetime.date(2020, 1, 1))
    later = [now + datetime.timedelta(minutes=n) for n in range(3)]
    records.assess(changed, "complete", datetime.date(2024, 1, 1), at=later[0])
    records.assess(same, "suspended", datetime.date(2023, 1, 1), at=later[1])
    records.assess(new, "reversed", datetime.date(2022, 1, 1), at=later[2])
    for path, length in (("implementation/", 8), ("", 5)):
        rows = page(client, f"/en/{path}").xpath("//ol[@class='latest']/li")
        told = [" ".join(said(row.xpath("span[last()]")[0]).split()) for row in rows]
        assert told[:3] == ["reversed", "suspended", "minimal → complete"], path
        assert "Kosovo" in said(rows[2])
        assert len([row for row in rows if row.xpath("span//span[@class='level']")]) == length
    assert not page(client, "/en/implementation/?side=kosovo").xpath("//ol[@class='latest']")


# ── The table to download ────────────────────────────────────────────────────────────────────


def spreadsheet(client, choice="", code="en"):
    """Return the rows of the download as {heading: cell}."""
    response = client.get(f"/{code}/implementation/obligations.csv{choice}")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = response.content.decode()
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:], newline="")))
    assert all(None not in row and None not in row.values() for row in rows)
    return rows


def test_the_overview_offers_the_download_of_what_it_shows_without_its_page(client, records):
    records.obligations("p1", *["serbia"] * 31)
    tree = page(client, f"/en/implementation/?agreement={SLUG}&side=serbia&page=2")
    address = f"/en/implementation/obligations.csv?agreement={SLUG}&side=serbia"
    assert tree.xpath("//a[@download]/@href") == [address]


def test_a_row_of_the_download_holds_every_fact(client, records):
    due = today() - datetime.timedelta(12)
    owed = records.obligation("p2", "serbia", due_on=due)
    judged = records.assess(
        owed,
        "intermediate",
        datetime.date(2024, 3, 1),
        as_of_precision="month",
        disputed=True,
        confidence="high",
        next_check_on=datetime.date(2031, 1, 2),
        sources=[source_of(key="first-one"), source_of(key="second-one")],
    )
    assert spreadsheet(client, f"?agreement={SLUG}") == [
        {
            "Key": owed.key,
            "Agreement": "Agreement",
            "Point": "2",
            "What is owed": words_of(owed, "text"),
            "Who owes": "Serbia",
            "Due": due.isoformat(),
            "Days overdue": "12",
            "State": "intermediate",
            "As of": "2024-03",
            "Disputed": "yes",
            "Confidence": "high",
            "Reason": words_of(judged, "reason"),
            "Next check": "2031-01-02",
            "Sources": "https://e.org/first-one https://e.org/second-one",
        }
    ]


@every_language
def test_the_download_speaks_the_language_and_script_of_the_page(client, code):
    rows = spreadsheet(client, "", code)
    owed_heading, reason_heading = list(rows[0])[3], list(rows[0])[11]
    for row in rows:
        record = Obligation.objects.public().get(key=next(iter(row.values())))
        assert " ".join(row[owed_heading].split()) == words_of(record, "text", code)
    headings = " ".join(rows[0])
    reasons = " ".join(row[reason_heading] for row in rows)
    if code == "sr-cyrl":
        assert not re.findall("[A-Za-z]", headings)
        assert CYRILLIC.findall(reasons)
    else:
        everything = " ".join(itertools.chain(headings, *(row.values() for row in rows)))
        assert CYRILLIC.findall(everything) == []
    assert {"sq": "ë", "sr-latn": "š", "sr-cyrl": "ш", "en": "the"}[code] in reasons


@every_language
def test_no_cell_of_the_download_is_taken_for_a_formula(client, records, code):
    begins = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]
    for n, text in enumerate(begins):
        owed = records.obligation(**{f"text_{language}": text for language in STORED})
        reason = {f"reason_{language}": begins[-1 - n] for language in STORED}
        records.assess(owed, "minimal", **reason)
    rows = spreadsheet(client, f"?agreement={SLUG}", code)
    assert len(rows) == len(begins)
    for row in rows:
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), cell


@pytest.mark.parametrize("code", ["sr-latn"])
def test_an_address_in_the_download_keeps_its_letters(client, records, code):
    address = "https://example.org/Споразум"
    records.obligation(sources=[source_of(key="cyrillic-address", url=address)])
    row = spreadsheet(client, f"?agreement={SLUG}", code)[0]
    assert list(row.values())[-1] == address


# ── The list of agreements ───────────────────────────────────────────────────────────────────


def found_agreements(client, choice):
    tree = page(client, f"/en/agreements/{choice}")
    return {link.split("/")[3] for link in tree.xpath("//li[@class='row']//h2/a/@href")}


def test_level_and_side_of_the_list_of_agreements_mean_one_and_the_same_obligation(client, records):
    kosovo, serbia = records.obligations("p1", "kosovo", "serbia")
    records.assess(kosovo, "complete")
    records.assess(serbia, "reversed")
    records.assess(serbia, "complete", datetime.date(2020, 1, 1))  # once, not any more
    assert SLUG in found_agreements(client, "?level=complete&side=kosovo")
    assert SLUG in found_agreements(client, "?level=reversed&side=serbia")
    assert SLUG not in found_agreements(client, "?level=complete&side=serbia")
    assert SLUG not in found_agreements(client, "?level=reversed&side=kosovo")


def test_the_list_of_agreements_narrows_by_level_and_side_as_a_count_by_hand(client):
    state = naive_state().values()
    levels = {facts["level"] for facts in state} - {"not-assessed"}
    for level, side in itertools.product([None, *levels], [None, "kosovo", "serbia", "both"]):
        chosen = {"level": level, "side": side}
        chosen = {name: value for name, value in chosen.items() if value}
        expected = {
            facts["agreement"]
            for facts in state
            if all(facts[name] == value for name, value in chosen.items())
        }
        if chosen:
            assert found_agreements(client, query(chosen)) == expected, chosen


@pytest.mark.parametrize("name", ["level", "side"])
def test_a_wrong_level_or_side_of_the_list_of_agreements_is_told(client, name):
    response = client.get(f"/en/agreements/?{name}=half-done")
    assert response.status_code == 400
    assert f"?{name}=" in response.content.decode()


# ── Obstacles ────────────────────────────────────────────────────────────────────────────────


def obstacle_keys(tree, where="//main"):
    links = tree.xpath(f"{where}//li[@class='row']/h3/a/@href")
    return [link.split("/")[3] for link in links]


@pytest.fixture
def obstacles(records):
    """Obstacles of every kind on one agreement, and one of each half that is over."""
    made = {}
    for kind in reversed(ObstacleKind.values):
        made[kind] = records.obstacle("p1", obstacle_kind=kind, since=datetime.date(2020, 1, 1))
    over = {"since": datetime.date(2012, 1, 1), "until": datetime.date(2013, 1, 1)}
    made["over"] = records.obstacle("p3", obstacle_kind="security", **over)
    made["ends today"] = records.obstacle(
        "p3", obstacle_kind="legal", since=datetime.date(2012, 1, 1), until=today()
    )
    made["unknown"] = records.obstacle("p2", obstacle_kind="legal")
    return {name: row.key for name, row in made.items()}


@every_language
def test_obstacles_stand_by_kind_and_what_is_over_stands_apart(client, obstacles, code):
    tree = page(client, f"/{code}/obstacles/?agreement={SLUG}")
    headings = [
        said(each).casefold() for each in tree.xpath("//main//h2[starts-with(@id, 'kind-')]")
    ]
    assert headings == [label(kind.label, code).casefold() for kind in ObstacleKind]
    in_kinds = "//section[starts-with(@aria-labelledby, 'kind-')]"
    standing = [obstacles[kind] for kind in ObstacleKind.values]
    standing.insert(1, obstacles["unknown"])  # a second legal one
    assert sorted(obstacle_keys(tree, in_kinds)) == sorted(standing)
    past = obstacle_keys(tree, "//section[@aria-labelledby='past']")
    assert past == [obstacles["over"], obstacles["ends today"]]
    assert re.findall(r"\d+", said(tree.xpath("//p[@class='found']/b")[0])) == ["8"]


def test_obstacles_can_be_narrowed_by_kind_and_agreement(client, obstacles):
    for kind in ObstacleKind.values:
        rows = Obstacle.objects.public().filter(obstacle_kind=kind)
        everywhere = obstacle_keys(page(client, f"/en/obstacles/?kind={kind}"))
        assert sorted(everywhere) == sorted(rows.values_list("key", flat=True))
        here = obstacle_keys(page(client, f"/en/obstacles/?kind={kind}&agreement={SLUG}"))
        own = rows.filter(agreement__slug=SLUG)
        assert sorted(here) == sorted(own.values_list("key", flat=True))


@pytest.mark.parametrize("name", ["kind", "agreement"])
def test_a_wrong_choice_of_obstacles_is_answered_with_those_that_exist(client, name):
    response = client.get(f"/en/obstacles/?{name}=no-such-thing")
    assert response.status_code == 400
    offered = re.findall(rf'href="\?{name}=([a-z0-9-]+)"', response.content.decode())
    column = {"kind": "obstacle_kind", "agreement": "agreement__slug"}[name]
    assert set(offered) == set(Obstacle.objects.public().values_list(column, flat=True))


@pytest.mark.parametrize(
    ("since", "until", "precision", "expected"),
    [
        ((2024, 1, 1), (2024, 1, 20), "day", "1 month"),
        ((2024, 1, 1), (2024, 6, 1), "day", "5 months"),
        ((2020, 1, 1), (2021, 12, 1), "day", "23 months"),
        ((2020, 1, 1), (2022, 1, 1), "day", "2 years"),
        ((2010, 3, 1), (2021, 2, 1), "month", "10 years"),
        ((2020, 1, 1), (2020, 8, 1), "year", "1 year"),
        ((2020, 1, 1), (2021, 3, 1), "year", "1 year"),
    ],
)
def test_the_duration_is_as_exact_as_is_known(client, records, since, until, precision, expected):
    obstacle = records.obstacle(
        since=datetime.date(*since), since_precision=precision, until=datetime.date(*until)
    )
    for path in ("obstacles/", OWN, f"obstacles/{obstacle.key}/"):
        tree = page(client, f"/en/{path}")
        lines = [said(each) for each in tree.xpath("//main//p[@class='since']")]
        assert [line for line in lines if line.endswith(f" · {expected}")], path


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("sq", ["1 muaj", "5 muaj", "3 (vjet|vite)"]),
        ("sr-latn", ["1 mesec", "5 meseci", "3 godine"]),
        ("sr-cyrl", ["1 месец", "5 месеци", "3 године"]),
        ("en", ["1 month", "5 months", "3 years"]),
    ],
)
def test_durations_have_the_plurals_of_the_language(client, records, code, expected):
    for months in (1, 5, 40):
        year, month = divmod(months, 12)
        records.obstacle(
            since=datetime.date(2015, 1, 1), until=datetime.date(2015 + year, month + 1, 1)
        )
    rows = page(client, f"/{code}/{OWN}").xpath("//section[@class='obstacles']//p[@class='since']")
    for row, words in zip(rows, expected, strict=True):
        assert re.search(f" · {words}$", said(row))


@every_language
def test_an_obstacle_has_its_page_with_what_it_holds_up_and_its_sources(client, records, code):
    sources = [source_of(key="one-source"), source_of("press", key="other-source")]
    obstacle = records.obstacle("p3", "p1", sources=sources, named_by="editors")
    tree = page(client, f"/{code}/obstacles/{obstacle.key}/")
    text = said(tree.xpath("//main")[0])
    assert said(tree.xpath("//h1")[0]) == words_of(obstacle, "title", code)
    assert words_of(obstacle, "text", code) in text
    assert label(Obstacle(named_by="editors").get_named_by_display(), code) in text
    held_up = tree.xpath("//main//ul/li/a[contains(@href, 'full-text/#')]")
    assert [each.text for each in held_up] == ["1", "3"]
    assert tree.xpath("//section[@class='sources']//li/@id") == [
        "source-one-source",
        "source-other-source",
    ]
    assert tree.xpath("//sup[@class='cite']/a/@href") == [
        "#source-one-source",
        "#source-other-source",
    ]


def test_a_corrected_obstacle_tells_what_it_is_now_and_why_it_changed(client, records):
    obstacle = records.obstacle(**texts("text", "old wording"))
    records.correct(obstacle, **texts("text", "new wording"))
    tree = page(client, f"/en/obstacles/{obstacle.key}/")
    assert "Text new wording" in said(tree)
    assert "old wording" not in said(tree)
    history = [said(each) for each in tree.xpath("//ol[@class='history']/li")]
    assert len(history) == 2
    assert "corrected" in history[0]
    assert WHY["en"] in history[0]
    assert "added" in history[1]


def test_a_withdrawn_obstacle_is_gone_from_lists_and_its_page_says_why(client, records):
    obstacle = records.obstacle(**texts("text", "wrongly told"), **texts("title", "wrong title"))
    records.withdraw(obstacle)
    response = client.get(f"/en/obstacles/{obstacle.key}/")
    assert response.status_code == 410
    text = response.content.decode()
    assert WHY["en"] in text
    assert "wrongly told" not in text
    for path in ("obstacles/", OWN, "", f"agreements/{SLUG}/"):
        assert obstacle.key not in client.get(f"/en/{path}").content.decode(), path


# ── One obligation ───────────────────────────────────────────────────────────────────────────


@every_language
def test_an_obligation_has_its_page_with_every_assessment_newest_first(client, records, code):
    owed = records.obligation("p2", "serbia")
    judged = [
        records.assess(
            owed, level, datetime.date(year, 1, 1), sources=[source_of(key=f"of-{year}")]
        )
        for level, year in (("minimal", 2015), ("complete", 2019), ("reversed", 2023))
    ]
    obstacle = records.obstacle("p2")
    elsewhere = records.obstacle("p1")
    tree = page(client, f"/{code}/{OWN}{owed.key}/")
    sections = tree.xpath("//*[starts-with(@class, 'tracked')]")
    assert [each.get("id") for each in sections] == [each.key for each in reversed(judged)]
    for section, each in zip(sections, reversed(judged), strict=True):
        assert words_of(each, "reason", code) in said(section)
        assert name_of(each.level, code) in said(section)
        assert section.xpath(".//sup/a/@href") == [f"#source-of-{each.as_of.year}"]
    assert said(tree.xpath("//h1")[0]) == words_of(owed, "text", code)
    assert label(Debtor.SERBIA.label, code) in said(tree.xpath("//p[@class='particulars']")[0])
    addresses = tree.xpath("//main//a/@href")
    assert f"/{code}/obstacles/{obstacle.key}/" in addresses
    assert f"/{code}/obstacles/{elsewhere.key}/" not in addresses
    listed_sources = set(tree.xpath("//section[@class='sources']//li/@id"))
    assert {"source-of-2015", "source-of-2019", "source-of-2023"} <= listed_sources


def test_an_obligations_page_tells_how_its_record_changed(client, records):
    owed = records.obligation(**texts("text", "first wording"))
    judged = records.assess(owed, "minimal", datetime.date(2020, 2, 3))
    other = records.assess(owed, "complete", datetime.date(2021, 2, 3))
    records.correct(owed, **texts("text", "second wording"))
    records.correct(judged, level="suspended")
    records.withdraw(other)
    tree = page(client, f"/en/{OWN}{owed.key}/")
    assert said(tree.xpath("//h1")[0]) == "Text second wording"
    assert tree.xpath("//*[starts-with(@class, 'tracked')]/@id") == [judged.key]
    assert tree.xpath("//*[starts-with(@class, 'tracked')]//span[@data-level]/@data-level") == [
        "suspended"
    ]
    history = [said(each) for each in tree.xpath("//ol[@class='history']/li")]
    assert len(history) == 3
    assert "withdrawn · 3 February 2021" in history[0]
    assert "corrected · 3 February 2020" in history[1]
    assert "corrected" in history[2]
    assert all(WHY["en"] in each for each in history)


def test_a_withdrawn_obligation_is_gone_from_lists_and_its_page_says_why(client, records):
    owed, stays = records.obligations("p1", "kosovo", "serbia")
    records.assess(owed, "complete", at=timezone.now())
    records.assess(stays, "minimal")
    records.withdraw(owed)
    response = client.get(f"/en/{OWN}{owed.key}/")
    assert response.status_code == 410
    assert WHY["en"] in response.content.decode()
    for path in (OWN, f"implementation/?agreement={SLUG}", f"agreements/{SLUG}/"):
        assert owed.key not in client.get(f"/en/{path}").content.decode(), path
    assert [row["Key"] for row in spreadsheet(client, f"?agreement={SLUG}")] == [stays.key]
    assert SLUG not in found_agreements(client, "?level=complete")


@pytest.mark.parametrize("path", ["", "implementation/"])
def test_what_changed_lately_names_no_withdrawn_obligation(client, records, path):
    owed = records.obligation()
    records.assess(owed, "complete", at=timezone.now() + datetime.timedelta(minutes=1))
    assert owed.key in client.get(f"/en/{path}").content.decode()
    records.withdraw(owed)
    assert owed.key not in client.get(f"/en/{path}").content.decode()


@pytest.mark.parametrize("path", ["", "implementation/"])
def test_what_changed_lately_names_the_debtor_as_corrected(client, records, path):
    owed = records.obligation(owed_by="kosovo")
    records.assess(owed, "complete", at=timezone.now() + datetime.timedelta(minutes=1))
    records.correct(owed, owed_by="both")
    first = page(client, f"/en/{path}").xpath("//ol[@class='latest']/li/a")[0]
    assert said(first).endswith(", Both together")


# ── The timeline ─────────────────────────────────────────────────────────────────────────────


def event_ids(tree):
    return tree.xpath("//section[@class='year']//li[@class='row']/@id")


def test_the_timeline_stands_by_year_newest_first(client):
    tree = page(client, "/en/timeline/?kind=agreement")
    years = [int(each.text) for each in tree.xpath("//section[@class='year']/h2")]
    assert years == sorted(set(years), reverse=True)
    rows = Event.objects.public().filter(event_kind="agreement").order_by("-happened_on", "pk")
    assert event_ids(tree) == list(rows.values_list("key", flat=True))
    for section in tree.xpath("//section[@class='year']"):
        dates = section.xpath(".//time/@datetime")
        assert {date[:4] for date in dates} == {section.xpath("h2")[0].text}


@pytest.mark.parametrize(
    ("choice", "columns"),
    [
        ("?year=2013", {"happened_on__year": 2013}),
        ("?kind=crisis", {"event_kind": "crisis"}),
        ("?agreement=first-agreement", {"agreements__slug": "first-agreement"}),
        (
            "?year=2013&kind=agreement&agreement=first-agreement",
            {
                "happened_on__year": 2013,
                "event_kind": "agreement",
                "agreements__slug": "first-agreement",
            },
        ),
        ("?year=2024&kind=election", {"happened_on__year": 2024, "event_kind": "election"}),
    ],
)
def test_the_timeline_can_be_narrowed_by_year_kind_and_agreement(client, choice, columns):
    tree = page(client, f"/en/timeline/{choice}")
    rows = Event.objects.public().filter(**columns)
    assert sorted(event_ids(tree)) == sorted(rows.values_list("key", flat=True))
    assert said(tree.xpath("//p[@class='found']/b")[0]).split()[0] == str(rows.count())


@pytest.mark.parametrize("name", ["year", "kind", "agreement"])
def test_a_wrong_choice_of_the_timeline_is_answered_with_those_that_exist(client, name):
    response = client.get(f"/en/timeline/?{name}=1066")
    assert response.status_code == 400
    offered = re.findall(rf'href="\?{name}=([a-z0-9-]+)"', response.content.decode())
    links = page(client, "/en/timeline/").xpath(f"//a/@href[starts-with(., '?{name}=')]")
    assert offered == [link.split("=")[1] for link in links]
    assert offered


def test_an_event_says_its_kind_its_agreements_and_its_source(client, records):
    event = records.event(
        event_kind="crisis",
        happened_on=datetime.date(2026, 2, 1),
        happened_precision="month",
        sources=[source_of("eu"), source_of("press")],
        **texts("text", "more of it"),
    )
    row = page(client, f"/en/timeline/?agreement={SLUG}").get_element_by_id(event.key)
    assert said(row).startswith("February 2026")
    for expected in (words_of(event, "title"), "Text more of it", "Crisis", "Text eu, Text press"):
        assert expected in said(row)
    assert f"/en/agreements/{SLUG}/" in row.xpath(".//a/@href")
    assert source_of("press").url in row.xpath(".//a/@href")


def test_the_first_view_of_the_timeline_is_whole_newest_years(client, records):
    tree = page(client, "/en/timeline/")
    shown = set(event_ids(tree))
    oldest = min(int(each.text) for each in tree.xpath("//section[@class='year']/h2"))
    rows = Event.objects.public().filter(happened_on__year__gte=oldest)
    assert shown == set(rows.values_list("key", flat=True))
    assert 30 <= len(shown) < Event.objects.public().count()
    after = Event.objects.public().filter(happened_on__year__gt=oldest)
    assert after.count() < 30
    assert said(tree.xpath("//p[@class='found']")[0]).startswith(f"{len(shown)} events")


@every_language
def test_phases_say_when_who_led_and_who_facilitated(client, code):
    rows = page(client, f"/{code}/timeline/phases/").xpath("//ol[@class='rows']/li")
    phases = list(Phase.objects.prefetch_related("people"))
    assert [said(row.xpath("h2")[0]) for row in rows] == [
        words_of(phase, "name", code) for phase in phases
    ]
    for row, phase in zip(rows, phases, strict=True):
        assert words_of(phase, "summary", code) in said(row)
        assert day_of(phase.start, phase.start_precision, code) in said(row)
        for person in phase.people.all():
            side = [
                each
                for each in row.xpath(".//dl/div")
                if words_of(person, "name", code) in said(each)
            ]
            names = {said(each.xpath("dt")[0]) for each in side}
            assert label(Side(person.side).label, code) in names


# ── How many, the method, the first layer, the home page ─────────────────────────────────────


@every_language
def test_how_many_shows_every_count_in_use_beside_our_own(client, records, code):
    rows = page(client, f"/{code}/about/how-many/").xpath("//table[@class='counts']/tbody/tr")
    counts = list(Count.objects.all())
    assert len(rows) == len(counts) + 1
    for row, count in zip(rows, counts, strict=False):
        cells = [said(cell) for cell in row.xpath("th | td")]
        assert cells[0] == words_of(count, "who", code)
        assert cells[2] == ("–" if count.number is None else str(count.number))
        assert words_of(count, "rule", code) in cells[3]
    own = Agreement.objects.public().count()
    assert [said(cell) for cell in rows[-1].xpath("td")][1] == str(own)


@every_language
def test_the_method_gives_every_level_and_every_confidence_its_written_test(client, code):
    tree = page(client, f"/{code}/about/method/")
    for level in Level:
        entry = tree.get_element_by_id(f"level-{level.value}")
        assert said(entry.xpath("dt")[0]).casefold() == label(level.label, code).casefold()
        assert said(entry.xpath("dd")[0]) == label(LEVEL_TESTS[level], code)
    text = said(tree.get_element_by_id("scale").getparent())
    for confidence, test in CONFIDENCE_TESTS.items():
        assert label(test, code) in text
        assert label(confidence.label, code).casefold() in text.casefold()


@pytest.mark.parametrize("name", ["agreement", "obligation", "list", "list-narrowed"])
def test_the_name_of_a_level_leads_to_its_written_test_on_the_page(client, name):
    tree = example(client, "en", RECORD_PAGES[name])
    links = tree.xpath("//span[@class='level']/a/@href")
    assert links
    for link in links:
        level = link.removeprefix("#level-")
        assert said(tree.get_element_by_id(link[1:])).endswith(str(LEVEL_TESTS[Level(level)]))


def tallied(element):
    """Return {debtor: {level: number}} of a list of counts in English, without zeros."""
    found = {}
    for row in element.xpath(".//dl[@class='tallies']/div"):
        counts = {}
        for each in row.xpath(".//span[@class='tally']"):
            number, name = said(each).split(" ", 1)
            counts |= {name: int(number)} if number != "0" else {}
        found[said(row.xpath("dt")[0])] = counts
    return found


def tallied_by_hand(**chosen):
    state, found = naive_state(), {}
    for key in naive_keys(state, **chosen):
        side, name = Debtor(state[key]["side"]).label, name_of(state[key]["level"])
        found.setdefault(side, {}).setdefault(name, 0)
        found[side][name] += 1
    return {"Kosovo": {}, "Serbia": {}} | found


def test_the_first_layer_counts_what_became_of_the_agreement(client, records):
    records.obligations("p1", "serbia")
    for agreement in Agreement.objects.public():
        tree = page(client, f"/en/agreements/{agreement.slug}/")
        glance = tree.xpath("//section[@class='glance']")[0]
        assert tallied(glance) == tallied_by_hand(agreement=agreement.slug)
        assert list(tallied(glance))[:2] == ["Kosovo", "Serbia"]
        links = glance.xpath(".//a/@href")
        assert f"/en/agreements/{agreement.slug}/implementation/" in links
        count = len(naive_keys(agreement=agreement.slug))
        assert f"{count} obligation" in said(glance.xpath(".//p[@class='deeper']")[0])


def test_the_first_layer_names_at_most_three_obstacles_and_only_those_that_stand(client, records):
    records.obligation()
    over = {"since": datetime.date(2012, 1, 1), "until": datetime.date(2013, 1, 1)}
    records.obstacle(**over)
    standing = [records.obstacle() for _ in range(4)]
    glance = page(client, f"/en/agreements/{SLUG}/").xpath("//section[@class='glance']")[0]
    links = [link for link in glance.xpath(".//a/@href") if "/obstacles/" in link]
    assert links == [f"/en/obstacles/{each.key}/" for each in standing[:3]]


def test_the_first_layer_says_nothing_of_it_where_nothing_is_recorded(client, records):
    assert not page(client, f"/en/agreements/{SLUG}/").xpath("//section[@class='glance']")


def test_a_version_for_ever_does_not_show_what_became_of_it_today(client):
    for path in ("agreements/customs-stamps/history/1/", "agreements/customs-stamps/details/"):
        assert not page(client, f"/en/{path}").xpath("//section[@class='glance']"), path


def test_the_home_page_counts_everything_and_names_what_stands_in_the_way(client, records):
    records.obligations("p1", "kosovo", "eu")
    tree = page(client, "/en/")
    assert tallied(tree) == tallied_by_hand()
    assert list(tallied(tree))[:2] == ["Kosovo", "Serbia"]
    standing = [
        each
        for each in Obstacle.objects.public()
        if each.agreement.published_id and (each.until is None or each.until > today())
    ]
    shown = tree.xpath("//ul[@class='ways-barred']/li/a/@href")
    assert len(shown) == 4
    assert {link.split("/")[3] for link in shown} <= {each.key for each in standing}
    assert f"{len(standing)} obstacles stand today" in said(tree)


# ── Signs, charts, scripts, figures ──────────────────────────────────────────────────────────


@every_record_page
@every_language
def test_every_sign_of_a_level_is_drawn_on_the_page_and_has_its_name_beside_it(client, code, path):
    tree = example(client, code, path)
    drawn = {each.get("id") for each in tree.xpath("//symbol")}
    for use in tree.xpath("//use"):
        assert use.get("href")[1:] in drawn
    for sign in tree.xpath("//svg[@class='sign']"):
        assert sign.get("aria-hidden") == "true"
        level = sign.xpath("use/@href")[0].removeprefix("#sign-")
        assert name_of(level, code).casefold() in said(sign.getparent()).casefold()


@every_record_page
def test_every_chart_is_followed_by_the_same_assessments_in_words(client, path):
    for chart in example(client, "en", path).xpath("//svg[@class='course']"):
        marks = [use.get("href").removeprefix("#sign-") for use in chart.xpath("use")]
        follows = chart.getnext()
        if follows.tag == "details":  # a table, oldest first like the drawing
            rows = follows.xpath(".//table/tbody/tr")
            told = [said(row.xpath("td")[1]).removesuffix(", disputed") for row in rows]
        else:  # an obligation's own page tells each at length, newest first
            rows = chart.xpath("following-sibling::*[starts-with(@class, 'tracked')]")
            told = [said(row.xpath(".//span[@class='level']")[0]) for row in reversed(rows)]
        assert told == [name_of(level) for level in marks]
        assert all(row.xpath(".//time") for row in rows)
        assert len(marks) > 1


def test_the_examples_hold_charts_on_both_kinds_of_page(client):
    for name in ("agreement", "obligation"):
        assert example(client, "en", RECORD_PAGES[name]).xpath("//svg[@class='course']")


@every_record_page
def test_drawings_have_no_colour_of_their_own_and_nothing_has_a_style(client, path):
    tree = example(client, "en", path)
    for name in ("fill", "stroke", "color", "stop-color"):
        colours = set(tree.xpath(f"//svg/descendant-or-self::*/@{name}"))
        assert colours <= {"currentColor", "none"}
    assert not tree.xpath("//main//*[@style] | //style")


def test_every_mark_of_a_chart_stands_inside_its_drawing(client, records):
    owed = records.obligation()
    for n in range(20):
        level = Level.values[n % 7]
        records.assess(owed, level, today() - datetime.timedelta(20 - n))
    chart = page(client, f"/en/{OWN}").xpath("//svg[@class='course']")[0]
    width, height = int(chart.get("width")), int(chart.get("height"))
    places = [int(use.get("x")) for use in chart.xpath("use")]
    assert len(places) == 20
    assert places == sorted(places)
    assert all(0 <= each <= width - 16 for each in places)
    assert all(0 <= int(use.get("y")) <= height - 16 for use in chart.xpath("use"))


@every_record_page
@every_language
def test_nothing_is_averaged_into_a_percentage(client, code, path):
    assert "%" not in visible_text(example(client, code, path))


@every_record_page
def test_a_latin_page_of_records_has_no_cyrillic_but_the_way_to_the_cyrillic_edition(client, path):
    text = visible_text(example(client, "sr-latn", path), foreign=False)
    assert CYRILLIC.findall(text) == []


@every_record_page
def test_the_two_serbian_editions_of_records_are_one_text(client, path):
    latin = visible_text(example(client, "sr-latn", path), foreign=False)
    cyrillic = visible_text(example(client, "sr-cyrl", path), foreign=False)
    switch = r"Srpski \((latinica|ćirilica)\)|Srpski"
    assert re.sub(switch, "", to_latin(cyrillic)) == re.sub(switch, "", latin)


def test_a_cyrillic_page_of_records_says_everything_in_cyrillic(client, records):
    owed, other = records.obligations("p1", "kosovo", "serbia", due_on=datetime.date(2012, 1, 1))
    for level, year in (("complete", 2020), ("cannot-be-rated", 2021)):
        records.assess(owed, level, datetime.date(year, 1, 1), disputed=True)
    records.assess(other, "reversed", next_check_on=datetime.date(2031, 1, 1))
    records.correct(owed, **texts("text", "5"))
    records.position("kosovo")
    obstacle = records.obstacle("p1", since=datetime.date(2020, 1, 1))
    for path in (OWN, f"{OWN}{owed.key}/", f"obstacles/{obstacle.key}/"):
        tree = page(client, f"/sr-cyrl/{path}")
        for apart in tree.xpath("//main//*[@lang] | //main//svg"):
            apart.drop_tree()
        assert re.findall("[A-Za-zÇçËëŠšĐđŽž]+", said(tree.xpath("//main")[0])) == [], path


# ── What is not public ───────────────────────────────────────────────────────────────────────

SECRET = "не сме"  # in every language, so that no page can hide it in another


def hidden(field):
    return {f"{field}_{language}": f"{SECRET} {field}" for language in STORED}


def everything_hidden(records, public):
    """Make one record of every kind with SECRET in it; return the addresses of its pages."""
    owed = records.obligation("p1", "serbia", public=public, **hidden("text"))
    records.assess(owed, "reversed", public=public, **hidden("reason"))
    obstacle = records.obstacle("p1", public=public, **hidden("title"), **hidden("text"))
    records.position("kosovo", public=public, **hidden("statement"), **hidden("speaker"))
    slug = records.agreement.slug
    return [f"agreements/{slug}/implementation/{owed.key}/", f"obstacles/{obstacle.key}/"]


# All pages that show records of the test agreement, or of all agreements.
SHOWING = (
    "",
    "agreements/",
    f"agreements/{SLUG}/",
    OWN,
    f"implementation/?agreement={SLUG}",
    "implementation/?page=2",
    "implementation/obligations.csv",
    "obstacles/",
    "timeline/",
    "timeline/?year=2024",
)


def assert_nowhere(client, *secrets):
    for path in SHOWING:
        response = client.get(f"/sr-cyrl/{path}")
        assert response.status_code == 200, path
        told = response.content.decode()
        assert [secret for secret in secrets if secret in told] == [], path


def test_drafts_of_records_stand_on_no_page_even_for_a_superuser(client, records, person):
    client.force_login(person("root", is_superuser=True, is_staff=True))
    records.assess(records.obligation(), "minimal")
    pages = everything_hidden(records, public=False)
    records.event(public=False, **hidden("title"))
    assert_nowhere(client, SECRET)
    sitemap = client.get("/sitemap.xml").content.decode()
    for path in pages:
        assert client.get(f"/en/{path}").status_code == 404, path
        assert path not in sitemap


def test_a_draft_of_a_correction_stands_on_no_page(client, records):
    owed = records.obligation()
    made = [
        (owed, "text"),
        (records.assess(owed, "minimal"), "reason"),
        (records.obstacle(), "text"),
        (records.position("kosovo"), "statement"),
        (records.event(), "title"),
    ]
    for record, field in made:
        draft = recording.correct(record, by=records.preparer, notes=dict.fromkeys(STORED, SECRET))
        recording.rewrite(draft, by=records.preparer, seen=draft.revision, values=hidden(field))
    assert_nowhere(client, SECRET)
    for path in (f"{OWN}{owed.key}/", f"obstacles/{made[2][0].key}/"):
        response = client.get(f"/sr-cyrl/{path}")
        assert response.status_code == 200
        assert SECRET not in response.content.decode(), path


def test_what_a_correction_replaced_stands_on_no_page(client, records):
    owed = records.obligation(**hidden("text"))
    judged = records.assess(owed, "minimal", **hidden("reason"))
    obstacle = records.obstacle(**hidden("title"))
    statement = records.position("serbia", **hidden("statement"))
    event = records.event(**hidden("title"))
    for record, field in (
        (owed, "text"),
        (judged, "reason"),
        (obstacle, "title"),
        (statement, "statement"),
        (event, "title"),
    ):
        records.correct(record, **texts(field, "5"))
    assert_nowhere(client, SECRET)
    for path in (f"{OWN}{owed.key}/", f"obstacles/{obstacle.key}/"):
        assert SECRET not in client.get(f"/sr-cyrl/{path}").content.decode(), path


@pytest.mark.parametrize("state", ["draft", "sealed", "withdrawn"])
def test_records_of_an_agreement_that_is_not_public_stand_on_no_page(
    client, records, editor, publisher, state
):
    records.assess(records.obligation(), "minimal")
    version = make_draft(editor, slug="hidden-agreement", provisions=1, **hidden("short_title"))
    if state != "draft":
        version = publishing.seal(version, at=NOON)
    if state == "withdrawn":
        publication = publishing.publish(version, by=publisher, replacing=None, at=NOON)
        publishing.withdraw(publication, by=publisher, reasons=WHY)
    others = Records(version)
    others.event(**texts("title", "5"))
    pages = everything_hidden(others, public=True)
    assert_nowhere(client, SECRET, "hidden-agreement")
    assert "hidden-agreement" not in client.get("/sitemap.xml").content.decode()
    expected = {404, 410} if state == "withdrawn" else {404}
    for path in [*pages, "agreements/hidden-agreement/implementation/"]:
        response = client.get(f"/sr-cyrl/{path}")
        assert response.status_code in expected, path
        assert f"{SECRET} text" not in response.content.decode()
    for path in ("implementation/", "obstacles/", "timeline/"):
        assert client.get(f"/en/{path}?agreement=hidden-agreement").status_code == 400, path


def test_what_is_not_there_is_not_found(client, records):
    owed = records.obligation()
    for path in (
        f"{OWN}no-such-obligation/",
        f"agreements/customs-stamps/implementation/{owed.key}/",
        "agreements/no-such-agreement/implementation/",
        "obstacles/no-such-obstacle/",
    ):
        assert client.get(f"/en/{path}").status_code == 404, path


# ── Cost ─────────────────────────────────────────────────────────────────────────────────────


def grow(records, size, owed, obstacle_key):
    """Bring every kind of record of an agreement to so many more."""
    made = itertools.count(1)
    owed_now = records.obligations("p2", *itertools.islice(itertools.cycle(Debtor.values), size))
    day, why = datetime.date(2015, 1, 1), texts("reason", "5")
    common = {"level": "complete", "confidence": "low", "evidence": source_of(), **why}
    records.publish(
        [
            Assessment(key=f"{each.key}-now", obligation=each, as_of=day, **common)
            for each in owed_now
        ]
    )
    records.publish(
        [
            Assessment(
                key=f"{owed.key}-{size}-{n}",
                obligation=owed,
                as_of=day + datetime.timedelta(size + n),
                **common,
            )
            for n in range(size)
        ]
    )
    titled = {**texts("title", "5"), **texts("text", "5")}
    kinds = itertools.cycle(ObstacleKind.values)
    records.publish(
        [
            Obstacle(
                key=f"{obstacle_key}-{size}-{next(made)}",
                agreement=records.agreement,
                obstacle_kind=next(kinds),
                **titled,
            )
            for _ in range(size)
        ],
        lists={"provisions": [records.provisions["p2"]]},
    )
    sides = itertools.cycle(Side.values)
    records.publish(
        [
            Position(
                key=f"position-{size}-{n}",
                agreement=records.agreement,
                side=next(sides),
                said_on=day,
                provision=records.provisions["p1"],
                **texts("statement", "5"),
            )
            for n in range(size)
        ]
    )
    kinds = itertools.cycle(EventKind.values)
    records.publish(
        [
            Event(
                key=f"event-{size}-{n}",
                happened_on=day + datetime.timedelta(n),
                event_kind=next(kinds),
                **titled,
            )
            for n in range(size)
        ],
        lists={"agreements": [records.agreement]},
    )


@pytest.mark.any_database
def test_each_page_costs_at_most_twelve_queries_and_the_same_with_five_hundred_records(
    client, records
):
    owed, obstacle = records.obligation(), records.obstacle()
    records.correct(owed, **texts("text", "5"))
    records.correct(obstacle, **texts("text", "5"))
    paths = [
        "",
        "agreements/?level=complete&side=serbia",
        f"agreements/{SLUG}/",
        OWN,
        f"{OWN}{owed.key}/",
        f"implementation/?agreement={SLUG}&side=kosovo",
        f"implementation/obligations.csv?agreement={SLUG}",
        f"obstacles/?agreement={SLUG}",
        f"obstacles/{obstacle.key}/",
        f"timeline/?agreement={SLUG}",
        "timeline/phases/",
        "about/how-many/",
        "about/method/",
    ]

    def costs():
        found = {}
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/sr-cyrl/{path}").status_code == 200, path
            found[path] = len(queries)
        return found

    grow(records, 5, owed, "few")
    few = costs()
    grow(records, 495, owed, "many")
    assert len(naive_keys(agreement=SLUG)) == 501
    assert costs() == few
    assert max(few.values()) <= 12
