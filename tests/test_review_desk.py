"""The coordinator's desk and the editors' answers, through a real client."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import scenes
from tests.panels import *
from experts.models import *
from agreements import publishing

pytestmark = pytest.mark.django_db


def test_smoke_whole(client, django_user_model):
    who = scenes.people()
    v = sealed_version(who["ana"])
    client.force_login(who["kujtim"])
    for i in range(6):
        make_expert(f"E{i}", profile=["law","policy","practice"][i % 3])
    r = client.get(reverse("admin:experts_reviewround_add"))
    assert r.status_code == 200
    today = timezone.localdate()
    data = {"version": v.pk, "answer_by": today + 7*DAY, "review_by": today + 20*DAY, "seats_law": 2, "seats_policy": 2, "seats_practice": 2, "seats_history":0,"seats_language":0,"seats_economy":0,"seats_security":0}
    r = client.post(reverse("admin:experts_reviewround_add"), data)
    assert r.status_code == 302, r.content.decode()
    round_ = ReviewRound.objects.get()
    desk, step = reverse("admin:experts_reviewround_change", args=[round_.pk]), reverse("admin:round-step", args=[round_.pk])
    assert client.get(desk).status_code == 200
    for seat, e in zip(round_.seats.all(), Expert.objects.order_by("profile", "pk")):
        client.post(step, {"step": "choose", "seat": seat.pk, "expert": e.pk})
    r = client.post(step, {"step": "open"}, follow=True)
    round_.refresh_from_db()
    assert round_.phase == "independent", r.content.decode()[:3000]
    from experts import reviewing
    ms = members(round_)
    for m, c in zip(ms, ("albanian","serb")*3):
        reviewing.accept(m); perspectives.declare(m, c)
    r = client.get(desk); print(r.content.decode()[r.content.decode().index("content-main"):][:6000])
    comment_of(ms[0], suggestion="Summary, better.", at=timezone.now())
    for m in ms: judge(m, at=timezone.now())
    client.post(step, {"step": "release", "answer_by": round_.answer_by, "review_by": round_.review_by, "discuss_by": today + 20*DAY})
    round_.refresh_from_db(); assert round_.phase == "discussion"
    client.force_login(who["ana"])
    r = client.get(reverse("admin:round-comments", args=[round_.pk])); assert r.status_code == 200
    c = Comment.objects.get()
    r = client.post(reverse("admin:round-answer", args=[round_.pk, c.key]), {"step": "apply"}, follow=True)
    assert c.responses.count() == 1, r.content.decode()
    client.force_login(who["kujtim"])
    r = client.post(step, {"step": "close"}, follow=True)
    round_.refresh_from_db(); assert round_.outcome == "passed", r.content.decode()[:4000]
    assert client.get(reverse("admin:index")).status_code == 200
    assert client.get(reverse("admin:review-letters")).status_code == 200
    assert client.get(reverse("admin:review-alarms")).status_code == 200
    assert client.get(reverse("admin:experts_expert_changelist")).status_code == 200
    assert client.get(reverse("admin:experts_reviewround_changelist")).status_code == 200
    publishing.publish(v, by=who["besa"], replacing=None)
    client.force_login(who["besa"])
    assert client.get(desk).status_code == 200
    assert client.get(reverse("admin:experts_quorumpolicy_changelist")).status_code == 200
    assert client.get(reverse("admin:experts_quorumpolicy_add")).status_code == 200
    assert client.get(reverse("admin:round-withdraw-badge", args=[round_.pk])).status_code == 200
    r = client.get("/en/agreements/test-agreement/"); t = r.content.decode()
    assert "Verified by experts" in t
    r = client.get("/sq/agreements/test-agreement/checked/"); assert r.status_code == 200
    print(client.get("/en/agreements/test-agreement/checked/").content.decode()[2500:6000])
    client.force_login(who["mira"])
    assert client.get(reverse("admin:version-fidelity", args=[v.pk, "sr"])).status_code == 200
    r = client.get(reverse("admin:index")); assert r.status_code == 200
