"""On any day: what the public could read at a moment, as a plain list of events says it."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import product
from urllib.parse import parse_qs, urljoin, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone, translation
from django.utils.translation import gettext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from agreements import publishing, recording
from agreements.content.record_rows import MODELS
from agreements.days import Day, NoSuchDay, asked_day, versions_on
from agreements.models import RECORD_KINDS, Agreement, Publication, Source, Version
from dialogue_platform.dates import written
from dialogue_platform.scripts import to_latin
from tests.conftest import NOON, make_draft
from tests.page_types import PUBLIC_CODES
from tests.records import (
    TELLING,
    WHY,
    corrected,
    make_assessment,
    make_event,
    make_obligation,
    make_obstacle,
    make_position,
    make_reply,
    make_source,
    published,
    second_person,
    withdrawn,
    words,
)

pytestmark = pytest.mark.django_db

CLOCK = ZoneInfo("Europe/Belgrade")  # the platform's
INSTANT = timedelta(microseconds=1)


a_few = settings(
    max_examples=25,
    deadline=None,
    database=None,  # no folder of examples in the working copy
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example is undone
)


@contextmanager
def undone():
    """Let whatever happens inside not have happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# ── Records: random histories against a list of (moment, key, text) ──────────────────────────

GAPS = (timedelta(0), INSTANT, timedelta(hours=5), timedelta(days=1))
# By where a record stands: what can happen to it; a draft is published more often than not.
CAN_HAPPEN = {
    "nothing": ("write",),
    "draft": ("publish", "publish", "publish", "write", "discard"),
    "public": ("correct", "withdraw"),
    "withdrawn": ("correct",),
}
# Which record, which of the verbs that have a place there, and how much later.
a_step = st.tuples(st.integers(0, 2), st.integers(0, 9), st.sampled_from(GAPS))
a_life = st.tuples(st.sampled_from(RECORD_KINDS), st.lists(a_step, min_size=4, max_size=14))


@pytest.fixture
def version(public):
    second_person()
    return public()


class Life:
    """Three records of one kind that live through steps; `events` is what a reader would note.

    A record goes from nothing to a draft, to public, to the draft of its next edition, to public
    or withdrawn and, corrected, back again.
    """

    def __init__(self, version, kind):
        self.version, self.kind, self.model = version, kind, MODELS[kind]
        self.now, self.events, self.count = NOON, [], 0
        self.drafts, self.newest = {}, {}
        if kind == "assessment":
            self.obligation = make_obligation(version, publish=True)

    def step(self, record, choice, gap):
        self.now, self.count = self.now + gap, self.count + 1
        key = f"record-{record}"
        verbs = CAN_HAPPEN[self._state(key)]
        getattr(self, f"_{verbs[choice % len(verbs)]}")(key)

    def _state(self, key):
        if key in self.drafts:
            return "draft"
        if key not in self.newest:
            return "nothing"
        return "withdrawn" if self.newest[key].change == "withdrawal" else "public"

    def _write(self, key):
        text = words(TELLING[self.kind], f"Text {self.count}")
        if key in self.drafts:
            draft = self.drafts[key]
            by, seen = draft.prepared_by, draft.revision
            self.drafts[key] = recording.rewrite(draft, by=by, seen=seen, values=text)
        else:
            self.drafts[key] = self._make(key, text)

    def _publish(self, key):
        record = published(self.drafts.pop(key), at=self.now)
        text = getattr(record, f"{TELLING[self.kind]}_en")
        self.newest[key] = record
        self.events.append((self.now, key, None if record.change == "withdrawal" else text))

    def _correct(self, key):
        by = self.newest[key].prepared_by
        self.drafts[key] = recording.correct(self.newest[key], by=by, notes=WHY, at=self.now)
        self._write(key)

    def _withdraw(self, key):
        by = self.newest[key].prepared_by
        self.drafts[key] = recording.withdraw(self.newest[key], by=by, notes=WHY, at=self.now)

    def _discard(self, key):
        draft = self.drafts.pop(key)
        recording.discard(draft, by=draft.prepared_by, seen=draft.revision, at=self.now)

    def _make(self, key, text):
        if self.kind == "assessment":
            day = date(2026, 3, 1 + int(key[-1]))
            return make_assessment(self.obligation, day, key=key, at=self.now, **text)
        makers = {
            "obligation": make_obligation,
            "obstacle": make_obstacle,
            "position": make_position,
            "reply": make_reply,
            "event": make_event,
        }
        return makers[self.kind](self.version, key, at=self.now, **text)

    def expected(self, moment):
        """Return {key: text} that a reader of the events would say was public at a moment."""
        public = {}
        for when, key, text in self.events:
            if when <= moment:
                public[key] = text
        return {key: text for key, text in public.items() if text is not None}

    def read(self, moment):
        """Return [(key, text)] that the public could read at a moment; None means now."""
        rows = self.model.objects.public_at(moment).filter(key__startswith="record-")
        return sorted((row.key, getattr(row, f"{TELLING[self.kind]}_en")) for row in rows)

    @property
    def moments(self):
        """Every moment at which something happened, just before and just after it."""
        happened = {when for when, _key, _text in self.events} | {NOON}
        near = {when + shift for when in happened for shift in (-INSTANT, timedelta(0), INSTANT)}
        return sorted(near | {self.now + timedelta(days=400)})


@a_few
@given(life=a_life, at=st.integers(0, 14 * 24 * 60))
def test_at_any_moment_the_public_reads_what_had_been_published_and_not_withdrawn(
    version, life, at
):
    kind, steps = life
    with undone():
        life = Life(version, kind)
        for step in steps:
            life.step(*step)
        for moment in [*life.moments, NOON + timedelta(minutes=at)]:
            assert life.read(moment) == sorted(life.expected(moment).items()), moment
        assert life.read(None) == sorted(life.expected(life.now).items())


@a_few
@given(life=a_life)
def test_no_record_is_public_twice_and_each_edition_knows_when_it_was(version, life):
    kind, steps = life
    with undone():
        life = Life(version, kind)
        for step in steps:
            life.step(*step)
        editions = list(life.model.objects.filter(key__startswith="record-"))
        for moment in [*life.moments, None]:
            public = list(life.model.objects.public_at(moment).filter(key__startswith="record-"))
            assert len({row.key for row in public}) == len(public)
            assert set(public) == {row for row in editions if row.is_public_at(moment)}


@a_few
@given(life=a_life)
def test_what_the_public_could_read_at_a_moment_never_changes_afterwards(version, life):
    kind, steps = life
    with undone():
        life, remembered = Life(version, kind), {}
        for step in steps:
            life.step(*step)
            just_now = life.now - INSTANT  # what happens later happens at `now` at the earliest
            remembered.setdefault(just_now, life.read(just_now))
        assert {moment: life.read(moment) for moment in remembered} == remembered


# ── Versions: random publications and withdrawals against the calendar ───────────────────────

START = datetime(2026, 3, 27, 20, tzinfo=UTC)  # summer time begins on 29 March
DAYS = [date(2026, 3, 26) + timedelta(days=n) for n in range(14)]
a_publication = st.tuples(
    st.integers(0, 1), st.sampled_from([0, 1, 2, "withdraw"]), st.integers(0, 60 * 30)
)


@pytest.fixture
def two_agreements(editor, publisher):
    """Two agreements with three sealed versions each, nothing of them published."""
    found = []
    for slug in ("day-one", "day-two"):
        versions = [publishing.seal(make_draft(editor, slug=slug), at=NOON)]
        for text in ("Second.", "Third."):
            draft = publishing.open_draft(versions[0].agreement, by=editor)
            changes = {"summary_en": text, "change_class": "correction"}
            changes |= {f"change_note_{code}": "…" for code in ("sq", "sr", "en")}
            Version.objects.filter(pk=draft.pk).update(**changes)
            versions.append(publishing.seal(Version.objects.get(pk=draft.pk), at=NOON))
        found.append(versions)
    return found


@a_few
@given(steps=st.lists(a_publication, min_size=2, max_size=8))
def test_the_versions_of_a_day_are_those_public_at_its_end(two_agreements, publisher, steps):
    with undone():
        now, events, public = START, [], {}
        for which, what, minutes in steps:
            now += timedelta(minutes=minutes)
            agreement = two_agreements[which][0].agreement_id
            current = public.get(agreement)
            if what == "withdraw":
                if current is None:
                    continue
                last = Publication.objects.filter(version=current).newest_first().first()
                publishing.withdraw(last, by=publisher, reasons=WHY, at=now)
                public[agreement] = None
            elif two_agreements[which][what] != current:
                public[agreement] = two_agreements[which][what]
                publishing.publish(public[agreement], by=publisher, replacing=current, at=now)
            events.append((now.astimezone(CLOCK).date(), agreement, public.get(agreement)))

        ours = [versions[0].agreement_id for versions in two_agreements]
        for day in DAYS:
            expected = {}
            for when, agreement, version in events:
                if when <= day:
                    expected[agreement] = version and version.pk
            expected = {agreement: pk for agreement, pk in expected.items() if pk}
            found = versions_on(Day(day, True, today=date(2026, 6, 1)), agreement__in=ours)
            assert found == expected, day
        today = versions_on(Day(DAYS[-1], False, today=DAYS[-1]), agreement__in=ours)
        rows = Agreement.objects.filter(pk__in=ours, published__isnull=False)
        assert today == dict(rows.values_list("pk", "published"))


# ── What a day is ────────────────────────────────────────────────────────────────────────────

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2026, 3, 28), 24),
        (date(2026, 3, 29), 23),  # summer time begins
        (date(2025, 10, 26), 25),  # and ends
        (date(2025, 12, 31), 24),
    ],
)
def test_a_day_is_from_midnight_to_midnight_on_the_platforms_clock(day, hours):
    end = Day(day, True, TODAY).moment
    before = Day(day - timedelta(days=1), True, TODAY).moment
    local = (end.astimezone(CLOCK).date(), end.astimezone(CLOCK).time())
    assert local == (day, datetime.max.time())
    assert (end.astimezone(UTC) - before.astimezone(UTC)) == timedelta(hours=hours)


@settings(max_examples=60, deadline=None, database=None)
@given(st.dates(date(1990, 1, 1), TODAY - timedelta(days=1)))
def test_every_moment_belongs_to_one_day(day):
    end = Day(day, True, TODAY).moment.astimezone(UTC)
    assert end.astimezone(CLOCK).date() == day
    assert (end + INSTANT).astimezone(CLOCK).date() == day + timedelta(days=1)


def test_the_clock_of_a_request_does_not_move_the_end_of_a_day():
    here = Day(date(2026, 3, 29), True, TODAY).moment
    with timezone.override(ZoneInfo("Pacific/Auckland")):
        assert Day(date(2026, 3, 29), True, TODAY).moment == here


def test_today_has_no_end_yet():
    for asked in (True, False):
        today = Day(TODAY, asked, TODAY)
        assert today.moment is None
        assert not today.is_past
    assert Day(TODAY - timedelta(days=1), True, TODAY).is_past


def test_a_day_stays_in_addresses_only_where_the_reader_named_it():
    assert Day(TODAY, False, TODAY).query == ""
    assert Day(TODAY, True, TODAY).query == "?on=2026-06-01"


def asking(text):
    return asked_day(RequestFactory().get("/", {"on": text}), today=TODAY)


@settings(max_examples=60, deadline=None, database=None)
@given(st.dates(date(1, 1, 1), TODAY))
def test_every_day_up_to_today_can_be_asked_for(day):
    found = asking(day.isoformat())
    assert (found.date, found.asked, found.is_past) == (day, True, day < TODAY)
    assert (found.moment is None) == (day == TODAY)


NO_DAYS = ("2024-02-30", "x", "2024-3-1", "2024-13-01", "20240301", "2024-03", " 2024-03-01")
NO_DAYS += ("2024-03-01T00:00", "٢٠٢٤-٠٣-٠١", "-2024-03-01", "2024-03-01\x00", "0000-01-01")


@pytest.mark.parametrize("text", [*NO_DAYS, "2026-06-02", "9999-12-31"])
def test_nothing_but_a_day_up_to_today_can_be_asked_for(text):
    with pytest.raises(NoSuchDay):
        asking(text)


@settings(max_examples=100, deadline=None, database=None)
@given(st.text(st.sampled_from("0129-/ xT+"), min_size=1, max_size=11))
def test_what_is_taken_for_a_day_is_written_as_one(text):
    try:
        found = asking(text)
    except NoSuchDay:
        return
    assert found.date.isoformat() == text
    assert found.date <= TODAY


# ── The pages ────────────────────────────────────────────────────────────────────────────────

# The first things are published on FIRST, everything is changed on CHANGED; BETWEEN is old.
FIRST, CHANGED = NOON, NOON + timedelta(days=6)
BEFORE, BETWEEN = date(2026, 5, 3), date(2026, 5, 6)
AGREEMENT = "agreements/test-agreement/"

# Path → what it says from FIRST on; from CHANGED on it says "New" instead of "Old".
PAGES = {
    f"{AGREEMENT}implementation/": (
        *("Old duty", "Old reason", "Old obstacle", "Old statement", "Old point", "Old title"),
        *("minimal", "Test report"),
    ),
    AGREEMENT: ("Old title", "Old summary", "Old obstacle", "minimal"),
    f"{AGREEMENT}full-text/": ("Old title", "Old point", "Old wording"),
    "implementation/": ("Old duty", "Old name", "minimal"),
    "obstacles/": ("Old obstacle", "Old name"),
    f"{AGREEMENT}implementation/an-obligation/": (
        *("Old duty", "Old reason", "Old obstacle", "Old name", "minimal", "Test report"),
    ),
    "obstacles/an-obstacle/": ("Old obstacle", "Old hindrance", "Old point", "Old name"),
}
LATER_LEVEL = "intermediate"
every_path = pytest.mark.parametrize("path", PAGES)


def texts_of_version(word):
    return {
        **words("title", f"{word} title"),
        **words("short_title", f"{word} name"),
        **words("summary", f"{word} summary"),
    }


def texts_of_provisions(version, word):
    version.provision_texts.update(
        **words("heading", f"{word} point"), **words("text", f"{word} wording")
    )


@pytest.fixture
def history(editor, publisher):
    """An agreement with all its records on FIRST; on CHANGED everything of it changed."""
    make_source()
    Source.objects.filter(key="test-source").update(**words("title", "Test report"))
    draft = make_draft(editor, **texts_of_version("Old"))
    texts_of_provisions(draft, "Old")
    first = publishing.seal(draft, at=FIRST)
    publishing.publish(first, by=publisher, replacing=None, at=FIRST)
    old = {"publish": True, "at": FIRST}
    obligation = make_obligation(first, **old, **words("text", "Old duty"))
    make_assessment(obligation, **old, **words("reason", "Old reason"))
    told = {**words("title", "Old obstacle"), **words("text", "Old hindrance")}
    obstacle = make_obstacle(first, **old, **told)
    position = make_position(first, **old, **words("statement", "Old statement"))

    second_version(first, "New", editor, publisher, at=CHANGED)
    obligation = corrected(obligation, "New duty", at=CHANGED)
    first_edition = MODELS["obligation"].objects.get(key=obligation.key, edition=1)
    make_assessment(
        first_edition,
        date(2026, 5, 9),
        publish=True,
        at=CHANGED,
        level=LATER_LEVEL,
        **words("reason", "New reason"),
    )
    corrected(obstacle, "New hindrance", at=CHANGED, **words("title", "New obstacle"))
    corrected(position, "New statement", at=CHANGED)
    return first


def second_version(public, word, editor, publisher, *, at):
    draft = publishing.open_draft(public.agreement, by=editor)
    note = words("change_note", "Everything was written anew.")
    Version.objects.filter(pk=draft.pk).update(
        change_class="substantive", **note, **texts_of_version(word)
    )
    draft = Version.objects.get(pk=draft.pk)
    texts_of_provisions(draft, word)
    version = publishing.seal(draft, at=at)
    publishing.publish(version, by=publisher, replacing=public, at=at)
    return version


def in_page_script(text, code):
    return to_latin(text) if code == "sr-latn" else text


def get(client, path, day=None, code="en"):
    return client.get(f"/{code}/{path}", {"on": day} if day else {})


def shown(response):
    """Return (the page, what its main part says)."""
    tree = lxml_html.document_fromstring(response.content.decode())
    return tree, " ".join(" ".join(tree.xpath("//main//text()")).split())


@every_path
def test_a_past_day_shows_the_text_and_the_records_of_that_day(client, history, path):
    response = get(client, path, BETWEEN)
    assert response.status_code == 200
    _tree, text = shown(response)
    for said in PAGES[path]:
        assert said in text
    assert "New " not in text
    assert LATER_LEVEL not in text.replace("at intermediate", "")


@every_path
def test_today_shows_what_replaced_it(client, history, path):
    narrowed = {"agreement": "test-agreement"} if path == "implementation/" else {}
    _tree, text = shown(client.get(f"/en/{path}", narrowed))
    for said in PAGES[path]:
        if "Old" in said:
            assert said.replace("Old", "New") in text
            assert said not in text or said == "Old reason"  # an obligation shows its course


def test_a_page_of_a_past_day_says_which_and_leads_to_today(client, history):
    for path, code in product(PAGES, PUBLIC_CODES):
        tree, _text = shown(get(client, path, BETWEEN, code))
        (notice,) = tree.xpath("//p[contains(@class, 'notice')][@data-old]")
        with translation.override(code):
            day = in_page_script(written(BETWEEN), code)
        assert day in " ".join(notice.text_content().split())
        assert notice.xpath(".//a/@href") == [f"/{code}/{path}"]
        assert tree.xpath("//meta[@name='robots']/@content") == ["noindex"]
        canonical = tree.xpath("//link[@rel='canonical']/@href")
        assert canonical == [f"http://testserver/{code}/{path}"]


def test_a_page_of_today_is_not_marked_and_gives_its_permanent_address(client, history):
    today = timezone.localdate().isoformat()
    for path in PAGES:
        tree, _text = shown(get(client, path))
        assert not tree.xpath("//*[@data-old]"), path
        assert not tree.xpath("//meta[@name='robots']"), path
        assert f"/en/{path}?on={today}" in tree.xpath("//main//a/@href")
        asked = get(client, path, today)
        assert asked.status_code == 200, path
        assert not shown(asked)[0].xpath("//*[@data-old]"), path


def test_the_day_of_a_change_shows_it_and_the_day_before_does_not(client, history):
    day = CHANGED.astimezone(CLOCK).date()
    for path in PAGES:
        assert "New " in shown(get(client, path, day))[1], path
        assert "New " not in shown(get(client, path, day - timedelta(days=1)))[1], path


def test_midnight_is_the_platforms(client, version):
    """22:30 in Greenwich is the next day in Belgrade and Prishtina."""
    late = datetime(2026, 5, 6, 22, 30, tzinfo=UTC)
    make_obstacle(version, publish=True, at=late)
    path = "obstacles/an-obstacle/"
    assert get(client, path, "2026-05-06").status_code == 404
    assert get(client, path, "2026-05-07").status_code == 200


# ── The same page for ever ───────────────────────────────────────────────────────────────────


def on_all_pages(client, day):
    """Return {path: its bytes} of every page on a day."""
    return {path: get(client, path, day).content for path in PAGES}


def _new_things(first, editor, publisher):
    agreement = Agreement.objects.get(pk=first.agreement_id)
    now = timezone.now()
    third = second_version(agreement.published, "Third", editor, publisher, at=now)
    for kind in ("obligation", "obstacle", "position", "assessment"):
        for record in MODELS[kind].objects.public().filter(prepared_by=editor):
            corrected(record, "Third", at=now)
    make_obstacle(third, "another-obstacle", publish=True, at=now)
    make_position(third, "another-position", publish=True, at=now)
    another = make_obligation(third, "another-obligation", publish=True, at=now)
    make_assessment(another, publish=True, at=now)
    other = publishing.seal(make_draft(editor, slug="another-agreement"), at=now)
    publishing.publish(other, by=publisher, replacing=None, at=now)
    make_obstacle(other, "yet-another-obstacle", publish=True, at=now)


def _withdrawals(first, editor, publisher):
    now = timezone.now()
    for kind in ("assessment", "obligation", "obstacle", "position"):
        for record in MODELS[kind].objects.public().filter(prepared_by=editor):
            withdrawn(record, at=now)
    last = Publication.objects.filter(agreement=first.agreement_id).newest_first().first()
    publishing.withdraw(last, by=publisher, reasons=WHY, at=now)


def _drafts(first, editor, publisher):
    for kind in ("obligation", "obstacle", "position", "assessment"):
        for record in MODELS[kind].objects.public().filter(prepared_by=editor):
            draft = recording.correct(record, by=editor, notes=WHY)
            recording.rewrite(draft, by=editor, seen=0, values=words(TELLING[kind], "Draft"))
    make_obstacle(first, "drafted-obstacle")
    publishing.open_draft(first.agreement, by=editor)


def _the_first_version_again(first, editor, publisher):
    agreement = Agreement.objects.get(pk=first.agreement_id)
    publishing.publish(first, by=publisher, replacing=agreement.published, at=timezone.now())


@pytest.mark.parametrize(
    "later",
    [
        _new_things,
        _withdrawals,
        _drafts,
        _the_first_version_again,
    ],
)
def test_a_page_of_a_past_day_stays_the_same_whatever_happens_today(
    client, history, editor, publisher, later
):
    before = on_all_pages(client, BETWEEN)
    later(history, editor, publisher)
    after = on_all_pages(client, BETWEEN)
    assert [path for path in before if before[path] != after[path]] == []


def test_a_withdrawn_record_is_gone_from_its_day_on_and_stands_on_the_days_before(client, history):
    gone = CHANGED + timedelta(days=2)
    for kind, key, path in (
        ("obligation", "an-obligation", f"{AGREEMENT}implementation/an-obligation/"),
        ("obstacle", "an-obstacle", "obstacles/an-obstacle/"),
    ):
        withdrawn(MODELS[kind].objects.public().get(key=key), at=gone)
        for day, status in (
            (gone.date() - timedelta(days=1), 200),
            (gone.date(), 410),
            (None, 410),
        ):
            response = get(client, path, day)
            assert response.status_code == status
            assert (WHY["en"] in shown(response)[1].split("How this record changed")[0]) == (
                status == 410
            )
    for path, said in (("obstacles/", "New obstacle"), ("implementation/", "New duty")):
        assert said in shown(get(client, path, gone.date() - timedelta(days=1)))[1]
        assert said not in shown(get(client, path, gone.date()))[1]


def test_a_withdrawn_text_stands_on_the_days_before_its_withdrawal(client, history, publisher):
    gone = CHANGED + timedelta(days=2)
    last = Publication.objects.filter(agreement=history.agreement_id).newest_first().first()
    publishing.withdraw(last, by=publisher, reasons=WHY, at=gone)
    for path in (AGREEMENT, f"{AGREEMENT}implementation/"):
        assert get(client, path, gone.date() - timedelta(days=1)).status_code == 200
        assert get(client, path, gone.date()).status_code == 404
        assert get(client, path).status_code == 410
    for path in ("implementation/", "obstacles/"):
        _tree, text = shown(get(client, path))
        assert "New duty" not in text
        assert "New obstacle" not in text


def test_what_changed_lately_names_no_assessment_of_a_withdrawn_obligation(client, history):
    first = MODELS["obligation"].objects.get(key="an-obligation", edition=1)
    make_assessment(first, date(2026, 5, 10), publish=True, at=timezone.now())

    def named():
        tree, _text = shown(get(client, "implementation/"))
        return tree.xpath("//ol[@class='latest']//a[contains(@href, '#an-obligation')]")

    assert named()
    withdrawn(MODELS["obligation"].objects.public().get(key="an-obligation"), at=timezone.now())
    assert not named()


# ── Days on which there is nothing, and no days ──────────────────────────────────────────────


def test_a_day_before_the_first_publication_leads_to_what_is_there(client, history):
    for path, code in product(PAGES, PUBLIC_CODES):
        response = get(client, path, BEFORE, code)
        assert response.status_code == 404, path
        tree, text = shown(response)
        with translation.override(code):
            assert in_page_script(written(BEFORE), code) in text
        ways = tree.xpath("//main//ul//a/@href")
        assert ways == [f"/{code}/{path}", f"/{code}/{path}?on=2026-05-04"]
        assert client.get(ways[1]).status_code == 200


def test_the_first_day_that_a_page_offers_is_one_on_which_it_is_there(client, version):
    """22:30 in Greenwich is the next day in Belgrade and Prishtina."""
    make_obstacle(version, publish=True, at=datetime(2026, 5, 6, 22, 30, tzinfo=UTC))
    tree, _text = shown(get(client, "obstacles/an-obstacle/", "2026-05-05"))
    _today, first = tree.xpath("//main//ul//a/@href")
    assert client.get(first).status_code == 200


def test_the_oldest_day_there_is_is_no_mistake(client, history):
    for path in PAGES:
        assert get(client, path, "0001-01-01").status_code == 404, path


def test_no_day_is_explained_in_the_readers_language(client, history):
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    for path, code in product(PAGES, PUBLIC_CODES):
        with translation.override(code):
            said = gettext("“on” takes a day up to today, written like this: 2024-03-18.")
        for day in ("2024-02-30", "x", "2024-3-1", tomorrow) if code == "en" else ("x",):
            response = get(client, path, day, code)
            assert response.status_code == 400, (path, day)
            tree, text = shown(response)
            assert said in text
            assert tree.get("lang").lower() == code
            assert tree.xpath("//main//ul//a/@href") == [f"/{code}/{path}"]


def test_an_empty_day_is_today(client, history):
    for path in PAGES:
        assert shown(client.get(f"/en/{path}?on="))[1] == shown(client.get(f"/en/{path}"))[1]


def test_the_table_of_a_day_is_the_list_of_that_day(client, history):
    old = client.get("/en/implementation/obligations.csv", {"on": BETWEEN}).content.decode()
    assert "Old duty" in old
    assert "New duty" not in old
    assert client.get("/en/implementation/obligations.csv", {"on": "x"}).status_code == 400


# ── Links stay on the day ────────────────────────────────────────────────────────────────────


def knows_days(address):
    """Tell whether an address leads to a page that exists for every day."""
    parts = urlsplit(address).path.strip("/").split("/")[1:]
    if parts[-1:] == ["obligations.csv"]:
        return False
    of_one = parts[:1] == ["agreements"] and len(parts) > 1 and "history" not in parts
    return of_one or parts[:1] in (["implementation"], ["obstacles"])


def links(tree, base):
    """Return the links of a page's main part, but for the way to what is public now."""
    found = tree.xpath("//main//a[not(ancestor::*[@data-old])]/@href")
    return {urljoin(base, each).split("#")[0] for each in found}


@pytest.mark.parametrize("path", PAGES)
def test_links_on_a_page_of_a_past_day_stay_on_that_day(client, history, path):
    base = f"/en/{path}?on={BETWEEN}"
    tree, _text = shown(client.get(base))
    found = {each for each in links(tree, base) if knows_days(each)}
    assert found - {base}
    astray = [each for each in found if parse_qs(urlsplit(each).query).get("on") != [str(BETWEEN)]]
    assert astray == []


def test_the_other_languages_of_a_page_of_a_past_day_are_on_that_day(client, history):
    for path in PAGES:
        tree, _text = shown(get(client, path, BETWEEN))
        editions = tree.xpath("//nav[@class='editions']//a/@href")
        assert editions == [f"/{code}/{path}?on={BETWEEN}" for code in PUBLIC_CODES]


def test_whoever_follows_links_from_a_past_day_stays_in_the_past(client, history):
    start = f"/en/implementation/?on={BETWEEN}"
    waiting, seen = [start], set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        response = client.get(address)
        assert response.status_code == 200, address
        tree, text = shown(response)
        assert tree.xpath("//*[@data-old]"), address
        assert "New " not in text, address
        waiting += [each for each in links(tree, address) if knows_days(each) and "on=" in each]
    assert len(seen) > 8
