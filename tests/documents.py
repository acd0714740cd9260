"""Real documents, built byte by byte: Word files, PDFs and their damaged or hostile relatives."""

import hashlib
import io
import struct
import zipfile
import zlib
from xml.sax.saxutils import escape

# ── Word ─────────────────────────────────────────────────────────────────────────────────────

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT_TYPES = (
    f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats'
    '-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_TOP = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
    f' Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
)
_INNER = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/numbering" Target="numbering.xml"/>'
    "</Relationships>"
)


def run(text, properties=""):
    """Return a <w:r>; "\\n" becomes a line break, "\\t" a tab."""
    parts = []
    for line in text.split("\n"):
        cells = [f'<w:t xml:space="preserve">{escape(cell)}</w:t>' for cell in line.split("\t")]
        parts.append("<w:tab/>".join(cells))
    return f"<w:r><w:rPr>{properties}</w:rPr>{'<w:br/>'.join(parts)}</w:r>"


def paragraph(text="", style="", number=None, bold=False, runs=None, mark=""):
    """Return a <w:p>; `number` is (list instance, level), `mark` properties of its end."""
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    if number:
        properties += (
            f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>'
        )
    content = runs if runs is not None else run(text, "<w:b/>" if bold else "")
    return f"<w:p><w:pPr>{properties}<w:rPr>{mark}</w:rPr></w:pPr>{content}</w:p>"


def table(*rows):
    """Return a <w:tbl> of rows of cells of text."""
    cells = "".join(
        "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{cells}</w:tbl>"


def level(at, form, text, start=1, more=""):
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def abstract(key, *levels):
    return f'<w:abstractNum w:abstractNumId="{key}">{"".join(levels)}</w:abstractNum>'


def instance(key, of, **starts):
    """Return a <w:num>; instance(2, 0, at0=1) starts level 0 anew."""
    overrides = "".join(
        f'<w:lvlOverride w:ilvl="{name[2:]}"><w:startOverride w:val="{value}"/></w:lvlOverride>'
        for name, value in starts.items()
    )
    return f'<w:num w:numId="{key}"><w:abstractNumId w:val="{of}"/>{overrides}</w:num>'


# 1. → a) → i., and bullets: what most agreements are numbered with.
USUAL = (
    abstract(
        0,
        level(0, "decimal", "%1."),
        level(1, "lowerLetter", "%2)"),
        level(2, "lowerRoman", "%3."),
    )
    + abstract(1, level(0, "bullet", "\uf0b7"))
    + instance(1, 0)
    + instance(2, 1)
)


def style(key, name, more="", based_on=""):
    base = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/>{base}{more}'
        "</w:style>"
    )


def word(*blocks, numbering=USUAL, styles="", parts=None, prolog="", media=False):
    """Return the bytes of a .docx with blocks of XML in its body."""
    space = f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    files = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _TOP,
        "word/_rels/document.xml.rels": _INNER,
        "word/document.xml": (
            f"{_XML}{prolog}<w:document {space}><w:body>{''.join(blocks)}<w:sectPr/></w:body>"
            "</w:document>"
        ),
        "word/styles.xml": f"{_XML}<w:styles {space}>{styles}</w:styles>",
        "word/numbering.xml": f"{_XML}<w:numbering {space}>{numbering}</w:numbering>",
        "word/header1.xml": f"{_XML}<w:hdr {space}>{paragraph('99. Header')}</w:hdr>",
        "word/footnotes.xml": f"{_XML}<w:footnotes {space}>{paragraph('1. Note')}</w:footnotes>",
    } | (parts or {})
    if media:
        files["word/media/image1.png"] = PNG
    return zipped(files)


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def bomb():
    """Return a small .docx whose text unpacks to some 200 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr("_rels/.rels", _TOP)
        with archive.open("word/document.xml", "w") as part:
            part.write(f'{_XML}<w:document xmlns:w="{W}"><w:body>'.encode())
            for _ in range(200):
                part.write(b"<w:p/>" * 175_000)
            part.write(b"</w:body></w:document>")
    return out.getvalue()


LAUGHS = (
    '<!DOCTYPE lol [<!ENTITY a0 "lol">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)

# ── PDF ──────────────────────────────────────────────────────────────────────────────────────

_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")


def pdf(*pages, password=None, owner=None, width=595, height=842, picture=False):
    """Return the bytes of a PDF. A page is [(x, y, size, text)], or with "bold" as a fifth.

    The texts may be in any script: their font is not embedded, but says which letters its codes
    are. `password` locks the file; `owner` alone only forbids printing.
    """
    texts = [line[3] for page in pages for line in page]
    cmap = _cmap(sorted(set("".join(texts))))
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>"}
    kids = []
    for at, name in ((3, "Test"), (4, "Test-Bold")):
        objects[at] = (
            f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/ToUnicode 7 0 R"
            f"/DescendantFonts[{at + 2} 0 R]>>"
        ).encode()
        objects[at + 2] = (
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/DW 500/CIDSystemInfo"
            "<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor"
            f"<</Type/FontDescriptor/FontName/{name}/Flags 4/ItalicAngle 0/Ascent 800"
            "/Descent -200/CapHeight 700/StemV 80/FontBBox[0 -200 1000 800]>>>>"
        ).encode()
    objects[7] = cmap
    for page in pages:
        number = max(objects) + 1
        kids.append(f"{number} 0 R")
        objects[number] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents {number + 1} 0 R"
            "/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>>>"
        ).encode()
        objects[number + 1] = _content(page, picture)
    objects[2] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>".encode()
    return _assembled(objects, password, owner)


def pdf_bomb():
    """Return a small PDF whose only page unpacks to some 50 MB of text."""
    letters = b"BT /F1 1 Tf 10 10 Td (The parties agree on) Tj ET\n" * 1_000_000
    return _assembled(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources"
            b"<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
            4: letters,
        },
        password=None,
        owner=None,
    )


def _content(page, picture):
    out = ["0.5 g 50 50 300 300 re f 0 g"] if picture else []
    for x, y, size, text, *bold in page:
        codes = text.encode("utf-16-be").hex()
        out.append(f"BT /F{2 if bold else 1} {size} Tf {x} {y} Td <{codes}> Tj ET")
    return "\n".join(out).encode()


def _cmap(letters):
    pairs = "".join(f"<{ord(one):04x}><{ord(one):04x}>\n" for one in letters)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def"
        " /CMapType 2 def 1 begincodespacerange <0000><ffff> endcodespacerange\n"
        + f"{max(len(letters), 1)} beginbfchar\n{pairs or '<0020><0020>'}endbfchar\n"
        + "endcmap end end"
    ).encode()


def _assembled(objects, password, owner):
    """Write the objects of a PDF in a row, enciphered where there is a password."""
    locked = password is not None or owner is not None
    identity, key, encryption = b"0123456789abcdef", b"", ""
    if locked:
        key, entry, check = _key(password or "", owner or password or "", identity)
        encryption = f"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{entry.hex()}>/U<{check.hex()}>>>"
    out, places = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        if not body.startswith(b"<<"):
            body = zlib.compress(body)
            if locked:
                own = hashlib.md5(key + struct.pack("<I", number)[:3] + b"\0\0").digest()[:10]
                body = _rc4(own, body)
            head = f"<</Length {len(body)}/Filter/FlateDecode>>stream\n".encode()
            body = head + body + b"\nendstream"
        elif locked:
            own = hashlib.md5(key + struct.pack("<I", number)[:3] + b"\0\0").digest()[:10]
            for word_ in (b"Adobe", b"Identity"):
                hidden = f"<{_rc4(own, word_).hex()}>".encode()
                body = body.replace(b"(" + word_ + b")", hidden)
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % places[number] for number in sorted(objects))
    out += (
        f"trailer<</Size {len(objects) + 1}/Root 1 0 R/ID[<{identity.hex()}><{identity.hex()}>]"
        f"{encryption}>>\nstartxref\n{start}\n%%EOF\n"
    ).encode()
    return bytes(out)


def _key(user, owner, identity):
    """Return (key, owner entry, user entry) of the oldest and simplest PDF encryption."""
    padded = [(word_.encode() + _PADDING)[:32] for word_ in (user, owner)]
    entry = _rc4(hashlib.md5(padded[1]).digest()[:5], padded[0])
    key = hashlib.md5(padded[0] + entry + struct.pack("<i", -4) + identity).digest()[:5]
    return key, entry, _rc4(key, _PADDING)


def _rc4(key, data):
    state, at = list(range(256)), 0
    for i in range(256):
        at = (at + state[i] + key[i % len(key)]) % 256
        state[i], state[at] = state[at], state[i]
    out, i, at = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        at = (at + state[i]) % 256
        state[i], state[at] = state[at], state[i]
        out.append(byte ^ state[(state[i] + state[at]) % 256])
    return bytes(out)


def typeset(text, size=11, columns=80, page_rows=50, head="", foot="", justified=True):
    """Return pages for `pdf` with paragraphs broken at a width, as a word processor does.

    Paragraphs are set apart by empty lines; `foot` may hold {page} and {pages}.
    """
    rows = []
    for part in text.strip().split("\n"):
        words, row = part.split(" "), ""
        for one in words:
            if row and len(row) + 1 + len(one) > columns:
                rows.append(row)
                row = one
            else:
                row = f"{row} {one}" if row else one
        rows.append(row)
    chunks = [rows[at : at + page_rows] for at in range(0, len(rows), page_rows)]
    pages = []
    for number, chunk in enumerate(chunks, 1):
        page, y = [], 770
        if head:
            page.append((72, 815, 9, head))
        for row in chunk:
            if row.strip():
                page.append((72, y, size, row))
            y -= size * 1.25 if row.strip() else size * 0.8
        if foot:
            page.append((280, 30, 9, foot.format(page=number, pages=len(chunks))))
        pages.append(page)
    return pages


# ── Others ───────────────────────────────────────────────────────────────────────────────────

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "000002000100ffff03000006000557bfabd40000000049454e44ae426082"
)
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + bytes(200) + b"PE\0\0" * 20
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
LOCKED_WORD = OLD_WORD + "EncryptedPackage".encode("utf-16-le") + bytes(2000)
RICH_TEXT = rb"{\rtf1\ansi\deff0 {\fonttbl {\f0 Times New Roman;}}\f0 1. The sides agree.\par}"


def open_document():
    return zipped(
        {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"},
        zipfile.ZIP_STORED,
    )


def spreadsheet():
    return zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<x/>"})
