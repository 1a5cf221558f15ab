"""The controls of the page, and what they change in the page and in the process."""

import time

import pytest


def test_theme_is_toggled_and_remembered(page):
    def background():
        return page.script("return getComputedStyle(document.body).backgroundColor")

    before = background()
    page.find('[data-action="theme"]').click()
    chosen = page.script("return document.documentElement.dataset.theme")
    after = background()
    assert chosen in ("dark", "light") and after != before
    page.open()
    assert page.script("return document.documentElement.dataset.theme") == chosen
    assert background() == after
    page.find('[data-action="theme"]').click()
    assert background() == before


def test_mode_is_switched_there_and_back(page):
    menu = page.find(".menu[data-mode]")
    original = page.ask("summary")["mode"]
    for mode in ("balanced", original):
        page.find('[aria-label="Mode of recording"]').click()
        page.first(f'.option[data-mode="{mode}"]').click()
        page.until(lambda wanted=mode: menu.get_attribute("data-mode") == wanted, f"the page does not show {mode}")
        assert page.ask("config")["data"]["mode"] == mode
        assert not page.visible(".menu-box")


def test_two_snapshots_and_their_difference(page):
    page.go("snapshots")
    names = [f"{word} {time.monotonic_ns()}" for word in ("before", "after")]
    for name in names:
        page.type(page.first(".take input"), name)
        page.first(".take .button").click()
        page.until(lambda wanted=name: any(wanted in row["text"] for row in page.rows()), f"{name} is not listed")
        time.sleep(1)
    kept = {one["name"]: one for one in page.ask("snapshots")["data"]["snapshots"]}
    first, second = (kept[name] for name in names)
    select(page, "From", first["id"])
    select(page, "to", second["id"])
    shown = page.first(".diff-bytes")
    page.until(lambda: shown.get_attribute("data-value") is not None, "no difference")
    page.until(lambda: int(shown.get_attribute("data-value")) == second["liveBytes"] - first["liveBytes"],
               "the difference is not that of the two snapshots")
    assert f"from={first['id']}&to={second['id']}" in page.driver.current_url
    expected = page.ask(f"diff?from={first['id']}&to={second['id']}")["data"]
    assert expected["bytes"] == second["liveBytes"] - first["liveBytes"]
    figures = page.script("""
        const table = [...document.querySelectorAll('.diff table')][0];
        return [...table.tBodies[0].rows].map(
          (row) => [row.dataset.key, [row.cells[1].textContent, Number(row.cells[2].dataset.value)]]);
    """)
    assert dict(figures) == {
        f"{one['kind']} {one['name']}": [one["change"], one["bytes"]] for one in expected["types"]}


def select(page, label, value):
    page.script("""
        const select = document.querySelector(`select[aria-label="${arguments[0]}"]`);
        select.value = arguments[1];
        select.dispatchEvent(new Event('change'));
    """, label, str(value))


VIEWS = ["overview", "sites", "types", "threads", "flame", "leaks", "cycles", "object", "snapshots", "images"]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_runs_over_the_side(page, view, width):
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    try:
        page.open(f"#/{view}")
        page.until(lambda: not page.visible(".skeleton"), f"{view} stays empty")
        assert page.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        assert not page.visible(".notice.is-error")
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_reload_stays_on_the_view(page):
    page.go("threads")
    page.first("table tbody tr")
    page.driver.refresh()
    page.until(lambda: page.visible('.tab[data-view="threads"][aria-current="page"]'), "the view is forgotten")


def test_everything_is_named_for_assistive_technology(page):
    nameless = page.script("""
        return [...document.querySelectorAll('button, input, select, a, canvas, [role="application"]')]
          .filter((one) => one.ariaHidden !== 'true')
          .filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim() || one.title))
          .map((one) => one.outerHTML.slice(0, 120));
    """)
    assert nameless == []
