"""The reading of a file in a child process with limits of time and memory, and no database.

A file comes from outside, and the programs that read it are large: whatever happens to the child,
the answer here is a FoundText or an UnreadableDocument. The child gets the bytes on its standard
input, none of the site's secrets in its environment, and answers in JSON.
"""

import json
import os
import signal
import stat
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from agreements.importing import MAX_BYTES, FoundProvision, FoundText, UnreadableDocument

SECONDS = 15  # of the clock; the caller itself starts and ends within the remaining five of 20
MEMORY = 360 * 1024 * 1024  # of address space of the child; the caller needs some 100 MB

_ROOT = Path(__file__).resolve().parent.parent.parent
_CHILD = "from agreements.importing.sandbox import answer; answer()"
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "LANG")


def read_file(path):
    """Return the FoundText of a file on disk, or raise UnreadableDocument."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableDocument("not-a-file")
        if status.st_size > MAX_BYTES:
            raise UnreadableDocument("oversized")
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as fault:
        raise UnreadableDocument("missing") from fault
    except PermissionError as fault:
        raise UnreadableDocument("forbidden") from fault
    except (OSError, ValueError) as fault:  # a name too long, with NUL, behind a file
        raise UnreadableDocument("missing") from fault
    return read(os.path.basename(path), data)


def read(name, data):
    """Return the FoundText of a file by its name and bytes, or raise UnreadableDocument."""
    if not data:
        raise UnreadableDocument("empty")
    if len(data) > MAX_BYTES:
        raise UnreadableDocument("oversized")
    environment = {key: os.environ[key] for key in _KEPT_ENVIRONMENT if key in os.environ}
    environment |= {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}
    ending = os.path.splitext(name)[1].encode("utf-8", "replace")[:20]
    child = subprocess.Popen(  # noqa: S603 - our own program, no shell, no words of the file
        [sys.executable, "-c", _CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env=environment,
    )
    try:
        printed, _nothing = child.communicate(ending + b"\n" + data, timeout=SECONDS)
    except subprocess.TimeoutExpired as fault:
        raise UnreadableDocument("too-slow") from fault
    finally:
        child.kill()
        child.communicate()
    return _understood(printed, child.returncode)


def _understood(printed, code):
    """Return what the child found; what it could not say follows from how it ended."""
    try:
        said = json.loads(printed)
    except ValueError as fault:
        # pdfium ends the process on purpose where it gets no memory.
        reasons = {"SIGXCPU": "too-slow", "SIGTRAP": "oversized", "SIGILL": "oversized"}
        reasons |= {"SIGABRT": "oversized", "SIGKILL": "oversized"}
        ended = signal.Signals(-code).name if code and code < 0 else ""
        raise UnreadableDocument(reasons.get(ended, "broken")) from fault
    if "reason" in said:
        raise UnreadableDocument(**said)
    provisions = [FoundProvision(**one) for one in said.pop("provisions")]
    return FoundText(provisions=provisions, **said)


# ── In the child ─────────────────────────────────────────────────────────────────────────────


def answer():
    """Read a name's ending and a file from standard input, print what was found as JSON."""
    from agreements.importing import documents, language, numbering  # noqa: F401

    _limit()  # after our own modules are loaded, whose bytecode may be written
    ending = sys.stdin.buffer.readline(100).decode("utf-8", "replace").strip()
    try:
        said = asdict(found_in(ending and f"file{ending}", sys.stdin.buffer.read()))
    except UnreadableDocument as problem:
        said = {"reason": problem.reason, "ending": problem.ending, "kind": problem.kind}
    except MemoryError:
        said = {"reason": "oversized"}
    except RecursionError:
        said = {"reason": "broken"}
    sys.stdout.buffer.write(json.dumps(said, ensure_ascii=False).encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
    os._exit(0)  # libraries have nothing to tidy up that the end of the process does not


def found_in(name, data):
    """Return the FoundText of a file, read in this very process. Raise UnreadableDocument."""
    # Here, so that whoever only calls `read` does not load the libraries for documents.
    from agreements.importing import documents, language, numbering

    document = documents.read(name, data)
    title, provisions, left_out = numbering.found(document)
    # What is left out is often names, and names are in every language.
    words = [title, *(f"{one.heading}\n{one.text}" for one in provisions)]
    code, script = language.language_and_script("\n".join(words))
    original = "\n".join(f"{line.label} {line.text}".strip() for line in document.lines)
    return FoundText(code, script, title, provisions, left_out, original)


def _limit():
    """Set the limits of this process where the platform has them; the clock is the caller's."""
    try:
        import resource
    except ImportError:
        return
    wanted = {
        "RLIMIT_AS": MEMORY,
        "RLIMIT_CPU": SECONDS,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
    }
    for name, limit in wanted.items():
        try:
            resource.setrlimit(getattr(resource, name), (limit, limit))
        except (AttributeError, OSError, ValueError):
            continue  # macOS refuses some of them
