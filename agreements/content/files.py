"""Content files: YAML ⇄ records.

A record is the content of one entry as plain dicts, lists and strings, texts in their normal form,
Serbian in Cyrillic. Reading checks everything that can be checked without a database and reports
the file, the line and the reason; writing a record gives the same bytes each time.
"""

import datetime
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from agreements import markup
from agreements.models import Side, Source
from agreements.models.reply import lines_of_translation
from agreements.models.version import ChangeClass, FormOfAct, Precision, TextBasis, Track
from agreements.serbian import to_store
from dialogue_platform.languages import STORED
from dialogue_platform.scripts import MIXED_WORD

SUMMARY_WORDS = 120
SHORT_TITLE = 45

HEADERS = {
    "themes": "# The themes, in the order in which they are shown.",
    "sources": "# Every source that the texts cite, under its key.",
    "glossary": "# Every word of the glossary, under its key.",
}


class ContentError(Exception):
    """A content file that cannot be used: which, at which line, and why."""

    def __init__(self, path, line, reason):
        self.path, self.line, self.reason = path, line, reason
        super().__init__(f"{path}:{line}: {reason}")


# ── YAML with line numbers ───────────────────────────────────────────────────────────────────


class Mapping(dict):
    """A YAML mapping that remembers its own line and the line of each key."""

    line: int
    lines: dict


class Sequence(list):
    """A YAML sequence that remembers the line of each item."""

    line: int
    lines: list


class _Loader(yaml.BaseLoader):  # every scalar a string: "no" and 2011-09-02 mean themselves
    pass


def _mapping(loader, node):
    found = Mapping()
    found.line, found.lines = node.start_mark.line + 1, {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(
                problem="a key must be a word", problem_mark=key_node.start_mark
            )
        key = loader.construct_object(key_node)
        line = key_node.start_mark.line + 1
        if key in found:
            raise yaml.MarkedYAMLError(
                problem=f"{key!r} stands here twice", problem_mark=key_node.start_mark
            )
        found[key] = loader.construct_object(value_node, deep=True)
        found.lines[key] = line
    return found


def _sequence(loader, node):
    found = Sequence(loader.construct_object(item, deep=True) for item in node.value)
    found.line = node.start_mark.line + 1
    found.lines = [item.start_mark.line + 1 for item in node.value]
    return found


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:seq", _sequence)


def parse(path):
    """Return the Mapping that a file holds; raise ContentError whatever is wrong with it."""
    try:
        raw = path.read_bytes()
        found = yaml.load(raw.decode(), _Loader)  # noqa: S506 - a BaseLoader makes strings only
    except OSError as error:
        raise ContentError(path, 1, f"cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ContentError(path, line, "is not UTF-8 here") from error
    except yaml.reader.ReaderError as error:
        line = raw.decode()[: error.position].count("\n") + 1
        reason = f"holds a character that cannot stand here: U+{error.character:04X}"
        raise ContentError(path, line, reason) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ContentError(path, line, error.problem or str(error)) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ContentError(path, 1, f"cannot be understood: {error}") from error
    if not isinstance(found, Mapping):
        raise ContentError(path, 1, "must be a mapping of keys to values")
    return found


# ── Reading one mapping, key by key ──────────────────────────────────────────────────────────


class Fields:
    """Takes the values out of one mapping and complains with file and line."""

    def __init__(self, path, mapping, line=1):
        if not isinstance(mapping, Mapping):
            raise ContentError(path, line, "must be a mapping of keys to values")
        self.path, self.mapping, self.taken = path, mapping, set()

    @classmethod
    def of(cls, other):
        """Return the same mapping read by another class of fields."""
        return cls(other.path, other.mapping)

    def line(self, key):
        return self.mapping.lines.get(key, self.mapping.line)

    def fail(self, key, reason):
        raise ContentError(self.path, self.line(key), f"{key}: {reason}")

    def has(self, key):
        return key in self.mapping

    def take(self, key, default=None):
        self.taken.add(key)
        if key in self.mapping:
            return self.mapping[key]
        if default is None:
            raise ContentError(self.path, self.mapping.line, f"{key} is missing")
        return default

    def string(self, key, default=None, limit=None):
        value = self.take(key, default)
        if not isinstance(value, str):
            self.fail(key, "must be a text")
        value = markup.tidy(value)
        if markup.UNPRINTABLE.search(value):
            self.fail(key, "holds a character that cannot be shown")
        if default is None and not value:
            self.fail(key, "is empty")
        if limit and len(value) > limit:
            self.fail(key, f"is longer than {limit} characters")
        return value

    def pattern(self, key, pattern, what):
        value = self.string(key)
        if not re.fullmatch(pattern, value):
            self.fail(key, f"{value!r} is not {what}")
        return value

    def slug(self, key, limit=50):
        value = self.string(key, limit=limit)
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
            self.fail(key, f"{value!r} is not made of a-z, 0-9 and single hyphens")
        return value

    def choice(self, key, choices, default=None):
        value = self.string(key, default)
        if value not in choices.values and not (value == "" == default):
            self.fail(key, f"{value!r} is not one of {', '.join(choices.values)}")
        return value

    def date(self, key, pattern="%Y-%m-%d", default=None):
        value = self.string(key, default)
        if value:
            try:
                return datetime.datetime.strptime(value, pattern).strftime(pattern)
            except ValueError:
                example = datetime.date(2026, 3, 31).strftime(pattern)
                self.fail(key, f"{value!r} is not a date like {example}")
        return value

    def languages(self, key, read, optional=False):
        """Return {language: read(text)} of a trilingual value, '' where a language has no text."""
        if optional and not self.has(key):
            return {language: read("", language) for language in STORED}
        inner = Fields(self.path, self.take(key), self.line(key))
        found = {}
        for language in STORED:
            value = inner.take(language, default="") if inner.has(language) else ""
            inner.taken.add(language)
            try:
                found[language] = read(value, language)
            except _Unreadable as error:
                inner.fail(language, str(error))
        inner.done()
        if not optional and not any(found.values()):
            self.fail(key, "has no text in any language")
        return found

    def short(self, key, optional=False, limit=None):
        def read(value, language):
            return _serbian(markup.tidy(_text(value, limit)), language)

        return self.languages(key, read, optional)

    def name(self, key, limit=None):
        """Like short, for names: one that is the same in all languages stays in its letters."""
        found = self.languages(key, lambda value, _language: markup.tidy(_text(value, limit)))
        if found["sr"] not in (found["sq"], found["en"]):
            found["sr"] = _serbian(found["sr"], "sr")
        return found

    def long(self, key, optional=False, words=None, headings=True):
        def read(value, language):
            text = _serbian(markup.normalise(_text(value)), language)
            if words and markup.word_count(text) > words:
                raise _Unreadable(f"has {markup.word_count(text)} words; {words} are allowed")
            if not headings and any(block.kind.startswith("h") for block in markup.blocks(text)):
                raise _Unreadable("must not have headings")
            return text

        return self.languages(key, read, optional)

    def plain(self, key, optional=False):
        """Like long, for texts that are shown without markup."""

        def read(value, language):
            text = _serbian(markup.normalise(_text(value)), language)
            if markup.plain_text(text) != "\n".join(text.split("\n\n")):
                raise _Unreadable("takes no markup")
            return text

        return self.languages(key, read, optional)

    def lines(self, key, limit):
        """Return a text that may be absent and whose lines mean something, as in a letter."""

        def read(value, language):
            return _serbian(lines_of_translation(_text(value, limit)), language)

        return self.languages(key, read, optional=True)

    def number(self, key):
        value = self.string(key)
        if not re.fullmatch(r"[0-9]{1,4}", value):
            self.fail(key, f"{value!r} is not a number between 0 and 9999")
        return int(value)

    def lists(self, key):
        def read(value, language):
            if value == "":
                return []
            if not isinstance(value, Sequence):
                raise _Unreadable("must be a list")
            if not all(isinstance(item, str) and item.strip() for item in value):
                raise _Unreadable("has an empty item")
            return [_serbian(markup.tidy(_text(item)), language) for item in value]

        return self.languages(key, read, optional=True)

    def keys(self, key):
        """Return a list of keys (of sources, of agreements), each once."""
        value = self.take(key)
        if not isinstance(value, Sequence):
            self.fail(key, "must be a list")
        for at, item in enumerate(value):
            if not isinstance(item, str) or not item:
                raise ContentError(self.path, value.lines[at], f"{key}: {item!r} is not a key")
            if item in value[:at]:
                raise ContentError(
                    self.path, value.lines[at], f"{key}: {item!r} stands there twice"
                )
        return list(value)

    def rows(self, key):
        """Yield Fields for each mapping of a list."""
        value = self.take(key)
        if not isinstance(value, Sequence):
            self.fail(key, "must be a list")
        for item, line in zip(value, value.lines, strict=True):
            yield Fields(self.path, item, line)

    def done(self):
        for key in self.mapping:
            if key not in self.taken:
                self.fail(key, "is not a key that belongs here")


class _Unreadable(Exception):
    """A value that cannot be used; the caller knows the line."""


def _text(value, limit=None):
    if not isinstance(value, str):
        raise _Unreadable("must be a text")
    if markup.UNPRINTABLE.search(value):
        raise _Unreadable("holds a character that cannot be shown")
    if mixed := MIXED_WORD.search(value):
        around = value[max(0, mixed.start() - 12) : mixed.end() + 12]
        raise _Unreadable(f"mixes Cyrillic and Latin letters in one word: {around!r}")
    if limit and len(markup.tidy(value)) > limit:
        raise _Unreadable(f"is longer than {limit} characters")
    return value


def _serbian(text, language):
    """Convert Serbian that arrives in Latin; a text with any Cyrillic is taken as it is."""
    return to_store(text) if language == "sr" else text


# ── The kinds of entries ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Entry:
    """One entry of the content: its kind, its key, its record, and where it was read."""

    kind: str
    key: str
    record: dict
    path: Path
    line: int

    @property
    def digest(self):
        return digest(self.record)


# Of an agreement's record, what belongs to the act of changing it and not to its text: a sealed
# version keeps its own.
_NOT_TEXT = ("change_class", "change_note")


def digest(record):
    """Return the SHA-256 of a record's text, by which two records are compared."""
    text = {name: value for name, value in record.items() if name not in _NOT_TEXT}
    canonical = json.dumps(text, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _theme(fields):
    return {"name": fields.short("name", limit=80)}


def _source(fields):
    return {
        "title": fields.short("title", limit=300),
        "publisher": fields.name("publisher", limit=200),
        "side": fields.choice("side", Source.Voice),
        "kind": fields.choice("kind", Source.Kind),
        "language": fields.pattern("language", r"[a-z]{2,3}", "a language code such as sq"),
        "url": _address(fields, "url"),
        "archived_url": _address(fields, "archived_url", default=""),
        "published_on": fields.date("published_on", default=""),
        "accessed_on": fields.date("accessed_on", default=""),
    }


def _address(fields, key, default=None):
    value = fields.string(key, default, limit=500)
    if value:
        try:
            URLValidator(schemes=["http", "https"])(value)
        except ValidationError:
            fields.fail(key, f"{value!r} is not a web address")
    return value


def _term(fields):
    return {
        "term": fields.short("term", limit=120),
        "abbreviation": fields.short("abbreviation", optional=True, limit=30),
        "definition": fields.plain("definition"),
        "usage": fields.plain("usage", optional=True),
        "spellings": fields.lists("spellings"),
        "agreements": sorted(fields.keys("agreements")),
    }


def _page(fields):
    return {
        "position": fields.number("position"),
        "title": fields.short("title", limit=120),
        "lead": fields.plain("lead"),
        "body": _body(fields),
    }


def _body(fields):
    """Return the body of a page about the platform, which has no list of sources to cite."""
    body = fields.long("body")
    if any(markup.cited_keys(text) for text in body.values()):
        fields.fail("body", "cites a source; pages about the platform link to it instead")
    return body


def _agreement(fields):
    record = {
        "theme": fields.slug("theme"),
        "source_language": fields.string("source_language"),
        "title": fields.short("title", limit=200),
        "short_title": fields.short("short_title", limit=SHORT_TITLE),
        "also_known_as": fields.lists("also_known_as"),
        "date_agreed": fields.date("date_agreed"),
        "date_precision": fields.choice("date_precision", Precision),
        "place": fields.short("place", optional=True, limit=80),
        "track": fields.choice("track", Track),
        "form_of_act": fields.choice("form_of_act", FormOfAct),
        "form_note": fields.long("form_note", optional=True, headings=False),
        "known_as_of": fields.date("known_as_of", "%Y-%m"),
        "parties": [_party(row) for row in fields.rows("parties")],
        "summary": fields.long("summary", words=SUMMARY_WORDS, headings=False),
        "details": fields.long("details", optional=True),
        "means_for_citizens": fields.long("means_for_citizens", optional=True, headings=False),
        "provisions": _provisions(fields),
        "official_texts": fields.keys("official_texts"),
        "sources": fields.keys("sources"),
        "change_class": fields.choice("change_class", ChangeClass),
        "change_note": fields.long("change_note", optional=True, headings=False),
    }
    if record["source_language"] not in STORED:
        fields.fail("source_language", f"is not one of {', '.join(STORED)}")
    for key in record["official_texts"]:
        if key not in record["sources"]:
            fields.fail("official_texts", f"{key} is not among the sources")
    record["official_texts"].sort(key=record["sources"].index)
    return record


def _party(fields):
    party = {
        "side": fields.choice("side", Side),
        "name": fields.short("name", limit=120),
        "role": fields.short("role", optional=True, limit=200),
    }
    fields.done()
    return party


def _provisions(fields):
    provisions, seen = [], set()
    for row in fields.rows("provisions"):
        provision = {
            "key": row.slug("key", limit=20),
            "number": row.string("number", limit=12),
            "basis": _basis(row),
            "heading": row.short("heading", optional=True, limit=120),
            "text": row.long("text", optional=True, headings=False),
            "plain": row.long("plain", optional=True, headings=False),
        }
        if provision["key"] in seen:
            row.fail("key", f"{provision['key']} stands there twice")
        seen.add(provision["key"])
        for language, basis in provision["basis"].items():
            text, plain = provision["text"][language], provision["plain"][language]
            if basis == TextBasis.WITHHELD and (text or plain):
                row.fail("basis", "a wording that is withheld cannot stand there")
            if basis != TextBasis.WITHHELD and not text:
                provision["basis"][language] = ""
            if text and not basis:
                row.fail("text", f"does not say where the wording in {language} comes from")
        row.done()
        provisions.append(provision)
    return provisions


def _basis(row):
    """Return {language: basis} from one word for all three, from a mapping, or from nothing."""
    value = row.take("basis", default="")
    if value == "":
        return dict.fromkeys(STORED, "")
    if isinstance(value, str):
        return dict.fromkeys(STORED, row.choice("basis", TextBasis))
    inner = Fields(row.path, value, row.line("basis"))
    found = {language: inner.choice(language, TextBasis, default="") for language in STORED}
    inner.done()
    return found


_KINDS = {
    "theme": _theme,
    "source": _source,
    "term": _term,
    "page": _page,
    "agreement": _agreement,
}


def _read_collection(path, kind):
    """Yield the entries of a file that holds many, each under its key."""
    whole = parse(path)
    for position, (key, mapping) in enumerate(whole.items()):
        line = whole.lines[key]
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) or len(key) > 50:
            reason = f"{key!r} is not made of a-z, 0-9 and single hyphens, 50 at most"
            raise ContentError(path, line, reason)
        fields = Fields(path, mapping, line)
        record = _KINDS[kind](fields)
        fields.done()
        if kind == "theme":
            record["position"] = position
        yield Entry(kind, key, record, path, line)


def _read_single(path, kind):
    """Return the entry of a file that holds one, named after its slug."""
    fields = Fields(path, parse(path))
    slug = fields.slug("slug", limit=80)
    if slug != path.stem:
        fields.fail("slug", f"is {slug!r}, but the file is called {path.name}")
    record = _KINDS[kind](fields)
    fields.done()
    return Entry(kind, slug, record, path, 1)


def read(folder):
    """Return (entries, problems) of a content folder: [Entry], and [ContentError] in file order."""
    from . import record_files  # which is made of what stands in this module

    folder, entries, problems = Path(folder), [], []

    def attempt(reader, path, kind):
        try:
            found = reader(path, kind)
            entries.extend([found] if isinstance(found, Entry) else found)
        except ContentError as problem:
            problems.append(problem)

    for name, kind in (("themes", "theme"), ("sources", "source"), ("glossary", "term")):
        attempt(_read_collection, folder / f"{name}.yaml", kind)
    for name, kind in (("pages", "page"), ("agreements", "agreement")):
        for path in sorted((folder / name).glob("[!.]*")):
            if path.suffix == ".yaml":
                attempt(_read_single, path, kind)
            else:
                problems.append(ContentError(path, 1, "is not called something.yaml"))
    for path in sorted((folder / "records").glob("[!.]*")):
        if path.suffix == ".yaml":
            attempt(record_files.read_records, path, "record")
        else:
            problems.append(ContentError(path, 1, "is not called something.yaml"))
    for name in record_files.COLLECTIONS:
        if (folder / f"{name}.yaml").exists():
            attempt(record_files.read_collection, folder / f"{name}.yaml", name)
    if not problems:
        problems.extend(_broken_references(entries))
    return entries, problems


def _broken_references(entries):
    """Yield a ContentError for every theme, source, term or agreement named but not there."""
    from . import record_files

    known = {
        kind: {entry.key: entry.record for entry in entries if entry.kind == kind}
        for kind in _KINDS
    }
    for entry in entries:
        if entry.kind not in _KINDS:
            for needle, reason in record_files.broken_references(entry, known):
                yield ContentError(*_where(entry, needle), reason)
            continue
        text = json.dumps(entry.record, ensure_ascii=False)
        for key in dict.fromkeys(markup.term_keys(text)):
            if key not in known["term"]:
                yield ContentError(
                    *_where(entry, f"term:{key}"), f"term {key} is not in glossary.yaml"
                )
        if entry.kind == "term":
            for slug in entry.record["agreements"]:
                if slug not in known["agreement"]:
                    yield ContentError(entry.path, entry.line, f"{entry.key}: no agreement {slug}")
        if entry.kind != "agreement":
            continue
        if entry.record["theme"] not in known["theme"]:
            yield ContentError(*_where(entry, "theme:"), "theme is not in themes.yaml")
        for key in entry.record["sources"]:
            if key not in known["source"]:
                yield ContentError(*_where(entry, key), f"source {key} is not in sources.yaml")
        cited = dict.fromkeys(markup.cited_keys(text))
        for key in cited:
            if key not in entry.record["sources"]:
                yield ContentError(
                    *_where(entry, f"@{key}"), f"{key} is cited but not among sources"
                )
        for key in entry.record["sources"]:
            if key not in cited and key not in entry.record["official_texts"]:
                yield ContentError(
                    *_where(entry, key), f"{key} is among the sources but never cited"
                )


def _where(entry, needle):
    """Return (path, line) of the first place in an entry's file that holds a text."""
    for number, line in enumerate(entry.path.read_text(encoding="utf-8").splitlines(), 1):
        if number >= entry.line and needle in line:
            return entry.path, number
    return entry.path, entry.line


# ── Writing ──────────────────────────────────────────────────────────────────────────────────


class _Block(str):
    """A text that is written as a block of wrapped lines."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


_Dumper.add_representer(
    _Block,
    lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style="|"),
)
_LONG = {
    "definition",
    "usage",
    "lead",
    "body",
    "form_note",
    "summary",
    "details",
    "means_for_citizens",
    "text",
    "plain",
    "change_note",
    "reason",
    "would_settle",
    "statement",
    "rule",
    "note",
}

_LETTERS = {"original", "translation"}  # their lines stay as they are


def for_file(value, key=""):
    """Return a record as it is written: long texts wrapped, what is empty left out."""
    if isinstance(value, dict):
        if key == "basis":
            bases = set(value.values())
            return bases.pop() if len(bases) == 1 else {k: v for k, v in value.items() if v}
        inner_key = key if set(value) <= set(STORED) else ""
        written = {name: for_file(item, inner_key or name) for name, item in value.items()}
        return {name: item for name, item in written.items() if item not in ("", {}, None)}
    if isinstance(value, list):
        return [for_file(item) for item in value]
    if key in _LONG and value:
        return _Block(markup.wrapped(value) + "\n")
    if key in _LETTERS and value:
        return _Block(value)
    return value


def emit(value):
    return yaml.dump(
        value,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=False,
        width=10_000,
    )


def write_single(key, record):
    """Return the text of a file that holds one entry."""
    return emit({"slug": key, **for_file(record)})


def write_collection(name, records):
    """Return the text of a file that holds many entries; `records` is {key: record}."""
    parts = [
        emit({key: for_file({k: v for k, v in record.items() if k != "position"})})
        for key, record in records.items()
    ]
    return HEADERS[name] + "\n" + "\n".join(parts)
