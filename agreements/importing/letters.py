"""Which bytes stand for which letters, where a file does not say or does not know."""

import codecs
import re
from collections import Counter

from agreements.importing import UnreadableDocument

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


# What files from the region are written in, when not in UTF-8. Nearest first among equals.
_ENCODINGS = "cp1250 cp1252 cp1251 iso8859-2 iso8859-5 iso8859-16 cp852 cp855 mac-latin2 koi8-r"


_CHARSETS = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "x-mac-ce": "mac-latin2",
    "macintosh": "mac-roman",
    "iso-8859-2": "iso8859-2",
    "iso-8859-5": "iso8859-5",
    "iso-8859-15": "iso8859-15",
    "iso-8859-16": "iso8859-16",
    "cp852": "cp852",
    "ibm852": "cp852",
    "cp855": "cp855",
    "ibm855": "cp855",
    "koi8-r": "koi8-r",
    "x-mac-cyrillic": "mac-cyrillic",
}


_GOOD_LETTERS = frozenset(
    "ëçËÇčćžšđČĆŽŠĐабвгдђежзијклљмнњопрстћуфхцчџшАБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ"
)


_GOOD_SIGNS = frozenset("\xa0“”„’‘‚–—…•«»§°\xad·€©®™›‹№")


_OTHER_LETTERS = frozenset("áéíóúäöüßàèùâêîôûñÄÖÜÉâăîşţșț")


def decoded(data):
    """Return bytes as text: by their mark, as UTF-8, as a page declares, else by what reads best.

    Raise UnreadableDocument where they are no text ("broken") or no letters fit ("encoding").
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    encoding = encoding or _wide_encoding(data)
    if encoding:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as fault:
            raise UnreadableDocument("encoding") from fault
        return _plain(text.lstrip("\ufeff"))
    if b"\x00" in data:
        raise UnreadableDocument("broken")
    try:
        return _plain(data.decode("utf-8"))
    except UnicodeDecodeError as fault:
        if fault.start >= len(data) - 3 and fault.start > 0:  # cut in the middle of a letter
            return _plain(data[: fault.start].decode("utf-8"))
    declared = _declared_charset(data)
    if declared in _CHARSETS:
        try:
            return _plain(data.decode(_CHARSETS[declared]))
        except UnicodeDecodeError:
            pass
    return _plain(_guessed(data))


def _plain(text):
    """Return the text, or raise if it is full of control characters, as no text is."""
    controls = len(re.findall(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]", text[:200_000]))
    if "\x00" in text or controls > 2 + len(text[:200_000]) * 0.002:
        raise UnreadableDocument("broken")
    return text


def is_mostly_text(data):
    """Tell whether bytes that could not be decoded are still text of some kind."""
    sample = data[:100_000]
    controls = sum(1 for byte in sample if byte < 32 and byte not in b"\t\n\r\x0c")
    return controls < len(sample) * 0.002


def _wide_encoding(data):
    """Return UTF-16 with its byte order where every other byte shows it, else None."""
    sample = data[:4000]
    if len(sample) < 4 or (b"\x00" not in sample and 4 not in sample):
        return None
    even, odd = Counter(sample[0::2]), Counter(sample[1::2])
    half = len(sample) // 2
    # In Latin text the upper byte is 0 or 1, in Cyrillic 4 or (spaces) 0.
    for bytes_, name in ((odd, "utf-16-le"), (even, "utf-16-be")):
        if bytes_[0] > 0 and bytes_[0] + bytes_[1] + bytes_[4] + bytes_[0x20] > 0.95 * half:
            return name
    return None


def _guessed(data):
    """Return bytes decoded as what reads best among the encodings of the region.

    Letters of Albanian and Serbian speak for an encoding, other letters and signs inside words
    against it, as do capitals after small letters, which one Cyrillic read as another is full of.
    """
    sample = data[:200_000]
    best, best_score = None, 0
    for name in _ENCODINGS.split():
        try:
            score = _reads_well(sample.decode(name, "replace"))
            if score > best_score:
                data.decode(name)
                best, best_score = name, score
        except UnicodeDecodeError:
            continue
    if best is None:
        raise UnreadableDocument("encoding")
    return data.decode(best)


def _reads_well(text):
    """Return how well a text reads, from below 0 to 1: the share of its unusual characters."""
    score = total = 0
    for letter, count in Counter(letter for letter in text if letter > "\x7f").items():
        total += count
        if letter in _GOOD_LETTERS:
            score += count
        elif letter in _GOOD_SIGNS:
            score += 0.6 * count
        elif letter in _OTHER_LETTERS:
            score += 0.2 * count
        else:
            score -= 2 * count
    mixed = len(re.findall(r"[а-шђјљњћџ][А-ШЂЈЉЊЋЏ]", text)) * 2
    mixed += len(re.findall(r"[A-Za-z][Ѐ-ӿ]|[Ѐ-ӿ][A-Za-z]", text))
    inside = len(re.findall(r"[^\W\d_][“”„‚…•«»§°·€©®™›‹№\xa0\xad][^\W\d_]", text))
    return (score - 2 * mixed - inside) / max(total, 1)


def _declared_charset(data):
    """Return the charset that a page says it has, in lower case, or ''."""
    start = data[:8192].replace(b"\x00", b"")
    for pattern in (
        rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w-]+)",
        rb"<meta[^>]*charset\s*=\s*[\"']?\s*([\w-]+)",
    ):
        if found := re.search(pattern, start, re.IGNORECASE):
            return found[1].decode("ascii", "replace").lower()
    return ""
