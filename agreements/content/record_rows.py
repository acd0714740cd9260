"""Records ⇄ rows, for what became of it: the part of content/database.py that is about records.

What stands in a file is an edition that the file's account prepared and another one published. A
record that a file changed becomes a correction, and says why (`change_note`).
"""

from django.db.models import F

from agreements import recording
from agreements.models import (
    Agreement,
    AuditEntry,
    Count,
    Obligation,
    Phase,
    PhasePerson,
    Provision,
    RecordSource,
    Source,
)
from agreements.recording import DATES, MODELS
from dialogue_platform.dates import machine, partial_date
from dialogue_platform.languages import STORED, stored_text

_PLAIN = {
    "obligation": ("owed_by",),
    "assessment": ("level", "disputed", "confidence", "judged_by"),
    "obstacle": ("named_by",),
    "position": ("side",),
    "reply": ("side", "original_language", "original"),
    "event": (),
}
# Dates that are known to the day, and may be absent.
_DAYS = {"assessment": ("next_check_on",), "reply": ("asked_on", "replied_on")}
# In files a record's own kind is simply its kind.
_KIND_COLUMN = {"obstacle": "obstacle_kind", "event": "event_kind"}


def _words(row, field):
    return {language: stored_text(row, field, language) for language in STORED}


def _partial(row, column, precision):
    date = getattr(row, column)
    return machine(date, getattr(row, precision)) if date else ""


# ── Rows → records ───────────────────────────────────────────────────────────────────────────


def records():
    """Return {kind: {key: record}} of every public record, in the order they were added in."""
    found = {kind: _public(kind, model) for kind, model in MODELS.items()}
    phases = Phase.objects.prefetch_related("people", "sources")
    counts = Count.objects.select_related("source")
    return found | {
        "phase": {row.key: _phase_record(row) for row in phases},
        "count": {row.key: _count_record(row) for row in counts},
    }


def _public(kind, model):
    firsts = model.objects.filter(edition=1)
    if kind == "obligation":
        firsts = firsts.order_by("provision__agreement__slug", "pk")
    elif kind == "event":
        firsts = firsts.order_by("happened_on", "pk")
    elif kind == "assessment":
        firsts = firsts.order_by("as_of", "pk")
    else:
        firsts = firsts.order_by("agreement__slug", "pk")
    rows = model.objects.public().prefetch_related("recordsources__source")
    if kind in ("obligation", "position"):
        rows = rows.select_related("provision__agreement")
    if kind in ("obstacle", "position", "reply"):
        rows = rows.select_related("agreement")
    if kind == "assessment":
        rows = rows.select_related("obligation", "evidence")
    rows = rows.prefetch_related(*recording.LISTS.get(kind, ()))
    by_key = {row.key: row for row in rows}
    keys = firsts.values_list("key", flat=True)
    return {key: record_of(by_key[key]) for key in keys if key in by_key}


def record_of(row):
    """Return what one edition says, as a file would give it."""
    kind = row.kind
    record = {}
    if kind in ("obligation", "obstacle", "position", "reply"):
        record["agreement"] = row.agreement.slug
    if kind == "assessment":
        record["obligation"] = row.obligation.key
    if kind in ("obligation", "position"):
        record["provision"] = row.provision.key if row.provision else ""
    if kind == "obstacle":
        record["provisions"] = sorted(
            (each.key for each in row.provisions.all()), key=lambda key: (len(key), key)
        )
    if kind == "event":
        record["agreements"] = sorted(each.slug for each in row.agreements.all())
    for name, (column, precision) in DATES[kind].items():
        record[name] = _partial(row, column, precision)
    record |= {name: getattr(row, name) for name in _PLAIN[kind]}
    if kind in _KIND_COLUMN:
        record["kind"] = getattr(row, _KIND_COLUMN[kind])
    if kind == "assessment":
        record["evidence"] = row.evidence.key if row.evidence else ""
    for name in _DAYS.get(kind, ()):
        date = getattr(row, name)
        record[name] = date.isoformat() if date else ""
    for field in recording.trilingual_fields(row):
        record[field] = _words(row, field)
    record["sources"] = [source.key for source in row.sources]
    return {name: record[name] for name in _ORDER if name in record}


# The order in which a file gives the fields of a record.
_ORDER = (
    "agreement",
    "obligation",
    "date",
    "as_of",
    "side",
    "institution",
    "asked_on",
    "question",
    "replied_on",
    "original_language",
    "original",
    "translation",
    "kind",
    "provision",
    "provisions",
    "owed_by",
    "due_on",
    "since",
    "until",
    "said_on",
    "level",
    "disputed",
    "confidence",
    "judged_by",
    "named_by",
    "speaker",
    "statement",
    "title",
    "text",
    "reason",
    "evidence",
    "would_settle",
    "looked_on",
    "next_check_on",
    "agreements",
    "sources",
    "change_note",
)


def _phase_record(phase):
    return {
        "start": _partial(phase, "start", "start_precision"),
        "end": _partial(phase, "end", "end_precision"),
        **{field: _words(phase, field) for field in ("name", "level", "summary")},
        "people": [
            {
                "side": person.side,
                "name": _words(person, "name"),
                "role": _words(person, "role"),
                "years": person.years,
            }
            for person in phase.people.all()
        ],
        "sources": sorted(source.key for source in phase.sources.all()),
        "position": phase.position,
    }


def _count_record(count):
    return {
        **{field: _words(count, field) for field in ("who", "period")},
        "number": "" if count.number is None else str(count.number),
        **{field: _words(count, field) for field in ("rule", "note")},
        "source": count.source.key,
        "position": count.position,
    }


# ── Records → rows ───────────────────────────────────────────────────────────────────────────


class Known:
    """What records name, by key: read once for a whole run of the loader."""

    def __init__(self):
        self.sources = Source.objects.in_bulk(field_name="key")
        self.agreements = Agreement.objects.in_bulk(field_name="slug")
        provisions = Provision.objects.annotate(slug=F("agreement__slug"))
        self.provisions = {(row.slug, row.key): row for row in provisions}
        self.obligations = {row.key: row for row in Obligation.objects.filter(edition=1)}


def values_of(kind, record, known):
    """Return {column or foreign key: value} of a record's own row."""
    values = {}
    if kind in ("obstacle", "position", "reply"):
        values["agreement"] = known.agreements[record["agreement"]]
    if kind in ("obligation", "position"):
        key = record["provision"]
        values["provision"] = known.provisions[record["agreement"], key] if key else None
    if kind == "assessment":
        values["obligation"] = known.obligations[record["obligation"]]
        values["evidence"] = known.sources[record["evidence"]] if record["evidence"] else None
    values |= {name: record[name] or None for name in _DAYS.get(kind, ())}
    for name, (column, precision) in DATES[kind].items():
        date, exactness = partial_date(record[name]) if record[name] else (None, "day")
        values |= {column: date, precision: exactness}
    values |= {name: record[name] for name in _PLAIN[kind]}
    if kind in _KIND_COLUMN:
        values[_KIND_COLUMN[kind]] = record["kind"]
    for field in recording.trilingual_fields(MODELS[kind]):
        values |= {f"{field}_{language}": record[field][language] for language in STORED}
    return values


def lists_of(kind, record, known):
    """Return {list: [object]} of a record."""
    if kind == "obstacle":
        slug = record["agreement"]
        return {"provisions": [known.provisions[slug, key] for key in record["provisions"]]}
    if kind == "event":
        return {"agreements": [known.agreements[slug] for slug in record["agreements"]]}
    return {}


def add(kind, entries, known, *, by, releaser, at):
    """Add many new records at once and publish them: the same rows as one verb after the other."""
    model = MODELS[kind]
    rows = model.objects.bulk_create(
        model(key=entry.key, prepared_by=by, prepared_at=at, **values_of(kind, entry.record, known))
        for entry in entries
    )
    RecordSource.objects.bulk_create(
        RecordSource(**{kind: row, "source": known.sources[key], "place": place})
        for row, entry in zip(rows, entries, strict=True)
        for place, key in enumerate(entry.record["sources"], 1)
    )
    for name in recording.LISTS.get(kind, ()):
        field = model._meta.get_field(name)
        through = field.remote_field.through
        own, other = field.m2m_column_name(), field.m2m_reverse_name()
        through.objects.bulk_create(
            through(**{own: row.pk, other: each.pk})
            for row, entry in zip(rows, entries, strict=True)
            for each in lists_of(kind, entry.record, known)[name]
        )
    model.objects.filter(pk__in=[row.pk for row in rows]).update(
        published_by=releaser, published_at=at, revision=1
    )
    AuditEntry.objects.bulk_create(
        AuditEntry(
            agreement=row.agreement, action=action, actor=actor, at=at, detail=f"{kind} {row}"
        )
        for row in rows
        for action, actor in (
            (AuditEntry.Action.RECORD_STARTED, by),
            (AuditEntry.Action.RECORD_PUBLISHED, releaser),
        )
    )
    if kind == "obligation":
        known.obligations |= {row.key: row for row in rows}


def correct(entry, known, *, by, releaser, at):
    """Publish what a file changed as the next edition of its record. Raises RecordingError."""
    newest = MODELS[entry.kind].objects.filter(key=entry.key).order_by("-edition").first()
    notes = entry.record["change_note"]
    if not all(notes.values()):
        raise recording.RecordingError(
            f"{entry.key} was changed: write why, in a change_note for readers"
        )
    draft = recording.correct(newest, by=by, notes=notes, at=at)
    draft = recording.rewrite(
        draft,
        by=by,
        seen=draft.revision,
        values=values_of(entry.kind, entry.record, known),
        sources=[known.sources[key] for key in entry.record["sources"]],
        lists=lists_of(entry.kind, entry.record, known),
    )
    return recording.publish(draft, by=releaser, seen=draft.revision, at=at)


def write_phase(key, record):
    columns = {}
    for name in ("start", "end"):
        date, precision = partial_date(record[name]) if record[name] else (None, "day")
        columns |= {name: date, f"{name}_precision": precision}
    phase, _created = Phase.objects.update_or_create(
        key=key,
        defaults={
            "position": record["position"],
            **columns,
            **_columns(record, "name", "level", "summary"),
        },
    )
    phase.sources.set(Source.objects.filter(key__in=record["sources"]))
    phase.people.all().delete()
    for position, person in enumerate(record["people"], 1):
        PhasePerson.objects.create(
            phase=phase,
            position=position,
            side=person["side"],
            years=person["years"],
            **_columns(person, "name", "role"),
        )


def write_count(key, record):
    Count.objects.update_or_create(
        key=key,
        defaults={
            "position": record["position"],
            "number": int(record["number"]) if record["number"] else None,
            "source": Source.objects.get(key=record["source"]),
            **_columns(record, "who", "period", "rule", "note"),
        },
    )


def _columns(record, *fields):
    return {
        f"{field}_{language}": text for field in fields for language, text in record[field].items()
    }
