"""In which language and script a text is: Albanian, Serbian in either script, or English.

Counted are the most frequent words of each language, words that agreements are made of, and letters
that only one of them has. No dictionary, no model: three languages are far apart.
"""

import re
import unicodedata
from collections import Counter

from agreements.importing import UnreadableDocument
from dialogue_platform.scripts import to_latin

SAMPLE = 200_000  # characters that are looked at

_WORDS = {
    "sq": """
        të dhe në për nga që së një është janë do me e i ose si kjo ky këtë kësaj tyre mes ndërmjet
        duke nuk mund duhet te dy palët pala palëve marrëveshja marrëveshje marrëveshjes neni pika
        kosovës serbisë kosova serbia sipas deri pas mbi gjithë tjera çdo ndaj prej saj tij
        ne per nga qe nje eshte kete keto këto palet marreveshje
    """,
    "sr": """
        i u je se na da za od su sa o će koji koja koje kao ili iz po ne ova ovaj ovog ove ovo biti
        bez do između strane strana stranama sporazum sporazuma član tačka kosova srbije prema
        nakon radi svih svoje njihov sve može mogu neće ce clan tacka nije smo koje kojim kojih
        odnosno dogovor dogovora obe dve druge
    """,
    "en": """
        the of and to in shall will with by be is are that on for from as which their this it
        or not any all between parties party sides side both agreement agree agreed article point
        annex accordance under have has been other such its may each first second third
        kosovo serbia text
    """,
    # German, French, Italian, Spanish, Dutch, Slovenian: so that they do not pass for another.
    "": """
        der die das und den dem ist sind werden wird mit für auf dass le la les des du est dans pour
        que une sont il che di del della gli con sono una alla los las el para het een van zijn dat
        bodo bo ki ter z v sta
    """,
}
_WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_LETTERS = {"sq": "ëç", "sr": "čćžšđ", "en": "", "": ""}
_NOT_SERBIAN = frozenset("ыэъщёюяьйѓќѕіїєґ")  # Russian, Ukrainian, Bulgarian, Macedonian
_OTHER_LETTERS = frozenset("äöüßàèùâêîôûñãõåøæłąęńśźżőűăîţșțğışñ")


def language_and_script(text):
    """Return ("sq", "Latn"), ("sr", "Cyrl"), … or raise UnreadableDocument("unknown-language")."""
    text = unicodedata.normalize("NFC", text[:SAMPLE]).lower()
    letters = Counter(letter for letter in text if letter.isalpha())
    cyrillic = sum(count for letter, count in letters.items() if "\u0400" <= letter <= "\u04ff")
    latin = sum(count for letter, count in letters.items() if letter < "\u0250")
    if cyrillic + latin < 0.8 * letters.total() or not letters:
        raise UnreadableDocument("unknown-language")
    if cyrillic > latin:
        foreign = sum(letters[letter] for letter in _NOT_SERBIAN)
        if foreign > 0.01 * cyrillic:
            raise UnreadableDocument("unknown-language")
        return "sr", "Cyrl"
    return _latin_language(text, letters, latin), "Latn"


def _latin_language(text, letters, latin):
    words = re.findall(r"[^\W\d_]+", to_latin(text))
    if sum(letters[letter] for letter in _OTHER_LETTERS) > 0.015 * latin:
        raise UnreadableDocument("unknown-language")
    scores = {}
    for language, known in _WORDS.items():
        score = sum(word in known for word in words)
        score += 0.5 * sum(letters[letter] for letter in _LETTERS[language])
        scores[language] = score / max(len(words), 1)
    best, second = sorted(scores, key=scores.get, reverse=True)[:2]
    enough = 0.15 if len(words) >= 20 else 0.0  # a list of names has hardly any such words
    if not best or scores[best] <= enough or scores[best] < 1.1 * scores[second]:
        raise UnreadableDocument("unknown-language")
    return best
