"""PDF documents: the text of the pages, without what every page repeats."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from agreements.importing import MAX_CHARACTERS, MAX_PAGES, UnreadableDocument

from .lines import Document, Line, clean
from .plain import (
    KEYWORD_LINE,
    MARKER_START,
    PAGE_NUMBER,
    Mark,
    goes_on_small,
    is_contents_row,
    page_edge,
    page_reach,
    running_heads,
    with_whole_words,
)


@dataclass(slots=True)
class _Placed:
    """A line where it stands on its page, in points; `y` grows upwards."""

    text: str
    left: float
    right: float
    y: float
    size: float
    bold: bool
    page: int
    gone: bool = False


def read_pdf(data):
    import pypdfium2
    from pypdfium2 import raw

    if b"%%EOF" not in data.rstrip(b"\x00\r\n\t ")[-4096:]:
        raise UnreadableDocument("broken")  # cut off: pdfium would show the pages that are left
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as fault:
        locked = fault.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise UnreadableDocument("encrypted" if locked else "broken") from fault
    if len(pdf) > MAX_PAGES:
        raise UnreadableDocument("oversized")
    pages, heights, characters = [], [], 0
    for number in range(len(pdf)):
        try:
            page = pdf[number]
            textpage = page.get_textpage()
        except pypdfium2.PdfiumError as fault:
            raise UnreadableDocument("broken") from fault
        characters += textpage.count_chars()
        if characters > MAX_CHARACTERS:
            raise UnreadableDocument("oversized")
        _left, bottom, _right, top = page.get_mediabox()
        pages.append(_merged(_placed_lines(textpage, number)))
        heights.append((bottom, top))
        textpage.close()
        page.close()
    if not pages:
        raise UnreadableDocument("empty")
    _drop_sideways_text(pages)
    body = _body_size(pages)
    _drop_running_heads(pages, heights, body)
    pages = [[line for line in page if not line.gone] for page in pages]
    pages = [_without_notes(page, body) for page in pages]
    letters = sum(len(line.text) for page in pages for line in page)
    return Document(_flowed_pages(pages, body), sparse=letters < 25 * len(pages))


def _placed_lines(textpage, number):
    """Return the lines of a page in the order in which the file has them."""
    from pypdfium2 import raw

    handle, code_at = textpage.raw, raw.FPDFText_GetUnicode
    lines, letters, places = [], [], []

    def end(hyphen=""):
        nonlocal letters, places
        text = "".join(letters)
        if text.strip():
            lines.append(_placed(handle, text + hyphen, places, number))
        letters, places = [], []

    for at in range(textpage.count_chars()):
        code = code_at(handle, at)
        if code in (2, 0xFFFE):  # a hyphen at the end of a line
            end("-")
        elif code == 10:
            end()
        elif code == 13 or code == 0 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            continue
        else:
            letter = chr(code)
            if letter.isdigit() and _is_raised(handle, letters, places, at):
                continue  # refers to a note
            letters.append(letter)
            places.append(at)
    end()
    return lines


def _loose_box(handle, at):
    from pypdfium2 import raw

    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(handle, at, box)
    return box


def _is_raised(handle, letters, places, at):
    """Tell whether a digit is small and follows a word of three letters or more."""
    if not re.search(r"[^\W\d_]{3}[.,;:*”“\"]?\d?$", "".join(letters[-6:])):
        return False
    before, own = _loose_box(handle, places[-1]), _loose_box(handle, at)
    height, around = own.top - own.bottom, before.top - before.bottom
    return height < 0.85 * around and own.bottom > before.bottom


def _placed(handle, text, places, number):
    import ctypes

    from pypdfium2 import raw

    visible = [at for letter, at in zip(text, places, strict=False) if not letter.isspace()]
    # Some letters of a line may come from another font, with a box of another height.
    boxes = [_loose_box(handle, visible[int(part * (len(visible) - 1))]) for part in _SAMPLES]
    middle = sorted(boxes, key=lambda box: box.top - box.bottom)[len(boxes) // 2]
    flags, name = ctypes.c_int(), ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(handle, visible[len(visible) // 2], name, 128, flags)
    angle = raw.FPDFText_GetCharAngle(handle, visible[0])
    return _Placed(
        text="\x00" + text if 0.2 < angle < 6.08 else text,  # turned: see _drop_sideways_text
        left=min(boxes[0].left, boxes[-1].left),
        right=max(boxes[0].right, boxes[-1].right),
        y=(middle.top + middle.bottom) / 2,
        size=max(middle.top - middle.bottom, 0.1),
        bold=any(word in name.value.lower() for word in (b"bold", b"black", b"heavy")),
        page=number,
    )


_SAMPLES = (0, 0.25, 0.5, 0.75, 1)


_MARKER_ALONE = re.compile(
    r"\s*(?:[(]?(?:\d{1,3}|[^\W\d_]{1,4}|\d{1,2}\.\d{1,2})[.)]{1,2}|[•·▪○–-])$"
)


def _merged(lines):
    """Return lines with list numbers put before their text, however the file orders the two."""
    out = []
    for line in lines:
        for other in reversed(out[-3:]):
            if abs(other.y - line.y) > 0.4 * max(other.size, line.size):
                continue
            gap_after, gap_before = line.left - other.right, other.left - line.right
            if _MARKER_ALONE.match(other.text) and -1 < gap_after < 90:
                other.text = f"{other.text.rstrip()} {line.text}"
            elif _MARKER_ALONE.match(line.text) and -1 < gap_before < 90:
                other.text = f"{line.text.strip()} {other.text}"
            elif -1 < gap_after < 0.8 * line.size:
                other.text = f"{other.text.rstrip()} {line.text}"
            else:
                continue
            other.left, other.right = min(other.left, line.left), max(other.right, line.right)
            other.size, other.bold = line.size, line.bold
            break
        else:
            out.append(line)
    return _with_far_markers(out)


def _with_far_markers(lines):
    """Return lines with numbers put before their text that the file draws all at the end."""
    by_height = defaultdict(list)
    for line in lines:
        if not _MARKER_ALONE.match(line.text):
            by_height[round(line.y)].append(line)
    out = []
    for line in lines:
        beside = [
            other
            for step in (0, -1, 1)
            for other in by_height[round(line.y) + step]
            if -1 < other.left - line.right < 90
        ]
        if _MARKER_ALONE.match(line.text) and beside:
            beside[0].text = f"{line.text.strip()} {beside[0].text}"
            beside[0].left = line.left
        else:
            out.append(line)
    return out


def _drop_sideways_text(pages):
    """Take turned text out (stamps, watermarks), except from pages that are turned as a whole."""
    for page in pages:
        turned = [line for line in page if line.text.startswith("\x00")]
        few = sum(len(x.text) for x in turned) < 0.3 * sum(len(x.text) for x in page)
        for line in turned:
            line.gone = few
        page[:] = [line for line in page if not line.gone]


def _body_size(pages):
    sizes = Counter()
    for page in pages:
        for line in page:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


_PRINTED_BY_BROWSER = re.compile(
    r"(?:https?|file)://\S+|.*\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}\.?,?\s\d{1,2}[:.]\d{2}\b"
)


def _drop_running_heads(pages, heights, body):
    """Take out what is printed on every page (heads, feet, page numbers)."""
    leading = _leading([line for page in pages for line in page], body)
    edges = [
        (line, outermost, distance)
        for page, (bottom, top) in zip(pages, heights, strict=True)
        for way in (1, -1)
        for line, outermost, distance in _edge_lines(page, bottom, top, way, leading, body)
    ]
    marks = [Mark(line.page, line.y, clean(line.text)) for line, _first, _distance in edges]
    added = running_heads(marks, len(pages))
    for line, outermost, distance in edges:
        text = clean(line.text)
        far_out = distance < 30
        line.gone |= (
            (line.page, text) in added
            or (outermost and PAGE_NUMBER.fullmatch(text) is not None)
            or (far_out and line.size < 0.95 * body)
            or (far_out and _PRINTED_BY_BROWSER.match(text) is not None)
        )


def _edge_lines(page, bottom, top, way, leading, body):
    """Yield (line, whether it is the outermost, distance) of what stands apart at one edge.

    The edge is the foot of the page for way 1, its head for -1. Apart is what a wider step sets off
    from the text, what is printed in another size, or what stands in the very margin.
    """
    rows = sorted(page, key=lambda line: way * line.y)
    edge = bottom if way == 1 else top
    near = [line for line in rows if abs(line.y - edge) < 0.13 * (top - bottom)]
    steps = pairwise([*near, *rows[len(near) : len(near) + 1]])
    wide = (at for at, (a, b) in enumerate(steps, 1) if abs(a.y - b.y) > 1.5 * leading)
    apart = next(wide, 0)
    for at, line in enumerate(near):
        distance = abs(line.y - edge)
        if at < apart or distance < 30 or abs(line.size - body) > 0.05 * body:
            yield line, at == 0, distance


def _without_notes(page, body):
    """Return a page without the notes in small print at its foot."""
    rows = sorted(page, key=lambda line: line.y)
    small = []
    for line in rows:
        if line.size > 0.92 * body:
            break
        small.append(line)
    if len(small) == len(rows):
        return page
    note = re.compile(r"\s*(?:\*+|†|[¹²³⁴⁵⁶⁷⁸⁹]|\d{1,2}(?![\d.)])|\[\d{1,2}\])\s*\S")
    for at, line in reversed(list(enumerate(small))):
        if note.match(line.text):
            notes = {id(row) for row in small[: at + 1]}
            return [row for row in page if id(row) not in notes]
    return page


def _flowed_pages(pages, body):
    """Return the Lines of pages, with `continues` where a line was broken for its width."""
    lines = [line for page in pages for line in page]
    halves = _columns(pages)
    edges = {
        half: page_edge(
            (above.right, page_reach(above, below), goes_on_small(above.text, below.text))
            for above, below in pairwise(lines)
            if halves[id(above)] == half and above.page == below.page and above.y > below.y
        )
        for half in set(halves.values())
    }
    leading = _leading(lines, body)
    out, previous = [], None
    for line in lines:
        if is_contents_row(line.text):
            previous = None
            continue
        edge = edges[halves[id(previous)]] if previous else None
        out.append(
            Line(
                line.text.replace("\x00", ""),
                continues=previous is not None and _runs_on(previous, line, edge, leading, body),
                heading=line.size > 1.15 * body,
                strong=line.bold,
            )
        )
        previous = line
    return with_whole_words(out)


def _columns(pages):
    """Return in which column each line stands, by its id: 0 or 1 on pages of two, else None."""
    halves = {}
    for page in pages:
        middle = (min(x.left for x in page) + max(x.right for x in page)) / 2 if page else 0
        right = [line for line in page if line.left > middle - 10]
        left = [line for line in page if line.right < middle + 10]
        two = min(len(left), len(right)) > 0.3 * len(page)
        halves |= {id(line): int(line.left > middle - 10) if two else None for line in page}
    return halves


def _leading(lines, body):
    """Return the usual step from line to line: the smallest one that is no exception."""
    steps = sorted(
        above.y - below.y
        for above, below in pairwise(lines)
        if 0.85 * body < above.y - below.y < 4 * body
    )
    for at, step in enumerate(steps):
        near = sum(1 for other in steps[at:] if other < 1.05 * step)
        if near >= max(1, 0.03 * len(steps)):
            return step
    return 1.2 * body


def _runs_on(above, below, edge, leading, body):
    """Tell whether a line broke off because the next word had no room in it."""
    if abs(above.size - below.size) > 0.12 * max(above.size, below.size):
        return False
    unfinished = above.text.rstrip()[-1:] not in ".;:!?"
    reach = page_reach(above, below) * (1.05 if unfinished else 1)  # letters are not of one width
    full = edge is not None and reach > edge
    runs_on = full or goes_on_small(above.text, below.text)
    if above.page != below.page or above.y < below.y:  # a new page or column
        return runs_on
    step = above.y - below.y
    if above.size > 1.15 * body and above.bold == below.bold:
        # Lines of a title are centred: none is full.
        own_line = KEYWORD_LINE.match(below.text) or MARKER_START.match(below.text)
        return 0 < step < 1.7 * above.size and not own_line
    return 0 < step < 1.3 * leading and (runs_on if above.bold == below.bold else full)
