"""Whether the addresses of sources still open: politely, within bounds, and safe without a network.

One knock at a time and a pause between two at the same host; the page itself is not read. Where no
host answers at all, it is our network that is gone, and nothing is written.
"""

import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils import timezone

from .models import Source
from .models.source import LinkState

PATIENCE = 10  # seconds for one address
PAUSE = 1.0  # seconds between two knocks at one host
AGENT = "DialoguePlatform-link-check/1 (a public-information site checking its own sources)"
# Answers that say nothing about the page: it is there, but not for programs.
GUARDED = {401, 403, 405, 406, 429, 503}


@dataclass(frozen=True)
class Found:
    """What a knock at an address found: the state, and where it led if elsewhere.

    `reached` is false where nobody answered: the host may be gone, or our network.
    """

    state: str
    leads_to: str = ""
    reached: bool = True


def knock(address, patience=PATIENCE):
    """Return what becomes of a reader who follows an address."""
    if urlsplit(address).scheme not in ("http", "https"):
        return Found(LinkState.DEAD)
    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
        address, headers={"User-Agent": AGENT, "Accept": "*/*"}
    )
    try:
        with urllib.request.urlopen(request, timeout=patience) as answer:  # noqa: S310
            arrived = answer.geturl()
    except urllib.error.HTTPError as error:
        error.close()
        return Found(LinkState.ALIVE if error.code in GUARDED else LinkState.DEAD)
    except (OSError, ValueError):
        return Found(LinkState.DEAD, reached=False)
    return Found(LinkState.MOVED, arrived[:500]) if _elsewhere(address, arrived) else _ALIVE


_ALIVE = Found(LinkState.ALIVE)


def _elsewhere(asked, arrived):
    """Tell whether an answer came from another page; https and a slash at the end are the same."""

    def page(address):
        parts = urlsplit(address)
        return parts.netloc.removeprefix("www."), parts.path.rstrip("/"), parts.query

    return page(asked) != page(arrived)


def check(sources, *, knock=knock, at=None, pause=PAUSE):
    """Knock at every source and write what was found; return {state: number}, {} offline."""
    at, last, found = at or timezone.now(), {}, {}
    for source in sources:
        host = urlsplit(source.url).netloc
        if host in last:
            time.sleep(max(0.0, last[host] + pause - time.monotonic()))
        found[source.pk] = knock(source.url)
        last[host] = time.monotonic()
    if not any(each.reached for each in found.values()):
        return {}
    counts = {}
    for pk, each in found.items():
        counts[each.state] = counts.get(each.state, 0) + 1
        Source.objects.filter(pk=pk).update(
            link_state=each.state, link_checked_at=at, link_leads_to=each.leads_to
        )
    return counts
