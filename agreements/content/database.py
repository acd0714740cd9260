"""Records ⇄ rows: what load_content writes and dump_content reads.

The loader never overwrites what an editor changed in the admin: it remembers what it last brought
in under each key (LoadedEntry) and so can tell a newer file from an edited row. An agreement's text
goes the same way as an editor's: a draft, sealed, published by another account.
"""

import datetime
from collections import Counter
from functools import cached_property

from django.contrib.auth import get_user_model
from django.db import transaction

from agreements import fingerprints, markup, publishing, recording, translation_state
from agreements.models import (
    RECORD_KINDS,
    Agreement,
    LoadedEntry,
    Page,
    Party,
    Provision,
    ProvisionText,
    Source,
    Term,
    Theme,
    Version,
    VersionSource,
)
from agreements.models.version import ChangeClass
from dialogue_platform.languages import STORED, stored_text

from . import record_rows
from .files import ContentError, digest

PREPARER = "content-files"  # the account that prepares what stands in the files
RELEASER = "content-release"  # the account that publishes it: never the same

# Each kind after those that it names.
KINDS = (
    "theme",
    "source",
    "page",
    "agreement",
    "term",
    *RECORD_KINDS,
    "phase",
    "count",
)


# ── Rows → records ───────────────────────────────────────────────────────────────────────────


def _words(row, field):
    """Return a trilingual field in its normal form, as a file would give it."""
    return {language: markup.normalise(stored_text(row, field, language)) for language in STORED}


def _lines(row, field):
    return {
        language: [markup.tidy(line) for line in stored_text(row, field, language).splitlines()]
        for language in STORED
    }


def _day(date):
    return date.isoformat() if date else ""


def theme_record(theme, position):
    """Return the record of a theme; `position` is its place among all, counted from 0."""
    return {"name": _words(theme, "name"), "position": position}


def source_record(source):
    return {
        "title": _words(source, "title"),
        "publisher": _words(source, "publisher"),
        "side": source.side,
        "kind": source.kind,
        "language": source.language,
        "url": source.url,
        "archived_url": source.archived_url,
        "published_on": _day(source.published_on),
        "accessed_on": _day(source.accessed_on),
    }


def term_record(term):
    return {
        "term": _words(term, "term"),
        "abbreviation": _words(term, "abbreviation"),
        "definition": _words(term, "definition"),
        "usage": _words(term, "usage"),
        "spellings": _lines(term, "spellings"),
        "agreements": sorted(agreement.slug for agreement in term.agreements.all()),
    }


def page_record(page):
    return {
        "position": page.position,
        "title": _words(page, "title"),
        "lead": _words(page, "lead"),
        "body": _words(page, "body"),
    }


def agreement_record(agreement):
    """Return the record of an agreement's published version, or None where nothing is public."""
    version = agreement.published
    if version is None:
        return None
    cited = list(version.version_sources.select_related("source"))
    return {
        "theme": agreement.theme.slug,
        "source_language": version.source_language,
        "title": _words(version, "title"),
        "short_title": _words(version, "short_title"),
        "also_known_as": _lines(version, "also_known_as"),
        "date_agreed": _day(version.date_agreed),
        "date_precision": version.date_precision,
        "place": _words(version, "place"),
        "track": version.track,
        "form_of_act": version.form_of_act,
        "form_note": _words(version, "form_note"),
        "known_as_of": f"{version.known_as_of:%Y-%m}",
        "parties": [
            {"side": party.side, "name": _words(party, "name"), "role": _words(party, "role")}
            for party in version.parties.all()
        ],
        "summary": _words(version, "summary"),
        "details": _words(version, "details"),
        "means_for_citizens": _words(version, "means_for_citizens"),
        "provisions": [
            {
                "key": text.provision.key,
                "number": text.number,
                "basis": _words(text, "text_basis"),
                "heading": _words(text, "heading"),
                "text": _words(text, "text"),
                "plain": _words(text, "plain"),
            }
            for text in version.provision_texts.select_related("provision")
        ],
        "official_texts": [row.source.key for row in cited if row.is_full_text],
        "sources": [row.source.key for row in cited],
        "change_class": version.change_class,
        "change_note": _words(version, "change_note"),
    }


def records():
    """Return {kind: {key: record}} of everything in the database that content files can hold."""
    themes = enumerate(Theme.objects.order_by("position", "slug"))
    terms = Term.objects.prefetch_related("agreements")
    agreements = Agreement.objects.public().select_related("published", "theme")
    # Sorted here, because databases disagree on where a hyphen belongs.
    return {
        "theme": {row.slug: theme_record(row, position) for position, row in themes},
        "source": _sorted((row.key, source_record(row)) for row in Source.objects.all()),
        "term": _sorted((row.key, term_record(row)) for row in terms),
        "page": _sorted((row.slug, page_record(row)) for row in Page.objects.all()),
        "agreement": _sorted((row.slug, agreement_record(row)) for row in agreements),
        **record_rows.records(),
    }


def _sorted(pairs):
    return dict(sorted(pairs, key=lambda pair: pair[0]))


# ── Records → rows ───────────────────────────────────────────────────────────────────────────


def _columns(record, *fields):
    """Return {column: text} of trilingual fields, lists as lines."""
    return {
        f"{field}_{language}": "\n".join(text) if isinstance(text, list) else text
        for field in fields
        for language, text in record[field].items()
    }


def _date(text, pattern="%Y-%m-%d"):
    return datetime.datetime.strptime(text, pattern).date() if text else None


def _write_theme(key, record, loading):
    Theme.objects.update_or_create(
        slug=key, defaults={"position": record["position"], **_columns(record, "name")}
    )


def _write_source(key, record, loading):
    Source.objects.update_or_create(
        key=key,
        defaults={
            **_columns(record, "title", "publisher"),
            **{name: record[name] for name in ("side", "kind", "language", "url", "archived_url")},
            "published_on": _date(record["published_on"]),
            "accessed_on": _date(record["accessed_on"]),
        },
    )


def _write_term(key, record, loading):
    fields = ("term", "abbreviation", "definition", "usage", "spellings")
    term, _created = Term.objects.update_or_create(key=key, defaults=_columns(record, *fields))
    term.agreements.set(Agreement.objects.filter(slug__in=record["agreements"]))


def _write_page(key, record, loading):
    Page.objects.update_or_create(
        slug=key,
        defaults={"position": record["position"], **_columns(record, "title", "lead", "body")},
    )


def _write_agreement(key, record, loading):
    theme = Theme.objects.get(slug=record["theme"])
    agreement, created = Agreement.objects.get_or_create(slug=key, defaults={"theme": theme})
    if not created and agreement.theme_id != theme.pk:
        Agreement.objects.filter(pk=agreement.pk).update(theme=theme)
    version = publishing.seal(_draft(agreement, record, loading.preparer), at=loading.at)
    translation_state.remember_all(version, by=loading.preparer, at=loading.at)
    if version.number > 1 and version.change_class == ChangeClass.FIRST:
        raise publishing.PublishingError(
            "change_class: the text changed, so this is not the first publication any more; "
            "write what kind of change it is, and a change_note for readers"
        )
    if version.pk != agreement.published_id:
        publishing.publish(
            version, by=loading.releaser, replacing=agreement.published, at=loading.at
        )


def _draft(agreement, record, preparer):
    """Return a new draft of an agreement with the text of a record."""
    draft = publishing.new_draft(
        Version(
            agreement=agreement,
            prepared_by=preparer,
            date_agreed=_date(record["date_agreed"]),
            known_as_of=_date(record["known_as_of"], "%Y-%m"),
            **{
                name: record[name]
                for name in (
                    "source_language",
                    "date_precision",
                    "track",
                    "form_of_act",
                    "change_class",
                )
            },
            **_columns(record, *fingerprints.VERSION_FIELDS, "change_note"),
        )
    )
    for position, party in enumerate(record["parties"], 1):
        Party.objects.create(
            version=draft,
            position=position,
            side=party["side"],
            **_columns(party, *fingerprints.PARTY_FIELDS),
        )
    for position, row in enumerate(record["provisions"], 1):
        provision, _created = Provision.objects.get_or_create(agreement=agreement, key=row["key"])
        ProvisionText.objects.create(
            version=draft,
            provision=provision,
            position=position,
            number=row["number"],
            **_columns({**row, "text_basis": row["basis"]}, *fingerprints.PROVISION_FIELDS),
        )
    sources = Source.objects.in_bulk(record["sources"], field_name="key")
    for position, key in enumerate(record["sources"], 1):
        VersionSource.objects.create(
            version=draft,
            source=sources[key],
            position=position,
            is_full_text=key in record["official_texts"],
        )
    return draft


_WRITERS = {
    "theme": _write_theme,
    "source": _write_source,
    "page": _write_page,
    "agreement": _write_agreement,
    "term": _write_term,
    "phase": lambda key, record, loading: record_rows.write_phase(key, record),
    "count": lambda key, record, loading: record_rows.write_count(key, record),
}


class Loading:
    """One run of load_content: brings entries in, counts what it did, remembers what it kept.

    `counts` is {"written", "unchanged", "kept"}; `kept` names the entries whose row was edited
    while their file changed too, and which therefore stayed as they are; `left_over` is
    [(kind, key)] of what was loaded once and stands in no file any more.
    """

    def __init__(self, *, at, overwrite=False):
        self.at, self.overwrite = at, overwrite
        self.counts, self.kept, self.left_over = Counter(), [], []

    @property
    def preparer(self):
        return _account(PREPARER)

    @property
    def releaser(self):
        return _account(RELEASER)

    @transaction.atomic
    def run(self, entries):
        """Bring in [Entry], all or nothing."""
        self._remember_older_translations()
        remembered = {(row.kind, row.key): row.digest for row in LoadedEntry.objects.all()}
        in_files = {(entry.kind, entry.key): entry.digest for entry in entries}
        self.left_over = sorted(remembered.keys() - in_files.keys())
        if in_files == remembered and not self.overwrite:
            self.counts["unchanged"] = len(entries)
            return
        present = records()
        for kind in KINDS:
            new = []  # records come in many at once
            for entry in entries:
                if entry.kind == kind:
                    last = remembered.get((kind, entry.key))
                    self._bring_in(entry, present[kind].get(entry.key), last, new)
            if new:
                record_rows.add(
                    kind, new, self._known, by=self.preparer, releaser=self.releaser, at=self.at
                )

    @cached_property
    def _known(self):
        return record_rows.Known()

    def _remember_older_translations(self):
        """Give the files' word for texts that were loaded before translations were remembered."""
        loaded = Version.objects.sealed().filter(prepared_by__username=PREPARER)
        for version in loaded.filter(agreement__translation_pairs__isnull=True).with_texts():
            translation_state.remember_all(version, by=version.prepared_by, at=self.at)

    def _bring_in(self, entry, present, last, new):
        now = digest(present) if present is not None else None
        if entry.digest == now:
            self._count("unchanged", entry, remember=entry.digest != last)
        elif entry.digest == last and not self.overwrite:
            self._count(
                "unchanged", entry
            )  # the row was edited, the file was not: the row is newer
        elif now is None or now == last or self.overwrite:
            try:
                if entry.kind not in RECORD_KINDS:
                    _WRITERS[entry.kind](entry.key, entry.record, self)
                elif last is None and now is None and not self._is_there(entry):
                    new.append(entry)
                else:
                    record_rows.correct(
                        entry, self._known, by=self.preparer, releaser=self.releaser, at=self.at
                    )
            except (publishing.PublishingError, recording.RecordingError) as error:
                raise ContentError(entry.path, entry.line, str(error)) from error
            self._count("written", entry, remember=True)
        else:
            self.kept.append(entry)
            self._count("kept", entry)

    def _is_there(self, entry):
        """Tell whether a record has any edition: a draft, say, or one that was withdrawn."""
        return record_rows.MODELS[entry.kind].objects.filter(key=entry.key).exists()

    def _count(self, what, entry, remember=False):
        self.counts[what] += 1
        if remember:
            LoadedEntry.objects.update_or_create(
                kind=entry.kind, key=entry.key, defaults={"digest": entry.digest}
            )


def _account(username):
    """Return one of the two accounts behind the files; nobody can sign in with them."""
    user, created = get_user_model().objects.get_or_create(
        username=username, defaults={"is_active": False}
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
