"""The sheet: one language of a draft, its source beside it, every text in its place.

The sheet of an agreement without an open draft shows what is public; the first save opens the
draft. Nothing is overwritten: every field knows the text it was opened with (drafting.py).
"""

from dataclasses import dataclass, field

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from agreements import (
    differences,
    drafting,
    markup,
    pair_checks,
    publishing,
    roles,
    serbian,
    translation_state,
)
from agreements.drafting import seen
from agreements.fingerprints import PARTY_FIELDS
from agreements.models import Source, Term
from agreements.models.version import TextBasis
from agreements.segments import PROVISION_ORDER, SUMMARY_WORDS, place_label, texts_of
from agreements.translation_state import State
from dialogue_platform.languages import NAMES, STORED, stored_text
from dialogue_platform.scripts import MIXED_WORD

from .desk import desk, refused, tag_of
from .language import as_seen, html_as_seen, shown_language, works_in_cyrillic
from .rich_text import RichTextField, RichTextWidget

# ── Fields ───────────────────────────────────────────────────────────────────────────────────


def _field(segment, language):
    """Return the form field of one text."""
    tag = tag_of(language)
    if segment.field == "text_basis":
        choices = [("", "–"), *TextBasis.choices]
        return forms.ChoiceField(choices=choices, required=False, label=segment.label)
    if segment.is_rich:
        # As content files: only the details are long enough for headings.
        widget = RichTextWidget(
            kind="block" if segment.field == "details" else "lists",
            lang=tag,
            words=SUMMARY_WORDS if segment.field == "summary" else None,
        )
        return RichTextField(required=False, label=segment.label, widget=widget)
    if segment.field == "also_known_as":
        return forms.CharField(
            required=False,
            label=segment.label,
            widget=forms.Textarea(attrs={"rows": 3, "lang": tag}),
            help_text=segment.model_field.help_text,
        )
    limit = segment.model_field.max_length
    widget = forms.TextInput(
        attrs={"lang": tag, "data-limit-characters": limit, "class": "line", "autocomplete": "off"}
    )
    return forms.CharField(required=False, label=segment.label, widget=widget)


def _tidied(segment, text):
    if segment.is_rich:
        return markup.normalise(text)
    if segment.field == "also_known_as":
        return "\n".join(line for line in map(markup.tidy, text.splitlines()) if line)
    return markup.tidy(text)


def _to_store(segment, language, typed):
    """Return a typed text as it is stored, given what stands there now."""
    if language != "sr" or segment.field == "text_basis":
        return typed
    return serbian.back_to_store(segment.value("sr"), typed, works_in_cyrillic())


# ── The sheet ────────────────────────────────────────────────────────────────────────────────


_TEXT_FIELDS = tuple(f".{field}" for field in (*PROVISION_ORDER, *PARTY_FIELDS))


@dataclass
class Row:
    """One text on the sheet: its field, what stands beside it, its state, what troubles it."""

    segment: object
    field: object
    state: object = None
    source: str = ""
    source_now: object = ""
    source_change: object = ""
    warnings: list = field(default_factory=list)
    conflict: object = None
    conflict_difference: object = ""
    may_confirm: bool = False
    was: str = ""
    shown: str = ""
    made_from: str = ""

    @property
    def place(self):
        return self.segment.place


class Sheet(forms.Form):
    """The form of one language of a version; its fields are named by their places."""

    def __init__(self, version, language, beside, data=None, only_open=False):
        super().__init__(data)
        self.version, self.language, self.beside = version, language, beside
        states = translation_state.states(version, language)
        self.states, self.warned = states, pair_checks.open_warnings(version, language)
        self.segments = {}
        for segment in texts_of(version):
            if data is not None and f"{segment.place}.was" not in data:
                continue
            if data is None and only_open and not self._is_open(segment):
                continue
            self.segments[segment.place] = segment
            self.fields[segment.place] = _field(segment, language)
            self.initial[segment.place] = as_seen(segment.value(language), language)

    def _is_open(self, segment):
        """Tell whether a text waits for somebody; the basis comes with the wording it is of."""
        place = segment.place
        if segment.field == "text_basis":
            place = place.replace("text_basis", "text")
        todo = self.states.get(place) in (State.MISSING, State.OUTDATED)
        return todo or place in self.warned

    def clean(self):
        cleaned = super().clean()
        for place, segment in self.segments.items():
            if place in cleaned:
                cleaned[place] = _tidied(segment, cleaned[place])
                if self._is_touched(place, cleaned[place]):
                    self._check(place, segment, cleaned[place])
        self._check_wordings(cleaned)
        return cleaned

    def _is_touched(self, place, typed):
        return seen(typed) != self.data.get(f"{place}.shown")

    def _check(self, place, segment, text):
        # As it is stored: Latin letters may be more than the Cyrillic ones they stand for.
        longest = segment.model_field.max_length
        if longest and len(_to_store(segment, self.language, text)) > longest:
            message = _("This is longer than %(limit)d characters.") % {"limit": longest}
            self.add_error(place, message)
        if markup.UNPRINTABLE.search(text):
            self.add_error(place, _("The text holds a character that cannot be shown."))
        if MIXED_WORD.search(text):
            self.add_error(place, _("A word mixes Cyrillic and Latin letters."))
        if segment.is_rich:
            unknown = [
                *(set(markup.cited_keys(text)) - self.known_sources),
                *(set(markup.term_keys(text)) - self.known_terms),
            ]
            if unknown:
                self.add_error(
                    place,
                    _("There is no source or term of this name: %(names)s.")
                    % {"names": ", ".join(sorted(unknown))},
                )

    def _check_wordings(self, cleaned):
        """Ask for the basis of every wording; one that is not at hand cannot stand here."""
        points = {
            place.rpartition(".")[0]: segment.row
            for place, segment in self.segments.items()
            if segment.provision_text is not None
        }
        for point, row in points.items():
            texts = {
                name: cleaned.get(f"{point}.{name}", stored_text(row, name, self.language))
                for name in ("text", "text_basis", "plain")
            }
            shown = [
                name for name in ("text_basis", "text", "plain") if f"{point}.{name}" in self.fields
            ]
            if not shown:
                continue
            if texts["text_basis"] == TextBasis.WITHHELD and (texts["text"] or texts["plain"]):
                message = _("A wording that is not at hand cannot be shown.")
                self.add_error(f"{point}.{shown[0]}", message)
            elif texts["text"] and not texts["text_basis"]:
                self.add_error(f"{point}.{shown[0]}", _("Say where this wording comes from."))

    @property
    def known_sources(self):
        if not hasattr(self, "_sources"):
            self._sources = set(Source.objects.values_list("key", flat=True))
        return self._sources

    @property
    def known_terms(self):
        if not hasattr(self, "_terms"):
            self._terms = set(Term.objects.values_list("key", flat=True))
        return self._terms

    def changes(self):
        """Return the Changes of what was touched since the page was opened."""
        found = []
        for place, segment in self.segments.items():
            typed = self.cleaned_data[place]
            if not self._is_touched(place, typed):
                continue
            found.append(
                drafting.Change(
                    place,
                    self.language,
                    was=self.data[f"{place}.was"],
                    text=_to_store(segment, self.language, typed),
                    made_from=self.data.get(f"{place}.from", ""),
                    still_outdated=f"{place}.keep" in self.data,
                )
            )
        return found + [
            drafting.Change(place, self.language, self.data[f"{place}.was"], self.data[place])
            for place in self._places_gone()
        ]

    def _places_gone(self):
        """Return the places that were written in on the page and are not in the draft any more."""
        posted = [name.removesuffix(".was") for name in self.data if name.endswith(".was")]
        return [
            place
            for place in posted
            if place not in self.segments
            and place.startswith(("provision.", "party."))
            and place.endswith(_TEXT_FIELDS)
            and self.data.get(place, "").strip()
            and seen(markup.normalise(self.data[place])) != self.data.get(f"{place}.shown")
        ]

    def left_over(self):
        """Return [(label, text)] of what was typed at places that are gone."""
        if not self.is_bound:
            return []
        return [(place_label(place), self.data[place]) for place in self._places_gone()]

    def rows(self, conflicts=(), person=None):
        """Return the Rows of the sheet in reading order."""
        met = {conflict.place: conflict for conflict in conflicts}
        is_translation = self.language != self.version.source_language
        origins = (
            translation_state.sources_they_were_made_from(self.version, self.language)
            if is_translation
            else {}
        )
        wrote = translation_state.translators(self.version, self.language)
        return [
            self._row(segment, met.get(place), origins, wrote, person)
            for place, segment in self.segments.items()
        ]

    def _row(self, segment, conflict, origins, wrote, person):
        place, language = segment.place, self.language
        now, source = segment.value(language), segment.value(self.version.source_language)
        row = Row(
            segment,
            self[place],
            state=self.states.get(place),
            was=seen(now),
            shown=seen(_tidied(segment, as_seen(now, language))),
            made_from=seen(source),
            conflict=conflict,
        )
        if conflict is None and self.is_bound:
            # Kept from the page that was filled in, so that a fault elsewhere hides no conflict.
            for name, key in (("was", "was"), ("shown", "shown"), ("made_from", "from")):
                setattr(row, name, self.data.get(f"{place}.{key}", getattr(row, name)))
        if conflict is not None:
            row.shown = ""  # typed on purpose now, even if it is what the page showed
            typed = self.cleaned_data.get(place, "")
            mine = _to_store(segment, language, typed)
            theirs = conflict.text or ""
            if segment.field == "text_basis":
                labels = dict(TextBasis.choices)
                theirs, mine = (str(labels.get(basis, "–")) for basis in (theirs, mine))
            row.conflict_difference = html_as_seen(
                differences.text_html(theirs, mine, raw=True), language
            )
        if self.beside:
            row.source_now = self._beside(segment)
        if row.state == State.OUTDATED and (was := origins.get(place)) is not None:
            row.source_change = html_as_seen(
                differences.text_html(was, source, raw=True), self.version.source_language
            )
        if row.state == State.OUTDATED and person is not None:
            row.may_confirm = person.pk not in wrote.get(place, ())
        row.warnings = [(name, pair_checks.LABELS[name]) for name in self.warned.get(place, ())]
        return row

    def _beside(self, segment):
        text = segment.value(self.beside)
        if segment.field == "text_basis":
            return TextBasis(text).label if text else ""
        if not segment.is_rich:
            return html_as_seen(escape(text), self.beside)
        return html_as_seen(differences.text_html(text, text, raw=True), self.beside)


# ── The page ─────────────────────────────────────────────────────────────────────────────────


def write(request, agreement, language):
    """Show the sheet of a language; save what was typed."""
    version = drafting.text_to_write(agreement)
    if language not in STORED:
        raise Http404
    if version is None:  # the only draft was discarded: the overview offers a new one
        return redirect(reverse("admin:agreements_agreement_change", args=[agreement.pk]))
    may_write = roles.may_write(request.user, language)
    beside = _beside(request, version, language)
    only_open = request.GET.get("only") == "open"
    conflicts = []
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied
        sheet = Sheet(version, language, beside, request.POST)
        if sheet.is_valid():
            try:
                saved = _save(request, agreement, sheet)
                return redirect(_next_page(request, saved or version, language))
            except drafting.EditConflict as error:
                conflicts = error.conflicts
                version = drafting.text_to_write(agreement)
                fresh = Sheet(version, language, beside, request.POST)
                fresh.is_valid()
                sheet = fresh
                messages.error(
                    request,
                    _(
                        "Nothing is saved yet: somebody else changed the same texts meanwhile. "
                        "What you typed is still here. Compare, then save again."
                    ),
                )
            except (publishing.PublishingError, translation_state.OwnTranslation) as error:
                refused(request, error)
        else:
            messages.error(request, _("Nothing is saved yet. Please look at the marked texts."))
    else:
        sheet = Sheet(version, language, beside, only_open=only_open)
    return desk(
        request,
        "sheet",
        agreement,
        version,
        language_label=NAMES[language],
        tag=tag_of(language),
        source_tag=tag_of(version.source_language),
        beside=beside,
        beside_label=NAMES.get(beside, ""),
        beside_tag=tag_of(beside) if beside else "",
        besides=[(code, NAMES[code]) for code in STORED if code != language],
        is_source=language == version.source_language,
        sheet=sheet,
        rows=sheet.rows(conflicts, request.user),
        left_over=sheet.left_over(),
        only_open=only_open,
        may_write=may_write,
        sources=_sources(version),
        terms=_terms(language),
        rich_text_media=RichTextWidget().media,
    )


def _beside(request, version, language):
    asked = request.GET.get("beside")
    if asked in STORED and asked != language:
        return asked
    return version.source_language if language != version.source_language else ""


@transaction.atomic
def _save(request, agreement, sheet):
    """Save what was touched, confirmed and dismissed; return the draft, None where none is open."""
    changes, draft = sheet.changes(), None
    if changes:
        draft = drafting.save(
            agreement, changes, by=request.user, small_fix="small_fix" in request.POST
        )
    version = draft or drafting.text_to_write(agreement)
    touched = {change.place for change in changes}
    asked = [
        place
        for place in sheet.segments
        if f"{place}.confirm" in request.POST and place not in touched
    ]
    # One's word is for the two texts that stood on the page, not for what came since.
    confirmed = [place for place in asked if _stands(sheet, version, place, both=True)]
    if len(confirmed) < len(asked):
        raise publishing.ChangedMeanwhile(
            _("Meanwhile the text or its source changed. Please look at it again.")
        )
    if confirmed:
        translation_state.confirm(version, confirmed, sheet.language, by=request.user)
    dismissed = _dismiss(request, version, sheet, touched)
    if draft is not None:
        messages.success(request, _("Saved."))
    elif confirmed or dismissed:
        messages.success(request, _("Noted."))
    else:
        messages.info(request, _("Nothing was changed."))
    return draft


def _stands(sheet, version, place, *, both):
    """Tell whether the source of a text (and the text itself) is what the page showed."""
    segment = {each.place: each for each in texts_of(version)}.get(place)
    if segment is None:
        return False
    source = seen(segment.value(version.source_language)) == sheet.data.get(f"{place}.from")
    return source and (
        not both or seen(segment.value(sheet.language)) == sheet.data.get(f"{place}.was")
    )


def _dismiss(request, version, sheet, touched):
    segments = {segment.place: segment for segment in texts_of(version)}
    dismissed = 0
    for place, names in sheet.warned.items():
        for name in names:
            reason = markup.tidy(request.POST.get(f"{place}.dismiss.{name}", ""))[:300]
            if reason and _stands(sheet, version, place, both=place not in touched):
                pair = translation_state.current_pair(version, segments[place], sheet.language)
                drafting.dismiss(
                    version,
                    place,
                    sheet.language,
                    name,
                    pair=pair,
                    reason=reason,
                    by=request.user,
                )
                dismissed += 1
    return dismissed


def _next_page(request, version, language):
    then = request.POST.get("then")
    if then == "seal" and version.is_draft and request.user.has_perm("agreements.seal_version"):
        return reverse("admin:agreement-seal", args=[version.agreement_id])
    if then == "preview":
        address = reverse(
            "admin:agreement-preview", args=[version.agreement_id, version.number, "summary"]
        )
        return f"{address}?language={_preview_code(language)}"
    return request.get_full_path()


def _preview_code(language):
    return shown_language(language).code


def _sources(version):
    """Return [(key, title)] of all sources, those of the version first."""
    mine = {row.source_id for row in version.version_sources.all()}
    rows = sorted(Source.objects.all(), key=lambda source: (source.pk not in mine, source.key))
    return [(row.key, stored_text(row, "title", "en") or str(row.title)) for row in rows]


def _terms(language):
    return [
        (term.key, as_seen(stored_text(term, "term", language), language) or term.key)
        for term in Term.objects.order_by("key")
    ]
