"""The forms of records: one field for a date as exact as it is known, sources by their keys,
three languages side by side, Serbian in the script of whoever writes."""

from django import forms
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agreements import markup, recording, roles, serbian
from agreements.drafting import text_to_write
from agreements.models import Agreement, Level, Provision, Source
from agreements.models.record import Change
from agreements.models.reply import lines_of_translation, with_plain_line_ends
from agreements.recording import DATES, MODELS
from dialogue_platform.dates import machine, partial_date
from dialogue_platform.languages import NAMES, STORED, reading, stored_text
from dialogue_platform.passages import bare_text
from dialogue_platform.scripts import MIXED_WORD

from .desk import tag_of
from .language import as_seen, works_in_cyrillic

ONE_LINE = ("title", "speaker", "institution")  # trilingual fields that take one line
OWN_LINES = ("translation",)  # trilingual fields whose lines stay as they are typed


class PartialDateField(forms.CharField):
    """A date as exact as it is known; cleaned to (date, precision), (None, "day") if empty."""

    def __init__(self, **kwargs):
        kwargs.setdefault("help_text", gettext_lazy("2021, 2021-10 or 2021-10-04"))
        super().__init__(widget=forms.TextInput(attrs={"size": 10}), **kwargs)

    def clean(self, value):
        text = super().clean(value).strip()
        if not text:
            return None, "day"
        try:
            return partial_date(text)
        except ValueError as error:
            raise forms.ValidationError(
                _("Write the date as exactly as it is known: 2021, 2021-10 or 2021-10-04.")
            ) from error


class SourcesField(forms.CharField):
    """Keys of sources, one a line, in order; cleaned to [Source]."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", gettext_lazy("Sources"))
        kwargs.setdefault("help_text", gettext_lazy("Keys of sources, one a line."))
        attrs = {"rows": 3, "class": "keys", "spellcheck": "false"}
        super().__init__(widget=forms.Textarea(attrs=attrs), **kwargs)

    def clean(self, value):
        keys = list(dict.fromkeys(super().clean(value).replace(",", " ").split()))
        found = Source.objects.in_bulk(keys, field_name="key")
        unknown = [key for key in keys if key not in found]
        if unknown:
            raise forms.ValidationError(
                _("There is no source with the key %(keys)s. Add it to the sources first.")
                % {"keys": ", ".join(unknown)}
            )
        return [found[key] for key in keys]


def _provision_labels(agreement):
    """Return a function that names a provision: its number and heading, as the text has them."""
    version = text_to_write(agreement)
    texts = {text.provision_id: text for text in version.provision_texts.all()} if version else {}

    def label(provision):
        text = texts.get(provision.pk)
        if text is None:
            return provision.key
        return f"{text.number} · {bare_text(reading(text, 'heading'))}"

    return label


class AgreementsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, agreement):
        version = agreement.published
        return bare_text(reading(version, "short_title")) if version else agreement.slug


class RecordForm(forms.Form):
    """What one edition of a record says. `values`, `sources` and `lists` are for recording.py.

    Made for a `kind`, with the record it shows or None; `agreement` limits the provisions. What a
    person may not write is disabled: it keeps what stands in the record.
    """

    def __init__(self, *args, kind, person, record=None, agreement=None, skip=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.kind, self.model, self.record = kind, MODELS[kind], record
        may_facts = roles.may_write(person, "")
        if agreement is not None and kind in ("obligation", "obstacle", "position"):
            self._provisions(kind, agreement)
        for name, (column, precision) in DATES[kind].items():
            field = self.model._meta.get_field(column)
            self.fields[name] = PartialDateField(label=field.verbose_name, required=False)
            if record and getattr(record, column):
                date = getattr(record, column)
                self.initial[name] = machine(date, getattr(record, precision))
        for field in recording.content_fields(self.model):
            self._plain(field)
        if kind == "event":
            self.fields["agreements"] = AgreementsField(
                Agreement.objects.select_related("published"),
                label=_("Agreements"),
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
            if record:
                self.initial["agreements"] = list(record.agreements.all())
        self.fields["sources"] = SourcesField(required=False)
        if record:
            self.initial["sources"] = "\n".join(source.key for source in record.sources)
        for name in [*self.fields]:
            if name in skip:
                del self.fields[name]
            elif not may_facts:
                self.fields[name].disabled = True
        with_note = record is not None and record.change != Change.FIRST
        for field in recording.trilingual_fields(self.model):
            if field not in skip and (field != "change_note" or with_note):
                self._trilingual(field, person)

    def _provisions(self, kind, agreement):
        provisions = Provision.objects.filter(agreement=agreement)
        if kind == "obstacle":
            self.fields["provisions"] = forms.ModelMultipleChoiceField(
                provisions,
                label=_("Provisions it holds up"),
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
            self.fields["provisions"].label_from_instance = _provision_labels(agreement)
            if self.record:
                self.initial["provisions"] = list(self.record.provisions.all())
            return
        self.fields["provision"] = forms.ModelChoiceField(
            provisions,
            label=_("Provision"),
            required=kind == "obligation",
            empty_label=_("the agreement as a whole") if kind == "position" else "–",
        )
        self.fields["provision"].label_from_instance = _provision_labels(agreement)
        if self.record:
            self.initial["provision"] = self.record.provision

    def _plain(self, field):
        """Add a column that has one value for all languages."""
        if field.name == "evidence":
            self.fields["evidence"] = forms.CharField(
                label=field.verbose_name, help_text=field.help_text, required=False
            )
            if self.record and self.record.evidence:
                self.initial["evidence"] = self.record.evidence.key
            return
        if field.is_relation or field.name in _date_columns(self.kind):
            return
        if field.name == "original":  # nothing of it changes, not even white space
            self.fields[field.name] = field.formfield(strip=False)
        else:
            self.fields[field.name] = field.formfield()
        if isinstance(field, models.DateField):
            self.fields[field.name].widget = forms.DateInput(
                format="%Y-%m-%d", attrs={"type": "date"}
            )
        if self.record:
            self.initial[field.name] = getattr(self.record, field.name)

    def _trilingual(self, name, person):
        column = self.model._meta.get_field(name)
        for language in STORED:
            widget = forms.TextInput if name in ONE_LINE else forms.Textarea
            attrs = {"lang": tag_of(language)}
            rows = {"rows": 10 if name in OWN_LINES else 3}
            attrs |= {"class": "line"} if name in ONE_LINE else rows
            # Counted as it is stored: in Latin some letters are two.
            limit = [MaxLengthValidator(column.max_length)] if column.max_length else []
            self.fields[f"{name}_{language}"] = forms.CharField(
                label=f"{column.verbose_name}: {NAMES[language]}",
                help_text=column.help_text if language == STORED[0] else "",
                required=False,
                widget=widget(attrs=attrs),
                validators=[] if language == "sr" else limit,
                disabled=not roles.may_write(person, language),
            )
            if self.record:
                text = stored_text(self.record, name, language)
                self.initial[f"{name}_{language}"] = as_seen(text, language)

    def clean_evidence(self):
        key = self.cleaned_data["evidence"].strip()
        if not key:
            return None
        source = Source.objects.filter(key=key).first()
        if source is None:
            raise forms.ValidationError(_("There is no source with this key."))
        return source

    def clean_original(self):
        text = with_plain_line_ends(self.cleaned_data["original"])
        if markup.UNPRINTABLE.search(text):
            raise forms.ValidationError(_("It holds a character that cannot be shown."))
        return text

    def clean(self):
        cleaned = super().clean()
        for name in self.fields:
            field, _underscore, language = name.rpartition("_")
            if language in STORED and field and name in cleaned:
                cleaned[name] = self._stored(name, field, language, cleaned[name])
        for name in DATES[self.kind]:
            if name in self.fields and self._is_needed(name) and cleaned.get(name) == (None, "day"):
                self.add_error(name, _("Write the date as exactly as it is known."))
        if cleaned.get("level") == Level.COMPLETE and not cleaned.get("evidence"):
            self.add_error("evidence", _("Name the evidence before “complete”."))
        if cleaned.get("level") == Level.CANNOT_BE_RATED and not cleaned.get("looked_on", [0])[0]:
            self.add_error("looked_on", _("Say when you last looked for it."))
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since[0] and until[0] and until[0] < since[0]:
            self.add_error("until", _("It cannot end before it began."))
        if self.kind == "reply":
            self._clean_reply(cleaned)
        return cleaned

    def _clean_reply(self, cleaned):
        """Say in words what the constraints of a reply refuse."""
        asked, replied = cleaned.get("asked_on"), cleaned.get("replied_on")
        if self.errors.keys() & {"asked_on", "replied_on", "original", "original_language"}:
            return
        if not asked and not replied:
            self.add_error("asked_on", _("Say when it was asked for, or when it came."))
        if asked and replied and replied < asked:
            self.add_error("replied_on", _("It cannot be answered before it was asked."))
        for name in ("replied_on", "original_language", "original"):
            others = {"replied_on", "original_language", "original"} - {name}
            if not cleaned.get(name) and any(cleaned.get(other) for other in others):
                self.add_error(name, _("A reply has its text, its language and its date."))
        for language in STORED:
            if cleaned.get(f"question_{language}") and not asked:
                self.add_error(f"question_{language}", _("Say when this was asked."))
            column = f"translation_{language}"
            if cleaned.get(column) and not replied:
                self.add_error(column, _("There is no reply to translate."))
            elif cleaned.get(column) and language == cleaned.get("original_language"):
                self.add_error(column, _("This is the language of the reply itself."))

    def _is_needed(self, name):
        column = DATES[self.kind][name][0]
        return not self.model._meta.get_field(column).blank

    def _stored(self, name, field, language, typed):
        text = lines_of_translation(typed) if field in OWN_LINES else markup.tidy(typed)
        if language == "sr" and not self.fields[name].disabled:
            before = stored_text(self.record, field, "sr") if self.record else ""
            text = serbian.back_to_store(before, text, works_in_cyrillic())
            longest = self.model._meta.get_field(field).max_length
            if longest and len(text) > longest:
                message = _("This is longer than %(limit)d characters.") % {"limit": longest}
                self.add_error(name, message)
        elif language == "sr":
            text = stored_text(self.record, field, "sr") if self.record else ""
        if MIXED_WORD.search(text):
            self.add_error(name, _("A word mixes Cyrillic and Latin letters."))
        return text

    @property
    def values(self):
        """Return {column: value} of the record's own row."""
        values = {}
        for name, value in self.cleaned_data.items():
            if name in DATES[self.kind]:
                column, precision = DATES[self.kind][name]
                values |= {column: value[0], precision: value[1]}
            elif name not in ("sources", "provisions", "agreements", "seen", "do"):
                values[name] = value
        return values

    @property
    def sources(self):
        return self.cleaned_data["sources"]

    @property
    def lists(self):
        names = recording.LISTS.get(self.kind, ())
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}

    @property
    def rows(self):
        """Return [(label, [BoundField])]: one field, or one text in three languages."""
        rows, done = [], set()
        for name in self.fields:
            field, _underscore, language = name.rpartition("_")
            if language in STORED and f"{field}_{STORED[0]}" in self.fields:
                if field not in done:
                    done.add(field)
                    label = self.model._meta.get_field(field).verbose_name
                    rows.append((label, [self[f"{field}_{each}"] for each in STORED]))
            else:
                rows.append((self[name].label, [self[name]]))
        return rows


def _date_columns(kind):
    return {column for pair in DATES[kind].values() for column in pair}


def key_for(kind, agreement, values, obligation=None):
    """Return the key of a new record, the shortest that says what it is."""
    if kind == "assessment":
        return f"{obligation.key}-{machine(values['as_of'], values['as_of_precision'])}"
    if kind == "event":
        date = machine(values["happened_on"], values["happened_precision"])
        return _free(MODELS[kind], f"{date}-{_words(values['title_en'])}".strip("-"))
    if kind == "obligation":
        key = f"{agreement.slug}-{values['provision'].key}-{values['owed_by']}"
    elif kind == "obstacle":
        key = f"{agreement.slug}-{_words(values['title_en']) or 'obstacle'}"
    elif kind == "reply":
        key = f"{agreement.slug}-{values['side']}-{values['asked_on'] or values['replied_on']}"
    else:
        said = machine(values["said_on"], values["said_precision"])
        key = f"{agreement.slug}-{values['side']}-{said}"
    return _free(MODELS[kind], key)


def _words(title):
    return "-".join(slugify(title or "").split("-")[:4])


def _free(model, key):
    """Return a key that no record has, with a number behind it if need be."""
    taken = set(model.objects.filter(key__startswith=key).values_list("key", flat=True))
    number, free = 2, key
    while free in taken:
        free, number = f"{key}-{number}", number + 1
    return free
