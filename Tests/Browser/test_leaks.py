"""The leaks of the demo are listed as in the API, with links to their objects."""

COLUMNS = ("bytes", "retainedBytes", "count")


def test_leaks_equal_the_api(leaks):
    page, data = leaks
    wanted = [[one[column] for column in COLUMNS] for one in data["leaks"]]
    page.until(lambda: [row["figures"] for row in page.rows()] == wanted, "the table never equals /api/leaks")
    assert all(one["type"] in row["text"] for row, one in zip(page.rows(), data["leaks"], strict=True))


def test_what_the_demo_does_wrong_is_what_is_found(leaks):
    _, data = leaks
    lost = [one for one in data["leaks"] if one["kind"] == "direct"]
    assert {(one["typeKind"], one["bytes"] // one["count"]) for one in lost} == {("c", 200)}
    tied = {one["type"].rsplit(".", 1)[-1] for one in data["leaks"] if one["kind"] == "cycle"}
    assert {"Publisher", "Subscriber"} <= tied


def test_totals_and_the_pause_are_those_of_the_scan(leaks):
    page, data = leaks
    figures = page.script("""
        return Object.fromEntries([...document.querySelectorAll('.leak-totals > div')].map((one) =>
          [one.querySelector('dt').textContent, one.querySelector('dd').textContent]));
    """)
    assert figures["Unreachable blocks"] == f"{data['summary']['unreachableBlocks']:,}"
    assert figures["Cycles"] == f"{data['summary']['cycles']:,}"
    shown = page.script("""
        return [...document.querySelectorAll('.as-of')].filter((one) => one.offsetParent).map((one) => one.innerText);
    """)
    assert [time.startswith("scan of ") for time in shown] == [True]
    assert "The program was paused for " in page.first(".scan-about").text
    pause = data["scan"]["pauseNanoseconds"]
    shown = page.first(".scan-about").text.split("paused for ")[1].split(";")[0].split(" ")
    scale = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}[shown[1]]
    assert abs(float(shown[0]) * scale - pause) <= 0.006 * pause


def test_a_kind_leaves_its_own(leaks):
    page, _ = leaks
    page.click('.choice[data-value="direct"]')
    kinds = "return [...document.querySelectorAll('tbody .kind')].map((one) => one.dataset.leak)"
    page.until(lambda: set(page.script(kinds)) == {"direct"}, "other kinds stay")
    assert page.driver.current_url.endswith("#/leaks?kind=direct")


def test_a_type_leads_to_its_leaks(leaks):
    page, data = leaks
    name = next(one["type"] for one in data["leaks"] if one["kind"] == "cycle")
    page.go("types")
    page.first("table tbody tr")
    page.type(page.first(".search input"), name)
    page.click(f'[aria-label="Leaks of {name}"]')
    page.until(lambda: page.visible(".leak-totals"), "no leaks")
    assert {name} == {row["text"].split("\n")[-1] for row in page.rows()}


def test_from_a_leak_to_its_object(leaks):
    page, data = leaks
    wanted = next(one for one in data["leaks"] if one["kind"] == "cycle")
    page.script("""
        const row = [...document.querySelectorAll('tbody tr')].find((one) => one.dataset.key.startsWith(arguments[0]));
        row.querySelector('.opener').click();
    """, f"cycle {wanted['typeKind']} {wanted['type']} {wanted['site']} ")
    page.first("tr.detail")
    texts = "return [...document.querySelectorAll(`tr.detail ${arguments[0]}`)].map((one) => one.textContent)"
    assert page.script(texts, ".frame-function") == [frame["function"] for frame in wanted["stack"]]
    links = page.script(texts, ".address-list a")
    assert links == wanted["addresses"]
    page.click("tr.detail .address-list a")
    page.first(f'.object-name[data-address="{links[0]}"]')
    assert page.first(".object-name .name").text == wanted["type"]
    assert "it is unreachable" in page.script("return document.querySelector('.object-part').textContent")
