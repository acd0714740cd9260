"""Both sides are shown alike: who stands where, in which element, in how many words.

The middle of it swaps Kosovo and Serbia in everything that the database holds and renders the pages
again: what stood in Kosovo's place then stands in Serbia's, and the rest of the page is the same.
"""

import ast
import datetime
import re
from collections import Counter
from dataclasses import dataclass

import pytest
from django.db import connection
from django.db.models import Case, F, Value, When
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from agreements import immutability
from agreements.implementation import (
    VOICES,
    Tracked,
    by_debtor,
    by_own_debtor,
    counted,
    deadline,
    one_sided,
    tallies,
)
from agreements.models import (
    Agreement,
    Assessment,
    Debtor,
    Level,
    Obligation,
    Party,
    PhasePerson,
    Position,
    Reply,
    Side,
    Source,
)
from dialogue_platform.languages import STORED
from tests.page_types import PUBLIC_CODES, every_language
from tests.records import make_reply, make_unanswered
from tests.server import ROOT
from tests.test_pages import page
from tests.test_record_pages import Records, said, source_of, spreadsheet

KOSOVO, SERBIA = "kosovo", "serbia"


def other(side):
    """Return the other one of the two sides, and whatever else as it is."""
    return {KOSOVO: SERBIA, SERBIA: KOSOVO}.get(side, side)


def kosovo_first(sides):
    """Tell whether all of Kosovo's comes before all of Serbia's."""
    two = [each for each in sides if each in (KOSOVO, SERBIA)]
    return two == sorted(two)


# ── Everything in the database, with the two sides swapped ───────────────────────────────────


@pytest.fixture
def unequal(db, public):
    """Public records in which the two sides differ in all they can, in a database without guards.

    The guards come back when the test's transaction is rolled back.
    """
    immutability.drop_triggers(connection)
    records = Records(public(provisions=3))  # Kosovo alone has a party
    late = {"due_on": timezone.localdate() - datetime.timedelta(5)}
    first, second, third = records.obligations("p1", KOSOVO, KOSOVO, SERBIA, **late)
    records.obligations("p2", SERBIA, "both", "eu", sources=[source_of(SERBIA)])
    records.obligations("p3", KOSOVO, sources=[source_of(KOSOVO)])
    records.assess(first, "complete", datetime.date(2020, 1, 1), sources=[source_of(KOSOVO)])
    records.assess(first, "reversed", datetime.date(2024, 1, 1), disputed=True)
    records.assess(second, "cannot-be-rated", datetime.date(2024, 1, 1))
    records.assess(third, "intermediate", datetime.date(2024, 1, 1), evidence=source_of())
    for _ in range(2):
        records.position(SERBIA, sources=[source_of(SERBIA)])
    records.obstacle("p1", "p2", since=datetime.date(2020, 1, 1))
    for make, side in ((make_reply, SERBIA), (make_reply, KOSOVO), (make_unanswered, SERBIA)):
        make(records.version, f"reply-{make.__name__}-{side}", side=side, publish=True)
    return records


def swap_sides():
    """Swap the two sides in every row, and bring lists with an order of their own into ours."""
    for model, column in (
        (Obligation, "owed_by"),
        (Position, "side"),
        (Reply, "side"),
        (Source, "side"),
        (Party, "side"),
        (PhasePerson, "side"),
    ):
        swapped = [When(**{column: side}, then=Value(other(side))) for side in (KOSOVO, SERBIA)]
        model.objects.update(**{column: Case(*swapped, default=F(column))})
    for model, owner in ((Party, "version_id"), (PhasePerson, "phase_id")):
        rows = sorted(
            model.objects.all(),
            key=lambda row: (getattr(row, owner), Side.values.index(row.side), row.position),
        )
        model.objects.update(position=F("position") + 1000)
        for position, row in enumerate(rows, 1):
            row.position = position
        model.objects.bulk_update(rows, ["position"])


@dataclass(frozen=True)
class Part:
    """A kind of part of a page that belongs to one side: where it is, where its name stands.

    `ordered` where Kosovo's come before Serbia's among their neighbours.
    """

    where: str
    name: str
    labels: type = Debtor
    ordered: bool = False


PARTS = (
    Part("//*[starts-with(@class, 'tracked')]", ".//p[@class='owed']//b", ordered=True),
    Part("//section[@class='voice-of']", "h3", ordered=True),
    Part("//article[@class='reply']", "p[1]", ordered=True),
    Part("//dl[@class='tallies']/div", "dt", ordered=True),
    Part("//section[@class='facts']/dl/div", "dt", ordered=True),
    Part("//table[@class='numbers']/tbody/tr", "th", ordered=True),
    Part("//ol[@class='rows']//dl/div", "dt", ordered=True),
    Part("//div[@class='filters']//li", "a", ordered=True),
    Part("//div[@class='filters']//summary/b", "."),
    Part("//section[@class='evidence']//li", "text()[1]"),
    Part("//li[@class='obligation']", ".//a/b"),
    Part("//ol[@class='latest']/li", "a"),
    Part("//section[@class='sources']//li", "span[@class='voice']", labels=Source.Voice),
    Part("//article[contains(@class, 'became')]//p[@class='particulars']", "text()[1]"),
    Part("//head/title", "."),
)


def side_in(text, labels, code):
    """Return (side, what it is called) of the first side that a short text names, or None."""
    with translation.override(code):
        names = {str(labels(side).label): side for side in (KOSOVO, SERBIA)}
    found = re.search(r"(?<!\w)(" + "|".join(map(re.escape, names)) + r")(?!\w)", text)
    return found and (names[found[0]], found[0])


def plain(element):
    """Return the HTML of an element, without what only counts or addresses a side."""
    text = " ".join(lxml_html.tostring(element, encoding="unicode", with_tail=False).split())
    text = re.sub(r"(side=|voice-)(kosovo|serbia)", r"\1…", text)
    return re.sub(r'(<a href="#source-[\w-]+">)\d+', r"\1…", text)  # numbers go by order


def parts_of(tree, code):
    """Take the parts that belong to a side out of a page: {(kind, place, side): [HTML]}."""
    parts, places, taken = {}, {}, []
    for notice in tree.xpath("//p[@class='behind']"):  # a translation is remembered by its place
        notice.drop_tree()
    for kind in PARTS:
        for element in tree.xpath(kind.where):
            node = element.xpath(kind.name)
            text = (node[0] if isinstance(node[0], str) else said(node[0])) if node else ""
            named = side_in(text, kind.labels, code)
            if named is None:
                # What belongs to no side may move when those beside it change places.
                if kind.where.endswith("'sources']//li"):
                    named = ("nobody", "…")
                else:
                    continue
            side, name = named
            place = element.getroottree().getpath(element.getparent())
            content = plain(element).replace(name, "…", 1)
            parts.setdefault((kind.where, place, side), []).append(content)
            if kind.ordered:
                places.setdefault((kind.where, place), []).append(side)
            taken.append(element)
    assert all(map(kosovo_first, places.values()))
    for element in taken:
        element.drop_tree()
    return {key: sorted(found) for key, found in parts.items()}


PAGES = (
    "",
    "agreements/",
    "agreements/?side=kosovo",
    "agreements/test-agreement/",
    "agreements/customs-stamps/",
    "agreements/test-agreement/implementation/",
    "agreements/customs-stamps/implementation/",
    "agreements/first-agreement/implementation/",
    "agreements/customs-stamps/implementation/customs-stamps-p3-kosovo/",
    "agreements/customs-stamps/implementation/customs-stamps-p3-serbia/",
    "implementation/?agreement=test-agreement",
    "implementation/?side=serbia",
    "obstacles/",
    "obstacles/customs-stamps-tariff-and-ban/",
    "timeline/",
    "timeline/phases/",
)


def swapped_choice(path):
    return re.sub(r"side=(\w+)", lambda found: f"side={other(found[1])}", path)


@pytest.mark.django_db
@every_language
def test_when_the_sides_are_swapped_each_stands_as_the_other_did(client, unequal, code):
    before, seen = {}, Counter()
    for path in PAGES:
        tree = page(client, f"/{code}/{path}")
        before[path] = parts_of(tree, code), plain(tree)
    swap_sides()
    for path, (parts, rest) in before.items():
        tree = page(client, f"/{code}/{swapped_choice(path)}")
        parts_now, rest_now = parts_of(tree, code), plain(tree)
        assert parts_now == {
            (where, place, other(side)): content for (where, place, side), content in parts.items()
        }, path
        assert rest_now == rest, path
        seen.update({where for where, _place, side in parts if side in (KOSOVO, SERBIA)})
    assert set(seen) == {kind.where for kind in PARTS}  # each kind was there to be compared


@pytest.mark.django_db
@every_language
def test_when_the_sides_are_swapped_the_table_to_download_differs_in_the_debtor_alone(
    client, unequal, code
):
    before = [list(row.values()) for row in spreadsheet(client, "", code)]
    swap_sides()
    after = [list(row.values()) for row in spreadsheet(client, "", code)]
    with translation.override(code):
        names = {str(Debtor(side).label): str(Debtor(other(side)).label) for side in Debtor.values}
    # Row by row: within a point Kosovo stands first, before and after.
    assert sorted([*row[:4], names[row[4]], *row[5:]] for row in before) == sorted(after)
    assert before != after


# Templates that show sides, told by the variables through which they get them.
SHOWS_SIDES = re.compile(r"get_side_display|get_owed_by_display|\b(debtor|side|sides|voices?)\b")
MARKUP = re.compile(r"{#.*?#}|{%\s*(?:blocktranslate.*?endblocktranslate|translate).*?%}", re.S)


@pytest.mark.any_database
@pytest.mark.django_db
def test_every_template_that_shows_sides_is_among_the_pages_compared(client, unequal):
    used = set()
    for path in PAGES:
        used |= {template.name for template in client.get(f"/en/{path}").templates}
    showing = {
        f"agreements/{path.name}"
        for path in (ROOT / "templates" / "agreements").glob("*.html")
        if SHOWS_SIDES.search(MARKUP.sub("", path.read_text(encoding="utf-8")))
    }
    assert {"agreements/_voices.html", "agreements/_tallies.html"} <= showing
    assert showing - used == set()


@pytest.mark.django_db
def test_within_one_point_kosovo_stands_first_whoever_was_recorded_first(client, unequal):
    unequal.obligations("p2", SERBIA, KOSOVO)
    tree = page(client, "/en/agreements/test-agreement/implementation/")
    for section in tree.xpath("//section[@class='of-provision']"):
        names = [said(each).rstrip(":") for each in section.xpath(".//p[@class='owed']//b")]
        assert kosovo_first([name.lower() for name in names])


@pytest.mark.django_db
def test_in_the_overview_kosovo_stands_first_within_a_point_whoever_was_recorded_first(
    client, unequal
):
    unequal.obligations("p2", SERBIA, KOSOVO)
    sides = {}
    for row in spreadsheet(client, "?agreement=test-agreement"):
        sides.setdefault(row["Point"], []).append(row["Who owes"].lower())
    assert all(map(kosovo_first, sides.values()))


# ── The content ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("language", STORED)
def test_the_two_sides_speak_at_about_equal_length_in_each_agreement(language):
    for agreement in Agreement.objects.public():
        words = dict.fromkeys((KOSOVO, SERBIA), 0)
        for row in Position.objects.public().filter(agreement=agreement, side__in=words):
            words[row.side] += len(getattr(row, f"statement_{language}").split())
        if all(words.values()):
            assert max(words.values()) <= 1.5 * min(words.values()), (agreement.slug, words)


@pytest.mark.django_db
def test_each_side_has_a_statement_or_the_page_says_that_none_was_found(client):
    for agreement in Agreement.objects.public():
        tree = page(client, f"/en/agreements/{agreement.slug}/implementation/")
        voices = tree.xpath("//section[@class='voice-of']")
        for side, voice in zip(VOICES, voices, strict=False):
            said_it = Position.objects.public().filter(agreement=agreement, side=side)
            assert said(voice.xpath("h3")[0]) == side.label
            assert len(voice.xpath("blockquote")) == said_it.count()
            none_found = "We have found no statement of this side." in said(voice)
            assert none_found != said_it.exists(), (agreement.slug, side)


@pytest.mark.django_db
def test_parties_and_people_of_a_phase_stand_with_kosovo_first_and_each_side_together():
    for model, owner in ((Party, "version"), (PhasePerson, "phase")):
        groups = {}
        for row in model.objects.order_by(owner, "position"):
            groups.setdefault(getattr(row, f"{owner}_id"), []).append(row.side)
        assert groups
        for sides in groups.values():
            assert kosovo_first(sides)
            runs = [side for at, side in enumerate(sides) if not at or sides[at - 1] != side]
            assert len(runs) == len(set(runs)), sides  # else a page would name a side twice


# ── Closed lists, templates, styles, code ────────────────────────────────────────────────────


@pytest.mark.parametrize("values", [Side.values, Debtor.values, Source.Voice.values, VOICES])
def test_every_closed_list_has_kosovo_first_and_serbia_second(values):
    assert list(values)[:2] == sorted([SERBIA, KOSOVO])


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["implementation/", "agreements/"])
def test_filters_by_side_have_kosovo_before_serbia(client, path):
    links = page(client, f"/en/{path}").xpath("//div[@class='filters']//a/@href")
    sides = [link.removeprefix("?side=") for link in links if link.startswith("?side=")]
    assert sides[:2] == [KOSOVO, SERBIA]
    assert sides == [side for side in Debtor.values if side in sides]


def files(*patterns):
    found = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    assert found
    return found


def test_no_template_style_or_script_has_a_rule_for_one_side():
    patterns = ("templates/**/*.html", "static/css/*.css", "static/js/**/*.js")
    for path in files(*patterns):
        text = path.read_text(encoding="utf-8")
        rules = re.sub(
            r"{#.*?#}|{% comment.*?endcomment %}|/\*.*?\*/|<!--.*?-->", "", text, flags=re.S
        )
        assert re.findall(r"kosovo|serbia|prishtin|belgrad", rules) == [], path


def test_a_sentence_of_a_template_that_names_one_side_names_both_in_every_language():
    sentence = re.compile(r"{% translate \"([^\"]+)\"|{% blocktranslate[^%]*%}(.*?){% end", re.S)
    named = set()
    for path in files("templates/**/*.html"):
        for short, long in sentence.findall(path.read_text(encoding="utf-8")):
            if re.search("Kosov|Serbia", short + long):
                named.add(short or " ".join(long.split()))
    assert named
    stems = {"sq": "Kosov|Serbi", "sr-latn": "Kosov|Srbij", "sr-cyrl": "Косов|Србиј"}
    for code in PUBLIC_CODES:
        for text in named:
            with translation.override(code):
                told = translation.gettext(text)
            stem = "Kosov|Serbi" if told == text else stems[code]
            found = re.findall(stem, told)
            assert len(found) >= 2, told
            assert found[0] in ("Kosov", "Косов"), told  # alphabetical in each of them
            assert len(set(found)) == 2, told


def test_no_code_knows_one_side_alone():
    """Every function and every class that names a side names the other one as often."""
    for path in files("agreements/**/*.py", "dialogue_platform/**/*.py"):
        if "migrations" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            kinds = (ast.FunctionDef, ast.ClassDef, ast.If, ast.IfExp, ast.BoolOp, ast.Dict)
            if node in tree.body or isinstance(node, kinds):
                names = Counter()
                for each in ast.walk(node):
                    if isinstance(each, ast.Attribute | ast.Name):
                        names[getattr(each, "attr", getattr(each, "id", ""))] += 1
                    elif isinstance(each, ast.Constant) and isinstance(each.value, str):
                        names[each.value.upper()] += each.value.islower()
                assert names["KOSOVO"] == names["SERBIA"], f"{path.name}:{node.lineno}"


# ── One function for every debtor ────────────────────────────────────────────────────────────

days = st.dates(datetime.date(2011, 1, 1), datetime.date(2040, 1, 1))
levels = st.sampled_from([*Level.values, None])
debtors = st.sampled_from(Debtor.values)


def tracked(owed_by, level, date=datetime.date(2026, 5, 4)):
    """Return a Tracked that no database knows; level None is one that nobody assessed."""
    assessments = [Assessment(level=level, as_of=date)] if level else []
    return Tracked(Obligation(owed_by=owed_by), assessments, date)


@given(due=days, level=levels, date=days)
def test_the_deadline_is_the_same_whoever_owes(due, level, date):
    def found(debtor, **columns):
        owed = Obligation(owed_by=debtor, **columns)
        return deadline(owed, level or "not-assessed", date)

    answers = {found(debtor, due_on=due) for debtor in Debtor.values}
    kept = level in ("complete", "cannot-be-rated")
    assert {(each.days, each.overdue) for each in answers} == {
        ((date - due).days, date > due and not kept)
    }
    for inexact in ({}, {"due_on": due, "due_precision": "month"}):
        assert {found(debtor, **inexact) for debtor in Debtor.values} == {None}


@given(st.lists(levels, max_size=12))
def test_levels_are_counted_the_same_whoever_owes(found):
    answers = [list(counted([tracked(d, each) for each in found]).items()) for d in Debtor.values]
    assert all(answer == answers[0] for answer in answers)
    assert sum(dict(answers[0]).values()) == len(found)


@given(st.lists(st.tuples(debtors, levels), max_size=12))
def test_swapping_the_debtors_swaps_their_counts_and_nothing_else(found):
    def told(swap):
        rows = tallies([tracked(swap(debtor), level) for debtor, level in found])
        assert kosovo_first([debtor.value for debtor, _count, _levels in rows])
        return {debtor.value: (count, levels) for debtor, count, levels in rows}

    as_it_is, swapped = told(lambda side: side), told(other)
    assert swapped == {other(side): told_of for side, told_of in as_it_is.items()}
    assert not found or {KOSOVO, SERBIA} <= set(as_it_is)


@given(st.lists(st.tuples(debtors, levels), max_size=12))
def test_obligations_are_grouped_by_debtor_in_one_order_and_none_is_lost(found):
    rows = [tracked(*each) for each in found]
    for group in (by_debtor, by_own_debtor):
        groups = group(rows)
        order = [debtor.value for debtor, _own in groups]
        assert order == [each for each in Debtor.values if each in order]
        assert sum(len(own) for _debtor, own in groups) == len(rows)
        for debtor, own in groups:
            assert all(each.obligation.owed_by == debtor for each in own)


@given(st.lists(st.sampled_from(Source.Voice.values), max_size=6))
def test_sources_of_one_side_are_noticed_the_same_for_either(voices):
    def found(swap):
        return one_sided([Source(side=swap(voice)) for voice in voices])

    assert found(other) == other(found(lambda side: side))
    assert (found(other) is not None) == (set(voices) in ({KOSOVO}, {SERBIA}))
