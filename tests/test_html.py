"""Valid HTML: the Nu checker finds no error on any page type in any language."""

import json
import subprocess

import pytest

from tests.page_types import PAGE_TYPES, PUBLIC_CODES, REFUSALS, SCENE_PAGES


@pytest.mark.tool
@pytest.mark.django_db
def test_every_page_is_valid_html(client, html_checker, tmp_path, scenes):
    pages = [
        *PAGE_TYPES.items(),
        *SCENE_PAGES.items(),
        *((name, path) for name, (path, _status) in REFUSALS.items()),
    ]
    for code in PUBLIC_CODES:
        for name, path in pages:
            content = client.get(f"/{code}/{path}").content
            (tmp_path / f"{name}.{code}.html").write_bytes(content)
    done = subprocess.run(
        [*html_checker, "--format", "json", *map(str, sorted(tmp_path.glob("*.html")))],
        capture_output=True,
        text=True,
        check=False,
    )
    messages = json.loads(done.stderr)["messages"]
    found = [
        (message["url"].rsplit("/", 1)[1], message.get("lastLine"), message["message"])
        for message in messages
        if message["type"] != "info" or message.get("subType") == "warning"
    ]
    assert found == []
