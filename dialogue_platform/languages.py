"""The languages of the platform: four public codes over three stored languages.

Readers choose `sq`, `sr-latn`, `sr-cyrl` or `en`; texts are stored as `sq`, `sr` and `en`, Serbian
in Cyrillic. Everything that has to know this asks here.
"""

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

STORED = ("sq", "sr", "en")


@dataclass(frozen=True)
class PublicLanguage:
    """One way to read the site.

    `code` stands in addresses, `tag` in `lang` and `hreflang` (BCP 47), `stored` names the field
    suffix, `name` is what its readers call it, `switch` is the short label in the menu.
    """

    code: str
    tag: str
    stored: str
    name: str
    switch: str


PUBLIC = (
    PublicLanguage("sq", "sq", "sq", "Shqip", "Shqip"),
    PublicLanguage("sr-latn", "sr-Latn", "sr", "Srpski (latinica)", "Srpski"),
    PublicLanguage("sr-cyrl", "sr-Cyrl", "sr", "Српски (ћирилица)", "Српски"),
    PublicLanguage("en", "en", "en", "English", "English"),
)
BY_CODE = {language.code: language for language in PUBLIC}

# What a page calls a language; sources may be in more of them than the texts.
NAMES = {
    "sq": _("Albanian"),
    "sr": _("Serbian"),
    "en": _("English"),
    "hr": _("Croatian"),
    "bs": _("Bosnian"),
    "de": _("German"),
    "fr": _("French"),
    "it": _("Italian"),
}

# Readers of these languages understand Serbian in Latin script better than Albanian.
NEIGHBOURS_OF_SERBIAN = ("bs", "hr", "cnr", "sh", "sr")


def current():
    """Return the PublicLanguage that is active, Albanian outside any request."""
    return BY_CODE.get(get_language() or "sq", BY_CODE["sq"])


def public_for(stored):
    """Return the PublicLanguage in which to show a stored language beside the reader's own.

    A reader of Serbian sees Serbian in the script of the page; everybody else in Latin, which
    more people in the region can read.
    """
    if current().stored == stored:
        return current()
    return next(language for language in PUBLIC if language.stored == stored)


@dataclass(frozen=True)
class Reading:
    """A text as the reader of a page gets it: never another language in silence.

    `stored` is the language of `text`; `foreign` is true where it is not the reader's own.
    """

    text: str
    stored: str
    foreign: bool

    @property
    def tag(self):
        return public_for(self.stored).tag

    def __bool__(self):
        return bool(self.text)


def stored_text(obj, field, stored):
    """Return the text of one language, '' where there is none. Never a fallback."""
    return getattr(obj, f"{field}_{stored}") or ""


def reading(obj, field, stored=None):
    """Return the Reading of a field in a stored language (the reader's unless given).

    Where that language has no text, the first other one that has takes its place and is marked
    as foreign; where none has, the Reading is empty.
    """
    wanted = stored or current().stored
    for language in (wanted, *(other for other in STORED if other != wanted)):
        text = stored_text(obj, field, language)
        if text:
            return Reading(text, language, foreign=language != wanted)
    return Reading("", wanted, foreign=False)


def accept_language_with_neighbours(header):
    """Return an Accept-Language header in which Serbian's neighbours ask for Serbian.

    >>> accept_language_with_neighbours("hr-HR,hr;q=0.9,en;q=0.5")
    'sr-latn,sr-latn;q=0.9,en;q=0.5'
    >>> accept_language_with_neighbours("sr-Cyrl-RS")
    'sr-cyrl'
    """
    wishes = []
    for wish in header.split(","):
        tag, semicolon, quality = wish.strip().partition(";")
        subtags = tag.lower().split("-")
        if subtags[0] in NEIGHBOURS_OF_SERBIAN:
            tag = "sr-cyrl" if "cyrl" in subtags else "sr-latn"
        wishes.append(tag + semicolon + quality)
    return ",".join(wishes)
