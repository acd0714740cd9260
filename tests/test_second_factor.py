"""The second factor: an app and ten recovery codes, asked for at every sign-in to the admin."""

import re
import time
from base64 import b32decode

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import expect

from dialogue_platform import second_factor
from tests.scenes import PASSWORD
from tests.test_browser import reader, violations
from tests.test_concurrency import at_once

# What pages show hangs on the verbs, which are tested on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
SIGN_IN, PAGE = "/admin/login/", "/admin/second-factor/"
CODE_FIELD = 'name="code"'


@pytest.fixture
def ana(person):
    ana = person("ana", password=PASSWORD, is_staff=True)
    ana.groups.add(Group.objects.get(name="editor"))
    return ana


@pytest.fixture
def codes(ana):
    """Give Ana a second factor; return her recovery codes."""
    second_factor.begin(ana)
    return second_factor.confirm(ana, code_now(ana), by=ana)[1]


def code_now(person):
    """Return what the person's app shows, as if the last codes were long ago."""
    device = TOTPDevice.objects.get(user=person)
    device.last_t, device.drift, device.throttling_failure_count = -1, 0, 0
    device.save()
    return code_of(device.bin_key)


def code_of(key, wait=0):
    app = TOTP(key)
    app.time = time.time() + wait
    return f"{app.token():06}"


def wrong_code(person):
    right = {code_of(TOTPDevice.objects.get(user=person).bin_key, wait) for wait in range(-90, 91)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)


def password(client, name="ana", after="/admin/"):
    data = {"username": name, "password": PASSWORD, "next": after}
    return client.post(SIGN_IN, data, headers={"accept-language": "en"}, follow=True)


def send_code(client, code, after="/admin/"):
    return client.post(
        SIGN_IN, {"code": code, "next": after}, headers={"accept-language": "en"}, follow=True
    )


def is_in(client):
    return client.get("/admin/").status_code == 200


def forget_failures():
    """As if a minute had passed since a wrong code."""
    TOTPDevice.objects.update(throttling_failure_count=0)
    StaticDevice.objects.update(throttling_failure_count=0)


# ── Signing in ───────────────────────────────────────────────────────────────────────────────


def test_without_a_second_factor_nothing_is_asked(client, ana):
    response = password(client)
    assert response.redirect_chain == [("/admin/", 302)]
    assert is_in(client)


def test_with_one_the_password_alone_signs_nobody_in(client, ana, codes):
    response = password(client)
    assert CODE_FIELD in response.content.decode()
    assert "_auth_user_id" not in client.session
    assert not is_in(client)


def test_the_code_of_the_app_signs_in_and_leads_where_one_wanted_to_go(client, ana, codes):
    wish = "/admin/agreements/theme/"
    assert "?next=%2Fadmin%2Fagreements" in password(client, after=wish).redirect_chain[0][0]
    assert send_code(client, code_now(ana), wish).redirect_chain == [(wish, 302)]
    assert is_in(client)


def test_nobody_learns_without_the_password_who_has_one(client, person, ana, codes):
    person("besa", password=PASSWORD, is_staff=True)
    pages = []
    for name in ("ana", "besa", "nobody"):
        page = client.post(SIGN_IN, {"username": name, "password": "guess"}).content.decode()
        assert CODE_FIELD not in page
        pages.append(re.sub(r'value="[^"]*"', "", page).replace(name, "…"))
    assert pages[0] == pages[1] == pages[2]


def test_a_code_is_taken_once(client, ana, codes):
    code = code_now(ana)
    password(client)
    send_code(client, code)
    assert is_in(client)
    client.logout()
    password(client)
    page = send_code(client, code)
    assert "already used" in page.content.decode()
    assert not is_in(client)


def test_a_recovery_code_lets_in_once_however_it_is_typed(client, ana, codes):
    typed = f" {codes[0][:5].upper()}-{codes[0][5:]} "
    for expected in (True, False):
        password(client)
        send_code(client, typed)
        assert is_in(client) is expected
        client.logout()
    assert second_factor.recovery_codes_left(ana) == 9


def test_a_wrong_code_signs_nobody_in_and_says_so(client, ana, codes):
    password(client)
    page = send_code(client, wrong_code(ana)).content.decode()
    assert "errorlist" in page
    assert 'aria-invalid="true"' in page
    assert not is_in(client)


def test_codes_of_a_colleague_do_not_let_in(client, person, ana, codes):
    besa = person("besa", password=PASSWORD, is_staff=True)
    second_factor.begin(besa)
    theirs = second_factor.confirm(besa, code_now(besa), by=besa)[1]
    for code in (theirs[0], code_now(besa)):
        forget_failures()
        password(client)
        send_code(client, code)
        assert not is_in(client)


def test_wrong_codes_count_like_wrong_passwords(client, ana, codes):
    """Five in all lock; then neither the right code nor the right password helps."""
    for _ in range(3):
        client.post(SIGN_IN, {"username": "ana", "password": "guess"})
    password(client)
    assert send_code(client, wrong_code(ana)).status_code == 200
    assert send_code(client, wrong_code(ana)).status_code == 429
    forget_failures()
    locked = send_code(client, code_now(ana))
    assert locked.status_code == 429
    assert int(locked["Retry-After"]) > 800
    assert password(client).status_code == 429
    assert not is_in(client)


def test_giving_the_password_again_does_not_wipe_out_wrong_codes(client, ana, codes):
    for n in range(5):
        password(client)
        status = send_code(client, wrong_code(ana)).status_code
        assert status == (429 if n == 4 else 200)


def test_codes_are_slowed_down_from_everywhere(client, ana, codes):
    """The lock is of one address; the device itself waits after each failure."""
    password(client)
    send_code(client, wrong_code(ana))
    device = TOTPDevice.objects.get(user=ana)
    send_code(client, code_of(device.bin_key))
    assert not is_in(client)


def test_the_code_has_to_follow_within_ten_minutes(client, ana, codes, monkeypatch):
    password(client)
    now = time.time()
    monkeypatch.setattr("dialogue_platform.accounts.time.time", lambda: now + 601)
    assert CODE_FIELD not in client.get(SIGN_IN).content.decode()
    page = send_code(client, codes[0])
    assert 'name="password"' in page.content.decode()
    assert second_factor.recovery_codes_left(ana) == 10


@pytest.mark.parametrize("change", ["password", "is_active"])
def test_what_happens_to_the_account_between_the_steps_counts(client, ana, codes, change):
    password(client)
    if change == "password":
        ana.set_password("another-one")
    else:
        ana.is_active = False
    ana.save()
    send_code(client, codes[0])
    assert not is_in(client)


def test_starting_again_forgets_the_password_given(client, ana, codes):
    password(client)
    page = client.post(SIGN_IN, {"again": "1"}, follow=True)
    assert 'name="password"' in page.content.decode()
    assert CODE_FIELD not in client.get(SIGN_IN).content.decode()


def test_a_planted_session_is_not_the_one_that_waits(client, ana, codes):
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = before = session.session_key
    password(client)
    assert client.cookies["sessionid"].value != before


def test_a_foreign_address_is_not_gone_to(client, ana, codes):
    password(client, after="https://elsewhere.example/")
    response = send_code(client, codes[0], "https://elsewhere.example/")
    assert response.redirect_chain == [("/admin/", 302)]


@pytest.mark.parametrize("address", ["", "agreements/agreement/", "second-factor/", "jsi18n/"])
def test_every_page_wants_a_session_that_showed_a_code(client, ana, codes, address):
    client.force_login(ana)
    response = client.get(f"/admin/{address}")
    assert response.status_code == 302
    assert response["Location"].startswith(SIGN_IN)
    assert client.post("/admin/language/", {"language": "sq"}).status_code == 302
    assert CODE_FIELD in client.get(SIGN_IN).content.decode()
    send_code(client, codes[0])
    assert client.get(f"/admin/{address}").status_code == 200


def test_a_session_elsewhere_is_asked_for_a_code_once_there_is_one(client, ana):
    elsewhere = Client()
    password(elsewhere)
    client.force_login(ana)
    client.post(PAGE, {"do": "begin"})
    client.post(PAGE, {"do": "confirm", "code": code_now(ana)})
    assert is_in(client)
    assert not is_in(elsewhere)


# ── Adding and taking away ───────────────────────────────────────────────────────────────────


def test_adding_shows_key_and_picture_and_then_ten_codes_once(client, ana):
    client.force_login(ana)
    assert "<img" not in client.get(PAGE).content.decode()
    assert not TOTPDevice.objects.exists()  # looking changes nothing
    page = client.post(PAGE, {"do": "begin"}, follow=True).content.decode()
    device = TOTPDevice.objects.get(user=ana, confirmed=False)
    assert second_factor.key_as_text(device) in page
    assert 'src="data:image/svg+xml;base64,' in page
    assert not second_factor.has_second_factor(ana)

    response = client.post(PAGE, {"do": "confirm", "code": code_now(ana)})
    shown = re.findall(r"<code>(\w{5} \w{5})</code>", response.content.decode())
    assert len(shown) == len(set(shown)) == 10
    kept = StaticToken.objects.filter(device__user=ana).values_list("token", flat=True)
    assert {code.replace(" ", "") for code in shown} == set(kept)
    assert "no-store" in response["Cache-Control"]

    again = client.get(PAGE).content.decode()
    assert not any(code in again for code in (*shown, *kept, second_factor.key_as_text(device)))


def test_the_picture_says_who_and_where(ana):
    second_factor.begin(ana)
    device = second_factor.begun(ana)
    assert device.config_url.startswith("otpauth://totp/Dialogue%20Platform%3Aana?secret=")
    assert "issuer=Dialogue%20Platform" in device.config_url


def test_a_wrong_code_adds_nothing_and_keeps_the_key(client, ana):
    client.force_login(ana)
    client.post(PAGE, {"do": "begin"})
    key = TOTPDevice.objects.get(user=ana).key
    page = client.post(PAGE, {"do": "confirm", "code": wrong_code(ana)}).content.decode()
    assert "errorlist" in page
    assert second_factor.key_as_text(TOTPDevice.objects.get(user=ana, key=key)) in page
    assert not second_factor.has_second_factor(ana)
    assert not StaticDevice.objects.exists()
    assert not LogEntry.objects.exists()


def test_another_key_takes_the_place_of_the_first(client, ana):
    client.force_login(ana)
    client.post(PAGE, {"do": "begin"})
    first = TOTPDevice.objects.get(user=ana)
    client.post(PAGE, {"do": "begin"})
    assert TOTPDevice.objects.get(user=ana).key != first.key
    client.post(PAGE, {"do": "confirm", "code": code_of(first.bin_key)})
    assert not second_factor.has_second_factor(ana)


def test_a_second_factor_in_use_is_not_replaced_by_beginning(client, ana, codes):
    password(client)
    send_code(client, codes[0])
    for data in ({"do": "begin"}, {"do": "confirm", "code": codes[1]}, {"do": "nothing"}, {}):
        client.post(PAGE, data)
    assert TOTPDevice.objects.filter(user=ana).count() == 1
    assert second_factor.has_second_factor(ana)


def test_taking_it_away_needs_a_code(client, ana, codes):
    password(client)
    send_code(client, codes[0])
    client.post(PAGE, {"do": "remove", "code": wrong_code(ana)})
    client.post(PAGE, {"do": "remove"})
    assert second_factor.has_second_factor(ana)
    forget_failures()
    client.post(PAGE, {"do": "remove", "code": codes[1]})
    assert not TOTPDevice.objects.exists()
    assert not StaticDevice.objects.exists()
    assert is_in(client)
    client.logout()
    assert password(client).redirect_chain == [("/admin/", 302)]


def test_both_leave_a_row_in_the_history_of_the_account(client, person, ana, codes):
    assert second_factor.remove(ana, by=ana)
    assert not second_factor.remove(ana, by=ana)
    client.force_login(person("chief", is_staff=True, is_superuser=True))
    page = client.get(
        f"/admin/auth/user/{ana.pk}/history/", headers={"accept-language": "en"}
    ).content.decode()
    with translation.override("en"):
        rows = [entry.get_change_message() for entry in LogEntry.objects.order_by("action_time")]
    assert rows == ["Added second factor “ana”.", "Deleted second factor “ana”."]
    assert all(row in page for row in rows)


def test_the_secrets_are_in_no_list_of_the_admin(client, person):
    client.force_login(person("chief", is_staff=True, is_superuser=True))
    for address in ("otp_totp/totpdevice/", "otp_static/staticdevice/", "axes/accessattempt/"):
        assert client.get(f"/admin/{address}").status_code == 404


# ── A lost phone ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def adem(person):
    adem = person("adem", password=PASSWORD, is_staff=True)
    adem.groups.add(Group.objects.get(name="administrator"))
    return adem


def address_of(person):
    return reverse("admin:take-second-factor", args=[person.pk])


def test_an_administrator_takes_away_that_of_a_colleague(client, adem, ana, codes):
    client.force_login(adem)
    assert address_of(ana) in client.get(f"/admin/auth/user/{ana.pk}/change/").content.decode()
    assert client.get(address_of(ana)).status_code == 200
    assert second_factor.has_second_factor(ana)  # asking changes nothing
    for _ in range(2):
        assert client.post(address_of(ana)).status_code == 302
    assert not second_factor.has_second_factor(ana)
    row = LogEntry.objects.get(user=adem)
    assert row.object_id == str(ana.pk)
    with translation.override("en"):
        assert row.get_change_message() == "Deleted second factor “ana”."


@pytest.mark.parametrize("role", ["editor", "translator", "coordinator", "publisher", None])
def test_nobody_else_does(client, person, ana, codes, role):
    somebody = person("somebody", is_staff=True)
    if role:
        somebody.groups.add(Group.objects.get(name=role))
    client.force_login(somebody)
    assert client.get(address_of(ana)).status_code == 403
    assert client.post(address_of(ana)).status_code == 403
    assert second_factor.has_second_factor(ana)


def test_not_that_of_a_superuser_and_not_their_own_without_a_code(client, person, adem):
    chief = person("chief", is_staff=True, is_superuser=True)
    for each in (chief, adem):
        second_factor.begin(each)
        _device, codes = second_factor.confirm(each, code_now(each), by=each)
    password(client, "adem")
    send_code(client, codes[0])
    assert client.post(address_of(chief)).status_code == 403
    assert client.post(address_of(adem))["Location"] == PAGE
    assert second_factor.has_second_factor(chief)
    assert second_factor.has_second_factor(adem)
    assert client.post("/admin/auth/user/999999/second-factor/").status_code == 404
    assert client.post("/admin/auth/user/x/second-factor/").status_code == 404


# ── Two at once ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_one_recovery_code_one_is_let_in(person):
    ana = person("ana")
    second_factor.begin(ana)
    _device, codes = second_factor.confirm(ana, code_now(ana), by=ana)
    outcomes = at_once(*(lambda: second_factor.device_that_takes(ana, codes[0]),) * 4)
    assert sum(outcome is not None for outcome in outcomes) == 1, outcomes


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_one_app_one_gets_codes(person):
    ana = person("ana")
    second_factor.begin(ana)
    code = code_now(ana)
    outcomes = at_once(*(lambda: second_factor.confirm(ana, code, by=ana),) * 4)
    assert sorted(len(codes) for _device, codes in outcomes) == [0, 0, 0, 10]
    assert second_factor.recovery_codes_left(ana) == 10
    assert LogEntry.objects.count() == 1


# ── In the browser ───────────────────────────────────────────────────────────────────────────


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_whole_way_in_a_browser(browser, site, scripts):
    """kujtim adds an app, signs in with both kinds of code, and takes it away again."""
    with reader(browser, site, java_script_enabled=scripts, locale="en-GB") as page:
        _sign_in(page, site)
        page.goto(f"{site}{PAGE}")
        page.locator("[value=begin]").click()
        if scripts:
            assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 100
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
        key = _bytes_of(page.locator(".key").inner_text())
        _type(page, "#id_code", code_of(key, -30))
        codes = page.locator(".recovery-codes code").all_inner_texts()
        assert len(codes) == 10

        page.locator("#logout-form button").click()
        _sign_in(page, site)
        expect(page.locator("#id_code")).to_be_focused()
        _type(page, "#id_code", code_of(key))
        expect(page).to_have_url(f"{site}/admin/")

        page.goto(f"{site}{PAGE}")
        _type(page, "#id_code", codes[0])
        expect(page.locator(".messagelist")).to_be_visible()


@pytest.mark.browser
def test_its_pages_are_accessible(browser, site):
    # axe itself sets styles that the policy refuses.
    with reader(browser, site, bypass_csp=True, locale="en-GB") as page:
        _sign_in(page, site)
        page.goto(f"{site}{PAGE}")
        assert violations(page) == []
        page.locator("[value=begin]").click()
        assert violations(page) == []
        key = _bytes_of(page.locator(".key").inner_text())
        _type(page, "#id_code", code_of(key, -30))
        codes = page.locator(".recovery-codes code").all_inner_texts()
        assert violations(page) == []
        page.locator("#logout-form button").click()
        _sign_in(page, site)
        assert violations(page) == []
        _type(page, "#id_code", codes[0])
        page.goto(f"{site}{PAGE}")
        assert violations(page) == []
        _type(page, "#id_code", codes[1])
        expect(page.locator(".messagelist")).to_be_visible()


def _sign_in(page, site):
    page.goto(f"{site}{SIGN_IN}")
    page.locator("#id_username").fill("kujtim")
    _type(page, "#id_password", PASSWORD)


def _type(page, field, text):
    page.locator(field).fill(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _bytes_of(key):
    return b32decode(key.replace(" ", ""))
