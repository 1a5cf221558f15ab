"""The page about memory errors, on a demo with memory errors."""


def key_of(row):
    return int(row["key"])


def test_rows_are_those_of_the_api(errors):
    page, data = errors
    assert [key_of(row) for row in page.rows()] == [one["id"] for one in data["errors"]]
    kinds = page.script(
        "return [...document.querySelectorAll('tbody .badge[data-error]')].map((it) => it.dataset.error)")
    assert kinds == [one["kind"] for one in data["errors"]]
    assert {"overflow", "double-free"} <= set(kinds)


def test_three_stacks_stand_side_by_side(errors):
    page, data = errors
    wanted = next(one for one in data["errors"] if one["kind"] == "double-free")
    page.script(f"document.querySelector('tr[data-key=\"{wanted['id']}\"] .opener').click()")
    page.first("tr.detail .witnesses")
    for role in ("access", "allocated", "freed"):
        names = page.script(
            "return [...document.querySelectorAll(`tr.detail [data-role=${arguments[0]}] .frame-function`)]"
            ".map((it) => it.textContent)", role)
        assert names == [frame["function"] for frame in wanted[role]]
    boxes = [page.find(f"tr.detail [data-role={role}]").rect for role in ("access", "allocated", "freed")]
    assert boxes[0]["y"] == boxes[1]["y"] == boxes[2]["y"]
    assert boxes[0]["x"] < boxes[1]["x"] < boxes[2]["x"]


def test_the_damaged_byte_is_marked(errors):
    page, data = errors
    wanted = next(one for one in data["errors"] if one["kind"] == "overflow")
    page.script(f"document.querySelector('tr[data-key=\"{wanted['id']}\"] .opener').click()")
    page.first("tr.detail .dump")
    start, damaged = int(wanted["bytes"]["address"], 16), int(wanted["address"], 16)
    at = 2 * (damaged - start)
    assert page.find("tr.detail .byte.is-damaged").text == wanted["bytes"]["hexadecimal"][at:at + 2] == "2a"


def test_counts_come_without_asking(errors):
    page, data = errors
    before = data["checks"]["totals"]["errors"]
    shown = "return Number(document.querySelector('.error-totals dd').textContent.replaceAll(',', ''))"
    page.until(lambda: page.script(shown) > before, "the demo's next errors are not shown")


def test_a_filter_leaves_its_own(errors):
    page, _ = errors
    page.type(page.first(".search input"), "double")
    kinds = "return [...document.querySelectorAll('tbody .badge[data-error]')].map((it) => it.dataset.error)"
    page.until(lambda: set(page.script(kinds)) == {"double-free"}, "other kinds stay")
