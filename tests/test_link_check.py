"""Source links: knocked at politely, judged calmly, shown where somebody can mend them."""

import http.server
import io
import threading

import pytest
from django.core.management import call_command

from agreements import link_check
from agreements.models import Source
from tests import scenes
from tests.conftest import NOON


class Host(http.server.BaseHTTPRequestHandler):
    asked = []

    def do_GET(self):
        Host.asked.append((self.path, self.headers["User-Agent"]))
        status, location = {
            "/here": (200, None),
            "/slash": (302, "/slash/"),
            "/slash/": (200, None),
            "/old": (301, "/here"),
            "/gone": (404, None),
            "/guarded": (403, None),
            "/broken": (500, None),
            "/loop": (302, "/loop"),
        }[self.path]
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def host():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("/here", "alive"),
        ("/slash", "alive"),
        ("/guarded", "alive"),
        ("/old", "moved"),
        ("/gone", "dead"),
        ("/broken", "dead"),
        ("/loop", "dead"),
    ],
)
def test_a_real_host_is_judged_by_its_answer(host, path, state):
    assert link_check.knock(host + path).state == state


def test_we_say_who_we_are(host):
    link_check.knock(f"{host}/here")
    assert "DialoguePlatform" in Host.asked[-1][1]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/", "ftp://a.example/", "file:///etc/passwd"]
)
def test_nobody_there_and_no_other_protocols(address):
    assert link_check.knock(address, patience=1).state == "dead"


@pytest.mark.django_db
def test_what_was_found_is_written_and_reaches_the_start_page(client, host):
    moved, dead, *_rest = Source.objects.order_by("key")
    Source.objects.filter(pk=moved.pk).update(url=f"{host}/old")
    Source.objects.filter(pk=dead.pk).update(url=f"{host}/gone")
    sources = Source.objects.filter(pk__in=[moved.pk, dead.pk])
    assert link_check.check(sources, at=NOON, pause=0) == {"moved": 1, "dead": 1}
    moved.refresh_from_db()
    assert (moved.link_leads_to, moved.link_checked_at) == (f"{host}/here", NOON)
    client.force_login(scenes.people()["ana"])
    page = client.get("/admin/").content.decode()
    for source in (moved, dead):
        assert f'href="/admin/agreements/source/{source.pk}/change/"' in page
    assert f"{host}/here" in page


@pytest.mark.django_db
def test_without_a_network_nothing_is_written():
    nobody = link_check.Found("dead", reached=False)
    assert link_check.check(Source.objects.all()[:3], knock=lambda _url: nobody, pause=0) == {}
    assert not Source.objects.exclude(link_state="").exists()


@pytest.mark.django_db
def test_the_longest_unchecked_come_first_and_no_more_than_asked_for():
    Source.objects.update(link_checked_at=NOON)
    fresh = Source.objects.order_by("key").last()
    Source.objects.filter(pk=fresh.pk).update(link_checked_at=None)
    out = io.StringIO()
    call_command("check_sources", "--dry-run", "--limit", "1", stdout=out)
    assert out.getvalue().startswith(fresh.key)
    assert "Would check 1 source(s)" in out.getvalue()
