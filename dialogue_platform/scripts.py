"""Serbian in two scripts: one text, shown in Cyrillic or in Latin.

Cyrillic → Latin is exact: every letter has one answer. Latin → Cyrillic has to know where `nj` and
`dž` are two letters and which words are not Serbian at all; the lists below say so. Texts are
therefore stored in Cyrillic, and Latin input is converted once, on its way in.
"""

import re
import unicodedata
from html import unescape

_PAIRS = dict(
    zip(
        "абвгдђежзијклљмнњопрстћуфхцчџш",
        "a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š".split(),
        strict=True,
    )
)
_TO_LATIN = _PAIRS | {cyrillic.upper(): latin.capitalize() for cyrillic, latin in _PAIRS.items()}
_TO_CYRILLIC = {latin: cyrillic for cyrillic, latin in _PAIRS.items()}
# Single characters for digraphs, which some keyboards and PDF files give.
_LIGATURES = str.maketrans(
    dict(zip("ǆǅǄǉǈǇǌǋǊ", "dž Dž DŽ lj Lj LJ nj Nj NJ".split(), strict=True))
)
_DIGRAPH_CAPITALS = {"Љ": "LJ", "Њ": "NJ", "Џ": "DŽ"}

# A slip of the keyboard: two alphabets in one word look right and are found by no search.
MIXED_WORD = re.compile(r"[A-Za-zČĆĐŠŽčćđšž][\u0400-\u04FF]|[\u0400-\u04FF][A-Za-zČĆĐŠŽčćđšž]")
_CYRILLIC_WORD = re.compile(r"[\u0400-\u04FF]+")


def has_cyrillic(text):
    return _CYRILLIC_WORD.search(text) is not None


# ── Cyrillic → Latin ─────────────────────────────────────────────────────────────────────────


def to_latin(text):
    """Return Serbian text in Latin script; everything that is not Serbian Cyrillic stays.

    >>> to_latin("Љубав, ЉУБАВ, Љ. Петровић и EULEX")
    'Ljubav, LJUBAV, Lj. Petrović i EULEX'
    """
    return _CYRILLIC_WORD.sub(lambda match: _word_to_latin(match.group()), text)


def _word_to_latin(word):
    letters = []
    for at, letter in enumerate(word):
        latin = _TO_LATIN.get(letter, letter)
        if letter in _DIGRAPH_CAPITALS and _stands_among_capitals(word, at):
            latin = _DIGRAPH_CAPITALS[letter]
        letters.append(latin)
    return "".join(letters)


def _stands_among_capitals(word, at):
    """Tell whether a digraph has both letters capital: before a capital, or last after one."""
    if at + 1 < len(word):
        return word[at + 1].isupper()
    return at > 0 and word[at - 1].isupper()


# ── Latin → Cyrillic ─────────────────────────────────────────────────────────────────────────

# Beginnings of words in which the two letters of a digraph belong to two parts of the word.
# A stroke shows the seam. Matched case-blind at the start of a word, and after a prefix.
_SEAMS = """
    in|jek in|jic in|jun kon|jug kon|junk kon|jek van|jez tan|jug
    nad|živ nad|žnj nad|žanj nad|župan nad|žet od|žal od|živ od|žvak od|žubor od|žuk
    pod|žup pod|žanr pod|žel pod|žeg pod|žar pod|živ pred|žet pred|živ pred|žen
""".split()
_PREFIXES = "ne naj iz re pre po za su anti eks bez samo de auto".split()
_STEMS = "|".join(seam.replace("|", "") for seam in _SEAMS)
_SEAM = re.compile(f"^(?:{'|'.join(_PREFIXES)})?(?:{_STEMS})", re.IGNORECASE)
_SEAM_AT = {seam.replace("|", ""): seam.index("|") for seam in _SEAMS}

# Words that stay Latin in a Cyrillic text: names of institutions and things that Serbian texts
# write in Latin, codes and units. Compared exactly, so that "Pax" and "PAX" can differ.
KEPT_LATIN = frozenset(
    """
    EULEX CEFTA IBM ICM IUG SEED RKS KS KM PA PAX KPCVA AKKVP KCA AKK BIRN KIPRED BPRG
    NCEU KOSTT KEDS KEK EMS ENTSO ARKEP RCC UNHCR IPTV SMS GSM SIM PDF HTML CSV XML
    URL COVID ID
    Facebook Instagram Twitter YouTube WhatsApp Viber Telegram Google Microsoft Windows Android
    Reuters Politico Guardian Insight News Bloomberg Wikipedia Scribd
    km kg cm mm ha kV kW MW GW kWh MWh GWh kHz MHz GHz CO Mbps Gbps MB GB
    """.split()
)
# Letters and pairs that no Serbian word has. Doubled letters count in lower case only, since SSP
# and KoSSev are Serbian; "rr" stands behind hiper-, super- and inter-.
_FOREIGN = re.compile(
    r"(?i:[qwxyëçüöäßéèáàñøåæ]|th|ph|ck)"
    r"|ss|tt|ll|ff|cc|pp|mm|bb|kk|(?<!hipe)(?<!supe)(?<!inte)rr"
)
_ROMAN = re.compile(r"^(?=[IVXLCDM]{1,}$)M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})$")
_TOP_DOMAINS = "com|org|net|info|rs|eu|int|uk|me|al|mk|hr|ba|de|gov|edu|tv|news|press"
_LETTER = "A-Za-zÀ-ÖØ-öø-ɏ"
_TOKEN = re.compile(
    rf"""
    (?P<address> (?:https?://|www\.|mailto:)[^\s<>"„“”]+
               | [\w.+-]+@[\w-]+(?:\.[\w-]+)+
               | \b[\w-]+(?:\.[\w-]+)*\.(?:{_TOP_DOMAINS})\b(?:/[^\s<>"„“”]*)? )
  | (?P<entity>  &(?:[A-Za-z][A-Za-z0-9]*|\#[0-9]+|\#[xX][0-9A-Fa-f]+); )
  | (?P<code>    km/h\b | Wi-Fi\b
               | [{_LETTER}]+[0-9][0-9{_LETTER}]* | [0-9]+[{_LETTER}][0-9{_LETTER}]* | °[CF]\b )
  | (?P<word>    [{_LETTER}]+ )
    """,
    re.VERBOSE,
)


def to_cyrillic(text):
    """Return Serbian text in Cyrillic; what is not Serbian stays as it is.

    Addresses, e-mail addresses, codes with digits, Roman numerals of two letters or more, words
    with letters that Serbian does not have and the words in KEPT_LATIN stay Latin.

    >>> to_cyrillic("Njegoš, injekcija, nadživeti, Tanjug, LJUBAV; EULEX na www.eulex-kosovo.eu")
    'Његош, инјекција, надживети, Танјуг, ЉУБАВ; EULEX на www.eulex-kosovo.eu'
    """
    composed = unicodedata.normalize("NFC", text).translate(_LIGATURES)
    return _TOKEN.sub(_token_to_cyrillic, composed)


def _token_to_cyrillic(match):
    token = match.group()
    if match.lastgroup == "entity":
        return _entity_to_cyrillic(token)
    if match.lastgroup != "word" or _stays_latin(token):
        return token
    return _word_to_cyrillic(token)


def _stays_latin(word):
    return (
        word in KEPT_LATIN
        or _FOREIGN.search(word) is not None
        or (len(word) > 1 and _ROMAN.match(word) is not None)
    )


def _entity_to_cyrillic(entity):
    """Convert `&scaron;` and its like, whose letter a reader of the page sees; leave `&amp;`."""
    letter = unescape(entity)
    serbian = len(letter) == 1 and letter.lower() in _TO_CYRILLIC
    return _word_to_cyrillic(letter) if serbian else entity


def _word_to_cyrillic(word):
    seam = _seam_of(word)
    letters, at = [], 0
    while at < len(word):
        pair = word[at : at + 2]
        if pair.lower() in _TO_CYRILLIC and len(pair) == 2 and at + 1 != seam:
            letters.append(_like(pair[0], _TO_CYRILLIC[pair.lower()]))
            at += 2
        else:
            letters.append(_like(word[at], _TO_CYRILLIC.get(word[at].lower(), word[at])))
            at += 1
    return "".join(letters)


def _seam_of(word):
    """Return the index at which a digraph must not be joined, or -1."""
    match = _SEAM.match(word)
    if not match:
        return -1
    found = match.group().lower()
    stem = max((stem for stem in _SEAM_AT if found.endswith(stem)), key=len)
    return len(found) - len(stem) + _SEAM_AT[stem]


def _like(model, letter):
    return letter.upper() if model.isupper() else letter


# ── Whole pages ──────────────────────────────────────────────────────────────────────────────

# Attributes whose value is read by people; the rest (href, id, class, value, data-…) stays.
_READ_ATTRIBUTES = ("title", "alt", "placeholder", "aria-label", "aria-description", "label")
_READ_META = ("description", "title", "site_name", "alt", "author")
_UNTOUCHED = frozenset("style code pre kbd samp textarea".split())
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
# Which start tags end an open element whose own end tag may be left out.
_BLOCKS = (
    "address article aside blockquote details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6"
    " header hr main menu nav ol p pre section table ul"
).split()
_ENDS = {
    "p": frozenset(_BLOCKS),
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "td": {"td", "th", "tr"},
    "th": {"td", "th", "tr"},
    "tr": {"tr"},
    "option": {"option", "optgroup"},
}
_PART = re.compile(
    r"(?P<comment><!--.*?-->)|(?P<declaration><![^>]*>)"
    r"|<(?P<close>/)?(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"(?P<name>[^\s=\"'/>]+)(?P<is>\s*=\s*)"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'>]+)"
)


def html_to_latin(html):
    """Return a page with its Serbian text in Latin script, every other byte untouched.

    Left alone: what is marked `translate="no"`, with another language or (inside the page) with
    Cyrillic as its script; scripts (but not structured data), styles, code, and attributes nobody
    reads. A Serbian passage inside a foreign one is converted.
    """
    return _convert_html(html, to_latin, other_script="sr-cyrl")


def html_to_cyrillic(html):
    """Return a page with its Serbian text in Cyrillic, by the same rules as html_to_latin.

    Structured data stays as it is: its names are English.
    """
    return _convert_html(html, to_cyrillic, other_script="sr-latn")


def _convert_html(html, convert, other_script):
    out, at = [], 0
    open_elements = []  # (name, whether its text is converted), outermost first

    def text(piece):
        converting = open_elements[-1][1] if open_elements else True
        out.append(convert(piece) if converting and piece else piece)

    for part in _PART.finditer(html):
        text(html[at : part.start()])
        at = part.end()
        name = (part["name"] or "").lower()
        if not name:
            out.append(part.group())
        elif part["close"]:
            out.append(part.group())
            if any(name == opened for opened, _converting in open_elements):
                while open_elements.pop()[0] != name:
                    pass
        else:
            if open_elements and name in _ENDS.get(open_elements[-1][0], ()):
                open_elements.pop()
            around = open_elements[-1][1] if open_elements else True
            attributes = {
                found["name"].lower(): found["value"].strip("\"'")
                for found in _ATTRIBUTE.finditer(part["attributes"])
            }
            converting = _is_converted(name, attributes, around, convert, other_script)
            out.append(
                _convert_tag(part, name, attributes, convert) if converting else part.group()
            )
            if name not in _VOID and not part["attributes"].rstrip().endswith("/"):
                open_elements.append((name, converting))
    text(html[at:])
    return "".join(out)


def _is_converted(name, attributes, around, convert, other_script):
    """Tell whether the text of an element is converted, given that of the element around it."""
    if attributes.get("translate", "").lower() == "no" or name in _UNTOUCHED:
        return False
    if name == "script":
        # Structured data has English names of its own, which only the way to Latin spares.
        return convert is to_latin and around and attributes.get("type") == "application/ld+json"
    if "lang" in attributes:
        language = attributes["lang"].lower()
        other = language.startswith(other_script) and name != "html"
        return language.split("-")[0] == "sr" and not other
    return around


def _meta_name(attributes):
    """Return what a <meta> tells, without the vocabulary's prefix: og:image:alt → alt."""
    return (attributes.get("name") or attributes.get("property") or "").rpartition(":")[2]


def _convert_tag(part, name, attributes, convert):
    def attribute(found):
        readable = found["name"].lower() in _READ_ATTRIBUTES or (
            name == "meta"
            and found["name"].lower() == "content"
            and _meta_name(attributes) in _READ_META
        )
        readable |= (
            name == "input"
            and found["name"].lower() == "value"
            and attributes.get("type", "").lower() in ("submit", "button", "reset")
        )
        return found["name"] + found["is"] + convert(found["value"]) if readable else found.group()

    if "=" not in part["attributes"]:
        return part.group()
    return f"<{part['name']}{_ATTRIBUTE.sub(attribute, part['attributes'])}>"


# ── One spelling for finding, and the two orders for sorting ─────────────────────────────────


def folded(text):
    """Return a text without case, marks and script: č, ć, c alike, đ as dj, Cyrillic as Latin.

    >>> folded("Ђаковица"), folded("Gjakovë"), folded("Zveçan")
    ('djakovica', 'gjakove', 'zvecan')
    """
    latin = to_latin(text).casefold().replace("đ", "dj")
    plain = unicodedata.normalize("NFKD", latin)
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def sort_key(text, cyrillic=False):
    """Return the key by which a reader looks a word up.

    In Latin script letters sort without their marks; in Cyrillic by азбука (which is not the order
    of the code points), words in Latin letters at the end.
    """
    if not cyrillic:
        return folded(text)
    return [_AZBUKA.get(letter, 1000 + ord(letter)) for letter in text.casefold()]


_AZBUKA = {letter: place for place, letter in enumerate([" ", *_PAIRS], 1)}
