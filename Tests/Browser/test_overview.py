"""The figures on the overview are those of the API, and the history survives a reload of the page."""

import time

FIELDS = ("liveBytes", "liveBlocks", "peakLiveBytes", "rssBytes", "allocatorHeldBytes", "ownBytes")
RATES = ("allocationsPerSecond", "freesPerSecond")

# Both in one turn of the event loop: what is shown, and the newest summary that came by events.
SHOWN = """
const tiles = document.querySelector('.tiles');
const values = Object.fromEntries([...tiles.children].map((tile) =>
  [tile.dataset.metric, tile.dataset.value === undefined ? null : Number(tile.dataset.value)]));
return {at: Number(tiles.dataset.generatedAt), values};
"""

COLLECT = """
window.summaries = {};
const source = new EventSource('/api/events');
source.addEventListener('summary', (event) => {
  const envelope = JSON.parse(event.data);
  window.summaries[envelope.generatedAt] = envelope.data;
});
"""


def test_tiles_equal_the_summary(page):
    page.until(lambda: page.find(".status").get_attribute("data-status") == "live", "events do not get through")
    page.script(COLLECT)

    def matched():
        shown = page.script(SHOWN)
        data = page.script("return window.summaries[arguments[0]] ?? null", str(shown["at"]))
        return (shown, data) if data else None

    shown, data = page.until(matched, "the page shows no summary that was sent as an event")
    for field in FIELDS:
        assert shown["values"][field] == data[field], field
    for field in RATES:
        assert shown["values"][field] == data["rates"][field], field


def test_tiles_follow_the_process(page):
    before = page.ask("summary")
    page.until(lambda: page.script(SHOWN)["at"] > before["generatedAt"], "the figures stand still")
    shown = page.script(SHOWN)
    after = page.ask("summary")
    assert before["generatedAt"] < shown["at"] <= after["generatedAt"]
    peaks = [before["data"]["peakLiveBytes"], shown["values"]["peakLiveBytes"], after["data"]["peakLiveBytes"]]
    assert peaks == sorted(peaks)
    assert shown["values"]["liveBytes"] > 0


def test_header_names_the_process(page):
    envelope = page.ask("summary")
    assert page.find(".process-name").text == envelope["process"]["name"]
    assert f"pid {envelope['process']['pid']}" in page.find(".process").text
    assert page.find(".quality").get_attribute("data-quality") == envelope["quality"]


def test_reload_keeps_the_timeline(page):
    def points():
        return int(page.first(".plot").get_attribute("data-points") or 0)

    page.until(lambda: points() >= 4, "no history")
    first, count = page.find(".plot").get_attribute("data-first"), points()
    page.open()
    page.until(lambda: points() >= count, "the history is shorter after a reload")
    history = page.ask("timeline?resolution=1s")["data"]["points"]
    times = history["time"]
    for point in (int(first), int(page.find(".plot").get_attribute("data-first"))):
        # Ten minutes are kept: what was the oldest point may be gone by now.
        assert point in times or (len(times) >= 600 and point < times[0])
    lengths = {len(column) for column in history.values()}
    assert len(lengths) == 1


def test_every_resolution_is_drawn(page):
    for resolution in ("10s", "1m", "1s"):
        page.first(f'.choice[data-value="{resolution}"]').click()
        pressed = f'.choice[data-value="{resolution}"][aria-pressed="true"]'
        page.until(lambda wanted=pressed: page.visible(wanted), f"{resolution} is not chosen")
        page.until(lambda: page.visible(".plot") or page.visible(".panel-content .notice"), "nothing is shown")


def test_chart_is_painted_and_reads_points(page):
    page.first(".plot")
    painted = """
        const canvas = document.querySelector('canvas.chart');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        const colours = new Set();
        for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200) colours.add(data.slice(at, at + 3).join());
        return colours.size;
    """
    page.until(lambda: page.script(painted) > 3, "the chart is blank")
    chart = page.first("canvas.chart")
    page.script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].focus();", chart)
    chart.send_keys("\ue012")  # left arrow
    readout = page.first(".readout")
    assert "Live bytes" in readout.text and "unknown" not in readout.text.split("Live bytes")[1].splitlines()[1]


def test_a_mark_reaches_the_timeline(page):
    name = f"mark {time.monotonic_ns()}"
    page.first(".mark .button").click()
    page.type(page.first(".mark input"), name)
    page.first('.mark button[type="submit"]').click()
    page.until(lambda: page.visible(".mark > .button"), "the form stays open")
    assert name in [mark["name"] for mark in page.ask("timeline")["data"]["marks"]]


def test_largest_lists_show_what_the_api_gave(page):
    page.record()
    for resource, title in (("sites", "Largest sites"), ("types", "Largest types")):
        key = f"{resource}?limit=6&sort=-bytes"
        page.until(lambda wanted=key: page.answer(wanted), f"{key} was not asked again")
        lines = page.visible(f'[aria-label="{title}"] .top-line')
        assert 0 < len(lines) <= 6
