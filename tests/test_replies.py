"""Replies of institutions: unedited, dated, beside our translation; silence in the same place."""

import gzip
from datetime import date, timedelta

import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agreements import recording
from agreements.models import Agreement, Reply, Side
from agreements.models.reply import LONGEST_LETTER, LONGEST_TRANSLATION
from dialogue_platform.dates import written
from dialogue_platform.languages import BY_CODE, STORED
from tests.conftest import NOON
from tests.page_types import PUBLIC_CODES
from tests.past_the_verbs import refused, sql
from tests.records import (
    LETTER,
    WHY,
    corrected,
    make_reply,
    make_source,
    make_unanswered,
    published,
    withdrawn,
    words,
)
from tests.test_content import folder, run  # noqa: F401 - folder is a fixture
from tests.test_record_desk import desk, page_of  # noqa: F401 - desk is a fixture
from tests.test_weight import BUDGET, weight
from tests.test_workplace import (  # noqa: F401 - fixtures
    enter,
    fields_of,
    people,
    text_of,
    tree,
)

pytestmark = pytest.mark.django_db

PAGE = "agreements/test-agreement/"
LATER, MUCH_LATER = NOON + timedelta(days=1), NOON + timedelta(days=3)
every_language = pytest.mark.parametrize("code", PUBLIC_CODES)
untranslated = {f"translation_{language}": "" for language in STORED}
no_answer = {"replied_on": None, "original_language": "", "original": ""} | untranslated


@pytest.fixture
def version(public):
    return public()


def replies_on(client, code="en", query="", path=PAGE):
    """Return the elements of the replies on an agreement's first page."""
    response = client.get(f"/{code}/{path}{query}")
    assert response.status_code == 200
    return tree(response).xpath("//section[@class='replies']/article[@class='reply']")


def said(element):
    return " ".join(element.text_content().split())


def lines(element):
    """Return the text of a quotation with its breaks: <br> one line end, </p> two."""
    paragraphs = []
    for paragraph in element.xpath("p"):
        for line_break in paragraph.xpath("br"):
            line_break.text = "⏎"
        paragraphs.append(paragraph.text_content().replace("⏎", "\n"))
    return "\n\n".join(paragraphs)


def quotations(reply):
    """Return [(caption, lang, text)] of what a reply quotes: the letter, then our translation."""
    return [
        (said(figure.xpath("figcaption")[0]), quotation.get("lang"), lines(quotation))
        for figure in reply.xpath("figure")
        for quotation in figure.xpath("blockquote")
    ]


# ── What the database holds ──────────────────────────────────────────────────────────────────

BREAKS = {
    "reply_was_asked_for_or_came": [{"asked_on": None} | no_answer],
    "reply_is_whole": [
        {"replied_on": None} | untranslated,
        {"original_language": ""},
        {"original": ""},
        no_answer | {"original": "Text"},
        no_answer | {"original_language": "de"},
    ],
    "reply_follows_its_question": [{"asked_on": date(2026, 2, 11)}],
    "reply_question_has_its_day": [
        {"asked_on": None, f"question_{language}": "?"} for language in STORED
    ],
    "reply_translation_has_its_original": [no_answer | {column: "x"} for column in untranslated],
    "reply_in_sr_stays_as_it_is": [{"translation_sr": "Свој"}],
    "reply_in_sq_stays_as_it_is": [{"original_language": "sq"}],
    "reply_in_en_stays_as_it_is": [{"original_language": "en"}],
    "reply_original_language_is_known": [{"original_language": "xx"}],
    "reply_side_is_known": [{"side": "nobody"}, {"side": ""}],
}


@pytest.mark.parametrize(
    ("rule", "changes"), [(rule, changes) for rule, many in BREAKS.items() for changes in many]
)
def test_the_database_refuses_a_reply_that_contradicts_itself(version, rule, changes):
    draft = make_reply(version)
    columns = ", ".join(f"{column} = %s" for column in changes)
    statement = f"UPDATE agreements_reply SET {columns} WHERE id = %s"
    assert rule in refused(sql(statement, *changes.values(), draft.pk))
    assert rule in refused(lambda: Reply.objects.filter(pk=draft.pk).update(**changes))


def test_a_reply_may_come_unasked_on_the_day_it_was_asked_for_or_not_at_all(version):
    for key, changes in {
        "unasked": {"asked_on": None},
        "same-day": {"replied_on": date(2026, 2, 3)},
        "with-question": words("question", "Why?"),
    }.items():
        assert not published(make_reply(version, key, **changes)).is_draft
    assert not published(make_unanswered(version)).is_draft


def test_a_reply_needs_no_source_and_may_have_one(version, publisher):
    draft = make_reply(version)
    draft = recording.rewrite(draft, by=draft.prepared_by, seen=0, sources=[])
    assert recording.missing(draft) == []
    assert not recording.publish(draft, by=publisher, seen=1, at=NOON).is_draft
    past_the_verb = recording.rewrite(
        make_reply(version, "another"), by=draft.prepared_by, seen=0, sources=[]
    )
    rows = Reply.objects.filter(pk=past_the_verb.pk)
    assert refused(lambda: rows.update(published_by=publisher, published_at=NOON)) == ""
    assert published(make_reply(version, "sourced")).sources == [make_source()]


@pytest.mark.parametrize("language", ["sr", "sq", "en", "de"])
def test_a_reply_is_published_only_with_its_translation_into_every_other_language(
    version, language, publisher
):
    translated = words("translation", "Whole")
    own = f"translation_{language}"
    columns = {column: text for column, text in translated.items() if column != own}
    empty = dict.fromkeys(translated, "")
    draft = make_reply(version, original_language=language, **empty | columns)
    assert recording.missing(draft) == []
    for column in columns:
        Reply.objects.filter(pk=draft.pk).update(**empty | columns | {column: ""})
        with pytest.raises(recording.Incomplete) as refusal:
            recording.publish(draft, by=publisher, seen=0)
        (said_so,) = refusal.value.missing
        assert str(draft._meta.get_field("translation").verbose_name) in said_so
    Reply.objects.filter(pk=draft.pk).update(**empty | columns)
    assert not recording.publish(draft, by=publisher, seen=0, at=NOON).is_draft


def test_nobody_publishes_a_reply_they_prepared_or_translated(version, person):
    draft = make_reply(version)
    helper = person("helper", is_superuser=True)
    draft = recording.rewrite(draft, by=helper, seen=0, values={"translation_en": "Better"})
    for author in (draft.prepared_by, helper):
        with pytest.raises(recording.OwnRecord):
            recording.publish(draft, by=author, seen=1)


@pytest.mark.parametrize(
    ("language", "letter", "tag"),
    [
        ("sr", "Поштовани, EULEX је одговорио.", "sr-Cyrl"),
        ("sr", "Poštovani, odgovor je u prilogu: члан 3.", "sr-Latn"),
        ("sr", "2026", "sr-Latn"),
        ("sq", "Të nderuar", "sq"),
        ("de", "Sehr geehrte", "de"),
    ],
)
def test_the_language_of_a_letter_is_told_with_the_script_it_is_in(language, letter, tag):
    assert Reply(original_language=language, original=letter).original_tag == tag


# ── What readers see ─────────────────────────────────────────────────────────────────────────


@every_language
def test_a_letter_stands_unedited_in_its_language_before_our_translation(client, version, code):
    make_reply(version, publish=True)
    (reply,) = replies_on(client, code)
    (_caption, tag, text), *ours = quotations(reply)
    assert (tag, text) == ("sr-Cyrl", LETTER)  # in Cyrillic on a Latin page too
    if BY_CODE[code].stored == "sr":
        assert ours == []
    else:
        ((caption, tag, text),) = ours
        assert (tag, "Dear all" in text) == (code, True)
        assert text.count("\n\n") == 1
        assert caption == ("Përkthimi ynë" if code == "sq" else "Our translation")


@every_language
def test_a_letter_in_a_language_that_no_page_has_stands_with_the_readers_translation(
    client, version, code
):
    translated = words("translation", "Text")
    letter = "Sehr geehrte Damen und Herren,\nwir danken."
    make_reply(version, publish=True, original_language="de", original=letter, **translated)
    (reply,) = replies_on(client, code)
    (_caption, tag, text), (_ours, our_tag, our_text) = quotations(reply)
    assert (tag, text) == ("de", letter)
    expected = {"sq": "Text, shqip", "sr-latn": "Text, srpski", "sr-cyrl": "Text, српски"}
    assert our_tag == BY_CODE[code].tag
    assert our_text == expected.get(code, "Text")


def test_silence_is_said_in_the_same_place_and_as_loudly_as_an_answer(client, version):
    make_reply(version, publish=True, side="kosovo")
    make_unanswered(version, side="kosovo", publish=True)
    answered, silent = replies_on(client)
    outcome = said(silent.xpath("p[2]/b")[0])
    today = written(timezone.localdate(), stored="en")
    assert outcome == f"Asked on 3 February 2026, no answer as of {today}."
    assert said(answered.xpath("p[2]/b")[0]) == (
        "Asked on 3 February 2026, answered on 10 February 2026."
    )
    assert silent.xpath("figure") == []
    for one, other in zip(answered[:3], silent[:3], strict=True):
        assert (one.tag, one.attrib) == (other.tag, other.attrib)


def test_a_reply_that_came_unasked_says_so(client, version):
    make_reply(version, publish=True, asked_on=None)
    (reply,) = replies_on(client)
    assert said(reply.xpath("p[2]/b")[0]) == "Came unasked on 10 February 2026."


def test_question_sources_and_reason_of_a_correction_are_shown(client, version):
    corrected(make_reply(version, publish=True), at=LATER, **words("question", "What is missing?"))
    (reply,) = replies_on(client)
    assert "We asked: What is missing?" in said(reply)
    assert WHY["en"] in said(reply)
    assert reply.xpath(".//a/@href") == [make_source().url]


def test_a_page_without_replies_says_nothing_of_them(client, version):
    make_reply(version)  # a draft
    assert replies_on(client) == []
    assert "records.css" not in client.get(f"/en/{PAGE}").content.decode()


def test_a_reply_stands_on_the_first_layer_of_its_own_agreement_alone(client, version, public):
    other = public(slug="another-agreement")
    make_reply(version, publish=True)
    assert len(replies_on(client)) == 1
    for path in (f"{PAGE}details/", f"{PAGE}history/1/", f"agreements/{other.agreement.slug}/"):
        assert replies_on(client, path=path) == []


def test_a_page_shows_the_reply_as_it_was_on_a_day(client, version):
    asked = make_unanswered(version, publish=True, at=LATER)
    answer = {"replied_on": date(2026, 5, 6), "original_language": "en", "original": "We agree."}
    answer |= {"translation_sq": "Pajtohemi.", "translation_sr": "Слажемо се."}
    answered = corrected(asked, at=MUCH_LATER, **answer)
    assert replies_on(client, query="?on=2026-05-04") == []
    for day in ("2026-05-05", "2026-05-06"):
        (reply,) = replies_on(client, query=f"?on={day}")
        until = written(date.fromisoformat(day), stored="en")
        assert f"no answer as of {until}" in said(reply)
        assert quotations(reply) == []
    for query in ("?on=2026-05-07", ""):
        (reply,) = replies_on(client, query=query)
        assert "answered on 6 May 2026" in said(reply)
        assert quotations(reply)[0][1:] == ("en", "We agree.")
    withdrawn(answered, at=timezone.now())
    assert replies_on(client) == []
    assert len(replies_on(client, query="?on=2026-05-07")) == 1


HOSTILE = (
    "<script>alert(1)</script>\n"
    '<b onclick="x()">bold</b> &lt; & "quoted"\n\n'
    "</p></blockquote></article><h1>Ours</h1>\n"
    "[@b92-2011] [term](term:eulex) **strong** ## heading {{ version }} {% now 'Y' %}\n"
    "- item\n"
    "https://example.org/ javascript:alert(1)"
)


@every_language
def test_nothing_in_a_letter_is_markup(client, version, code):
    everywhere = {f"translation_{each}": HOSTILE for each in STORED}
    make_reply(
        version,
        publish=True,
        original_language="de",
        original=HOSTILE,
        **everywhere,
        **words("question", HOSTILE),
    )
    (reply,) = replies_on(client, code)
    (_caption, _tag, text), (_ours, _our_tag, our_text) = quotations(reply)
    assert text == HOSTILE
    assert our_text == HOSTILE
    for quotation in reply.xpath("figure/blockquote"):
        assert {each.tag for each in quotation.iterdescendants()} == {"p", "br"}
    assert reply.xpath(".//script | .//h1 | .//*[@onclick]") == []


def test_sides_stand_in_the_order_of_every_page_and_then_by_day(client, version):
    order = list(Side.values)
    for at, side in enumerate(reversed(order)):
        for month in (6, 4):
            day = date(2026, month, 1)
            make_unanswered(version, f"{side}-{month}-{at}", side=side, asked_on=day, publish=True)
    found = replies_on(client)
    names = [said(reply.xpath("h3")[0]).removeprefix("Office ") for reply in found]
    sides = [name.split("-")[:2] for name in names]
    assert sides == [[side, month] for side in order for month in ("4", "6")]


@every_language
def test_both_sides_reply_in_the_same_layout(client, version, code):
    def layout(element):
        return [element.tag, dict(element.attrib), [layout(each) for each in element]]

    for side in ("serbia", "kosovo"):
        make_reply(version, f"from-{side}", side=side, publish=True)
    kosovo, serbia = replies_on(client, code)
    assert layout(kosovo) == layout(serbia)


def test_many_replies_cost_as_many_queries_as_one(client, version):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/sr-cyrl/{PAGE}?on={timezone.localdate()}")
        return len(queries)

    make_reply(version, publish=True)
    one = cost()
    for n in range(30):
        make_reply(version, f"reply-{n}", publish=True)
    assert cost() == one <= 12


def _prose(language, length, start):
    texts = Agreement.objects.public().order_by("slug").select_related("published")
    said = " ".join(getattr(each.published, f"details_{language}") for each in texts)
    return " ".join(said.split())[start : start + length]


@every_language
@pytest.mark.parametrize("slug", ["first-agreement", "freedom-of-movement"])
def test_two_letters_of_full_length_fit_into_the_first_view(client, slug, code):
    version = Agreement.objects.get(slug=slug).published
    longest, ours_longest = LONGEST_LETTER, LONGEST_TRANSLATION
    for start, (side, own) in enumerate((("kosovo", "sq"), ("serbia", "sr"))):
        ours = {
            f"translation_{each}": _prose(each, ours_longest, start * longest)
            for each in STORED
            if each != own
        }
        ours[f"translation_{own}"] = ""
        letter = _prose(own, longest, start * longest)
        make_reply(
            version,
            f"from-{side}",
            side=side,
            original_language=own,
            original=letter,
            publish=True,
            **ours,
        )
    address = f"/{code}/agreements/{slug}/"
    response = client.get(address, headers={"accept-encoding": "gzip"})
    assert gzip.decompress(response.content).decode().count('class="reply"') == 2
    assert weight(response) <= BUDGET


# ── The editors' desk ────────────────────────────────────────────────────────────────────────

TYPED = "  Të nderuar,\r\n\r\n\tpërgjigjja  jonë:\r\n1. po;\r\n2. jo. <b>\r\n"
RECEIVED = TYPED.replace("\r\n", "\n")


def a_reply(**changes):
    data = {"side": "kosovo", "asked_on": "2026-05-02", "replied_on": "2026-05-06", "sources": ""}
    data |= {"original_language": "sq", "original": TYPED, **words("institution", "Office")}
    data |= {"institution_sr": "Канцеларија", "translation_sq": ""}
    data |= {"translation_sr": "Prva linija\r\ni druga", "translation_en": "First\r\n\r\n second "}
    return data | changes


def new_reply(client, desk, **changes):  # noqa: F811
    response = client.post(desk("add/reply/"), a_reply(**changes))
    assert response.status_code == 302, text_of(response)[:2000]
    return Reply.objects.order_by("pk").last()


def test_a_reply_is_written_by_one_and_published_by_another(client, enter, desk):  # noqa: F811
    enter("ana", "sr-latn")
    draft = new_reply(client, desk)
    assert draft.key == "customs-stamps-kosovo-2026-05-02"
    assert draft.original == RECEIVED
    assert draft.translation_sr == "Прва линија\nи друга"
    assert draft.translation_en == "First\n\nsecond"
    assert "Prva linija\ni druga" in client.get(page_of(draft)).content.decode()
    assert draft.key in client.get(desk()).content.decode()
    path = "agreements/customs-stamps/"
    assert replies_on(client, path=path) == []

    enter("besa")
    page = tree(client.get(desk("publish/")))
    (letter,) = page.xpath("//table[@class='beside-before']//p[@lang='sq' and br]")
    assert letter.text_content() == RECEIVED.replace("\n", "")
    (box,) = page.xpath("//input[@name='record']/@value")
    client.post(desk("publish/"), {"record": box})
    (reply,) = replies_on(client, path=path)
    assert quotations(reply)[0][1] == "sq"
    assert "2. jo. <b>" in quotations(reply)[0][2]
    shown = client.get(page_of(draft)).content.decode()
    assert "2. jo. &lt;b&gt;" in shown


def test_saving_what_the_form_shows_changes_nothing_of_a_letter(client, enter, desk):  # noqa: F811
    enter("ana")
    draft = new_reply(client, desk)
    page = tree(client.get(page_of(draft)))
    form = page.xpath("//form[contains(@class, 'record-form')]")[0]
    assert client.post(page_of(draft), fields_of(form)).status_code == 302
    now = Reply.objects.get(pk=draft.pk)
    assert (now.revision, now.original) == (1, RECEIVED)
    assert now.translation_sr == draft.translation_sr


def test_an_answer_that_comes_later_is_a_correction(client, enter, desk):  # noqa: F811
    no_letter = dict.fromkeys(
        ("replied_on", "original_language", "original", "translation_sr", "translation_en"), ""
    )
    enter("ana")
    silent = published(new_reply(client, desk, **no_letter))
    assert "no answer as of" in said(replies_on(client, path="agreements/customs-stamps/")[0])
    client.post(page_of(silent, "record-correct"), {f"note_{code}": WHY[code] for code in STORED})
    draft = Reply.objects.get(key=silent.key, edition=2)
    notes = {f"change_note_{code}": WHY[code] for code in STORED}
    assert client.post(page_of(draft), a_reply(seen="0", **notes)).status_code == 302
    enter("besa")
    boxes = tree(client.get(desk("publish/"))).xpath("//input[@name='record']/@value")
    client.post(desk("publish/"), {"record": boxes})
    (reply,) = replies_on(client, path="agreements/customs-stamps/")
    assert "answered on 6 May 2026" in said(reply)
    assert WHY["en"] in said(reply)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"asked_on": "", "replied_on": "", "original": "", "original_language": ""}, "Say when"),
        ({"replied_on": "2026-05-01"}, "It cannot be answered before it was asked."),
        ({"replied_on": ""}, "A reply has its text, its language and its date."),
        ({"original": " \r\n "}, "A reply has its text, its language and its date."),
        ({"original_language": ""}, "A reply has its text, its language and its date."),
        ({"asked_on": "", "question_en": "Why?"}, "Say when this was asked."),
        ({"translation_sq": "E njëjta"}, "This is the language of the reply itself."),
        ({"replied_on": "", "original": "", "original_language": ""}, "no reply to translate"),
        ({"original": "x" * 1201}, "at most 1200 characters"),
        ({"original": "bell \a"}, "a character that cannot be shown"),
        ({"original_language": "xx"}, "Select a valid choice"),
        ({"side": "nobody"}, "Select a valid choice"),
        ({"asked_on": "yesterday"}, "Enter a valid date"),
    ],
)
def test_a_reply_that_contradicts_itself_comes_back_with_the_reason(
    client,
    enter,  # noqa: F811
    desk,  # noqa: F811
    changes,
    reason,
):
    enter("ana")
    response = client.post(desk("add/reply/"), a_reply(**changes))
    assert response.status_code == 200
    assert reason in text_of(response)
    assert "Office" in response.content.decode()
    assert not Reply.objects.exists()


def test_a_translator_translates_a_reply_and_changes_nothing_of_it(client, enter, desk):  # noqa: F811
    enter("ana")
    draft = new_reply(client, desk, translation_sr="")
    enter("mira", "sr-cyrl")
    data = a_reply(translation_sr="Одговор.", translation_en="Hers", original="Hers", seen="0")
    assert client.post(page_of(draft), data).status_code == 302
    now = Reply.objects.get(pk=draft.pk)
    assert now.translation_sr == "Одговор."
    assert (now.original, now.translation_en) == (RECEIVED, draft.translation_en)


# ── Content files ────────────────────────────────────────────────────────────────────────────


def test_a_reply_goes_into_a_file_and_comes_back_to_the_letter(folder, tmp_path):  # noqa: F811
    version = Agreement.objects.get(slug="customs-stamps").published
    letter = '  Të nderuar,\n\n\tpo: "jo" # - [x]\n1. po \n'
    translated = {"translation_sr": "Прва\nдруга", "translation_en": "- one\n- two\n\nthree"}
    make_reply(
        version,
        "customs-stamps-kosovo-office",
        publish=True,
        side="kosovo",
        original_language="sq",
        original=letter,
        **translated | {"translation_sq": ""},
    )
    make_unanswered(version, "customs-stamps-question", publish=True)
    run("dump_content", folder)
    file = folder / "records" / "customs-stamps.yaml"
    dumped = file.read_text("utf-8")
    assert "replies:" in dumped
    text = dumped.replace("key: kosovo-office", "key: again").replace("key: question", "key: twice")
    file.write_text(text, "utf-8")
    run("load_content", folder)
    again = Reply.objects.public().get(key="customs-stamps-again")
    assert again.original == letter
    for column, said_there in translated.items():
        assert getattr(again, column) == said_there
    silent = Reply.objects.public().get(key="customs-stamps-twice")
    assert (silent.replied_on, silent.original) == (None, "")
    assert run("load_content", folder).startswith("Loaded 0 entries")


REPLY_IN_FILE = """replies:
- key: office
  side: kosovo
  institution: {sq: Zyra, sr: Канцеларија, en: Office}
  asked_on: '2026-05-02'
  replied_on: '2026-05-06'
  original_language: sq
  original: |
    Të nderuar,
    po.
  translation: {sr: Да., en: Yes.}
"""


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("replied_on: '2026-05-06'", "replied_on: '2026-05-01'", "is before asked_on"),
        ("  replied_on: '2026-05-06'\n", "", "an answer has"),
        ("original_language: sq", "original_language: xx", "is not one of"),
        ("{sr: Да., en: Yes.}", "{sr: Да.}", "in every language but that of the reply"),
        ("{sr: Да., en: Yes.}", "{sq: Po., sr: Да., en: Yes.}", "in every language but"),
        ("Të nderuar", "x" * 1201, "is longer than"),
        ("asked_on: '2026-05-02'", "question: {sq: Pse, sr: Зашто, en: Why}", "needs asked_on"),
        ("side: kosovo", "side: nobody", "is not one of"),
    ],
)
def test_a_reply_in_a_file_that_contradicts_itself_is_refused(
    folder,  # noqa: F811
    old,
    new,
    reason,
):
    file = folder / "records" / "customs-stamps.yaml"
    text = file.read_text("utf-8")
    assert REPLY_IN_FILE.count(old) == 1
    file.write_text(text + REPLY_IN_FILE.replace(old, new), "utf-8")
    with pytest.raises(CommandError, match=reason):
        run("load_content", folder)
    assert not Reply.objects.exists()


def test_a_reply_in_a_file_needs_no_source(folder):  # noqa: F811
    file = folder / "records" / "customs-stamps.yaml"
    file.write_text(file.read_text("utf-8") + REPLY_IN_FILE, "utf-8")
    run("load_content", folder)
    reply = Reply.objects.public().get(key="customs-stamps-office")
    assert (reply.original, reply.sources) == ("Të nderuar,\npo.\n", [])
    run("dump_content", folder)
    assert run("load_content", folder).startswith("Loaded 0 entries")
