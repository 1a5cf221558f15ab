"""The real demo, the real page, a real headless Chromium."""

import contextlib
import os
import pathlib
import re
import select
import subprocess
import time

import pytest
from dashboard import Dashboard
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = os.environ.get("MEMSCOPE_DEMO", str(ROOT / ".build/debug/memscope-demo"))
START_SECONDS = 60


def read_url(process: subprocess.Popen) -> str:
    """The address the demo prints, with a slash at its end."""
    assert process.stdout
    deadline = time.monotonic() + START_SECONDS
    printed = ""
    while time.monotonic() < deadline and process.poll() is None:
        ready, _, _ = select.select([process.stdout], [], [], 0.2)
        if ready:
            printed += os.read(process.stdout.fileno(), 4096).decode()
        if match := re.search(r"(http://127\.0\.0\.1:\d+)/?\S*\n", printed):
            return match.group(1) + "/"
    raise RuntimeError(f"{DEMO} printed no address within {START_SECONDS} s, but: {printed!r}")


@contextlib.contextmanager
def demo(*options, **environment):
    """Its address. A debug build needs 40 ms for a request: with many a second the page has no processor."""
    process = subprocess.Popen([DEMO, "--port", "0", *options], stdout=subprocess.PIPE,
                               env={**os.environ, **environment})
    try:
        yield read_url(process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


@pytest.fixture(scope="session")
def url():
    with demo("--load", "5") as address:
        yield address


@pytest.fixture(scope="session")
def leaking_url():
    """A demo that again and again ties a retain cycle and loses a block of C."""
    with demo("--leak", "--load", "5") as address:
        yield address


@pytest.fixture(scope="session")
def criminal_url():
    """A demo that uses memory wrongly every five seconds, with every block checked."""
    with demo("--crimes", "--load", "5", MEMSCOPE_CHECKS="full", MEMSCOPE_SHOW_CONTENTS="1") as address:
        yield address


@pytest.fixture(scope="session")
def driver():
    options = webdriver.ChromeOptions()
    options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1400,1000"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = Service(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver"))
    with webdriver.Chrome(options=options, service=service) as chromium:
        chromium.set_script_timeout(60)
        # Registered before any script of the page runs.
        chromium.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": (
            "window.violations = [];"
            "addEventListener('securitypolicyviolation', (event) =>"
            "  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));"
        )})
        yield chromium


@pytest.fixture
def page(driver, url):
    """The overview, freshly loaded; afterwards nothing may have been complained about."""
    yield from quietly(driver, url)


@pytest.fixture
def leaking(driver, leaking_url):
    """The same of a demo that leaks."""
    yield from quietly(driver, leaking_url)


@pytest.fixture
def criminal(driver, criminal_url):
    """The same of a demo with memory errors."""
    yield from quietly(driver, criminal_url)


@pytest.fixture
def errors(criminal):
    """The page about memory errors, and the data it shows."""
    criminal.record()
    criminal.go("errors")
    key = "errors?sort=firstSeen&limit=100"
    data = criminal.until(lambda: criminal.answer(key), "no answer")["data"]
    criminal.first("table tbody tr")
    return criminal, data


@pytest.fixture
def leaks(leaking):
    """The page about leaks after a scan that found some, and the data it shows."""
    def found():
        data = leaking.scan("leaks")
        return data if {"cycle", "direct"} <= {one["kind"] for one in data["leaks"]} else None

    data = leaking.until(found, "the demo leaks nothing")
    leaking.first("table tbody tr")
    return leaking, data


def quietly(driver, url):
    driver.get("about:blank")
    driver.get_log("browser")
    dashboard = Dashboard(driver, url)
    dashboard.open()
    yield dashboard
    # The test's own requests, and those of a page just left, may keep the server's one heavy
    # worker busy; test_console.py shows that a page alone is never answered 503.
    assert [one for one in dashboard.complaints() if "status of 503" not in one] == []
