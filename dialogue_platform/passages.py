"""Pieces of text on their way to a page: in the reader's script, or marked as foreign."""

from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dialogue_platform import languages
from dialogue_platform.scripts import html_to_latin, to_latin


@dataclass(frozen=True)
class Passage:
    """A piece of a page: its HTML, the `lang` it is in, whether that is not the reader's own."""

    html: SafeString
    tag: str
    foreign: bool = False

    def __bool__(self):
        return bool(self.html)

    def __str__(self):
        return self.html


def in_script(html, found, language=None):
    """Return HTML as a Passage, Serbian in the script in which it is to be read.

    `found` is the Reading the HTML was made from, `language` the PublicLanguage that was wanted
    (the page's own unless given).
    """
    shown = language or languages.current()
    if found.foreign:
        shown = languages.public_for(found.stored)
    if shown.tag == "sr-Latn":
        html = mark_safe(html_to_latin(html))  # noqa: S308 - only letters change
    return Passage(mark_safe(html), shown.tag, found.foreign)  # noqa: S308 - escaped before


def passage_of(obj, field, language=None):
    """Return a field without markup as a Passage, in the page's language unless given."""
    language = language or languages.current()
    found = languages.reading(obj, field, language.stored)
    return in_script(escape(found.text), found, language)


def bare_text(found):
    """Return the text of a Reading for places that can hold no `lang`: titles, descriptions."""
    in_latin = found.stored == "sr" and languages.public_for("sr").tag == "sr-Latn"
    return to_latin(found.text) if in_latin else found.text
