"""The importer of official texts: which points it finds, in which files, and what it refuses.

The agreements here are made up for these tests.
"""

import html
import io
import json
import subprocess
import sys
import textwrap
import time

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements import markup
from agreements.importing import (
    KINDS,
    MAX_BYTES,
    REASONS,
    FoundProvision,
    UnreadableDocument,
    into_draft,
    letters,
    path_of,
    sandbox,
)
from tests import documents as make
from tests.conftest import ROOT
from tests.documents import paragraph, word


def found(name, data):
    """Return what is found in a file, read in this process."""
    return sandbox.found_in(name, data.encode() if isinstance(data, str) else data)


def points(text):
    """Return the provisions as tuples: parent, number, heading, text."""
    return [(one.parent, one.number, one.heading, one.text) for one in text.provisions]


def numbers(text):
    """Return parents and numbers only: "1", "1/a"."""
    return [f"{one.parent}/{one.number}" if one.parent else one.number for one in text.provisions]


def answer(read, name, data):
    """Return what a reader finds, or the reason why it refuses."""
    try:
        return read(name, data)
    except UnreadableDocument as problem:
        return problem.reason


def refusal(name, data):
    with pytest.raises(UnreadableDocument) as caught:
        found(name, data)
    return caught.value.reason


# ── Numberings in four languages and scripts ─────────────────────────────────────────────────

PRINCIPLES = """
    FIRST AGREEMENT OF PRINCIPLES
    GOVERNING GOOD NEIGHBOURLY RELATIONS

    Brussels, 19 April 2013

    The two sides agreed as follows:

    1. There will be an association of municipalities.
    2. The association will look after:
    (a) the economy;
    (b) education, including
    (i) schools;
    (ii) universities;
    (c) health.
    3. On 2. September 2011 the sides had agreed on the freedom of movement.

    For Kosovo                  For Serbia
    ______________              ______________
"""
ENERGY = """
    Agreement on Energy

    The Parties, wishing to trade, have agreed on the following:

    Article 1 – Definitions
    For the purposes of this Agreement:
    (a) “operator” means the company that runs the grid;
    (b) “grid” means the network.

    Article 2
    Licences
    1. Each operator applies for a licence, as set out in
    Article 1 of this Agreement.
    2. A licence is valid for 5 years.

    Article 3: Disputes
    Article 2 of the Treaty is not affected.

    Article 4 Entry into force
    This Agreement enters into force on 1 January 2014.

    Done at Brussels, in the Albanian, English and Serbian languages.
"""
MOVEMENT = """
    MARRËVESHJE
    PËR LIRINË E LËVIZJES

    Palët, të udhëhequra nga dialogu, u pajtuan si vijon:

    Neni 1
    Qëllimi

    1. Kjo marrëveshje rregullon lirinë e lëvizjes.
    2. Neni 2 i kësaj marrëveshjeje zbatohet për të gjithë.

    Neni 2
    Dokumentet

    Palët njohin këto dokumente:
    a) letërnjoftimet;
    b) patentat e shoferit;
    c) lejet e qarkullimit;
    ç) sigurimet;
    d) vulat.

    Neni 3
    Hyrja në fuqi

    Marrëveshja hyn në fuqi më
    2 shtator 2011.

    Nënshkruar në Bruksel, më 2 shtator 2011
    Për Kosovën:                Për Serbinë:
"""
TRAVEL = """
    СПОРАЗУМ
    о слободи кретања

    Стране су се 2. септембра 2011. године договориле о следећем:

    Предмет споразума
    Члан 1.
    Овим споразумом уређује се кретање лица.
    Члан 1. став 2. овог споразума важи и за возила.

    Исправе
    Члан 2.
    1) Путује се са личном картом.
    2) Признају се:
    а) личне карте;
    б) возачке дозволе;
    в) саобраћајне дозволе;
    г) печати.
    3) Важе и исправе издате пре
    2. септембра 2011. године.

    Ступање на снагу
    Члан 3.
    Споразум ступа на снагу осмог дана.

    Потписано у Бриселу, 2. септембра 2011.
"""
COMMUNITY = """
    ZAJEDNICA OPŠTINA – OPŠTI PRINCIPI

    I. PRAVNI OKVIR

    1. Zajednica se osniva na osnovu sporazuma.
    2. Vlada donosi uredbu:
    a) o radu;
    b) o imovini;
    v) o zaposlenima;
    g) o zastavi.

    II. CILJEVI

    1. Ciljevi su:
    - jačanje lokalne samouprave;
    - razvoj privrede.
    2. Zajednica ima svoj budžet.

    Ivica Ivić
    Arben Arbeni
"""
PLAN = """
    Implementation plan

    1. Police
    1.1 The police will be integrated by the end of 2013.
    1.2 The cost of this is
    2.5 million euros a year.
    2. Justice
    2.1. There will be one court.
    2.1.1. It sits in the north.
    2.1.2. It has branches.
    2.2. Cases go on.
    10.30 is the hour of every meeting.
"""

SAMPLES = {
    "1. (a) (i), English": (
        PRINCIPLES,
        ("en", "Latn", "FIRST AGREEMENT OF PRINCIPLES GOVERNING GOOD NEIGHBOURLY RELATIONS"),
        [
            (None, "1", "", "There will be an association of municipalities."),
            (None, "2", "", "The association will look after:"),
            ("2", "a", "", "the economy;"),
            ("2", "b", "", "education, including"),
            ("2.b", "i", "", "schools;"),
            ("2.b", "ii", "", "universities;"),
            ("2", "c", "", "health."),
            (
                None,
                "3",
                "",
                "On 2. September 2011 the sides had agreed on the freedom of movement.",
            ),
        ],
    ),
    "Article, English": (
        ENERGY,
        ("en", "Latn", "Agreement on Energy"),
        [
            (None, "1", "Definitions", "For the purposes of this Agreement:"),
            ("1", "a", "", "“operator” means the company that runs the grid;"),
            ("1", "b", "", "“grid” means the network."),
            (None, "2", "Licences", ""),
            (
                "2",
                "1",
                "",
                "Each operator applies for a licence, as set out in Article 1 of this Agreement.",
            ),
            ("2", "2", "", "A licence is valid for 5 years."),
            (None, "3", "Disputes", "Article 2 of the Treaty is not affected."),
            (
                None,
                "4",
                "Entry into force",
                "This Agreement enters into force on 1 January 2014.",
            ),
        ],
    ),
    "Neni, Albanian": (
        MOVEMENT,
        ("sq", "Latn", "MARRËVESHJE PËR LIRINË E LËVIZJES"),
        [
            (None, "1", "Qëllimi", ""),
            ("1", "1", "", "Kjo marrëveshje rregullon lirinë e lëvizjes."),
            ("1", "2", "", "Neni 2 i kësaj marrëveshjeje zbatohet për të gjithë."),
            (None, "2", "Dokumentet", "Palët njohin këto dokumente:"),
            ("2", "a", "", "letërnjoftimet;"),
            ("2", "b", "", "patentat e shoferit;"),
            ("2", "c", "", "lejet e qarkullimit;"),
            ("2", "ç", "", "sigurimet;"),
            ("2", "d", "", "vulat."),
            (None, "3", "Hyrja në fuqi", "Marrëveshja hyn në fuqi më 2 shtator 2011."),
        ],
    ),
    "Члан under its heading, Serbian in Cyrillic": (
        TRAVEL,
        ("sr", "Cyrl", "СПОРАЗУМ о слободи кретања"),
        [
            (
                None,
                "1",
                "Предмет споразума",
                "Овим споразумом уређује се кретање лица.\n\n"
                "Члан 1. став 2. овог споразума важи и за возила.",
            ),
            (None, "2", "Исправе", ""),
            ("2", "1", "", "Путује се са личном картом."),
            ("2", "2", "", "Признају се:"),
            ("2.2", "а", "", "личне карте;"),
            ("2.2", "б", "", "возачке дозволе;"),
            ("2.2", "в", "", "саобраћајне дозволе;"),
            ("2.2", "г", "", "печати."),
            ("2", "3", "", "Важе и исправе издате пре 2. септембра 2011. године."),
            (None, "3", "Ступање на снагу", "Споразум ступа на снагу осмог дана."),
        ],
    ),
    "I. over 1., Serbian in Latin": (
        COMMUNITY,
        ("sr", "Latn", "ZAJEDNICA OPŠTINA – OPŠTI PRINCIPI"),
        [
            (None, "I", "PRAVNI OKVIR", ""),
            ("I", "1", "", "Zajednica se osniva na osnovu sporazuma."),
            ("I", "2", "", "Vlada donosi uredbu:"),
            ("I.2", "a", "", "o radu;"),
            ("I.2", "b", "", "o imovini;"),
            ("I.2", "v", "", "o zaposlenima;"),
            ("I.2", "g", "", "o zastavi."),
            (None, "II", "CILJEVI", ""),
            ("II", "1", "", "Ciljevi su:\n\n- jačanje lokalne samouprave;\n- razvoj privrede."),
            ("II", "2", "", "Zajednica ima svoj budžet."),
        ],
    ),
    "1.1, English": (
        PLAN,
        ("en", "Latn", "Implementation plan"),
        [
            (None, "1", "Police", ""),
            ("1", "1.1", "", "The police will be integrated by the end of 2013."),
            ("1", "1.2", "", "The cost of this is 2.5 million euros a year."),
            (None, "2", "Justice", ""),
            ("2", "2.1", "", "There will be one court."),
            ("2.1", "2.1.1", "", "It sits in the north."),
            ("2.1", "2.1.2", "", "It has branches."),
            ("2", "2.2", "", "Cases go on.\n\n10.30 is the hour of every meeting."),
        ],
    ),
}


def rows_of(sample):
    """Return the lines of a sample without margins and empty lines."""
    return [row.strip() for row in sample.strip().splitlines() if row.strip()]


def as_text(rows):
    return "\n".join(rows).encode()


def as_wrapped_text(rows):
    folded = (textwrap.fill(row, 62, break_on_hyphens=False) for row in rows)
    return "\n\n".join(folded).replace("\n", "\r\n").encode("utf-16")


def as_word(rows):
    return word(*map(paragraph, rows))


def as_page(rows):
    body = "".join(f"<p>{html.escape(row)}</p>" for row in rows)
    return f"<!doctype html><meta charset=utf-8><body>{body}".encode()


def as_page_of_breaks(rows):
    return ("<html><body>" + "<br>".join(map(html.escape, rows)) + "</body></html>").encode()


def as_pdf(rows):
    pages = make.typeset("\n\n".join(rows), columns=62, page_rows=22, foot="{page} / {pages}")
    return make.pdf(*pages)


def as_tight_pdf(rows):
    text = "\n".join(rows)
    foot, head = "Page {page} of {pages}", "The dialogue"
    return make.pdf(*make.typeset(text, columns=62, page_rows=20, foot=foot, head=head))


FORMS = {
    "text": ("a.txt", as_text),
    "wrapped text": ("a.txt", as_wrapped_text),
    "Word": ("A.DOCX", as_word),
    "page": ("a.html", as_page),
    "page of breaks": ("a.htm", as_page_of_breaks),
    "PDF": ("a.pdf", as_pdf),
    "tight PDF": ("a.pdf", as_tight_pdf),
}
every_form = pytest.mark.parametrize(("name", "form"), FORMS.values(), ids=FORMS.keys())
every_sample = pytest.mark.parametrize(
    ("sample", "about", "wanted"), SAMPLES.values(), ids=SAMPLES.keys()
)


@every_form
@every_sample
def test_every_numbering_is_found_in_every_kind_of_file(sample, about, wanted, name, form):
    text = found(name, form(rows_of(sample)))
    assert points(text) == wanted
    assert (text.language, text.script, text.title) == about


@pytest.mark.browser
@every_sample
def test_what_a_browser_prints_to_pdf_is_read(sample, about, wanted, program, tmp_path):
    page, printed = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_bytes(as_page(rows_of(sample)))
    subprocess.run(
        [
            program("chromium"),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--print-to-pdf={printed}",
            str(page),
        ],
        check=True,
        capture_output=True,
    )
    text = found("page.pdf", printed.read_bytes())
    assert points(text) == wanted
    assert (text.language, text.script, text.title) == about


def test_signatures_preamble_and_date_belong_to_no_provision():
    text = found("a.txt", as_text(rows_of(PRINCIPLES)))
    assert text.left_out == [
        "Brussels, 19 April 2013",
        "The two sides agreed as follows:",
        "For Kosovo For Serbia",
        "______________ ______________",
    ]
    assert text.original.startswith("FIRST AGREEMENT OF PRINCIPLES\n")
    assert "(ii) universities;" in text.original


@pytest.mark.parametrize(
    ("row", "wanted"),
    {
        "Article {}": "the parties agree on the matter.",
        "Art. {}": "The parties agree.",
        "ARTICLE {}": "The parties agree.",
        "Neni {}": "Palët pajtohen për këtë.",
        "Član {}.": "Strane su se dogovorile.",
        "Člаn {}".replace("а", "a"): "Strane su se dogovorile.",
        "ЧЛАН {}.": "Стране су се договориле.",
        "Č l a n {}": "Strane su se dogovorile.",
        "Tačka {}": "Strane su se dogovorile.",
        "Тачка {}.": "Стране су се договориле.",
        "Pika {}": "Palët pajtohen për këtë.",
        "Point {}": "The parties agree.",
        "{}.": "The parties agree.",
        "{})": "The parties agree.",
        "({})": "The parties agree.",
        "§ {}": "The parties agree.",
    }.items(),
)
def test_every_way_to_print_a_number_gives_the_bare_number(row, wanted):
    rows = [part for at in range(1, 13) for part in (row.format(at), wanted)]
    text = found("a.txt", "\n".join(rows))
    assert points(text) == [(None, str(at), "", wanted) for at in range(1, 13)]


@pytest.mark.parametrize(
    ("letters", "language"),
    {
        "a b c ç d dh e ë f g gj h i j k": "Palët pajtohen për këtë.",
        "a b c d e f g h i j k l m": "The parties agree on it.",
        "a b v g d đ e ž z i j k l lj m": "Strane su saglasne.",
        "a b c č ć d dž đ e f g h i j": "Strane su saglasne.",
        "а б в г д ђ е ж з и ј к л љ м": "Стране су сагласне.",
        "a б в г д e ж з": "Стране су сагласне.",
        "а б ц д е ф г х и ј": "Стране су сагласне.",
        "i ii iii iv v vi vii viii ix x xi": "The parties agree on it.",
        "A B C D E": "The parties agree on it.",
    }.items(),
)
def test_letters_are_counted_in_every_alphabet(letters, language):
    rows = ["1. Text:", *(f"{letter}) {language}" for letter in letters.split()), "2. Text."]
    assert numbers(found("a.txt", "\n".join(rows))) == [
        "1",
        *(f"1/{letter}" for letter in letters.split()),
        "2",
    ]


def test_i_is_a_roman_one_inside_a_letter_and_a_letter_after_h():
    rows = ["1. The parties:", "(a) first:", "(i) one;", "(ii) two;"]
    rows += [f"({letter}) the {letter};" for letter in "bcdefghij"]
    assert numbers(found("a.txt", "\n".join(rows))) == [
        "1",
        "1/a",
        "1.a/i",
        "1.a/ii",
        *(f"1/{letter}" for letter in "bcdefghij"),
    ]


# ── What is no number ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "stray",
    [
        "2. септембра 2011. године стране су се састале у Бриселу.",
        "2. septembra strane su se sastale.",
        "2. septembar 2011. bio je dan sporazuma.",
        "2 shtator 2011 ishte dita e marrëveshjes.",
        "2 September 2011 was the day of the agreement.",
        "2.9.2011. strane su se sastale.",
        "2011. godine strane su se sastale.",
        "2. i 3. tačka važe odmah.",
        "2. and 3. of the agreement apply.",
        "2.000 evra je iznos.",
        "2,5 miliona je iznos.",
        "2. miliona evra je iznos.",
        "(EU) is a party to the agreement.",
        "Article 2 of this agreement applies.",
        "Neni 2 i kësaj marrëveshjeje vlen.",
        "Члан 2. став 1. важи одмах.",
        "S. Petrović je predsedavao.",
    ],
)
def test_a_line_that_only_looks_like_a_number_stays_in_its_text(stray):
    text = found("a.txt", f"1. The first text.\n{stray}\n2. The second text.\n3. The third.")
    assert numbers(text) == ["1", "2", "3"]
    assert stray in text.provisions[0].text


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("The parties will meet in line with what is said in paragraph", "2. The statute says so."),
        ("The parties will meet in line with what has been agreed upon in", "Article 2 Statute."),
        ("Strane će se sastati u skladu sa onim što kaže sporazum u čl.", "2. Statuta opštine."),
        ("The parties will meet in the cases that are named in the letter", "b) Of this text."),
    ],
)
def test_a_number_in_the_middle_of_a_broken_sentence_is_none(above, below):
    rows = [f"1. {above}", below, *["the parties agree on the words of this text and on more"] * 4]
    text = found("a.txt", "\n".join([*rows, "in the end.", "2. The second.", "3. The third."]))
    assert numbers(text) == ["1", "2", "3"]
    assert f"{above} {below}" in text.provisions[0].text


def test_a_list_without_numbers_is_refused():
    assert refusal("a.txt", "The parties agree.\n- on this;\n- on that.") == "no-numbering"


def test_names_with_initials_are_no_roman_list():
    text = found("a.txt", "1. The parties agree.\n2. They meet.\n\nI. Dačić\nH. Thaçi")
    assert points(text)[-1] == (None, "2", "", "They meet.")
    assert text.left_out == ["I. Dačić", "H. Thaçi"]


def test_missing_and_repeated_numbers_are_taken_as_printed():
    rows = ["1. The one.", "2. The two.", "2. The other two.", "4. The four.", "5. The five."]
    assert numbers(found("a.txt", "\n".join(rows))) == ["1", "2", "2", "4", "5"]


def test_a_list_starts_anew_in_every_article():
    rows = [
        row for at in (1, 2) for row in (f"Article {at}", "1. The one.", "2. The two.", "a) the a;")
    ]
    assert numbers(found("a.txt", "\n".join(rows))) == [
        *("1", "1/1", "1/2", "1.2/a"),
        *("2", "2/1", "2/2", "2.2/a"),
    ]


def test_recitals_are_preamble():
    rows = ["Whereas:", "(1) The one.", "(2) The two.", "Article 1", "The parties agree."]
    text = found("a.txt", "\n".join([*rows, "Article 2", "The parties meet."]))
    assert numbers(text) == ["1", "2"]
    assert text.left_out[1:] == ["(1) The one.", "(2) The two."]


def test_a_chapter_through_which_numbers_run_is_left_out():
    rows = ["CHAPTER I", "GENERAL", "Article 1", "The one.", "CHAPTER II", "Article 2", "The two."]
    text = found("a.txt", "\n".join(rows))
    assert points(text) == [(None, "1", "", "The one."), (None, "2", "", "The two.")]
    assert text.left_out == ["CHAPTER I GENERAL", "CHAPTER II"]


def test_a_chapter_in_which_numbers_start_anew_is_their_parent():
    rows = ["Part I – Police", "1. The one.", "2. The two.", "Part II – Courts", "1. The one."]
    assert numbers(found("a.txt", "\n".join(rows))) == ["I", "I/1", "I/2", "II", "II/1"]


def test_an_annex_has_numbers_of_its_own():
    rows = ["1. The one.", "2. The two.", "Signed in Brussels", "Annex I", "1. The one."]
    text = found("a.txt", "\n".join(rows))
    assert numbers(text) == ["1", "2", "Annex I", "Annex I/1"]
    assert text.left_out == ["Signed in Brussels"]


def test_titles_over_several_points_are_left_out():
    rows = ["Agreement", "1. The one is agreed.", "Licence plates", "2. The two is agreed."]
    text = found("a.txt", "\n".join(rows))
    assert points(text)[0] == (None, "1", "", "The one is agreed.")
    assert text.left_out == ["Licence plates"]


def test_two_numbers_on_one_line_are_two_points():
    text = found("a.txt", "Article 1\n1. (a) the one;\n(b) the two.\n2. The end.")
    assert points(text)[1:4] == [
        ("1", "1", "", ""),
        ("1.1", "a", "", "the one;"),
        ("1.1", "b", "", "the two."),
    ]


def test_paths_do_not_repeat_what_a_number_holds():
    assert [
        FoundProvision(number, "", "", parent).path
        for number, parent in [("4", None), ("a", "4"), ("1.2", "1"), ("1.2.3", "1.2")]
    ] == ["4", "4.a", "1.2", "1.2.3"]
    assert path_of("2.1", "I.2") == "I.2.1"


def test_what_looks_like_our_markup_stays_as_printed():
    text = found("a.txt", "1. See [@x], [the site](javascript:x) and *this*.\n2. <b>The end</b>.")
    assert text.provisions[0].text == "See [@x], [the site](javascript:x) and *this*."
    rendering = markup.Rendering({}, {})
    assert "javascript" not in rendering.html(text.provisions[0].text).split("href")[-1][:9]
    assert "<b>" not in rendering.html(text.provisions[1].text)


# ── Word ─────────────────────────────────────────────────────────────────────────────────────


def test_word_counts_what_is_not_in_its_text():
    data = word(
        paragraph("Споразум о заједници", style="Title"),
        paragraph("Стране су се договориле:"),
        paragraph("Прва тачка.", number=(1, 0)),
        paragraph("Друга тачка:", number=(1, 0)),
        paragraph("здравство;", number=(1, 1)),
        paragraph("образовање:", number=(1, 1)),
        paragraph("школе", number=(1, 2)),
        paragraph("прво", number=(2, 0)),
        paragraph("друго", number=(2, 0)),
        paragraph("Трећа тачка:", number=(1, 0)),
        paragraph("ново", number=(1, 1)),
        styles=make.style("Title", "Title"),
    )
    text = found("a.docx", data)
    assert text.title == "Споразум о заједници"
    assert points(text) == [
        (None, "1", "", "Прва тачка."),
        (None, "2", "", "Друга тачка:"),
        ("2", "a", "", "здравство;"),
        ("2", "b", "", "образовање:"),
        ("2.b", "i", "", "школе\n\n- прво\n- друго"),
        (None, "3", "", "Трећа тачка:"),
        ("3", "a", "", "ново"),
    ]


def test_word_numbers_articles_through_a_style():
    numbering = (
        make.abstract(0, make.level(0, "decimal", "Neni %1", more='<w:pStyle w:val="Neni"/>'))
        + make.abstract(1, make.level(0, "decimal", "(%1)"))
        + make.instance(1, 0)
        + make.instance(2, 1)
        + make.instance(3, 1, at0=1)
    )
    numbered = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    data = word(
        paragraph("Përkufizimet", style="Neni"),
        paragraph("Palët pajtohen.", number=(2, 0)),
        paragraph("Palët takohen.", number=(2, 0)),
        paragraph("", style="NeniTjeter"),
        paragraph("Hyrja në fuqi", bold=True),
        paragraph("Palët nënshkruajnë.", number=(3, 0)),
        numbering=numbering,
        styles=make.style("Neni", "heading 1", numbered)
        + make.style("NeniTjeter", "Neni tjetër", based_on="Neni"),
    )
    assert points(found("a.docx", data)) == [
        (None, "1", "Përkufizimet", ""),
        ("1", "1", "", "Palët pajtohen."),
        ("1", "2", "", "Palët takohen."),
        (None, "2", "Hyrja në fuqi", ""),
        ("2", "1", "", "Palët nënshkruajnë."),
    ]


def test_word_prints_the_numbers_of_outer_levels():
    numbering = make.abstract(
        0,
        make.level(0, "upperRoman", "%1."),
        make.level(1, "decimal", "%1.%2.", more="<w:isLgl/>"),
        make.level(2, "lowerLetter", "%3)", start=3),
    ) + make.instance(1, 0)
    rows = [("Police", 0), ("The one.", 1), ("the c;", 2), ("The two.", 1), ("Courts", 0)]
    blocks = [paragraph(text, number=(1, at)) for text, at in [*rows, ("The one.", 1)]]
    assert numbers(found("a.docx", word(*blocks, numbering=numbering))) == [
        "I",
        "I/1.1",
        "I.1.1/c",
        "I/1.2",
        "II",
        "II/2.1",
    ]


def test_word_lists_inside_points_have_numbers_of_their_own():
    numbering = make.USUAL + make.abstract(7, make.level(0, "decimal", "%1."))
    numbering += make.instance(5, 7) + make.instance(6, 7, at0=1)
    blocks = [
        paragraph(text, number=(of, 0))
        for text, of in [
            ("The parties agree:", 1),
            ("the one", 5),
            ("the two", 5),
            ("The parties meet:", 1),
            ("the three", 6),
            ("The end.", 1),
        ]
    ]
    found_numbers = numbers(found("a.docx", word(*blocks, numbering=numbering)))
    assert found_numbers == ["1", "1/1", "1/2", "2", "2/1", "3"]


def test_word_is_read_as_if_all_changes_were_accepted():
    deleted = "<w:del><w:r><w:delText>NOT</w:delText></w:r></w:del>"
    data = word(
        paragraph(
            runs=make.run("1.\tThe parties ")
            + deleted
            + f"<w:ins>{make.run('will ')}</w:ins>"
            + make.run("hidden", "<w:vanish/>")
            + make.run("agree.")
        ),
        paragraph(runs=deleted, mark="<w:del/>", number=(1, 0)),
        paragraph("2. The parties", mark="<w:del/>"),
        paragraph(" meet."),
        paragraph("3. The list:"),
        paragraph("one", number=(1, 1)),
    )
    assert points(found("a.docx", data)) == [
        (None, "1", "", "The parties will agree."),
        (None, "2", "", "The parties meet."),
        (None, "3", "", "The list:"),
        ("3", "a", "", "one"),
    ]


def test_word_tables_are_read_cell_by_cell():
    data = word(
        paragraph("Agreement on crossing points"),
        make.table(("1.", "The parties agree."), ("2", "The parties open these:")),
        make.table(("Place", "Day", "No."), ("Jarinje", "2. septembar 2011.", "1.")),
        make.table(("3", "The parties meet.")),
        make.table(("For Kosovo", "For Serbia"), ("_____", "_____")),
    )
    text = found("a.docx", data)
    assert points(text) == [
        (None, "1", "", "The parties agree."),
        (
            None,
            "2",
            "",
            "The parties open these:\n\nPlace\n\nDay\n\nNo.\n\nJarinje\n\n2. septembar 2011.\n\n1.",
        ),
        (None, "3", "", "The parties meet."),
    ]


def test_word_headers_notes_and_contents_are_left_aside_and_boxes_read_once():
    contents = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/>'
        "</w:docPartObj></w:sdtPr><w:sdtContent>"
        f"{paragraph('Article 1 Scope 2')}</w:sdtContent></w:sdt>"
    )
    box = f"<x><w:txbxContent>{paragraph('The parties agree.')}</w:txbxContent></x>"
    drawing = (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{box}</w:drawing>'
        f"</mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    data = word(
        contents,
        f"<w:sdt><w:sdtContent>{paragraph('Agreement on trade')}</w:sdtContent></w:sdt>",
        paragraph("Article 1\nScope\nThe parties trade."),
        paragraph(runs=make.run("Article 2") + drawing),
    )
    text = found("a.docx", data)
    assert text.title == "Agreement on trade"
    assert points(text) == [
        (None, "1", "Scope", "The parties trade."),
        (None, "2", "", "The parties agree."),
    ]
    assert "Header" not in text.original
    assert "Note" not in text.original


def test_a_word_title_is_the_bold_line():
    data = word(
        paragraph("Brussels, 25 August 2015"),
        paragraph("Text of the facilitator"),
        paragraph("Association of municipalities – main elements", bold=True),
        paragraph("Legal framework", bold=True),
        paragraph("1) The association is founded."),
        paragraph("2) The association has a statute."),
        paragraph("Objectives", bold=True),
        paragraph("3) The association has aims."),
    )
    text = found("a.docx", data)
    assert text.title == "Association of municipalities – main elements"
    assert points(text)[0] == (None, "1", "", "The association is founded.")
    assert text.left_out[2:] == ["Legal framework", "Objectives"]


# ── Web pages ────────────────────────────────────────────────────────────────────────────────

PAGE = """<!DOCTYPE html><html lang="sq"><head><title>Marrëveshja | Faqja</title>
<style>ol {}</style></head><body><nav><ol><li>Ballina</ol></nav><header><h1>Faqja zyrtare</h1>
</header><main><h1>Marrëveshja për tregtinë</h1><p>Palët u pajtuan:</p>
<ol start="3"><li>Palët njohin vulat:<ol type="a"><li>vula e parë;</li><li>vula e dytë:
<ol type="i"><li>një</li><li>dy</li></ol></li></ol>Teksti vazhdon.
<li value="7"><p>Pika e shtatë.</p><p>Vazhdim i saj.</p><ul><li>kjo</li><li>ajo</li></ul></li>
<li>Pika e fundit.</ol><p>Për Kosovën</p></main><footer>9. Kontakt</footer>
<script>"9. x"</script><p hidden>9. y</p><div style="display: none">9. z</div></body></html>"""


def test_a_page_prints_the_numbers_of_its_lists():
    text = found("a.html", PAGE)
    assert text.title == "Marrëveshja për tregtinë"
    assert points(text) == [
        (None, "3", "", "Palët njohin vulat:\n\nTeksti vazhdon."),
        ("3", "a", "", "vula e parë;"),
        ("3", "b", "", "vula e dytë:"),
        ("3.b", "i", "", "një"),
        ("3.b", "ii", "", "dy"),
        (None, "7", "", "Pika e shtatë.\n\nVazhdim i saj.\n\n- kjo\n- ajo"),
        (None, "8", "", "Pika e fundit."),
    ]
    assert "9" not in text.original


def test_a_rule_between_points_is_no_text():
    text = found("a.html", "<p>1. The one.</p><hr><p>2. The two.</p><hr><p>Contact us")
    assert points(text) == [(None, "1", "", "The one."), (None, "2", "", "The two.")]
    assert text.left_out == ["____", "Contact us"]


def test_a_page_may_count_backwards():
    text = found("a.html", "<ol reversed><li>The third.<li>The second.<li>The first.</ol>")
    assert numbers(text) == ["3", "2", "1"]


def test_a_number_that_stands_in_a_numbered_list_again_is_read_once():
    text = found("a.html", "<ol><li>1. The one.</li><li>2. The two.</li></ol>")
    assert points(text) == [(None, "1", "", "The one."), (None, "2", "", "The two.")]


def test_a_page_saved_by_word_is_read():
    item = (
        "<p class=MsoListParagraph><![if !supportLists]><span style='mso-list:Ignore'>{}."
        "<span>&nbsp;&nbsp; </span></span><![endif]>{}<o:p></o:p></p>"
    )
    rows = item.format(1, "Што &#1078;ели страна.") + item.format(2, "Крај споразума.")
    head = '<html><head><meta http-equiv=Content-Type content="text/html; charset=windows-1251">'
    text = found("a.htm", f"{head}<body>{rows}</body></html>".encode("cp1251"))
    assert points(text) == [(None, "1", "", "Што жели страна."), (None, "2", "", "Крај споразума.")]


def test_a_page_of_a_table_is_read():
    text = found(
        "a.html",
        "<table><tr><td>1.</td><td>The parties:<table><tr><td>(a)</td><td>agree;</td></tr>"
        "<tr><td>(b)</td><td>meet.</td></tr></table></td></tr></table>",
    )
    assert points(text) == [
        (None, "1", "", "The parties:"),
        ("1", "a", "", "agree;"),
        ("1", "b", "", "meet."),
    ]


# ── Plain text and its letters ───────────────────────────────────────────────────────────────

LETTERS = {
    "sq": "1. Palët bien dakord për këtë çështje.\n2. Të gjitha palët janë të barabarta.",
    "sr-latn": "1. Strane će učiniti što žele, ali šest članova čeka.\n2. Đaci idu dalje.",
    "sr-cyrl": "1. Стране ће учинити шта желе.\n2. Ђаци иду даље, чека се и на „џез“.",
    "en": "1. The parties agree on the “asterisk”.\n2. The parties – both – meet.",
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        *((language, "utf-8") for language in LETTERS),
        *((language, "utf-8-sig") for language in LETTERS),
        *((language, "utf-16") for language in LETTERS),
        *((language, "utf-16-le") for language in LETTERS),
        *((language, "utf-16-be") for language in LETTERS),
        ("sq", "cp1250"),
        ("sq", "cp1252"),
        ("sq", "iso8859-2"),
        ("sr-latn", "cp1250"),
        ("sr-latn", "iso8859-2"),
        ("sr-latn", "cp852"),
        ("sr-cyrl", "cp1251"),
        ("sr-cyrl", "iso8859-5"),
        ("sr-cyrl", "cp855"),
        ("en", "cp1252"),
    ],
)
def test_letters_are_read_in_every_encoding_of_the_region(language, encoding):
    wanted = LETTERS[language]
    if encoding in ("iso8859-5", "cp855"):
        wanted = wanted.translate({ord("„"): '"', ord("“"): '"'})
    assert letters.decoded(wanted.encode(encoding)) == wanted
    text = found("a.txt", wanted.encode(encoding))
    assert numbers(text) == ["1", "2"]
    assert f"{text.language}-{text.script.lower()}".startswith(language)


def test_lines_broken_at_a_width_become_paragraphs_again():
    long = "The parties agree on the text of this agreement and on all that goes with it, "
    rows = textwrap.wrap(f"1. {long * 4}in Brussels and in Pristina.", 66)
    text = found("a.txt", "\n".join([*rows, "Second paragraph.", "2. The end."]))
    assert text.provisions[0].text == f"{long * 4}in Brussels and in Pristina.\n\nSecond paragraph."


def test_a_printed_text_loses_its_page_numbers():
    pages = [f"Dialogue\n\n{at}. The point {at} is agreed.\n\nPage {at} of 3" for at in (1, 2, 3)]
    text = found("a.txt", "\f".join(pages))
    assert [one.text for one in text.provisions] == [
        f"The point {at} is agreed." for at in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Die Parteien sind sich darin einig, dass das Gesetz für die Bürger gilt.", None),
        ("Les parties sont d’accord pour que les communes forment une association.", None),
        ("Стороны договорились о том, что это объединение действует по закону.", None),
        ("Страните се договорија дека ќе формираат заедница меѓу нив.", None),
        ("Τα μέρη συμφώνησαν σε όλα.", None),
        ("双方同意成立协会。", None),
        ("Stranke su se dogovorile da će općine osnovati zajednicu.", ("sr", "Latn")),
        ("Strane su se dogovorile da ce se sresti.", ("sr", "Latn")),
        ("Palet jane pajtuar qe te takohen ne Bruksel.", ("sq", "Latn")),
        ("First point.", ("en", "Latn")),
    ],
)
def test_language_and_script_are_told_or_refused(text, wanted):
    data = f"1. {text}\n2. {text}"
    if wanted is None:
        assert refusal("a.txt", data) == "unknown-language"
    else:
        assert (found("a.txt", data).language, found("a.txt", data).script) == wanted


# ── PDF ──────────────────────────────────────────────────────────────────────────────────────


def test_a_pdf_loses_its_notes_its_margins_and_what_is_stamped_on_it():
    page = [
        (72, 815, 9, "Official journal"),
        (72, 780, 12, "Agreement on notes"),
        (72, 750, 12, "1. The parties agree on Kosovo"),
        (72 + 29 * 6, 755, 6, "1"),
        (72, 720, 12, "2. The end of the text."),
        (72, 90, 8, "1 This designation is without prejudice to positions"),
        (72, 80, 8, "on status."),
        (280, 30, 9, "- 1 -"),
    ]
    text = found("a.pdf", make.pdf(page))
    assert points(text) == [
        (None, "1", "", "The parties agree on Kosovo"),
        (None, "2", "", "The end of the text."),
    ]
    assert text.title == "Agreement on notes"


def test_a_pdf_of_two_columns_is_read_column_by_column():
    left = [
        "1. The parties agree that the",
        "association of municipalities will",
        "look after the areas that are",
        "named here.",
        "2. The parties agree on health,",
        "education and planning in line",
    ]
    right = [
        "with Article 5 of the statute and",
        "the law in force in Brussels.",
        "3. The parties will meet every",
        "month and report to the EU on",
        "their work.",
        "4. The end of the agreement.",
    ]
    lines = [(60, 780 - at * 14, 10, row) for at, row in enumerate(left)]
    lines += [(310, 780 - at * 14, 10, row) for at, row in enumerate(right)]
    text = found("a.pdf", make.pdf(lines))
    assert numbers(text) == ["1", "2", "3", "4"]
    assert text.provisions[1].text == (
        "The parties agree on health, education and planning in line with Article 5 of the statute"
        " and the law in force in Brussels."
    )


def test_a_pdf_may_draw_all_numbers_at_the_end():
    lines = [(100, 780 - at * 30, 10, f"The text {at} of the parties.") for at in (1, 2, 3)]
    lines += [(72, 780 - at * 30, 10, f"{at}.") for at in (1, 2, 3)]
    assert numbers(found("a.pdf", make.pdf(lines))) == ["1", "2", "3"]


def test_broken_words_are_joined_and_compounds_kept():
    rows = """
        1. The municipalities agree on the imple-
        mentation of cross-
        border work, facilitated by the EU-
        Kosovo office and by follow-
        up meetings of the munici-
        palities and of their asso-
        ciation.
        2. The end of the agreement.
    """
    text = found("a.pdf", make.pdf(*make.typeset("\n".join(rows_of(rows)))))
    assert text.provisions[0].text == (
        "The municipalities agree on the implementation of cross-border work, facilitated by the"
        " EU-Kosovo office and by follow-up meetings of the municipalities and of their"
        " association."
    )


def test_articles_at_the_top_of_every_page_are_no_running_head():
    rows = [
        row
        for at in range(1, 13)
        for row in (f"Article {at}", f"Matter {at}", f"The parties agree on {at}.")
    ]
    pages = make.typeset("\n".join(rows), page_rows=3, head="Agreement", foot="{page}")
    text = found("a.pdf", make.pdf(*pages))
    assert points(text) == [
        (None, str(at), f"Matter {at}", f"The parties agree on {at}.") for at in range(1, 13)
    ]


def test_a_pdf_that_only_may_not_be_printed_is_read():
    rows = make.typeset("1. The parties agree.\n2. The parties meet.")
    assert numbers(found("a.pdf", make.pdf(*rows, owner="secret"))) == ["1", "2"]


# ── What is refused ──────────────────────────────────────────────────────────────────────────

TWO_POINTS = make.typeset("1. The parties agree.\n2. The parties meet.")
LAUGHING_PAGE = f"<?xml version='1.0'?>{make.LAUGHS}<html><body>1. &a9;</body></html>"
ZIP_WITH_PASSWORD = bytearray(word(paragraph("1. The parties agree.")))
for _start in (b"PK\x03\x04", b"PK\x01\x02"):
    _at = ZIP_WITH_PASSWORD.find(_start)
    while _at >= 0:
        ZIP_WITH_PASSWORD[_at + (6 if _start == b"PK\x03\x04" else 8)] |= 1
        _at = ZIP_WITH_PASSWORD.find(_start, _at + 4)

REFUSED = {
    "encrypted pdf": ("a.pdf", make.pdf(*TWO_POINTS, password="secret"), "encrypted"),
    "encrypted docx": ("a.docx", make.LOCKED_WORD, "encrypted"),
    "docx with a zip password": ("a.docx", bytes(ZIP_WITH_PASSWORD), "encrypted"),
    "no bytes": ("a.txt", b"", "empty"),
    "white space": ("a.txt", b" \r\n\t\n" * 50, "empty"),
    "only a byte order mark": ("a.txt", b"\xef\xbb\xbf", "empty"),
    "docx without text": ("a.docx", word(), "empty"),
    "page without text": ("a.html", b"<html><body><p> </p></body></html>", "empty"),
    "scanned pdf": ("a.pdf", make.pdf([], [], picture=True), "no-text"),
    "scanned pdf with a stamp": ("a.pdf", make.pdf([(72, 20, 9, "Scan")], picture=True), "no-text"),
    "scanned docx": ("a.docx", word(media=True), "no-text"),
    "docx named pdf": ("a.pdf", word(paragraph("1. The parties agree.")), "mislabelled"),
    "pdf named txt": ("a.txt", make.pdf(*TWO_POINTS), "mislabelled"),
    "page named txt": ("a.txt", b"<html><body>1. The parties</body></html>", "mislabelled"),
    "text named html": ("a.html", b"1. The parties agree.", "mislabelled"),
    "docx named doc": ("a.doc", word(paragraph("1. The parties agree.")), "mislabelled"),
    "picture named docx": ("a.docx", make.PNG, "mislabelled"),
    "program named txt": ("a.txt", make.PROGRAM, "mislabelled"),
    "old Word named docx": ("a.docx", make.OLD_WORD, "mislabelled"),
    "NUL in text": ("a.txt", b"1. The parties\x00\x00 agree.\n", "mislabelled"),
    "noise named pdf": ("a.pdf", bytes(range(256)) * 20, "mislabelled"),
    "old Word": ("a.doc", make.OLD_WORD, "unsupported"),
    "rich text": ("a.rtf", make.RICH_TEXT, "unsupported"),
    "OpenDocument": ("a.odt", make.open_document(), "unsupported"),
    "spreadsheet": ("a.xlsx", make.spreadsheet(), "unsupported"),
    "picture": ("a.png", make.PNG, "unsupported"),
    "cut docx": ("a.docx", word(paragraph("1. The parties agree."))[:-200], "broken"),
    "cut pdf": ("a.pdf", make.pdf(*TWO_POINTS)[:-300], "broken"),
    "pdf without pages": ("a.pdf", make.pdf(), "broken"),
    "pdf of nothing": ("a.pdf", b"%PDF-1.7\n%%EOF", "broken"),
    "docx with bad XML": ("a.docx", word("<w:p>"), "broken"),
    "docx without a text part": ("a.docx", make.zipped({"word/x.xml": ""}), "broken"),
    "billion laughs in a docx": ("a.docx", word(prolog=make.LAUGHS), "broken"),
    "billion laughs in a page": ("a.html", LAUGHING_PAGE.encode(), "no-numbering"),
    "zip bomb": ("a.docx", make.bomb(), "oversized"),
    "file of 20 MB and a byte": ("a.txt", b"1. a\n" * (MAX_BYTES // 5 + 1), "oversized"),
    "text of 3 million letters": ("a.txt", b"1. The parties agree.\n" * 140_000, "oversized"),
    "501 pages": ("a.pdf", make.pdf(*[TWO_POINTS[0]] * 501), "oversized"),
    "3,000 points": ("a.html", b"<ol>" + b"<li>The parties agree." * 3000, "oversized"),
    "nothing numbered": ("a.txt", b"The parties agree on peace.", "no-numbering"),
    "German": ("a.txt", b"1. Die Parteien sind sich einig.", "unknown-language"),
}


@pytest.mark.parametrize(("name", "data", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_with_its_reason(name, data, reason):
    started = time.monotonic()
    with pytest.raises(UnreadableDocument) as caught:
        sandbox.read(name, data)
    assert caught.value.reason == reason
    assert str(caught.value)
    assert time.monotonic() - started < 20


def test_every_refusal_is_a_plain_sentence_without_a_path():
    with translation.override("en"):
        for reason in REASONS:
            for kind in KINDS:
                text = str(UnreadableDocument(reason, ending=".pdf", kind=kind))
                assert text.endswith(".")
                assert "%" not in text
                assert "/" not in text


def test_a_mislabelled_file_is_told_what_it_is():
    with pytest.raises(UnreadableDocument) as caught:
        sandbox.read("text.pdf", word(paragraph("1. The parties agree.")))
    with translation.override("en"):
        assert "ends in .pdf, but it seems to be a Word document (.docx)" in str(caught.value)


def test_a_file_without_an_ending_is_what_it_is():
    assert numbers(found("text", "1. The parties agree.\n2. The parties meet.")) == ["1", "2"]


# ── Limits ───────────────────────────────────────────────────────────────────────────────────


def test_a_reading_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(sandbox, "SECONDS", 0.01)
    with pytest.raises(UnreadableDocument) as caught:
        sandbox.read("a.txt", b"1. The parties agree.")
    assert caught.value.reason == "too-slow"


MEASURE = """
import resource, sys
from agreements.importing import UnreadableDocument, sandbox
try:
    sandbox.read_file(sys.argv[1])
except UnreadableDocument as problem:
    print(problem.reason, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits memory")
def test_a_page_that_unpacks_without_end_stays_within_memory(tmp_path):
    path = tmp_path / "bomb.pdf"
    path.write_bytes(make.pdf_bomb())
    assert path.stat().st_size < 300_000
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    reason, megabytes = done.stdout.split()
    assert reason == "oversized"
    assert int(megabytes) < 400


@pytest.mark.parametrize(
    ("name", "data"),
    {
        "a line without end": ("a.txt", b"1. " + b"the parties agree " * 100_000),
        "dots": ("a.txt", b"1. The parties agree\n" + b"." * 1_900_000 + b"\n2. The end of it."),
        "one word": ("a.txt", b"A. " + b"a" * 1_900_000 + b"1\nB. the parties"),
        "numbers without order": (
            "a.txt",
            "\n".join(f"{at * 7 % 50}. The parties agree." for at in range(3_000)).encode(),
        ),
        "deep page": ("a.html", b"<ol><li>The parties " * 30_000),
        "attributes": ("a.html", b"<p " + b'a="b" ' * 1_000_000 + b">1. The"),
        "comments": ("a.html", b"<p>1. The</p></p></p></p>" + b"<!--" * 400_000),
        "table": (
            "a.docx",
            word(make.table(*[("a", "b", "c")] * 4_000)),
        ),
    }.values(),
)
def test_strange_files_are_answered_in_time(name, data):
    started = time.monotonic()
    assert answer(sandbox.read, name, data) != "too-slow"
    assert time.monotonic() - started < 15


# ── The command ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def agreement_file(tmp_path):
    path = tmp_path / "споразум.docx"
    path.write_bytes(as_word(rows_of(TRAVEL)))
    return path


def run(*arguments):
    """Run the command as a person would; return (exit code, what it printed)."""
    done = subprocess.run(
        [sys.executable, "manage.py", "import_text", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        env={"DEBUG": "True", "PATH": "", "PYTHONIOENCODING": "ascii"},
    )
    assert b"Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout.decode()


def test_a_dry_run_prints_what_was_found_as_json(agreement_file):
    code, printed = run("--dry-run", "--json", agreement_file)
    assert code == 0
    said = json.loads(printed)
    assert list(said) == ["language", "script", "title", "provisions"]
    assert [said["language"], said["script"]] == ["sr", "Cyrl"]
    assert said["title"] == "СПОРАЗУМ о слободи кретања"
    assert list(said["provisions"][0]) == ["number", "heading", "text", "parent"]
    assert said["provisions"][1] == {
        "number": "2",
        "heading": "Исправе",
        "text": "",
        "parent": None,
    }
    assert "Путује" in printed


def test_every_refusal_is_json_with_exit_code_1(tmp_path):
    (tmp_path / "noise.txt").write_bytes(bytes(range(128, 256)) * 9)
    for name, reason in [("", "not-a-file"), ("none.txt", "missing"), ("noise.txt", "encoding")]:
        code, printed = run("--dry-run", "--json", tmp_path / name)
        assert code == 1
        assert json.loads(printed) == {"error": english(reason), "reason": reason}
    code, printed = run("--dry-run", "--json")
    assert (code, json.loads(printed)["reason"]) == (1, "usage")


def english(reason):
    with translation.override("en"):
        return str(UnreadableDocument(reason))


def called(*arguments):
    out = io.StringIO()
    call_command("import_text", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_dry_run_for_people_shows_points_and_what_was_left_out(agreement_file):
    printed = called("--dry-run", agreement_file)
    assert "2.2.а" in printed
    assert "Left out: Потписано у Бриселу" in printed
    assert "Found 10 points, changed nothing." in printed


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/proc/self/mem"])
def test_a_device_is_no_file(device):
    with pytest.raises((CommandError, SystemExit)):
        called("--dry-run", device)


def test_without_a_draft_or_a_dry_run_nothing_is_read(agreement_file):
    with pytest.raises(CommandError, match="--dry-run"):
        called(agreement_file)


def test_another_language_than_that_of_the_text_is_refused(agreement_file):
    with pytest.raises(CommandError, match="The text is in sr, not in sq"):
        called("--dry-run", "--language", "sq", agreement_file)


@pytest.mark.django_db
def test_the_command_fills_the_draft(agreement_file, draft, editor, monkeypatch):
    calls = []

    def fill(text, into, **wishes):
        calls.append((len(text.provisions), into, wishes))
        return into_draft.Filled(10, 9)

    monkeypatch.setattr(into_draft, "fill", fill)
    wishes = ["--draft", "test-agreement", "--language", "sr", "--basis", "official"]
    printed = called(agreement_file, *wishes, "--by", "editor")
    assert calls == [(10, draft, {"language": "sr", "basis": "official", "by": editor})]
    assert "Filled 10 points of test-agreement, 9 of them new." in printed


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "by", "problem"),
    [("none", "editor", "no agreement “none”"), ("test-agreement", "x", "no user “x”")],
)
def test_an_unknown_agreement_or_person_stops_the_command(agreement_file, draft, slug, by, problem):
    wishes = ["--draft", slug, "--language", "sr", "--basis", "official", "--by", by]
    with pytest.raises(CommandError, match=problem):
        called(agreement_file, *wishes)


# ── Whatever comes ───────────────────────────────────────────────────────────────────────────

WORDS = {
    "sq": "palët pajtohen që komunat kanë të drejtë në arsim sipas ligjit për qytetarët".split(),
    "sr": "strane su saglasne da opštine imaju pravo na obrazovanje prema zakonu".split(),
    "cy": "стране су сагласне да општине имају право на образовање према закону".split(),
    "en": "the parties agree that municipalities have the right to education by law".split(),
}
TOPS = {
    "sq": ["Neni {}", "Pika {}", "{}.", "{})", "({})", "§ {}"],
    "sr": ["Član {}", "Član {}.", "Tačka {}.", "{}.", "{})"],
    "cy": ["Члан {}", "ЧЛАН {}.", "Тачка {}", "{}.", "{})"],
    "en": ["Article {}", "ARTICLE {}", "Point {}", "{}.", "({})"],
}
TITLES = {
    "sq": ["Qëllimi", "Hyrja në fuqi", "DOKUMENTET"],
    "sr": ["Predmet", "Stupanje na snagu", "ISPRAVE"],
    "cy": ["Предмет", "Ступање на снагу", "ИСПРАВЕ"],
    "en": ["Scope", "Entry into force", "DOCUMENTS"],
}
ROMAN = "i ii iii iv v vi vii viii ix x".split()


@st.composite
def numbered_documents(draw):
    """Return (rows of a document, the points to be found in it)."""
    language = draw(st.sampled_from(sorted(WORDS)))
    letters = "абвгдђежзи" if language == "cy" else "abcdefghij"
    top = draw(st.sampled_from(TOPS[language]))
    middle = draw(st.sampled_from(["{})", "({})"]))
    inner = draw(st.sampled_from(["{})", "({})"]))
    own_line = top[0].isalpha() and draw(st.booleans())
    headed = own_line and draw(st.booleans())

    def sentence(end):
        words = draw(st.lists(st.sampled_from(WORDS[language]), min_size=4, max_size=24))
        return " ".join(words).capitalize() + end

    rows, wanted = [], []
    for at in range(1, draw(st.integers(2, 12)) + 1):
        below = draw(st.integers(2, 5)) if draw(st.booleans()) else 0
        text, heading = sentence(":" if below else "."), ""
        if headed:
            heading = draw(st.sampled_from(TITLES[language]))
        rows += (
            [top.format(at), *filter(None, [heading]), text]
            if own_line
            else [f"{top.format(at)} {text}"]
        )
        wanted.append((None, str(at), heading, text))
        for letter in letters[:below]:
            deeper = draw(st.integers(2, 4)) if draw(st.booleans()) else 0
            text = sentence(":" if deeper else ";")
            rows.append(f"{middle.format(letter)} {text}")
            wanted.append((str(at), letter, "", text))
            for digit in ROMAN[:deeper]:
                text = sentence(".")
                rows.append(f"{inner.format(digit)} {text}")
                wanted.append((f"{at}.{letter}", digit, "", text))
    return rows, wanted


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(numbered_documents(), st.sampled_from(sorted(FORMS)))
def test_every_number_and_text_comes_back_in_order(document, form):
    rows, wanted = document
    name, write = FORMS[form]
    text = found(name, write(rows))
    assert points(text) == wanted
    for one in text.provisions:
        assert markup.normalise(one.text) == one.text


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["a.txt", "a.html", "a.docx", "a"]),
    st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode()),
)
def test_arbitrary_bytes_give_provisions_or_a_refusal(name, data):
    text = answer(found, name, data)
    assert text in list(REASONS) or text.provisions


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("123abivIV.)( \n§-•АбčëЧланNei"), max_size=200))
def test_any_mixture_of_numbers_gives_texts_in_normal_form(mixture):
    text = answer(found, "a.txt", f"Neni 1\nPalët pajtohen për të gjitha.\n{mixture}")
    if text not in ("no-numbering", "unknown-language"):
        assert [one.text for one in text.provisions] == [
            markup.normalise(one.text) for one in text.provisions
        ]


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_a_damaged_pdf_never_breaks_the_caller(data):
    whole = bytearray(make.pdf(*TWO_POINTS))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 20))] = data.draw(st.integers(0, 255))
    text = answer(sandbox.read, "a.pdf", bytes(whole))
    assert text in list(REASONS) or text.provisions
