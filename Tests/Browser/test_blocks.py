"""From a type to its blocks, and from a block to all that refer to it."""

from urllib.parse import quote


def open_blocks(page):
    """The blocks of a class of the demo, opened from the list of types after a scan."""
    page.scan("leaks")
    page.record()
    page.go("types")
    link = page.first('a[href^="#/blocks?"][aria-label^="Blocks of MemscopeDemo."]')
    name = link.get_attribute("aria-label").removeprefix("Blocks of ")
    page.script("arguments[0].click()", link)
    key = f"types/{quote(name, safe='()!*')}/objects?kind=class&sort=-retainedBytes&limit=100"
    data = page.until(lambda: page.answer(key), f"no answer to {key}")["data"]
    return name, key, data


def addresses(page):
    return page.script("return [...document.querySelectorAll('main > :not([hidden]) tbody a.link')]"
                       ".map((one) => one.textContent)")


def test_the_blocks_of_a_type_equal_the_api(leaking):
    name, _, data = open_blocks(leaking)
    shown = leaking.until(lambda: addresses(leaking), "no rows")
    assert shown == [one["address"] for one in data["objects"]]
    assert leaking.first(".object-name .name").text == name
    assert all(one["type"] == name and one["kind"] == "class" for one in data["objects"])


def test_blocks_are_sorted_and_each_leads_to_its_object(leaking):
    name, key, _ = open_blocks(leaking)
    leaking.until(lambda: addresses(leaking), "no rows")
    page = leaking
    page.script("[...document.querySelectorAll('main > :not([hidden]) th button')]"
                ".find((one) => one.textContent.includes('Size')).click()")
    sorted_key = key.replace("-retainedBytes", "-size")
    data = page.until(lambda: page.answer(sorted_key), "not sorted by size")["data"]
    page.until(lambda: addresses(page) == [one["address"] for one in data["objects"]], "other rows than answered")
    page.script("document.querySelector('main > :not([hidden]) tbody a.link').click()")
    page.first(f'.object-name[data-address="{data["objects"][0]["address"]}"]')
    assert page.first(".object-name .name").text == name


def test_without_a_type_the_page_says_where_to_find_one(leaking):
    leaking.scan("leaks")
    leaking.go("blocks")
    assert "list of types" in leaking.until(
        lambda: leaking.script("return document.querySelector('main > :not([hidden]) .notice')?.textContent"),
        "no notice")


def test_all_that_refer_to_a_block_can_be_shown(leaking):
    page = leaking
    page.scan("leaks")
    rows = page.ask("relations?sort=-count&limit=100")["data"]["relations"]
    held = next(one["from"]["type"] for one in rows if one["field"] and "[" in one["field"])
    found = page.ask(f"types/{quote(held, safe='')}/objects?sort=-size&limit=1")["data"]["objects"][0]
    whole = page.ask(f"objects/{found['address']}")["data"]
    total = whole["referentsTotal"]
    assert total > 100, (held, total)
    page.script("location.hash = arguments[0]", f"#/object?address={found['address']}")
    page.first(f'.object-name[data-address="{found["address"]}"]')
    section = 'section[aria-label="Holds"]'
    for _ in range(total // 1000 + 1):
        page.script(f"document.querySelector('{section} .list-footer button').click()")
        page.until(lambda: not page.script(f"return document.querySelector('{section} .list-footer button').disabled"),
                   "no more came")
    shown = page.until(lambda: page.script(
        f"const rows = document.querySelectorAll('{section} tbody tr'); return rows.length === {total} && rows.length"),
        "not all are shown")
    assert shown == total
