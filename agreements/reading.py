"""A version as a reader gets it: in their language and script, at one depth, with its apparatus.

Between the stored rows and the templates: chooses the language of each passage, renders markup, and
gathers the sources cited and the words explained on the page. No queries but the glossary's.
"""

from dataclasses import dataclass
from functools import cached_property

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dialogue_platform import languages
from dialogue_platform.scripts import html_to_latin

from . import markup
from .models import Term


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


class PageOfVersion:
    """What one page shows of a version, and afterwards what it cited and explained.

    `fields` are the version's long texts that the page shows, `provisions` the ProvisionTexts;
    words are explained only where the page shows them. Templates ask for `cited_sources` and
    `explained_terms` last, when everything that can cite has been rendered.
    """

    def __init__(self, version, *, fields=(), provisions=(), beside=None):
        self.version, self.fields, self.provisions = version, fields, provisions
        self.language, self.beside_language = languages.current(), beside
        sources = {row.source.key: row.source for row in version.version_sources.all()}
        self.rendering = markup.Rendering(sources, self._terms())

    def _terms(self):
        """Return the glossary terms that the shown texts mark, by key: one query, or none."""
        texts = [languages.reading(self.version, field).text for field in self.fields]
        texts += [languages.reading(text, "plain").text for text in self.provisions]
        keys = {key for text in texts for key in markup.term_keys(text)}
        return Term.objects.in_bulk(keys, field_name="key") if keys else {}

    def passage(self, obj, field, *, top=2, language=None):
        """Return the Passage of a long text, in the reader's language or in `language`."""
        language = language or self.language
        found = languages.reading(obj, field, language.stored)
        html = self.rendering.html(
            found.text, top=top, explain=language == self.language and not found.foreign
        )
        return in_script(html, found, language)

    def words(self, obj, field, language=None):
        """Return the Passage of a text without markup."""
        language = language or self.language
        found = languages.reading(obj, field, language.stored)
        return in_script(escape(found.text), found, language)

    @cached_property
    def title(self):
        return self.words(self.version, "title")

    @cached_property
    def description(self):
        """Return the first sentences of the summary, for search engines and shared links."""
        text = markup.plain_text(languages.reading(self.version, "summary").text)
        return " ".join(text.split())[:300].rsplit(". ", 1)[0].rstrip(".") + "."

    @cached_property
    def summary(self):
        return self.passage(self.version, "summary")

    @cached_property
    def details(self):
        return self.passage(self.version, "details")

    @cached_property
    def means_for_citizens(self):
        return self.passage(self.version, "means_for_citizens")

    @cached_property
    def form_note(self):
        return self.passage(self.version, "form_note")

    @cached_property
    def parties(self):
        return [
            (party, self.words(party, "name"), self.words(party, "role"))
            for party in self.version.parties.all()
        ]

    @cached_property
    def provision_rows(self):
        return [ProvisionRow(self, text) for text in self.provisions]

    @property
    def full_texts(self):
        """Return the sources in which the agreement itself can be read."""
        return [row.source for row in self.version.version_sources.all() if row.is_full_text]

    @property
    def cited_sources(self):
        """Return [(number, Source)] of what the page cited so far."""
        sources = self.rendering.sources
        return [(number, sources[key]) for number, key in enumerate(self.rendering.cited, 1)]

    @property
    def explained_terms(self):
        """Return the Terms that the page explained so far."""
        return [self.rendering.terms[key] for key in self.rendering.explained]


class ProvisionRow:
    """One provision on the page of the full text, alone or beside a second language."""

    def __init__(self, page, provision_text):
        self.text = provision_text
        self.key, self.number = provision_text.provision.key, provision_text.number
        self.own = ProvisionInLanguage(page, provision_text, page.language)
        self.beside = page.beside_language and ProvisionInLanguage(
            page, provision_text, page.beside_language
        )


class ProvisionInLanguage:
    """Heading, wording, basis and plain words of a provision in one public language."""

    def __init__(self, page, provision_text, language):
        self.language = language
        self.heading = page.words(provision_text, "heading", language)
        self.wording = page.passage(provision_text, "text", top=4, language=language)
        self.plain = page.passage(provision_text, "plain", top=4, language=language)
        basis = languages.reading(provision_text, "text_basis", language.stored).text
        self.basis = basis
        self.withheld = basis == "withheld"


def in_script(html, found, language):
    """Return HTML as a Passage, Serbian in the script in which it is to be read.

    `found` is the Reading the HTML was made from, `language` the PublicLanguage that was wanted.
    """
    shown = language if not found.foreign else languages.public_for(found.stored)
    if shown.tag == "sr-Latn" and languages.current().tag != "sr-Latn":
        html = mark_safe(html_to_latin(html))  # noqa: S308 - only letters change
    return Passage(mark_safe(html), shown.tag, found.foreign)  # noqa: S308 - escaped before
