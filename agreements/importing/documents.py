"""A file becomes lines: what kind of file it is, and who reads it.

`read` is the way in. What a file is, its content says; its name only has to agree. Nothing outside
the file is ever fetched and no XML entity is resolved. Run it through `sandbox`: a hostile file may
cost time and memory before a limit here sees it.
"""

import io
import os
import re
import zipfile
import zlib

from agreements.importing import MAX_BYTES, MAX_CHARACTERS, UnreadableDocument

from .letters import decoded, is_mostly_text
from .lines import MAX_LINES, Document, cleaned
from .pdf import read_pdf
from .plain import flowed
from .web import read_html
from .word import ZIP_FAULTS, read_word

ENDINGS = dict(
    zip(
        ".docx .html .htm .xhtml .txt .text .pdf".split(),
        "docx html html html txt txt pdf".split(),
        strict=True,
    )
)


def read(name, data):
    """Return the Document in a file's bytes, or raise UnreadableDocument."""
    if len(data) > MAX_BYTES:
        raise UnreadableDocument("oversized")
    if not data.strip(b"\x00\t\n\r\x0b\x0c \xef\xbb\xbf\xfe\xff"):
        raise UnreadableDocument("empty")
    kind, text = _look_at(data)
    _compare(os.path.splitext(name)[1].lower(), kind, data)
    if kind == "txt":
        document = Document(flowed(text))
    elif kind == "html":
        document = read_html(text)
    else:
        document = {"docx": read_word, "pdf": read_pdf}[kind](data)
    document.lines = [
        line for line in map(cleaned, document.lines) if line.text or line.label not in ("", "•")
    ]
    characters = sum(len(line.text) for line in document.lines)
    if characters > MAX_CHARACTERS or len(document.lines) > MAX_LINES:
        raise UnreadableDocument("oversized")
    if not any(letter.isalpha() for line in document.lines for letter in line.text):
        pictures = kind == "pdf" or (kind == "docx" and b"word/media/" in data)
        raise UnreadableDocument("no-text" if pictures else "empty")
    return document


def _compare(ending, kind, data):
    """Raise where the content is of a kind that cannot be read, or not of the kind it is named."""
    expected = ENDINGS.get(ending)
    if kind == "unknown" and expected == "txt" and is_mostly_text(data):
        raise UnreadableDocument("encoding")
    if expected and kind != expected:
        raise UnreadableDocument("mislabelled", ending=ending, kind=kind)
    if kind not in ENDINGS.values():
        raise UnreadableDocument("unsupported", kind=kind)
    if ending and not expected:
        raise UnreadableDocument("mislabelled", ending=ending, kind=kind)


_BEGINNINGS = (
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
    (b"8BPS", "picture"),
    (b"\x00\x00\x01\x00", "picture"),
    (b"AT&TFORM", "picture"),
    (b"ID3", "recording"),
    (b"OggS", "recording"),
    (b"\x1aE\xdf\xa3", "recording"),
    (b"\x7fELF", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"#!", "program"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
)


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _look_at(data):
    """Return (kind, text) of bytes: docx, html, txt, pdf or another key of KINDS.

    `text` is what a web page or plain text says, else ''. Raise UnreadableDocument for a Word
    document under a password, whose kind nobody can see.
    """
    kind = _kind_of_bytes(data)
    if kind:
        return kind, ""
    try:
        text = decoded(data)
    except UnreadableDocument:
        return "unknown", ""
    return _kind_of_text(text), text


def _kind_of_bytes(data):
    """Return the kind that the first bytes tell, '' where it may be text."""
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadableDocument("encrypted")
        return "doc"
    if data.startswith(b"PK\x03\x04"):
        return _kind_of_zip(data)
    if data.startswith(b"BM") and data[6:10] == b"\x00\x00\x00\x00":
        return "picture"
    if data.startswith(b"RIFF"):
        return "picture" if data[8:12] == b"WEBP" else "recording"
    if data[4:8] == b"ftyp":
        return "picture" if data[8:11] in (b"hei", b"avi", b"mif") else "recording"
    if data.startswith(b"MZ") and b"\x00" in data[:200]:
        return "program"
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if b"%PDF-" in data[:1024] and b"endobj" in data:
        return "pdf"
    return ""


def _kind_of_zip(data):
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            mimetype = archive.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, zlib.error, *ZIP_FAULTS):
        # Its table of contents is gone: the first entries still say what it was.
        word = b"[Content_Types].xml" in data or b"word/" in data
        return "docx" if word else "archive"
    if b"opendocument" in mimetype:
        return "odt"
    if b"epub" in mimetype:
        return "e-book"
    folders = {name.split("/")[0] for name in names}
    for folder, kind in (("word", "docx"), ("xl", "spreadsheet"), ("ppt", "presentation")):
        if folder in folders and "[Content_Types].xml" in names:
            return kind
    return "docx" if "word" in folders else "archive"


_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*"
    r"<(?:!doctype\s+html|html|head|body|title|meta|div|p|h[1-6]|ol|ul|table|article|section|main"
    r"|span|font|center|br|style|script|header|blockquote|b|strong)\b",
    re.IGNORECASE | re.DOTALL,
)


_HTML_TAG = re.compile(r"</(?:p|div|li|td|h[1-6]|body|html|span|ol)>", re.IGNORECASE)


def _kind_of_text(text):
    start = text[:20_000].lstrip("\ufeff")
    if re.match(r"\s*<\?xml|\s*<!DOCTYPE\s+(?!html)", start, re.IGNORECASE):
        return "html" if re.search(r"<html[\s>]", start, re.IGNORECASE) else "xml"
    if _HTML_START.match(start):
        return "html"
    if re.search(r"^mime-version:", start[:3000], re.IGNORECASE | re.MULTILINE):
        return "mht"
    return "html" if len(_HTML_TAG.findall(text, 0, 200_000)) >= 3 else "txt"
