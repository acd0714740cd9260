"""A version as a reader gets it: in their language and script, at one depth, with its apparatus.

Between the stored rows and the templates: chooses the language of each passage, renders markup, and
gathers the sources cited and the words explained on the page. No queries but the glossary's.
"""

import re
from functools import cached_property

from django.utils import translation

from dialogue_platform import languages
from dialogue_platform.passages import bare_text, in_script, passage_of

from . import markup
from .models import Source, Term
from .models.version import TextBasis

DESCRIPTION_LENGTH = 300  # characters; search engines show about half of it


def first_sentences(text, length):
    """Return as many whole sentences as fit, or as many words and an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    # A full stop behind a figure may belong to a date: "26. децембра".
    ends = [end.end() for end in re.finditer(r"(?<!\d)[.!?](?= )", text[:length])]
    return text[: ends[-1]] if ends else text[:length].rsplit(" ", 1)[0] + "…"


class PageOfVersion:
    """What one page shows of a version, and afterwards what it cited and explained.

    `fields` are the version's long texts that the page shows, `provisions` the ProvisionTexts;
    words are explained only where the page shows them. `remark` is what experts comment with: a
    function of (row, field, stored language) that returns the `wrap` of Rendering.html. Templates
    ask for `cited_sources` and `explained_terms` last, when everything that can cite has been
    rendered.
    """

    def __init__(self, version, *, fields=(), provisions=(), beside=None, remark=None):
        self.version, self.fields, self.provisions = version, fields, provisions
        self.language, self.beside_language = languages.current(), beside
        self.remark = remark
        sources = {row.source.key: row.source for row in version.version_sources.all()}
        self.rendering = markup.Rendering(sources, self._terms())

    def _terms(self):
        """Return the glossary terms that the shown texts mark, by key: one query, or none."""
        texts = [languages.reading(self.version, field).text for field in self.fields]
        texts += [
            languages.reading(text, field).text
            for text in self.provisions
            for field in ("text", "plain")
        ]
        keys = {key for text in texts for key in markup.term_keys(text)}
        return Term.objects.in_bulk(keys, field_name="key") if keys else {}

    def passage(self, obj, field, *, top=2, language=None):
        """Return the Passage of a long text, in the reader's language or in `language`."""
        language = language or self.language
        found = languages.reading(obj, field, language.stored)
        own = language == self.language and not found.foreign
        shown = languages.public_for(found.stored) if found.foreign else language
        with translation.override(shown.code):  # the labels inside speak the passage's language
            wrap = self.remark(obj, field, found.stored) if self.remark else None
            html = self.rendering.html(found.text, top=top, explain=own, wrap=wrap)
        return in_script(html, found, language)

    @cached_property
    def title(self):
        return passage_of(self.version, "title")

    @cached_property
    def description(self):
        """Return the first sentences of the summary, for search engines and shared links."""
        found = languages.reading(self.version, "summary")
        return first_sentences(markup.plain_text(bare_text(found)), DESCRIPTION_LENGTH)

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
            (party, passage_of(party, "name"), passage_of(party, "role"))
            for party in self.version.parties.all()
        ]

    @cached_property
    def provision_rows(self):
        return [ProvisionRow(self, text) for text in self.provisions]

    @property
    def full_texts(self):
        """Return the sources in which the agreement itself can be read."""
        return [row.source for row in self.version.version_sources.all() if row.is_full_text]

    @cached_property
    def originals(self):
        """Return the files of the agreement itself: one query, on the pages that show them."""
        return list(self.version.originals.select_related("source", "version__agreement"))

    @property
    def is_one_sided(self):
        """Tell whether the whole version rests on the voice of Kosovo alone, or of Serbia alone."""
        voices = {row.source.side for row in self.version.version_sources.all()}
        return voices in ({Source.Voice.KOSOVO}, {Source.Voice.SERBIA})

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
        self.key, self.number = provision_text.provision.key, provision_text.number
        self.own = ProvisionInLanguage(page, provision_text, page.language)
        self.beside = page.beside_language and ProvisionInLanguage(
            page, provision_text, page.beside_language
        )


class ProvisionInLanguage:
    """Heading, wording, basis and plain words of a provision in one public language."""

    def __init__(self, page, provision_text, language):
        self.heading = passage_of(provision_text, "heading", language)
        self.wording = page.passage(provision_text, "text", top=4, language=language)
        self.plain = page.passage(provision_text, "plain", top=4, language=language)
        # The basis belongs to the wording that is shown, which may be another language's.
        own_basis = languages.stored_text(provision_text, "text_basis", language.stored)
        shown = languages.reading(provision_text, "text", language.stored).stored
        basis = own_basis or languages.stored_text(provision_text, "text_basis", shown)
        self.basis = TextBasis(basis) if basis else None
        self.withheld = self.basis == TextBasis.WITHHELD
