"""The page without any action: nothing on the console, no violation of the policy, no request to another host."""

import time
import urllib.error
import urllib.request

from dashboard import Dashboard

VIEWS = ("sites", "types", "threads", "flame", "leaks", "cycles", "object", "snapshots", "images", "overview")


def settle(url):
    """Waits until no request of an earlier page keeps the server's heavy worker busy."""
    for _ in range(200):
        try:
            urllib.request.urlopen(url + "api/threads?limit=1").read()
            return
        except urllib.error.HTTPError as error:
            assert error.code == 503, error
            time.sleep(0.3)
    raise AssertionError("the server stays busy")


def test_a_page_alone_has_nothing_to_complain_about(driver, url):
    driver.get("about:blank")
    settle(url)
    driver.get_log("browser")
    page = Dashboard(driver, url)
    page.open()
    for view in VIEWS:
        page.go(view)
        page.until(lambda: not page.visible(".skeleton"), f"{view} stays empty")
        assert not page.visible(".notice.is-error"), view
    page.until(lambda: page.find(".status").get_attribute("data-status") == "live", "events do not get through")
    assert page.complaints() == []


def test_everything_comes_from_the_server(driver, url):
    Dashboard(driver, url).open()
    origins = driver.execute_script("""
        return performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin);
    """)
    assert len(origins) > 30
    assert set(origins) == {url.rstrip("/")}
