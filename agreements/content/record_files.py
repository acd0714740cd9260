"""Content files of records: what became of it, the timeline, the phases, the counts.

`records/{slug}.yaml` holds everything about one agreement, an assessment below its obligation. In a
file keys are short; a record's own key begins with the agreement's slug, and an assessment's is its
obligation's with the date. Dates are as exact as they are known: 2021, 2021-10, 2021-10-04.
"""

import re

from agreements.markup import UNPRINTABLE
from agreements.models import Debtor, Level, Side
from agreements.models.event import EventKind
from agreements.models.obligation import Confidence, Judge
from agreements.models.obstacle import ObstacleKind
from agreements.models.reply import LONGEST_LETTER, LONGEST_TRANSLATION, with_plain_line_ends
from dialogue_platform.dates import partial_date
from dialogue_platform.languages import NAMES, STORED

from .files import Entry, Fields, emit, for_file, parse


class RecordFields(Fields):
    """Fields with what records need besides: exact or inexact dates, texts in every language."""

    def partial(self, key, default=None):
        value = self.string(key, default)
        if value:
            try:
                partial_date(value)
            except ValueError:
                self.fail(key, f"{value!r} is not a date like 2021, 2021-10 or 2021-10-04")
        return value

    def full(self, key, limit, optional=False):
        """Return a text of one paragraph that no language lacks, or (optional) all lack."""
        found = self.short(key, optional=optional, limit=limit)
        lacking = [language for language in STORED if not found[language]]
        if lacking and not (optional and len(lacking) == len(STORED)):
            self.fail(key, f"has no text in {', '.join(lacking)}")
        return found

    def full_name(self, key, limit):
        found = self.name(key, limit=limit)
        if not all(found.values()):
            self.fail(key, "has to have a text in every language")
        return found

    def some_keys(self, key):
        found = self.keys(key)
        if not found:
            self.fail(key, "names nothing")
        return found

    def letter(self, key):
        """Return a text exactly as it stands there, '' where there is none."""
        text = self.take(key, default="")
        if not isinstance(text, str) or UNPRINTABLE.search(text):
            self.fail(key, "must be a text that can be shown")
        if len(text) > LONGEST_LETTER:
            self.fail(key, f"is longer than {LONGEST_LETTER} characters")
        return with_plain_line_ends(text)

    def flag(self, key):
        value = self.string(key)
        if value not in ("true", "false"):
            self.fail(key, f"{value!r} is neither true nor false")
        return value == "true"


def _obligation(fields, slug):
    due_on = fields.partial("due_on", default="")
    return {
        "agreement": slug,
        "provision": fields.slug("provision", limit=20),
        "owed_by": fields.choice("owed_by", Debtor),
        "due_on": due_on,
        "text": fields.full("text", limit=220),
        "sources": fields.some_keys("sources"),
        "change_note": fields.full("change_note", 300, optional=True),
    }


def _assessment(fields, obligation):
    record = {
        "obligation": obligation,
        "as_of": fields.partial("as_of"),
        "level": fields.choice("level", Level),
        "disputed": fields.flag("disputed"),
        "confidence": fields.choice("confidence", Confidence),
        "judged_by": fields.choice("judged_by", Judge),
        "reason": fields.full("reason", limit=500),
        "evidence": fields.slug("evidence") if fields.has("evidence") else "",
        "would_settle": fields.full("would_settle", 300, optional=True),
        "looked_on": fields.partial("looked_on", default=""),
        "next_check_on": fields.date("next_check_on", default=""),
        "sources": fields.some_keys("sources"),
        "change_note": fields.full("change_note", 300, optional=True),
    }
    if record["level"] == Level.COMPLETE and not record["evidence"]:
        fields.fail("level", "complete needs evidence")
    if record["evidence"] and record["evidence"] not in record["sources"]:
        fields.fail("evidence", f"{record['evidence']} is not among the sources")
    unrated = record["level"] == Level.CANNOT_BE_RATED
    if unrated != bool(record["looked_on"]) or unrated != bool(record["would_settle"]["en"]):
        fields.fail("level", "what cannot be rated, and only that, has would_settle and looked_on")
    return record


def _obstacle(fields, slug):
    record = {
        "agreement": slug,
        "kind": fields.choice("kind", ObstacleKind),
        "provisions": fields.some_keys("provisions"),
        "since": fields.partial("since", default=""),
        "until": fields.partial("until", default=""),
        "named_by": fields.choice("named_by", Judge),
        "title": fields.full("title", limit=90),
        "text": fields.full("text", limit=700),
        "sources": fields.some_keys("sources"),
        "change_note": fields.full("change_note", 300, optional=True),
    }
    since, until = record["since"], record["until"]
    if since and until and partial_date(until)[0] < partial_date(since)[0]:
        fields.fail("until", "is before since")
    return record


def _position(fields, slug):
    return {
        "agreement": slug,
        "side": fields.choice("side", Side),
        "provision": fields.slug("provision", limit=20) if fields.has("provision") else "",
        "said_on": fields.partial("said_on"),
        "speaker": fields.full("speaker", 160, optional=True),
        "statement": fields.full("statement", limit=400),
        "sources": fields.some_keys("sources"),
        "change_note": fields.full("change_note", 300, optional=True),
    }


def _reply(fields, slug):
    record = {
        "agreement": slug,
        "side": fields.choice("side", Side),
        "institution": fields.full("institution", limit=160),
        "asked_on": fields.date("asked_on", default=""),
        "question": fields.full("question", 400, optional=True),
        "replied_on": fields.date("replied_on", default=""),
        "original_language": fields.string("original_language", default=""),
        "original": fields.letter("original"),
        "translation": fields.lines("translation", LONGEST_TRANSLATION),
        "sources": fields.keys("sources") if fields.has("sources") else [],
        "change_note": fields.full("change_note", 300, optional=True),
    }
    asked, replied = record["asked_on"], record["replied_on"]
    if not asked and not replied:
        fields.fail("asked_on", "a reply was asked for on a day, or came on one")
    if asked and replied and replied < asked:
        fields.fail("replied_on", "is before asked_on")
    if record["question"]["en"] and not asked:
        fields.fail("question", "needs asked_on")
    own = record["original_language"]
    if own not in (*NAMES, ""):
        fields.fail("original_language", f"{own!r} is not one of {', '.join(NAMES)}")
    if len({bool(replied), bool(own), bool(record["original"])}) > 1:
        fields.fail("replied_on", "an answer has replied_on, original_language and original")
    into = {language for language in STORED if replied and language != own}
    if {each for each, text in record["translation"].items() if text} != into:
        fields.fail("translation", "stands in every language but that of the reply")
    return record


def _event(fields):
    return {
        "date": fields.partial("date"),
        "kind": fields.choice("kind", EventKind),
        "title": fields.full("title", limit=180),
        "text": fields.full("text", 400, optional=True),
        "agreements": sorted(fields.keys("agreements")),
        "sources": fields.some_keys("sources"),
        "change_note": fields.full("change_note", 300, optional=True),
    }


def _phase(fields):
    return {
        "start": fields.partial("start"),
        "end": fields.partial("end", default=""),
        "name": fields.full("name", limit=120),
        "level": fields.full("level", limit=120),
        "summary": fields.full("summary", limit=500),
        "people": [_person(RecordFields.of(row)) for row in fields.rows("people")],
        "sources": fields.some_keys("sources"),
    }


def _person(fields):
    person = {
        "side": fields.choice("side", Side),
        "name": fields.full_name("name", limit=120),
        "role": fields.full("role", limit=200),
        "years": fields.string("years", default="", limit=20),
    }
    fields.done()
    return person


def _count(fields):
    return {
        "who": fields.full_name("who", limit=160),
        "period": fields.full("period", limit=80),
        "number": fields.string("number", default="", limit=4),
        "rule": fields.full("rule", limit=400),
        "note": fields.full("note", 400, optional=True),
        "source": fields.slug("source"),
    }


COLLECTIONS = {
    "events": ("event", _event),
    "phases": ("phase", _phase),
    "counts": ("count", _count),
}
HEADERS = {
    "events": "# The timeline: every event under its key.",
    "phases": "# The phases of the dialogue, in order.",
    "counts": "# How many agreements are there? Every count in use, in the order of the page.",
}


def read_collection(path, name):
    """Yield the entries of events.yaml, phases.yaml or counts.yaml."""
    kind, read = COLLECTIONS[name]
    whole = parse(path)
    for position, (key, mapping) in enumerate(whole.items(), 1):
        fields = RecordFields(path, mapping, whole.lines[key])
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) or len(key) > 60:
            reason = f"{key!r} is not made of a-z, 0-9 and single hyphens, 60 at most"
            fields = Fields(path, whole)
            fields.fail(key, reason)
        record = read(fields)
        fields.done()
        if kind != "event":
            record["position"] = position
        yield Entry(kind, key, record, path, whole.lines[key])


def read_records(path, _kind=None):
    """Yield the entries of one records/{slug}.yaml, an assessment after its obligation."""
    whole = RecordFields(path, parse(path))
    slug = whole.slug("agreement", limit=80)
    if slug != path.stem:
        whole.fail("agreement", f"is {slug!r}, but the file is called {path.name}")
    for name, kind, read in (
        ("obligations", "obligation", _obligation),
        ("obstacles", "obstacle", _obstacle),
        ("positions", "position", _position),
        ("replies", "reply", _reply),
    ):
        seen = set()
        for row in whole.rows(name) if whole.has(name) else ():
            row = RecordFields.of(row)
            short = row.slug("key", limit=60)
            if short in seen:
                row.fail("key", f"{short} stands there twice")
            seen.add(short)
            key = f"{slug}-{short}"
            record = read(row, slug)
            rows = list(row.rows("assessments")) if kind == "obligation" else []
            row.done()
            yield Entry(kind, key, record, path, row.mapping.line)
            yield from _assessments(path, key, rows)
    whole.done()


def _assessments(path, obligation, rows):
    last = ""
    for row in rows:
        row = RecordFields.of(row)
        record = _assessment(row, obligation)
        row.done()
        if record["as_of"] <= last:
            row.fail("as_of", "assessments stand in the order of their dates, one for each")
        last = record["as_of"]
        yield Entry("assessment", f"{obligation}-{record['as_of']}", record, path, row.mapping.line)


def broken_references(entry, known):
    """Yield what an entry of a record names that is not there; `known` is {kind: {key: record}}."""
    record = entry.record
    for key in [*record.get("sources", ()), *filter(None, [record.get("source")])]:
        if key not in known["source"]:
            yield key, f"source {key} is not in sources.yaml"
    slugs = [record["agreement"]] if "agreement" in record else record.get("agreements", ())
    for slug in slugs:
        if slug not in known["agreement"]:
            yield slug, f"no agreement {slug}"
            return
    wanted = [*record.get("provisions", ()), *filter(None, [record.get("provision")])]
    there = {row["key"] for slug in slugs for row in known["agreement"][slug]["provisions"]}
    for key in wanted:
        if key not in there:
            yield key, f"no provision {key} in {record['agreement']}"


def write_records(slug, found):
    """Return the text of records/{slug}.yaml; `found` is {kind: {key: record}} of the agreement."""

    def short(key):
        return key.removeprefix(f"{slug}-")

    def of_agreement(record):
        return {name: value for name, value in record.items() if name != "agreement"}

    assessments = {}
    for record in found["assessment"].values():
        rest = {name: value for name, value in record.items() if name != "obligation"}
        assessments.setdefault(record["obligation"], []).append(for_file(rest))
    parts = {"agreement": slug}
    for name, kind in (
        ("obligations", "obligation"),
        ("obstacles", "obstacle"),
        ("positions", "position"),
        ("replies", "reply"),
    ):
        rows = []
        for key, record in found[kind].items():
            row = {"key": short(key), **for_file(of_agreement(record))}
            if kind == "obligation":
                row["assessments"] = assessments.get(key, [])
            rows.append(row)
        if rows:
            parts[name] = rows
    return emit(parts)


def write_collection(name, records):
    """Return the text of events.yaml, phases.yaml or counts.yaml."""
    parts = [
        emit({key: for_file({k: v for k, v in record.items() if k != "position"})})
        for key, record in records.items()
    ]
    return HEADERS[name] + "\n" + "\n".join(parts)
