"""Where a comment stands in another text, and what becomes of a wording it suggests.

Cases 40 and 41 of docs/expert-review.md, the four holds of an anchor, and accepting suggestions.
"""

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements import drafting, publishing, translation_state
from agreements.drafting import Change, seen
from agreements.models import Edit, Version
from experts import anchors, reviewing
from experts.anchors import Hold
from experts.models import Comment, Response, RoundEvent
from tests.conftest import NOON, make_draft
from tests.panels import comment_of, judge, members, opened, sealed_version

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
a_few = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # nothing is written
)


# ── The four holds ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def version(editor):
    draft = make_draft(editor)
    return Version.objects.with_texts().get(pk=draft.pk)


@pytest.fixture
def told(version):
    """Tell where a comment on one paragraph stands once the text is another: told(old, at, new)."""

    def tell(old, paragraph, new, quote="", language="en"):
        version.__dict__[f"summary_{language}"] = "\n\n".join(old)
        comment = Comment(
            version=Version.objects.with_texts().get(pk=version.pk),
            place="summary",
            language=language,
            paragraph=paragraph,
            before=old[paragraph],
            quote=quote,
        )
        comment.version.__dict__[f"summary_{language}"] = "\n\n".join(old)
        version.__dict__[f"summary_{language}"] = "\n\n".join(new)
        return anchors.locate(comment, version)

    return tell


def test_on_unchanged_text_a_comment_holds_exactly(told):
    found = told(["One.", "Two."], 1, ["One.", "Two."])
    assert (found.hold, found.paragraph, found.now) == (Hold.EXACT, 1, "Two.")


def test_of_two_identical_paragraphs_a_comment_stays_with_its_own(told):
    assert told(["Same.", "Same."], 1, ["Same.", "Same."]).paragraph == 1


def test_quoted_words_are_followed_into_a_changed_paragraph(told):
    found = told(["One.", "The police decide."], 1, ["New.", "One.", "Now the police decide."],
                 quote="The police decide")  # fmt: skip
    assert found.hold == Hold.CHANGED  # a capital is another letter
    found = told(["One.", "Here the police decide."], 1, ["New.", "One.", "Now the police decide."],
                 quote="the police decide")  # fmt: skip
    assert (found.hold, found.paragraph) == (Hold.MOVED, 2)
    assert found.now == "Now the police decide."


def test_without_quoted_words_a_changed_paragraph_is_changed_text(told):
    found = told(["One.", "Two."], 1, ["One.", "Two!"])
    assert (found.hold, found.paragraph, found.now) == (Hold.CHANGED, None, "One.\n\nTwo!")


def test_quoted_words_that_stand_twice_hold_nothing(told):
    assert told(["The police."], 0, ["The police!", "Police, The police."], "The police").hold == (
        Hold.CHANGED
    )
    assert told(["One a a."], 0, ["Two a a a."], "a a").hold == Hold.CHANGED


def test_a_text_that_is_gone_is_removed(told, version):
    assert told(["One."], 0, []).hold == Hold.REMOVED
    gone = Comment(version=version, place="provision.p9.text", language="en", before="x")
    assert anchors.locate(gone, version).hold == Hold.REMOVED
    nowhere = Comment(version=version, place="summary", language="xx", before="x")
    assert anchors.locate(nowhere, version).hold == Hold.REMOVED


def test_a_comment_on_one_provision_never_goes_to_another(version):
    text = version.provision_texts.get().text_en
    other = Comment(version=version, place="provision.p2.text", language="en", before=text)
    assert anchors.locate(other, version).hold == Hold.REMOVED
    same = Comment(version=version, place="provision.p1.text", language="en", before=text)
    assert anchors.locate(same, version).hold == Hold.EXACT


# ── Neighbours that look alike (case 40) ─────────────────────────────────────────────────────

CLAUSE = "Under Article {} of the agreement the police decide within thirty days."
clauses = st.lists(st.integers(1, 40), min_size=2, max_size=6, unique=True)
anything = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12
).map(lambda text: f"x{text}x")


@a_few
@given(texts=st.lists(anything, min_size=1, max_size=6, unique=True), data=st.data())
def test_an_unchanged_paragraph_is_found_wherever_it_went(told, texts, data):
    from agreements import markup

    texts = list(dict.fromkeys(map(markup.normalise, texts)))
    at = data.draw(st.integers(0, len(texts) - 1))
    kept = data.draw(st.sets(st.sampled_from(texts))) | {texts[at]}
    new = data.draw(st.permutations(sorted(kept)))
    found = told(texts, at, new)
    assert found.hold == Hold.EXACT
    assert new[found.paragraph] == found.now == texts[at]


@a_few
@given(
    numbers=clauses,
    data=st.data(),
    quote=st.sampled_from(["", "Article {}", "Under Article {}", "{} of the agreement", "{}"]),
)
def test_a_near_identical_neighbour_never_inherits_a_comment(told, numbers, data, quote):
    """Clauses that differ in one number: whatever stays, no other clause gets the comment."""
    old = [CLAUSE.format(number) for number in numbers]
    at = data.draw(st.integers(0, len(old) - 1))
    others = [text for text in old if text != old[at]]
    new = data.draw(st.permutations(others))
    assert told(old, at, new, quote.format(numbers[at])).hold == Hold.CHANGED


@pytest.mark.parametrize("quote", ["the police decide", "within thirty days", "of the agreement"])
def test_words_that_stood_in_two_clauses_do_not_lead_to_the_one_that_is_left(told, quote):
    old = [CLAUSE.format(5), CLAUSE.format(6)]
    assert told(old, 0, [CLAUSE.format(6)], quote).hold == Hold.CHANGED


@pytest.mark.parametrize(
    ("quote", "now"),
    [
        ("Article 1", "Under Article 12 the police decide."),
        ("Article 1", "Under Article 1.2 the police decide."),
        ("Article 1", "Under Article 1/2 the police decide."),
        ("12 of the law", "Article 112 of the law."),
        ("2 of the law", "Article 1.2 of the law."),
        ("police", "The policemen decide."),
        ("police", "The micropolice decide."),
    ],
)
def test_words_inside_a_longer_word_or_number_are_other_words(told, quote, now):
    assert told([f"Here stands {quote} alone."], 0, [now], quote).hold == Hold.CHANGED


@pytest.mark.parametrize(
    ("quote", "now"),
    [
        ("Article 1", "See Article 1. The police decide."),
        ("Article 1", "(Article 1)"),
        ("Article 1", "Article 1, not Article 12."),
        ("(1)", "Point (1)2."),
        ("law,", "By law,so they say."),
    ],
)
def test_words_between_other_signs_are_the_same_words(told, quote, now):
    assert told([f"Here stands {quote} alone."], 0, [now], quote).hold == Hold.MOVED


# ── Letters of all kinds (case 41) ───────────────────────────────────────────────────────────

FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"


@pytest.mark.parametrize(
    ("quote", "now", "hold"),
    [
        ("👍 договор", "Још: 👍 договор важи.", Hold.MOVED),
        ("👍", "Още 👍🏽 важи.", Hold.CHANGED),  # a tone of skin makes another sign
        (FAMILY, f"Нова {FAMILY} важи.", Hold.MOVED),
        ("\N{WOMAN}", f"Нова {FAMILY} важи.", Hold.CHANGED),
        ("\N{MAN}", f"Нова {FAMILY} важи.", Hold.CHANGED),
        ("њих", "Ново њих важи.", Hold.MOVED),
        ("њих", "Ново њихов важи.", Hold.CHANGED),
        ("и", "Ново и\u0301 важи.", Hold.CHANGED),  # an accent makes another letter
        ("и\u0301", "Ново и\u0301 важи.", Hold.MOVED),
        ("è", "Nou è via.", Hold.MOVED),
        (unicodedata.normalize("NFD", "marrëveshja"), "Sot marrëveshja vlen.", Hold.MOVED),
        ("a*b", "So a\\*b holds.", Hold.MOVED),  # as readers see it
        ("a.c", "So abc holds.", Hold.CHANGED),
    ],
)
def test_quotes_are_right_whatever_the_letters(told, quote, now, hold):
    old = quote.replace("*", "\\*")
    assert told([unicodedata.normalize("NFC", f"Пре {old} после")], 0, [now], quote).hold == hold


@a_few
@given(word=anything, rest=st.text("ab њ👍\u0301", max_size=12))
def test_a_quote_that_is_followed_stands_in_the_text_it_is_followed_to(told, word, rest):
    found = told([f"Before {word} after."], 0, [f"Now {word} then {rest}."], quote=word)
    if found.hold == Hold.MOVED:
        assert unicodedata.normalize("NFC", word) in unicodedata.normalize("NFC", found.now)


def test_a_quote_over_the_lines_of_a_list_is_followed(told):
    found = told(["- one thing\n- two things"], 0, ["- zero\n- one thing\n- two things"],
                 quote="one thing two things")  # fmt: skip
    assert found.hold == Hold.MOVED


# ── Accepting a suggestion ───────────────────────────────────────────────────────────────────

TWO = "The first paragraph.\n\nThe second paragraph."


@pytest.fixture
def panel(person):
    """Make a released round with one suggestion: panel(summary_en=…, suggestion=…)."""

    def make(suggestion="Another wording.", columns=None, **said):
        editor, coordinator = person("preparer"), person("coordinator")
        columns = {"summary_en": TWO, "summary_sr": "Први.\n\nДруги."} | (columns or {})
        version = sealed_version(editor, **columns)
        round_ = opened(version, coordinator)
        comment = comment_of(members(round_)[0], suggestion=suggestion, **said)
        for member in members(round_):
            judge(member)
        reviewing.release(round_, discuss_by=(NOON + 14 * DAY).date(), by=coordinator, at=NOON)
        return comment

    return make


@pytest.fixture
def mira(person):
    return person("mira")


def draft_of(comment):
    return comment.version.agreement.versions.drafts().first()


def rewrite(comment, text, by, language="en", place="summary"):
    agreement = comment.version.agreement
    now = getattr(drafting.text_to_write(agreement), f"{place}_{language}")
    return drafting.save(agreement, [Change(place, language, seen(now), text)], by=by, at=NOON)


def test_an_accepted_suggestion_stands_in_the_draft_in_place_of_its_paragraph(panel, mira):
    comment = panel(paragraph=1)
    answer = reviewing.accept_suggestion(comment, by=mira, at=NOON)
    assert draft_of(comment).summary_en == "The first paragraph.\n\nAnother wording."
    assert (answer.comment, answer.decision, answer.by) == (comment, "accepted", mira)
    edit = Edit.objects.get(version=draft_of(comment))
    assert (edit.place, edit.language, edit.edited_by) == ("summary", "en", mira)
    assert Version.objects.get(pk=comment.version_id).summary_en == TWO  # the sealed one stays


def test_a_paragraph_that_went_elsewhere_in_its_text_still_takes_the_suggestion(panel, mira):
    comment = panel(paragraph=1)
    rewrite(comment, "The second paragraph.\n\nNew.\n\nThe first paragraph.", mira)
    reviewing.accept_suggestion(comment, by=mira, at=NOON)
    assert draft_of(comment).summary_en == "Another wording.\n\nNew.\n\nThe first paragraph."


@pytest.mark.parametrize(
    "now",
    [
        "The first paragraph.\n\nThe second paragraph, changed.",
        "The second paragraph.\n\nThe second paragraph.",
        "The first paragraph.",
        "The first paragraph. The second paragraph.",
    ],
)
def test_where_the_draft_says_something_else_nothing_is_changed_and_the_text_is_shown(
    panel, mira, now
):
    comment = panel(paragraph=1)
    rewrite(comment, now, mira)
    with pytest.raises(reviewing.TextMoved) as error:
        reviewing.accept_suggestion(comment, by=mira, at=NOON)
    assert error.value.now == draft_of(comment).summary_en == now
    assert not Response.objects.exists()


def test_where_the_place_is_gone_nothing_is_changed(panel, mira):
    comment = panel(place="provision.p1.text")
    drafting.remove_provision(comment.version.agreement, key="p1", by=mira, at=NOON)
    with pytest.raises(reviewing.TextMoved) as error:
        reviewing.accept_suggestion(comment, by=mira, at=NOON)
    assert error.value.now == ""


def test_a_suggestion_is_accepted_once(panel, mira):
    comment = panel(paragraph=0)
    reviewing.accept_suggestion(comment, by=mira, at=NOON)
    with pytest.raises(reviewing.TextMoved):
        reviewing.accept_suggestion(comment, by=mira, at=NOON)
    assert Response.objects.count() == 1


def test_a_comment_without_a_suggestion_has_nothing_to_accept(panel, mira):
    with pytest.raises(reviewing.NotComplete):
        reviewing.accept_suggestion(panel(suggestion=""), by=mira, at=NOON)


def test_where_the_answer_is_refused_the_draft_stays_too(panel, mira, person):
    comment = panel(paragraph=0)
    reviewing.respond(comment, "noted", by=mira, at=NOON)
    reviewing.cancel(comment.assignment.round, by=person("anna"), at=NOON)
    with pytest.raises(reviewing.RoundOver):
        reviewing.accept_suggestion(comment, by=mira, at=NOON)
    assert draft_of(comment) is None
    assert Response.objects.get().decision == "noted"


def test_where_the_draft_cannot_be_written_there_is_no_answer(panel, mira, monkeypatch):
    comment = panel(paragraph=0)

    def conflict(*args, **kwargs):
        raise drafting.EditConflict([])

    monkeypatch.setattr(drafting, "save", conflict)
    events = RoundEvent.objects.count()
    with pytest.raises(drafting.EditConflict):
        reviewing.accept_suggestion(comment, by=mira, at=NOON)
    assert not Response.objects.exists()
    assert RoundEvent.objects.count() == events


def test_a_colleague_who_still_writes_loses_nothing(panel, mira, person):
    """In another place both keep their work; in the same one the colleague is told."""
    comment, zana = panel(paragraph=0), person("zana")
    agreement = comment.version.agreement
    page = drafting.text_to_write(agreement)  # what Zana's page showed
    reviewing.accept_suggestion(comment, by=mira, at=NOON)
    elsewhere = Change("title", "en", seen(page.title_en), "A title by Zana")
    drafting.save(agreement, [elsewhere], by=zana, at=NOON)
    now = draft_of(comment)
    assert now.title_en == "A title by Zana"
    assert now.summary_en.startswith("Another wording.")
    same = Change("summary", "en", seen(page.summary_en), "A summary by Zana.")
    with pytest.raises(drafting.EditConflict) as error:
        drafting.save(agreement, [same], by=zana, at=NOON)
    assert error.value.conflicts[0].text == now.summary_en
    assert error.value.conflicts[0].edit.edited_by == mira


def test_what_a_colleague_wrote_elsewhere_in_the_text_stays(panel, mira, person):
    comment = panel(paragraph=0)
    rewrite(comment, "The first paragraph.\n\nBy Zana.", person("zana"))
    reviewing.accept_suggestion(comment, by=mira, at=NOON)
    assert draft_of(comment).summary_en == "Another wording.\n\nBy Zana."


def test_a_suggestion_in_serbian_changes_serbian_alone(panel, mira):
    comment = panel(suggestion="Њихова реч.", language="sr", paragraph=1)
    reviewing.accept_suggestion(comment, by=mira, at=NOON)
    draft = draft_of(comment)
    assert draft.summary_sr == "Први.\n\nЊихова реч."
    assert (draft.summary_sq, draft.summary_en) == ("Përmbledhje.", TWO)
    assert translation_state.states(draft, "sr")["summary"] == "current"


def test_a_suggested_translation_is_outdated_where_its_source_moved_on_meanwhile(panel, mira):
    comment = panel(suggestion="Њихова реч.", language="sr", paragraph=1)
    rewrite(comment, "The source says something else by now.", mira)
    reviewing.accept_suggestion(comment, by=mira, at=NOON)
    draft = draft_of(comment)
    assert draft.summary_sr == "Први.\n\nЊихова реч."
    assert translation_state.states(draft, "sr")["summary"] == "outdated"


def test_a_heading_takes_a_suggestion_as_well(panel, mira):
    comment = panel(suggestion="Another point", place="provision.p1.heading")
    reviewing.accept_suggestion(comment, by=mira, at=NOON)
    assert draft_of(comment).provision_texts.get().heading_en == "Another point"


def test_a_comment_follows_into_the_version_that_took_its_neighbours_suggestion(panel, mira):
    comment = panel(paragraph=0)
    other = Comment.objects.get(pk=comment.pk)
    other.paragraph, other.before = 1, "The second paragraph."
    reviewing.accept_suggestion(comment, by=mira, at=NOON)
    Version.objects.filter(pk=draft_of(comment).pk).update(change_class="correction")
    sealed = publishing.seal(draft_of(comment), at=NOON)
    assert anchors.locate(comment, sealed).hold == Hold.CHANGED
    assert anchors.locate(other, sealed).hold == Hold.EXACT
