"""Lines become provisions, by the document's own numbering.

Many lines begin with what may be a number: "2. септембра 2011.", "Article 5 of this Agreement" at
the start of a broken line, "I. Dačić" under a text. So every such line is a candidate, its looks
speak for or against it, and of all ways to read the document the one is chosen whose numbers run on
best: next of its list, first of a deeper one, or back in a higher one (`_Reading`).

What stands before the first provision is title and preamble. A chapter (part, title, section) is a
provision with its own children only where numbers start anew in it; where they run through, it is
left out. A last paragraph that is clearly a signature, a place with a date or a note is left out.
"""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from agreements.importing import MAX_PROVISIONS, FoundProvision, UnreadableDocument, path_of

MAX_CANDIDATES = 10_000  # lines that begin with what may be a number


def found(document):
    """Return (title, [FoundProvision], lines that belong to none) of a documents.Document.

    Raise UnreadableDocument where there are no numbered points, or far too many.
    """
    lines = _with_double_markers(document.lines)
    chosen = _Reading(lines).best()
    if not chosen:
        raise UnreadableDocument("no-text" if document.sparse else "no-numbering")
    if len(chosen) > MAX_PROVISIONS:
        raise UnreadableDocument("oversized")
    outline = _Outline(lines, chosen)
    title, preamble = _title(outline.before, document.title)
    provisions = outline.provisions(preamble)
    if not provisions:
        raise UnreadableDocument("no-numbering")
    return title, provisions, [*preamble, *outline.left_out]


# ── What a line may begin with ───────────────────────────────────────────────────────────────


class Marker(NamedTuple):
    """A number at the start of a line, in one way to read it ("i" is a letter and a Roman one).

    `kind` is the kind of numbering and `wrap` its punctuation: markers of one list agree in both.
    `value` is what is counted: an int, a letter, or the parts of "1.2". `fit` says how likely it
    is a number at all by its looks: below 0 for an unlikely one.
    """

    kind: str
    wrap: str
    value: object
    number: str
    rest: str
    fit: float = 0.0
    certain: bool = False  # printed by automatic numbering
    group: str = ""
    level: int | None = None

    @property
    def style(self):
        return self.kind, self.wrap


_KEYWORDS = {
    "article": "Article|Art|Neni|Nen|Član|Clan|Članak|Члан",
    "point": "Point|Pika|Tačka|Tacka|Točka|Тачка|Item",
    "paragraph": "Paragraph|Paragrafi|Paragraf|Stav|Став|Параграф",
    "annex": "Annex|Appendix|Aneks|Aneksi|Shtojca|Shtojcë|Prilog|Dodatak|Анекс|Прилог|Додатак",
    "part": "Part|Pjesa|Deo|Dio|Део|Дио",
    "chapter": "Chapter|Kapitulli|Kreu|Glava|Poglavlje|Глава|Поглавље",
    "titulus": "Title|Titulli|Naslov|Наслов",
    "section": "Section|Seksioni|Odeljak|Odjeljak|Одељак|Одјељак",
}
_KIND_OF = {word.lower(): kind for kind, words in _KEYWORDS.items() for word in words.split("|")}
DIVISIONS = ("part", "titulus", "chapter", "section")
_KEYWORD = re.compile(
    rf"(?P<word>{'|'.join(_KEYWORDS.values())})\b\.?\s*(?:(?:Nr|No|Br|Бр)\.|№)?\s*"
    r"(?P<number>\d{1,3}(?:\s?(?:bis|ter)\b|/?[a-zčćžšđабвгд]\b)?|[IVXLC]{1,7}\b|[A-Z]\b)"
    r"(?P<after>\s*(?:\.\s*[)–—:-]?|[):–—]|-(?=\s))?\s*)(?P<rest>.*)",
    re.IGNORECASE,
)
_ANNEX_ALONE = re.compile(rf"({_KEYWORDS['annex']})\s*[.:]?$", re.IGNORECASE)
_SPACED = re.compile(r"((?:[^\W\d_] ){2,}[^\W\d_])(?=\s{1,3}\d{1,3}\b)")  # Č l a n 1
_PARAGRAPH_SIGN = re.compile(r"§\s*(?P<number>\d{1,3}[a-z]?)\b[.)]?\s*(?P<rest>.*)")
_PARTS = re.compile(
    r"\(?(?P<number>\d{1,3}(?:\.\d{1,2}){1,4})(?:[.)]{1,2}|(?=\s|$))(?!\d)\s*(?P<rest>.*)"
)
_NUMBER_AND_LETTER = re.compile(
    r"(?P<number>\d{1,2})\.(?P<letter>[a-zа-ш])[.)]?\s(?P<rest>.*)"  # 4.a)
)
_ROMAN_TITLE = re.compile(
    r"(?P<number>[IVXLІХ]{1,6})\s+(?:[–—-]\s*)?(?P<rest>[^\W\d_]{3}.{0,100})$"
)
_PLAIN = re.compile(
    r"(?P<open>[(\[]?)(?P<number>\d{1,3}[a-zабвгд]?|[^\W\d_]{1,7})"
    r"(?P<close>\.\)|[.)\]])\s*(?P<dash>[–—-]\s+)?(?P<rest>.*)"
)
_LABEL = re.compile(r"(?P<open>[(\[]?)(?P<number>\d{1,4}|[^\W\d_]{1,7})(?P<close>[.)\]]{0,2})")

_MONTH = (
    r"(?:(?:januar|februar|avgust|april)(?:a|u|om)?|(?:mart|maj|jun|jul)(?:a|u|i)?"
    r"|(?:septemb|oktob|novemb|decemb)(?:ar|ra|ru)"
    r"|(?:јануар|фебруар|август|април)(?:а|у|ом)?|(?:март|мај|јун|јул)(?:а|у|и)?"
    r"|(?:септемб|октоб|новемб|децемб)(?:ар|ра|ру)"
    r"|(?:janar|shkurt|mars|prill|maj|qershor|korrik|gusht|shtator|tetor|n[ëe]ntor|dhjetor)(?:i|it)?"
    r"|january|february|march|may|june|july|august|september|october|november|december"
    r"|siječnja|veljače|ožujka|travnja|svibnja|lipnja|srpnja|kolovoza|rujna|listopada|studenoga?"
    r"|prosinca)\b"
)
_DATE = re.compile(
    rf"\d{{1,2}}\.?\s*(?:{_MONTH}\.?,?\s+(?:vitit\s+|të\s+|viti\s+)?\d{{4}}"
    rf"|\d{{1,2}}\.\s*\d{{4}}|[./-]\d{{1,2}}[./-]\d{{4}}|/\d{{1,2}}/\d{{2,4}})",
    re.IGNORECASE,
)
_DAY_AND_MONTH = re.compile(rf"\d{{1,2}}\.?\s*{_MONTH}")  # without a year: in small letters only
_UNITS = re.compile(
    r"\s*(?:[%€$£]|(?:million|miliona?|milionë|милиона?|milijard[ae]|miliardë|милијард[ае]|billion"
    r"|thousand|hiljad[ae]|хиљад[ае]|mijë|euro|evra|евра|eur|EUR|USD|dinara?|динара?|km|км|kg|кг|ha"
    r"|m2|per ?cent|përqind|për qind|odsto|одсто|posto|посто|procenata?|процената?|h|sati|сати"
    r"|časova|часова|godin[aeu]|годин[аеу]|vek|век|a\.m|p\.m)\b)"
)
_TO_NUMBER = re.compile(
    r"(?:i|и|and|dhe|do|до|deri|to|or|ose|ili|или|te|те)\s+\(?(?:\d|[a-zа-ш]\))|[–—-]\s?\d"
)
_NAME_AFTER_INITIAL = re.compile(r"(?:[A-ZÇËČĆŽŠĐА-ЯЂЈЉЊЋЏ][^\W\d_]*(?:[\s-]|$)){1,3}$")


def markers(lines, at):
    """Return the Markers with which a line may begin, one for each way to read it."""
    line = lines[at]
    if line.label:
        return _of_label(line)
    text, context = line.text, _context(lines, at)
    spaced = _SPACED.match(text)
    whole = spaced[1].replace(" ", "") + text[spaced.end() :] if spaced else text
    if keyword := _KEYWORD.match(whole):
        return _of_keyword(keyword, context)
    if annex := _ANNEX_ALONE.match(text):
        shout = annex[1][0].isupper()
        return [Marker("annex", "", 1, annex[1], "", 1.5 if shout and not line.continues else -4)]
    if sign := _PARAGRAPH_SIGN.match(text):
        fit = 1.5 + min(context, 0.5)
        return [Marker("paragraph", "§", _count(sign["number"]), sign["number"], sign["rest"], fit)]
    if title := _ROMAN_TITLE.match(text):
        value = None if line.continues else _roman_value(title["number"])
        if value and title["rest"].isupper():
            return [Marker("ROMAN", " ", value, title["number"], title["rest"], 0.5 + context)]
    if _DATE.match(text) or _DAY_AND_MONTH.match(text):
        return []
    if joined := _NUMBER_AND_LETTER.match(text):
        letter, number = joined["letter"], joined["number"]
        fit = context + 0.5
        return [Marker("letter", "1.)", letter, f"{number}.{letter}", joined["rest"], fit)]
    if parts := _PARTS.match(text):
        return _of_parts(parts, context)
    if plain := _PLAIN.match(text):
        before = lines[at - 1].text if at else ""
        return _of_plain(plain, line, before, context)
    return []


def _of_label(line):
    """Read the print of automatic numbering: no doubt that it is one, unless it is a bullet."""
    text = re.sub(r"[\s–—:-]+$", "", line.label)
    # Some files number a list and have the number in the text as well.
    again = re.match(rf"\(?{re.escape(text.strip('(). '))}[.)]+\s+", line.text)
    rest = line.text[again.end() :] if again else line.text
    sure = {"certain": True, "group": line.group, "level": line.level, "rest": rest}
    if found := _KEYWORD.match(text):
        fit = 3.0 if not found["rest"] else 0.0
        return [one._replace(fit=fit, **sure) for one in _of_keyword(found, 0)] if fit else []
    if found := _PARAGRAPH_SIGN.match(text):
        number = found["number"]
        return [Marker("paragraph", "§", _count(number), number, fit=3.0, **sure)]
    if (found := _PARTS.match(text)) and not found["rest"]:
        return [one._replace(fit=3.0, **sure) for one in _of_parts(found, 0)]
    if found := _LABEL.fullmatch(text):
        return [
            one._replace(fit=3.0, **sure)
            for one in _readings(found["number"], _wrap(found["open"], found["close"]))
        ]
    return []


def _context(lines, at):
    """Return how well the line before allows a number here: below 0 in the middle of a sentence."""
    line = lines[at]
    if not line.continues or at == 0:
        return 0.5 - (1.0 if line.cell else 0.0)
    before = lines[at - 1].text.rstrip("”“\"'»)")
    if not before.strip():
        return 0.0
    if _ABBREVIATION.search(before):
        return -4.0
    if before[-1] in ".;:!?…":
        return 0.0
    if re.search(r"[,;]\s*(?:and|or|dhe|ose|i|ili|te|и|или|те)$", before):
        return 0.0
    return -1.0 if before[-1] == "," else -4.0


_ABBREVIATION = re.compile(
    r"\b(?:čl|čl|чл|st|ст|tač|тач|br|бр|str|стр|nr|no|art|arts|par|pp?|para|paras|fq|neni|pika)\.$",
    re.IGNORECASE,
)


def _of_keyword(found, context):
    """Read "Article 1", "Neni 1 – …", "ČLAN 1."; "Article 5 of this …" is a reference."""
    word, number, after, rest = found["word"], found["number"], found["after"], found["rest"]
    kind = _KIND_OF[word.lower()]
    value = _count(number)
    if value is None:
        if kind not in ("annex", "part", "section") or not number.isupper():
            return []
        value = ord(number) - 64
    if re.fullmatch("[a-z]+", number) or not word[0].isupper():
        return []  # "part a", "article 5 of"
    parted = bool(after.strip())
    if not rest:
        fit = 2.5
    elif re.match(r"[\d,;/]|\(\d", rest):
        return []
    elif _begins_sentence(rest):
        fit = 1.5 if parted else 1.0
    elif parted and after.strip() != ".":
        fit = 0.0
    else:
        return []
    if kind in DIVISIONS and rest and not parted and len(rest) > 120:
        return []
    shown = f"{word} {number}" if kind == "annex" else number
    return [Marker(kind, "", value, shown, rest.strip(), fit + context)]


def _of_parts(found, context):
    """Read "1.2"; amounts, times and dates are none."""
    number, rest = found["number"], found["rest"]
    parts = number.split(".")
    if any(part.startswith("0") for part in parts) or _UNITS.match(rest) or not parts:
        return []
    fit = (0.8 if _begins_sentence(rest) or not rest else 0.0) + context
    return [Marker("parts", "", tuple(map(int, parts)), number, rest.strip(), fit)]


def _of_plain(found, line, before, context):
    """Read "1.", "1)", "(1)", "a)", "(iv)", "A."."""
    number, rest = found["number"], found["rest"].strip()
    if bool(found["open"]) != (found["close"] in (")", "]")) and found["open"]:
        return []
    after = found.string[found.end("close") : found.end("close") + 1]
    if after and not after.isspace() and (not after.isalpha() and after not in "“„\"'([«–—-"):
        return []
    digits = number[0].isdigit()
    if not digits and after and not after.isspace():
        return []  # "e.g.", "d.o.o."
    if _TO_NUMBER.match(rest) or (digits and _UNITS.match(rest)):
        return []
    wrap = _wrap(found["open"], found["close"])
    enumerates = before[-1:] in (":", ";", ",")
    fit = context
    if not rest:
        fit += 0.3
    elif _begins_sentence(rest):
        fit += 1.0
    elif digits and wrap == "." and not enumerates:
        fit -= 1.0
    else:
        fit += 0.5
    if wrap == "." and not digits:
        if number.islower() and not _begins_sentence(rest):
            fit -= 0.5
        if number.isupper() and len(rest) < 60 and _NAME_AFTER_INITIAL.match(rest):
            fit -= 1.0  # H. Thaçi
    if line.strong or line.heading:
        fit += 0.3
    return [one._replace(rest=rest, fit=fit) for one in _readings(number, wrap)]


def _wrap(opening, closing):
    return "()" if opening else closing[-1:]


def _readings(number, wrap):
    """Return the Markers that digits, a letter or Roman digits may be; none for other words."""
    if number[0].isdigit():
        return [Marker("digits", wrap, _count(number), number, "")]
    out = []
    if _places(number):
        kind = "letter" if number.islower() else "LETTER"
        out.append(Marker(kind, wrap, number, number, ""))
    if value := _roman_value(number):
        out.append(Marker("roman" if number.islower() else "ROMAN", wrap, value, number, ""))
    return out


def _begins_sentence(text):
    """Tell whether text begins as a sentence or title does: a capital, after any quotation mark."""
    letter = text.lstrip("“„”\"'‘’«»([{*_ ")[:1]
    return bool(letter) and (letter.isupper() or letter.istitle() or letter.isdigit())


def _count(number):
    """Return "12" and "XII" as 12, "5a" as (5, "a"), None for other letters."""
    if number.isdecimal():
        return int(number)
    if with_letter := re.fullmatch(r"(\d+)[\s/]*(\w+)", number):
        return int(with_letter[1]), with_letter[2].lower()
    return _roman_value(number)


# Cyrillic capitals that look like Roman digits are typed for them.
_AS_ROMAN = str.maketrans("ІХСМіхсм", "IXCMixcm")
_ROMAN_SHAPE = re.compile(r"(?:x{0,3})(?:ix|iv|v?i{0,3})$|(?:xl|l)x{0,3}(?:ix|iv|v?i{0,3})$|xc$|c$")


def _roman_value(number):
    """Return the value of Roman digits up to 100, None for anything else."""
    letters = number.translate(_AS_ROMAN)
    if not (letters.islower() or letters.isupper()):
        return None
    letters = letters.lower()
    if not _ROMAN_SHAPE.match(letters):
        return None
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[letter] for letter in letters]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))


# ── Sequences ────────────────────────────────────────────────────────────────────────────────

_ALPHABETS = [
    alphabet.split()
    for alphabet in (
        "a b c d e f g h i j k l m n o p q r s t u v w x y z",
        "a b c ç d dh e ë f g gj h i j k l ll m n nj o p q r rr s sh t th u v x xh y z zh",
        "a b c ç d e ë f g h i j k l m n o p q r s t u v x y z",
        "a b c č ć d dž đ e f g h i j k l lj m n nj o p r s š t u v z ž",
        "a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š",
        "а б в г д ђ е ж з и ј к л љ м н њ о п р с т ћ у ф х ц ч џ ш",
        "а б в г д е ж з и ј к л м н о п р с т у ф х ц ч ш",
        "а б в г д е ж з и й к л м н о п р с т у ф х ц ч ш щ",
        "а б в г д е ж з и к л м н о п р с т у ф х ц ч ш щ",
        "а б ц д е ф г х и ј к л м н о п",
    )
]
_PLACES = [{letter: at for at, letter in enumerate(alphabet)} for alphabet in _ALPHABETS]
_LOOKS_LIKE = dict(zip("aeojpcxаеојрсх", "аеојрсхaeojpcx", strict=True))


def _places(letters):
    """Return the places of a letter in the alphabets, {alphabet: place}; "bb" follows "aa"."""
    letters = letters.lower()
    times = 1
    if len(letters) > 1 and len(set(letters)) == 1 and letters not in ("ll", "rr"):
        letters, times = letters[0], len(letters)
    places = {}
    for at, alphabet in enumerate(_PLACES):
        letter = letters if letters in alphabet else _LOOKS_LIKE.get(letters)
        if letter in alphabet:
            places[at] = alphabet[letter] + (times - 1) * len(alphabet)
    return places


def distance(earlier, later):
    """Return how far one marker of a list is behind another: 1 is next, 0 the same, None unclear.

    >>> a, b, d, v = (Marker("letter", ")", letter, letter, "") for letter in "abdv")
    >>> distance(a, b), distance(b, v), distance(a, d), distance(b, a)
    (1, 1, 3, -1)
    """
    if earlier.kind in ("letter", "LETTER"):
        first, second = _places(earlier.value), _places(later.value)
        steps = [second[at] - first[at] for at in first if at in second]
        if not steps:
            return None
        return 1 if 1 in steps else min(steps, key=lambda step: (step <= 0, abs(step)))
    if earlier.kind == "parts":
        same = earlier.value[:-1] == later.value[:-1]
        return later.value[-1] - earlier.value[-1] if same else None
    return _between(earlier.value, later.value)


def _between(earlier, later):
    """Return the steps between two counts; 5, 5a, 5b, 6 follow each other."""
    number, letter = earlier if isinstance(earlier, tuple) else (earlier, "")
    later_number, later_letter = later if isinstance(later, tuple) else (later, "")
    if later_number == number and later_letter:
        return 1 if later_letter > letter else 0
    return later_number - number


def _is_first(marker):
    if marker.kind in ("letter", "LETTER"):
        return 0 in _places(marker.value).values()
    if marker.kind == "parts":
        return marker.value[-1] == 1
    return marker.value == 1


# ── The best way to read a document ──────────────────────────────────────────────────────────

# The order in which numberings usually stand inside each other.
_RANK = {
    "annex": 0,
    "part": 1,
    "titulus": 1.5,
    "chapter": 2,
    "section": 2.5,
    "ROMAN": 2.8,
    "LETTER": 2.9,
    "article": 3,
    "point": 3.6,
    "paragraph": 3.6,
    "digits": 4,
    "parts": 4,
    "letter": 5,
    "roman": 6,
}
_WORDED = frozenset(("annex", "article", *DIVISIONS))
_CONTAINERS = frozenset((*DIVISIONS, "ROMAN", "LETTER"))  # numbers may run on through them

# What a step of a reading gains or costs. Gains make long lists win over stray numbers; a marker's
# own `fit` is added.
NEXT, OPEN, RUNS_ON = 1.5, -0.4, 0.3
LATE, RESTART, AGAIN, GAP, BESIDE = -3.0, -1.5, -1.2, -1.2, -1.2
BEAM = 20


class _Open(NamedTuple):
    """A list that is open in a reading: its last marker, and where its children had got to."""

    marker: Marker
    at: int  # of the marker's line
    children: Marker | None = None

    @property
    def key(self):
        child = self.children and (self.children.style, self.children.value)
        marker = self.marker
        return marker.style, marker.value, marker.group, marker.level, child


@dataclass(frozen=True)
class Chosen:
    """A marker that is one in the best reading: its line, and the line of its parent or None."""

    at: int
    marker: Marker
    parent: int | None


class _Reading:
    """The search for the reading of all candidates whose numbers run on best.

    A state is the stack of open lists. Each candidate is left out, or taken in every way that its
    kind allows; only the best states are carried on.
    """

    def __init__(self, lines):
        self.candidates = []
        for at in range(len(lines)):
            if found := markers(lines, at):
                self.candidates.append((at, found))
            if len(self.candidates) > MAX_CANDIDATES:
                raise UnreadableDocument("oversized")
        self._drop_numbers_before_articles()

    def best(self):
        """Return the Chosen markers in order, [] if nothing reads as numbering."""
        states = {(): ((), 0.0, None)}
        width = BEAM if len(self.candidates) < 2_000 else BEAM // 3
        for at, found in self.candidates:
            following, loss = {}, _loss(found)
            for key, (stack, score, history) in states.items():
                _keep(following, key, stack, score - loss, history)
                for marker in found:
                    for above, children, gain in _ways(stack, marker):
                        new = (*above, _Open(marker, at, children))
                        parent = above[-1].at if above else None
                        taken = (history, at, marker, parent)
                        new_key = tuple(one.key for one in new)
                        _keep(following, new_key, new, score + marker.fit + gain, taken)
            best = sorted(following.items(), key=lambda state: -state[1][1])
            states = dict(best[:width])
        history = max(states.values(), key=lambda state: state[1])[2]
        chosen = []
        while history:
            history, at, marker, parent = history
            chosen.append(Chosen(at, marker, parent))
        return chosen[::-1]

    def _drop_numbers_before_articles(self):
        """Where there are articles, "(1)" before the first is a recital: part of the preamble."""
        articles = [
            (at, one)
            for at, found in self.candidates
            for one in found
            if one.kind == "article" and one.fit > 0.5
        ]
        first = next((at for at, one in articles if one.value == 1), None)
        if first is None or len(articles) < 2:
            return
        self.candidates = [
            (at, found)
            for at, found in self.candidates
            if at >= first or found[0].kind in _CONTAINERS or found[0].wrap != "()"
        ]


def _loss(found):
    """Return what it costs to leave a candidate out."""
    if found[0].certain:
        return 2.5
    return 1.0 if found[0].kind == "article" and found[0].fit >= 2 else 0.0


def _keep(states, key, stack, score, history):
    known = states.get(key)
    if known is None or known[1] < score:
        states[key] = stack, score, history


def _ways(stack, marker):
    """Yield (lists that stay open above it, where its children had got to, gain) for each way."""
    for at in reversed(range(len(stack))):
        last = stack[at].marker
        if last.style == marker.style and _same_list(last, marker):
            gain = _going_on(last, marker)
            if gain is not None:
                yield stack[:at], _children(stack, at), gain
    if marker.kind == "parts":
        yield from _under_their_number(stack, marker)
        return
    if _may_stand_in(stack, marker):
        yield stack, None, _opening(stack, marker)
    for at in range(len(stack)):
        above = stack[:at]
        if stack[at].marker.style != marker.style and _may_stand_in(above, marker):
            cost = -0.6 if marker.kind in _WORDED else BESIDE
            yield above, None, _opening(above, marker) + cost


def _same_list(last, marker):
    """Tell whether automatic numbering allows two markers in one list."""
    if last.certain and marker.certain and last.group == marker.group:
        return last.level == marker.level
    return True


def _is_sure(marker):
    return marker.certain or (marker.kind in _WORDED and not marker.rest)


def _children(stack, at):
    """Return the marker at which the children of a container stopped, for the next container."""
    if stack[at].marker.kind not in _CONTAINERS:
        return None
    return stack[at + 1].marker if at + 1 < len(stack) else stack[at].children


def _going_on(last, marker):
    """Return the gain of one marker after another of the same list, None if it cannot be."""
    step = distance(last, marker)
    other_list = last.certain and marker.certain and last.group != marker.group
    strange = -1.0 if other_list else 0.0
    if step is None:
        if marker.kind == "parts":
            return _next_group(last.value, marker.value)
        return -0.5 if marker.certain else None
    if step == 1:
        return NEXT + strange
    if _is_first(marker) and marker.kind != "parts":
        return (OPEN if marker.certain else RESTART) + strange
    if _is_sure(marker):
        return -0.3 - 0.05 * min(abs(step), 10)
    if step == 0:
        return AGAIN
    return GAP - 0.2 * (step - 1) if 1 < step <= 6 else None


def _next_group(earlier, later):
    """Return the gain of "2.1" after "1.9" where no "2." stands between, else None."""
    follows = len(earlier) == len(later) and later[-1] == 1
    return 0.8 if follows and later[:-1] == (*earlier[:-2], earlier[-2] + 1) else None


def _under_their_number(stack, marker):
    """Yield the ways to take "3.1": below an open 3, or alone at the top."""
    for at in reversed(range(len(stack))):
        value = stack[at].marker.value
        value = value if isinstance(value, tuple) else (value,)
        if value == marker.value[:-1]:
            first = _is_first(marker)
            late = -0.6 if marker.certain else -2.0
            yield stack[: at + 1], None, OPEN + 0.3 if first else late
            return
    if not stack or stack[-1].marker.kind in ("article", "annex", *DIVISIONS):
        yield stack, None, OPEN if all(part == 1 for part in marker.value) else LATE
    elif marker.certain:
        yield stack, None, -1.0


def _may_stand_in(stack, marker):
    """Tell whether a list of this kind may be inside the innermost open one."""
    if not stack:
        return True
    outer = stack[-1].marker
    if marker.certain and outer.certain and marker.group == outer.group:
        return marker.level > outer.level
    if marker.kind == "annex":
        return False
    if marker.kind in DIVISIONS:
        return outer.kind in ("annex", *DIVISIONS) and _RANK[outer.kind] < _RANK[marker.kind]
    if marker.kind == "article":
        return outer.kind in ("annex", *_CONTAINERS)
    return True


def _opening(stack, marker):
    """Return the gain of a new list inside the innermost open one (or at the top)."""
    gain = OPEN
    if not _is_first(marker):
        resumed = stack[-1].children if stack else None
        if resumed and resumed.style == marker.style and distance(resumed, marker) == 1:
            gain = RUNS_ON
        else:
            gain = -1.0 if _is_sure(marker) else LATE
    if stack:
        inside_itself = any(one.marker.style == marker.style for one in stack)
        if inside_itself:
            gain += -0.6 if marker.certain else -2.0
        if _RANK[marker.kind] < _RANK[stack[-1].marker.kind]:
            gain -= 0.3 if marker.certain else 0.8
    # "A. Vučić", "i. e.": a letter with a full stop counts only with a second one after it.
    doubtful = marker.wrap in (".", " ") and marker.kind not in ("digits", "parts")
    if doubtful and not marker.certain:
        gain -= 1.5 if marker.number.isupper() else 0.8
    return gain


def _with_double_markers(lines):
    """Return Lines in which "2. (a) The sides" and "Article 3 1. The sides" are two lines."""
    out = []
    for line in lines:
        found = _DOUBLE.match(line.text)
        if line.label not in ("", "•") and _FIRST_INSIDE.match(line.text):
            out += [replace(line, text=""), replace(line, label="", group="", continues=False)]
        elif not line.label and found and (found["word"] or not found["digit"]):
            out.append(replace(line, text=found["outer"]))
            out.append(replace(line, text=line.text[found.end("outer") :].strip(), continues=False))
        else:
            out.append(line)
    return out


_FIRST_INSIDE = re.compile(r"(?:\((?:a|а|i|1)\)|(?:a|а|i)\))\s*\S")
_DOUBLE = re.compile(
    rf"(?P<outer>(?P<word>(?:{_KEYWORDS['article']})\s+\d{{1,3}}\.?)|\(?\d{{1,3}}[.)])\s+"
    r"(?:\((?:a|а|i|1)\)|(?:a|а|i)\)|(?P<digit>1[.)]))\s*\S",
    re.IGNORECASE,
)


# ── Texts, headings and what belongs to none ─────────────────────────────────────────────────

MAX_HEADING = 120  # what a heading of a provision may hold


@dataclass
class _Piece:
    """A paragraph or list item of a provision, in the lines that it was broken into."""

    lines: list
    bullet: bool = False
    shown: bool = False  # it looks like a heading: large, bold, capitals
    own: bool = False  # it stands on the line of the number

    @property
    def text(self):
        return " ".join(self.lines)

    @property
    def finished(self):
        """Tell whether it ends as a sentence or list item does."""
        return self.lines[-1][-1] in ".;:,!?"


@dataclass(eq=False)
class _Found:
    """A provision while its texts are gathered."""

    marker: Marker
    parent: "_Found | None"
    printed: str  # its line without what follows the number
    pieces: list = field(default_factory=list)
    children: list = field(default_factory=list)
    heading: str = ""


class _Outline:
    """The chosen markers with the lines that follow each.

    `before` are the Lines in front of the first one, `left_out` the texts that belong to none.
    """

    def __init__(self, lines, chosen):
        self.before, self.left_out, self.all = [], [], []
        by_line = {one.at: one for one in chosen}
        made = {}
        for at, line in enumerate(lines):
            if one := by_line.get(at):
                parent = made.get(one.parent)
                printed = f"{line.label} {line.text}".removesuffix(one.marker.rest).strip()
                made[at] = _Found(one.marker, parent, printed)
                self.all.append(made[at])
                if parent:
                    parent.children.append(made[at])
                if one.marker.rest:
                    made[at].pieces.append(_piece(line, one.marker.rest, own=True))
            elif not self.all:
                self.before.append(line)
            else:
                following = by_line.get(at + 1)
                _append(self._owner(line), line, following and following.marker)

    def _owner(self, line):
        """Return the provision that a line without number belongs to.

        It is the last one, unless the page's own lists say that the line stands further out.
        """
        last = self.all[-1]
        if line.level is None or last.marker.group != "html":
            return last
        while last.parent and (last.marker.level or 0) > line.level:
            last = last.parent
        return last

    def provisions(self, preamble):
        """Return the FoundProvisions in the order of the document.

        `preamble` are the texts in front; a heading over the first provision is taken from them.
        """
        self._set_notes_apart()
        self._set_closings_apart()
        self._take_headings(preamble)
        self._drop_divisions()
        out, paths = [], {}
        for one in self.all:
            text = _text(one.pieces)
            if not (text or one.heading or one.children):
                continue  # a number with nothing behind it
            parent = paths.get(id(one.parent)) if one.parent else None
            paths[id(one)] = path_of(one.marker.number, parent)
            out.append(FoundProvision(one.marker.number, one.heading, text, parent))
        return out

    def _set_notes_apart(self):
        """Take out the notes under a text that begin with an asterisk, and rules between texts."""
        for one in self.all:
            pieces, one.pieces = one.pieces, []
            for piece in pieces:
                if not piece.own and _NOTE.match(piece.lines[0]):
                    self.left_out.append(piece.text)
                elif one is self.all[-1] or not _RULE.fullmatch(piece.lines[0]):
                    one.pieces.append(piece)

    def _set_closings_apart(self):
        """Take signatures out of the last provision, and of the last one before an annex."""
        for one, following in zip(self.all, [*self.all[1:], None], strict=True):
            if following is not None and following.marker.kind != "annex":
                continue
            start = _closing_start(one)
            self.left_out += [piece.text for piece in one.pieces[start:]]
            del one.pieces[start:]

    def _take_headings(self, preamble):
        """Move headings from the texts into `heading`: first those that stand above a number."""
        stands_before = self._headings_stand_before()
        for previous, one in zip([None, *self.all], self.all, strict=False):
            if one.marker.kind in stands_before:
                one.heading = _heading_before(previous, preamble)
            elif previous is not None:
                self._set_group_title_apart(previous, one)
        titled = self._titled_lists()
        for one in self.all:
            if not one.heading:
                _take_heading(one, _list_of(one) in titled)

    def _titled_lists(self):
        """Return the lists of plain numbers most of whose points seem to have titles."""
        points, with_title = Counter(), Counter()
        for one in self.all:
            points[_list_of(one)] += 1
            with_title[_list_of(one)] += _seems_titled(one)
        return {key for key, count in points.items() if with_title[key] > count / 2}

    def _headings_stand_before(self):
        """Return the kinds whose headings stand above the number (as in "Предмет / Члан 1.")."""
        kinds = set()
        for kind in ("article", "point", "paragraph", "digits"):
            before = after = 0
            for previous, one in zip([None, *self.all], self.all, strict=False):
                if one.marker.kind != kind or (
                    one.pieces and one.pieces[0].own and kind != "digits"
                ):
                    continue
                worded = kind != "digits"
                after += _has_heading_after(one)
                before += previous is not None and _ends_in_heading(previous, worded)
            total = sum(1 for one in self.all if one.marker.kind == kind)
            enough = 0.3 if kind != "digits" else 0.7
            if before > after and before >= max(1, enough * (total - 1)):
                kinds.add(kind)
        return kinds

    def _set_group_title_apart(self, previous, one):
        """Leave out a title over several points, which is not part of the point before it."""
        if one.marker.kind in ("letter", "roman") or one.parent is previous:
            return
        while len(previous.pieces) > 1:
            last, above = previous.pieces[-1], previous.pieces[-2]
            title = last.shown or (len(last.text) <= 60 and above.text[-1] == ".")
            if last.bullet or not title or not _looks_like_heading(last.text):
                return
            self.left_out.append(previous.pieces.pop().text)

    def _drop_divisions(self):
        """Leave chapters out whose numbers run through; keep those in which they start anew."""
        divisions = [one for one in self.all if _is_division(one)]
        inner = [one for one in self.all if one.parent in divisions and one not in divisions]
        numbers = [one.marker.number for one in inner]
        with_text = any(one.pieces for one in divisions)
        if not inner or with_text or len(set(numbers)) < len(numbers):
            return
        for one in divisions:
            self.left_out.append(f"{one.printed} {one.heading}".strip())
        self.all = [one for one in self.all if one not in divisions]
        for one in self.all:
            while one.parent in divisions:
                one.parent = one.parent.parent


def _is_division(one):
    """Tell whether it is a chapter, by its word or since it has a Roman number over articles."""
    articles = bool(one.children) and one.children[0].marker.kind == "article"
    return one.marker.kind in DIVISIONS or (one.marker.kind in _CONTAINERS and articles)


_BULLET = re.compile(r"[•·▪■□●○◦‣⁃➢✓–—-]\s+(?=\S)")
_REFERENCE = re.compile(rf"\d|(?:{_KEYWORDS['article']}|{_KEYWORDS['point']})\s+\d")
_NOTE = re.compile(r"\*+\s*(?:This|Ky|Kjo|Ovaj|Ova|Ovo|Овај|Ова|Ово)\b")


# "Pjesa e parë", "Glava prva", "Prvi deo", "Part One": a division, though not numbered in digits.
_WORDED_DIVISION = re.compile(
    r"(?:(?:Part|Chapter|Pjesa|Kreu|Kapitulli|Glava|Deo|Dio|Глава|Део|Дио)\s+(?:e\s+|i\s+)?[^\W\d_]+"
    r"|[^\W\d_]+\s+(?:deo|dio|glava|део|дио|глава))$",
    re.IGNORECASE,
)


def _piece(line, text, own=False):
    capitals = text.isupper() and len(text) > 3
    capitals |= len(text) < 60 and _WORDED_DIVISION.match(text) is not None
    return _Piece([text], shown=line.heading or line.strong or capitals, own=own)


def _append(one, line, following):
    """Add a line without number to the paragraphs of its provision.

    `following` is the Marker of the line below, if that has one.
    """
    if not line.text:
        return
    pieces, before = one.pieces, one.pieces[-1] if one.pieces else None
    title = before is not None and before.own and one.marker.kind in _KEYWORDS
    finished = before is None or title or before.finished
    bullet = line.label == "•"
    if sign := _BULLET.match(line.text):
        bullet |= finished or not line.continues or sign[0][0] not in "–—-"
    # "… in line with / 2. септембра" or "Article 5 of …": no number, so the sentence goes on.
    goes_on = line.continues
    if not finished and not before.shown and not line.cell:
        goes_on |= _REFERENCE.match(line.text) is not None
    if goes_on and before and before.lines[-1][-1] in ".;!?":
        over_number = following and following.kind in _KEYWORDS and _looks_like_heading(line.text)
        goes_on = not (over_number or _is_end(line.text))  # the line above was full by chance
    goes_on = goes_on and not _RULE.fullmatch(line.text)
    if goes_on and pieces and not bullet:
        before.lines.append(line.text)
        before.shown &= line.strong or line.heading
        return
    text = line.text if line.label == "•" else _BULLET.sub("", line.text, count=1)
    if not bullet:
        text = f"{line.label} {line.text}".strip() if line.label else line.text
    piece = _piece(line, text)
    piece.bullet = bool(bullet)
    pieces.append(piece)


def _text(pieces):
    """Return paragraphs in the normal form of the light markup."""
    out = []
    for before, piece in zip([None, *pieces], pieces, strict=False):
        if before is not None:
            out.append("\n" if before.bullet and piece.bullet else "\n\n")
        out.append(f"- {piece.text}" if piece.bullet else piece.text)
    return "".join(out)


# ── Headings ──


def _looks_like_heading(text):
    """Tell whether a line could be a heading: short, a capital first, no end of a sentence."""
    return (
        0 < len(text) <= MAX_HEADING
        and len(text.split()) <= 16
        and text[-1] not in ".;:,!?–—-"
        and _begins_sentence(text)
        and any(letter.isalpha() for letter in text)
        and not _is_closing(text)
    )


def _is_sentence(piece):
    return piece.bullet or piece.text[-1] in '.;:!?…”“")' or len(piece.text) > MAX_HEADING


def _has_heading_after(one):
    first = one.pieces[0] if one.pieces else None
    more = len(one.pieces) > 1 or one.children
    return bool(first and more and not first.bullet and _looks_like_heading(first.text))


def _ends_in_heading(previous, worded):
    """Tell whether the last paragraph before a number is a heading over that number."""
    if len(previous.pieces) < 2:
        return False
    last, above = previous.pieces[-1], previous.pieces[-2]
    plain = not last.bullet and not last.own and _looks_like_heading(last.text)
    return plain and (last.shown or (worded and (_is_sentence(above) or _is_division(previous))))


def _heading_before(previous, preamble):
    """Take the heading off the end of what stands before a number; '' if there is none."""
    if previous is None:
        return preamble.pop() if preamble and _looks_like_heading(preamble[-1]) else ""
    return previous.pieces.pop().text if _ends_in_heading(previous, worded=True) else ""


def _list_of(one):
    return id(one.parent), one.marker.style


def _take_heading(one, in_titled_list):
    """Move the heading of a provision from its first paragraph, if that is one."""
    if not one.pieces:
        return
    first, more = one.pieces[0], one.pieces[1:]
    text = first.text.rstrip(" –—-:" if first.shown else " –—-")
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    if first.bullet or not (more or one.children) or not _looks_like_heading(text):
        return
    if _introduces(first, more, one.children):
        return
    if one.marker.kind in _KEYWORDS or first.shown or (in_titled_list and _seems_titled(one)):
        one.heading = text
        del one.pieces[0]


def _introduces(first, more, children):
    """Tell whether a line leads into a list ("The sides shall" / "a) …") and is no heading."""
    if first.shown or more or not children:
        return False
    start = children[0].marker.rest or (children[0].pieces[0].text if children[0].pieces else "")
    return start[:1].islower() and children[0].marker.kind in ("letter", "roman", "digits")


def _seems_titled(one):
    """Tell whether a plain number has a title without bold print ("1. Freedom of movement")."""
    if one.marker.kind in ("letter", "roman") or not one.pieces:
        return False
    first, more = one.pieces[0], one.pieces[1:]
    if not _looks_like_heading(first.text) or len(first.text) > 80 or len(first.text.split()) > 10:
        return False
    if more:
        following = more[0]
        starts = _begins_sentence(following.text) and not following.text[0].isdigit()
        return starts and not following.bullet and _is_sentence(following)
    if not one.children or _introduces(first, more, one.children):
        return False
    return one.children[0].marker.kind in ("digits", "parts") or len(first.text.split()) <= 6


# ── Title and end ──

_DAY = (
    rf"(?:\d{{1,2}}\.?\s*{_MONTH}\.?,?\s+(?:vitit\s+)?\d{{4}}"
    rf"|{_MONTH}\s+\d{{1,2}},?\s+\d{{4}}|\d{{1,2}}[./]\s?\d{{1,2}}[./]\s?\d{{4}})"
)
_PLACES_AND_DATES = re.compile(
    r"(?:(?:U|У|Në|In|At|Done at)\s+)?(?:[^\W\d_]+(?:\s[^\W\d_]+)?,?\s+)?"
    rf"(?:on\s+|më\s+|dana\s+|дана\s+)?{_DAY}\.?(?:\s*(?:godine|године|god\.|год\.))?$",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"(?:No|Nr|Br|Бр|Number|Numër|Broj|Број)\b\.?\s*[\w/.-]+$|(?:DRAFT|PROJEKT|NACRT|НАЦРТ)$"
    r"|(?:Preamble|Preambul[aë]|Преамбула|Page|Faqe|Strana)\b.{0,12}$",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"(?:between|on|of|for|concerning|regarding|governing|and|ndërmjet|midis|mbi|për|lidhur|dhe|të|e"
    r"|između|o|za|u vezi|i|између|о|за|у вези|и)\s",
    re.IGNORECASE,
)


def _title(preamble, fallback):
    """Return (title, the other lines) of what stands before the first provision."""
    rows = []
    for line in preamble:
        if line.continues and rows and not _is_end(line.text):
            rows[-1].append(line)
        elif line.text:
            rows.append([line])
    rows = [replace(row[0], text=" ".join(line.text for line in row)) for row in rows]
    able = [at for at, row in enumerate(rows[:20]) if _may_be_title(row.text)]
    shown = [at for at in able if rows[at].heading] or [at for at in able if rows[at].strong]
    at = (shown or able or [None])[0]
    if at is None:
        return fallback if _may_be_title(fallback) else "", [row.text for row in rows]
    end = at + 1
    while end < len(rows) and _goes_on(rows[at:end], rows[end]):
        end += 1
    title = " ".join(row.text for row in rows[at:end])
    return title, [row.text for row in (*rows[:at], *rows[end:])]


def _may_be_title(text):
    return (
        0 < len(text) <= 300
        and text[-1] not in ";:,"
        and (text[-1] != "." or (text.isupper() and len(text) < 150))
        and any(letter.isalpha() for letter in text)
        and not _PLACES_AND_DATES.match(text)
        and not _FURNITURE.match(text)
    )


def _goes_on(above, row):
    """Tell whether a line is a further line of the title."""
    text, length = row.text, sum(len(one.text) for one in above)
    if not _may_be_title(text) or length + len(text) > 300:
        return False
    if text.isupper() == above[0].text.isupper() and text.isupper():
        return True
    if row.heading != above[0].heading:
        return False
    return text[0].islower() or (_GOES_ON.match(text) is not None and len(text) < 120)


_SIDES = (
    r"(?:the\s+)?(?:Republi|Govern|Kosov|Serbia|European|EU\b|Side|Part|Delegation|Qeveri|Serbi|Bashkim"
    r"|Pal|Prisht|Beograd|Delegacion|Vlad|Srbij|Prišt|Evropsk|Stran|Delegacij|Влад|Косов|Србиј"
    r"|Републик|Приш|Београд|Европск|Стран|Делегациј)"
)
_FOR_A_SIDE = re.compile(rf"(?:For|On behalf of|Për|Në emër të|Za|U ime|За|У име)\s+{_SIDES}", re.I)
_SIGNED = re.compile(
    r"(?:Signed|Initialled|Done|Signatures?|Nënshkruar|Nënshkrimet|Parafuar|Bërë|Hartuar|Potpisano"
    r"|Potpisali|Potpisi|Parafirano|Sačinjeno|Sastavljeno|Потписано|Потписали|Потписи|Парафирано"
    r"|Сачињено|Састављено)\s*(?:in|at|on|by|for|në|më|nga|për|u|dana|у|дана|:|,|$)(?=\s|$)"
)
_RULE = re.compile(r"[\s_.…=*–—-]{4,}")
_RULED = re.compile(r"[\s_.…=*–—-]{5,}$|.*(?:_{4,}|\.{8,}|…{3,})")


def _is_end(text):
    """Tell whether a line surely belongs to the signatures: Signed in …, place and date, a rule."""
    dated = len(text) <= 70 and _PLACES_AND_DATES.match(text)
    return bool(_RULED.match(text) or _SIGNED.match(text) or dated)


def _is_closing(text):
    """Tell whether a paragraph is clearly part of the signatures, such as "For Kosovo"."""
    short = len(text) <= 90 and text[-1] not in ".;,"
    return _is_end(text) or bool(short and _FOR_A_SIDE.match(text))


def _closing_start(one):
    """Return the place of the first paragraph of a provision that belongs to the signatures."""
    first = 1 if one.pieces and one.pieces[0].own else 0
    for at in range(first, len(one.pieces)):
        if not one.pieces[at].bullet and _is_closing(one.pieces[at].text):
            return at
    end = len(one.pieces)
    while end > 1 and _is_name(one.pieces[end - 1]):
        end -= 1
    finished = end >= 1 and one.pieces and one.pieces[end - 1].text[-1] in ".!?”“"
    return end if finished else len(one.pieces)


def _is_name(piece):
    words = piece.text.split()
    return (
        not piece.bullet
        and 2 <= len(words) <= 6
        and len(piece.text) <= 60
        and piece.text[-1] not in ".;:,"
        and all(word[0].isupper() for word in words)
    )
