"""Serbian in two scripts: digraphs, names that stay Latin, whole pages, and the way back."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_platform.scripts import (
    folded,
    html_to_cyrillic,
    html_to_latin,
    to_cyrillic,
    to_latin,
)
from tests.conftest import ROOT

WORDS = {
    "Njegoš": "Његош",
    "NJEGOŠ": "ЊЕГОШ",
    "LJUBAV": "ЉУБАВ",
    "Ljubav": "Љубав",
    "DŽEM": "ЏЕМ",
    "džep": "џеп",
    "injekcija": "инјекција",
    "Injekcija": "Инјекција",
    "konjunktura": "конјунктура",
    "konjugacija": "конјугација",
    "vanjezički": "ванјезички",
    "nadživeti": "надживети",
    "NADŽIVETI": "НАДЖИВЕТИ",
    "odžaliti": "оджалити",
    "podžanr": "поджанр",
    "predživot": "предживот",
    "izvanjezički": "изванјезички",
    "Tanjug": "Танјуг",
    "Tanjuga": "Танјуга",
    # and where the two letters are one, after all
    "konj": "коњ",
    "Konjic": "Коњиц",
    "tanjir": "тањир",
    "odžak": "оџак",
    "budžet": "буџет",
    "panj": "пањ",
    "Đakovica": "Ђаковица",
    "shvatiti": "схватити",
    "ishod": "исход",
    "zoologija": "зоологија",
    "kooperacija": "кооперација",
    "interresorni": "интерресорни",
    "KFOR": "КФОР",
    "UNMIK": "УНМИК",
}

KEPT = [
    "EULEX",
    "CEFTA",
    "RKS",
    "KPCVA",
    "COVID-19",
    "CO2",
    "10km",
    "XIV",
    "Facebook",
    "Washington",
    "Gjakovë",
    "https://www.kord-kim.gov.rs/p07.php",
    "pera@njegos.rs",
    "normalizacija.rs",
    "&nbsp;",
    "km/h",
    "Wi-Fi",
]


@pytest.mark.parametrize(("latin", "cyrillic"), WORDS.items())
def test_a_word_is_converted_both_ways(latin, cyrillic):
    assert to_cyrillic(latin) == cyrillic
    assert to_latin(cyrillic) == latin


@pytest.mark.parametrize("word", KEPT)
def test_what_is_not_serbian_stays_latin(word):
    assert to_cyrillic(f"Видео сам {word}.") == f"Видео сам {word}."


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("Љ. Петровић", "Lj. Petrović"),
        ("ЉУБАВ И ЊЕГОШ", "LJUBAV I NJEGOŠ"),
        ("КОЊ", "KONJ"),
        ("Џ", "Dž"),
        ("ДЏ", "DDŽ"),
        ("EULEX и ЕУ", "EULEX i EU"),
    ],
)
def test_a_digraph_is_capital_as_a_reader_expects(cyrillic, latin):
    assert to_latin(cyrillic) == latin


@given(st.text(alphabet="абвгдђежзијклљмнњопрстћуфхцчџш АБВЉЊЏ.,–„“0123456789"))
def test_going_to_latin_leaves_no_cyrillic_and_is_stable(text):
    latin = to_latin(text)
    assert not any("\u0400" <= letter <= "\u04ff" for letter in latin)
    assert to_latin(latin) == latin


@given(st.text(max_size=200))
def test_no_text_at_all_makes_the_converters_fail(text):
    to_cyrillic(to_latin(text))
    html_to_latin(text)
    html_to_cyrillic(text)


def test_a_page_keeps_every_byte_that_nobody_reads():
    page = (
        '<!doctype html><html lang="sr-Cyrl"><head><title>Његош</title>'
        '<meta name="description" content="Љубав"><meta name="viewport" content="Љ">'
        '<meta property="og:title" content="Џеп"><style>.љ{}</style>'
        '<script>let њ</script><script type="application/ld+json">{"name":"Његош"}</script></head>'
        '<body id="љ"><a href="/љ" title="Љ" data-x="љ">Љиљан</a><img alt="Џеп" src="џ.png">'
        '<p lang="en">Ђ</p><p translate="no">Њ <b>Њ</b></p><code>љ</code><!-- љ -->&nbsp;Ћирилица'
        '<span lang="sr-Cyrl">Ћ</span></body></html>'
    )
    assert html_to_latin(page) == (
        '<!doctype html><html lang="sr-Cyrl"><head><title>Njegoš</title>'
        '<meta name="description" content="Ljubav"><meta name="viewport" content="Љ">'
        '<meta property="og:title" content="Džep"><style>.љ{}</style>'
        '<script>let њ</script><script type="application/ld+json">{"name":"Njegoš"}</script></head>'
        '<body id="љ"><a href="/љ" title="Lj" data-x="љ">Ljiljan</a><img alt="Džep" src="џ.png">'
        '<p lang="en">Ђ</p><p translate="no">Њ <b>Њ</b></p><code>љ</code><!-- љ -->&nbsp;Ćirilica'
        '<span lang="sr-Cyrl">Ћ</span></body></html>'
    )


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("<p>&scaron;uma &amp; more</p>", "<p>шума &amp; море</p>"),
        ("&ccaron;amac &dstrok;ak &#353;uma &#x10D;as", "чамац ђак шума час"),
        ('<input type="submit" value="Pošalji">', '<input type="submit" value="Пошаљи">'),
        ('<input type="text" value="Pošalji">', '<input type="text" value="Pošalji">'),
        ('<p lang="en">love<p>njiva', '<p lang="en">love<p>њива'),
        ('<p lang="en">love <b lang="sr">njiva</b>', '<p lang="en">love <b lang="sr">њива</b>'),
        ('<p lang="sr-Latn-RS">njiva</p>', '<p lang="sr-Latn-RS">njiva</p>'),
        ("<ul><li lang=en>a<li>njiva</ul>", "<ul><li lang=en>a<li>њива</ul>"),
        (
            '<script type="application/ld+json">{"name":"Njegoš"}</script>',
            '<script type="application/ld+json">{"name":"Njegoš"}</script>',
        ),
        ("c\u030cas", "час"),
        ("ǌiva ǈubav", "њива Љубав"),
    ],
)
def test_a_page_in_latin_becomes_cyrillic_where_people_read(latin, cyrillic):
    assert html_to_cyrillic(latin) == cyrillic


def test_the_command_says_when_the_text_is_not_utf8():
    done = subprocess.run(
        [sys.executable, "manage.py", "transliterate", "--to", "cyrl"],
        input=b"\xff",
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert b"not UTF-8" in done.stderr
    assert b"Traceback" not in done.stderr


def test_unquoted_attributes_are_understood():
    assert html_to_latin("<p lang=en>Љ</p><p class=x>Љ</p>") == "<p lang=en>Љ</p><p class=x>Lj</p>"


def test_every_serbian_text_of_the_site_survives_latin_and_back():
    """What is shown in Latin could be typed back: the exceptions list knows this site's words."""
    from agreements.content import files

    lost = {}
    entries, _problems = files.read(ROOT / "content")
    for entry in entries:
        for text in _serbian(entry.record):
            for word in text.split():
                if to_cyrillic(to_latin(word)) != word and not any(
                    c.isascii() and c.isalpha() for c in word
                ):
                    lost[word] = to_cyrillic(to_latin(word))
    assert lost == {}


def _serbian(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("spellings", "also_known_as"):  # what people type, in whatever letters
                continue
            if key == "sr":
                yield from [inner] if isinstance(inner, str) else inner
            else:
                yield from _serbian(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _serbian(inner)


@pytest.mark.parametrize(
    ("arguments", "given_text", "expected"),
    [
        (["--to", "cyrl"], "Njegoš i EULEX\n", "Његош и EULEX\n"),
        (["--to", "latn"], "Његош\r\n", "Njegoš\r\n"),
        (["--to", "cyrl", "--html"], '<p class="x">Šta</p>', '<p class="x">Шта</p>'),
        (["--to", "latn", "--html"], '<p lang="en">Љ</p>Љ', '<p lang="en">Љ</p>Lj'),
    ],
)
def test_the_command_is_a_filter(arguments, given_text, expected):
    done = subprocess.run(
        [sys.executable, "manage.py", "transliterate", *arguments],
        input=given_text.encode(),
        capture_output=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.decode() == expected


@pytest.mark.parametrize(
    "spellings", [("Đakovica", "Ђаковица", "djakovica"), ("Zveçan", "ZVECAN"), ("čć", "cc")]
)
def test_spellings_of_one_word_fold_to_the_same(spellings):
    assert len({folded(spelling) for spelling in spellings}) == 1
