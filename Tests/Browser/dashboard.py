"""Actions of the tests on the page: open, click, wait, read."""

import contextlib
import json
import time
import urllib.error
import urllib.request

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

# The first answer with stacks reads the demo's debug information.
WAIT_SECONDS = 90

# Notes every answer the page gets, so that what it shows can be compared with what it was given.
RECORD_ANSWERS = """
window.answers = window.answers ?? {};
if (!window.recording) {
  window.recording = true;
  const original = window.fetch;
  window.fetch = async (...request) => {
    const response = await original(...request);
    const key = String(request[0]).replace(/^.*\\/api\\//, '');
    if (response.ok) response.clone().json().then((body) => { window.answers[key] = body; });
    return response;
  };
}
"""

# Gives answers of the test's own, by the start of what is asked: for states the demo is never in.
PRETEND = """
{
  const answers = %s;
  const original = window.fetch;
  window.fetch = async (...request) => {
    const method = request[1]?.method ?? 'GET';
    const key = `${method} ${String(request[0]).replace(/^.*\\/api\\//, '')}`;
    const found = answers.find(([start]) => key.startsWith(start));
    if (!found) return original(...request);
    const [, status, body, wait] = found;
    await new Promise((resume) => setTimeout(resume, wait));
    return new Response(JSON.stringify(body), {status, headers: {'Content-Type': 'application/json'}});
  };
}
"""

ASK = """
const done = arguments[arguments.length - 1];
const ask = (attempt) => fetch(arguments[0]).then(async (response) => {
  if (response.status === 503 && attempt < 40) return setTimeout(() => ask(attempt + 1), 500);
  done({status: response.status, body: await response.json()});
});
ask(0);
"""


VISIBLE = """
const visible = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.getClientRects().length > 0);
"""


class Dashboard:
    def __init__(self, driver, url):
        self.driver = driver
        self.url = url

    def open(self, route="#/overview"):
        """Loads the page anew and waits for its first figures."""
        self.driver.get("about:blank")
        self.driver.get(self.url + route)
        self.until(lambda: self.find(".process-name").text not in ("", "\u2013"), "the page shows no process")

    def go(self, view):
        """Changes the view as a click on its tab does."""
        self.find(f'.tab[data-view="{view}"]').click()

    def script(self, source, *arguments):
        return self.driver.execute_script(source, *arguments)

    @contextlib.contextmanager
    def pretending(self, *answers):
        """Within, pages loaded anew get these answers: (start of "GET leaks?…", status, body, wait in ms)."""
        source = PRETEND % json.dumps(answers)
        script = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)

    def record(self):
        self.script(RECORD_ANSWERS)

    def answer(self, key):
        """What the page was last answered for `key`, a resource with its query."""
        return self.script("return window.answers[arguments[0]] ?? null", key)

    def ask(self, path):
        """Asks the API from inside the page; waits while it is busy with another request."""
        result = self.driver.execute_async_script(ASK, f"/api/{path}")
        assert result["status"] == 200, result
        return result["body"]

    def look(self, path):
        """The same from outside, for what may not be there: None then, and no line on the console."""
        for _ in range(40):
            try:
                with urllib.request.urlopen(f"{self.url}api/{path}") as answer:
                    return json.load(answer)["data"]
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    return None
                assert error.code == 503, error
                time.sleep(0.25)
        raise AssertionError("the server stays busy")

    def complaints(self):
        """Errors and warnings on the console since the last call, and violations of the page's policy."""
        entries = [one["message"] for one in self.driver.get_log("browser") if one["level"] in ("SEVERE", "WARNING")]
        return entries + self.script("return window.violations")

    def scan(self, view):
        """Has the heap scanned by the button of a view; what the view was then given."""
        self.record()
        self.go(view)
        self.first('[data-action="scan"][aria-disabled="false"]')
        self.script("window.answers = {}")
        self.click('[data-action="scan"]')
        key = f"{view}?sort=-bytes&limit=100"
        self.until(lambda: self.answer("leakscan") and self.answer(key), "no scan")
        return self.answer(key)["data"]

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def visible(self, selector):
        # In one step: between two, the page may have replaced what was found.
        return self.script(VISIBLE + "return visible(arguments[0])", selector)

    def click(self, selector):
        """Clicks the first visible match, once there is one."""
        clicked = VISIBLE + "const [first] = visible(arguments[0]); first?.click(); return first !== undefined;"
        self.until(lambda: self.script(clicked, selector), f"nothing visible matches {selector}")

    def first(self, selector):
        return self.until(lambda: self.visible(selector), f"nothing visible matches {selector}")[0]

    def until(self, condition, message):
        return WebDriverWait(self.driver, WAIT_SECONDS, poll_frequency=0.1).until(lambda _: condition(), message)

    def type(self, element, text):
        element.send_keys(Keys.CONTROL, "a")
        element.send_keys(Keys.DELETE if text == "" else text)

    def rows(self):
        """Key and figures of each row of the table on view, as exact numbers in order of the columns."""
        return self.script("""
            const table = [...document.querySelectorAll('table')].find((one) => one.offsetParent !== null);
            return [...(table?.tBodies[0].rows ?? [])].filter((row) => row.dataset.key !== undefined).map((row) => ({
              key: row.dataset.key,
              figures: [...row.cells].filter((cell) => cell.classList.contains('figure'))
                .map((cell) => Number(cell.dataset.value)),
              text: row.cells[0].innerText,
            }));
        """)
