import pytest
from tests.panels import *
from experts import badges, outbox, fidelity
from django.core import mail
pytestmark = pytest.mark.django_db
def test_it(person):
    ed, co = person("ed"), person("co")
    v = sealed_version(ed)
    r = closed(v, co, editor=ed)
    assert r.outcome == "passed", r.report
    print(r.report)
    s = badges.standing(v, "en")
    assert s.is_verified
    assert not badges.standing(v, "sq").is_verified
    fidelity.check(v, "sq", is_faithful=True, assignment=members(r)[0])
    assert badges.standing(v, "sq").is_verified
    p = publishing.publish(v, by=person("pub"), replacing=None)
    assert p.reviewed.level == "verified"
    print(outbox.plan(at=NOON), outbox.send_waiting(at=NOON))
    for m in mail.outbox[:2]: print(m.subject, m.body)
def test_not(person):
    ed, co = person("ed"), person("co")
    v = sealed_version(ed)
    r = closed(v, co, ("approve","object","approve","not-convinced","recuse"), editor=ed)
    assert r.outcome == "not-passed"
    print(r.report)
