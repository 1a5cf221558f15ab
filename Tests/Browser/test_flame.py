"""The flame graph has the weights of the API; search, zoom and keyboard work in it."""

from selenium.webdriver.common.keys import Keys

KEY = "flamegraph?weight=bytes"


def show(page):
    page.record()
    page.go("flame")
    graph = page.first(".flame")
    page.until(lambda: page.answer(KEY) and graph.get_attribute("data-total"), "no flame graph")
    return graph, page.answer(KEY)["data"]


def test_root_equals_the_total(page):
    graph, data = show(page)
    assert data["total"] == data["root"]["value"] > 0
    assert int(graph.get_attribute("data-total")) == data["total"]
    assert int(graph.get_attribute("data-focus-value")) == data["total"]


def test_zoom_by_keyboard_and_back(page):
    graph, data = show(page)
    largest = data["root"]["children"][0]
    page.script("arguments[0].focus()", graph)
    graph.send_keys(Keys.ARROW_DOWN)  # selects the root
    graph.send_keys(Keys.ARROW_DOWN)
    graph.send_keys(Keys.ENTER)
    assert graph.get_attribute("data-focus") == largest["name"]
    assert int(graph.get_attribute("data-focus-value")) == largest["value"]
    graph.send_keys(Keys.ESCAPE)
    assert int(graph.get_attribute("data-focus-value")) == data["total"]


def test_zoom_by_click_and_reset(page):
    graph, data = show(page)
    largest = data["root"]["children"][0]
    page.script("""
        const canvas = arguments[0].querySelector('canvas');
        const box = canvas.getBoundingClientRect();
        canvas.dispatchEvent(new MouseEvent('click', {bubbles: true, clientX: box.left + 5, clientY: box.top + 30}));
    """, graph)
    assert graph.get_attribute("data-focus") == largest["name"]
    reset = next(one for one in page.visible(".flame-bar .button") if one.text == "Reset zoom")
    reset.click()
    assert int(graph.get_attribute("data-focus-value")) == data["total"]
    assert not reset.is_displayed()


def covered(node, wanted, above=False):
    """Count and weight of boxes that match; a match inside a match weighs nothing more."""
    texts = (node["name"], node.get("file"), node.get("image"))
    hit = any(wanted in text.lower() for text in texts if text)
    count, value = (1, 0 if above else node["value"]) if hit else (0, 0)
    for child in node["children"]:
        more = covered(child, wanted, above or hit)
        count, value = count + more[0], value + more[1]
    return count, value


def test_search_counts_what_the_tree_holds(page):
    graph, data = show(page)
    box = page.first(".search input")
    for wanted in ("swift_allocobject", "shop", "no such function"):
        page.type(box, wanted)
        page.until(lambda: graph.get_attribute("data-matches") is not None, "no search")
        total = [covered(child, wanted) for child in data["root"]["children"]]
        assert int(graph.get_attribute("data-matches")) == sum(count for count, _ in total)
        assert int(graph.get_attribute("data-match-value")) == sum(value for _, value in total)
        page.type(box, "")
        page.until(lambda: graph.get_attribute("data-matches") is None, "the search does not end")


def test_another_weight_is_another_total(page):
    graph, _ = show(page)
    page.first('.choice[data-value="allocations"]').click()
    page.until(lambda: graph.get_attribute("data-weight") == "allocations", "the weight does not change")
    data = page.answer("flamegraph?weight=allocations")["data"]
    assert int(graph.get_attribute("data-total")) == data["total"]
    assert page.driver.current_url.endswith("#/flame?weight=allocations")
