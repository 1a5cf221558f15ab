"""Tables show exactly what the API gave, sorted and filtered as asked."""


def show(page, view):
    """The table of a view, and the answer its figures came from."""
    page.record()
    page.go(view)
    keys = {"sites": "sites?sort=-bytes&limit=100", "types": "types?sort=-bytes&limit=100",
            "threads": "threads?sort=-allocatedBytes&limit=100", "scopes": "scopes?sort=-escapedBytes&limit=100"}
    envelope = page.until(lambda: page.answer(keys[view]), f"{view} did not answer")
    page.first("table tbody tr")
    return envelope["data"], keys[view]


def matching(page, view, project):
    """Rows and data from the same moment: rows may be a refresh ahead of the recorded answer."""
    _, key = show(page, view)

    def same():
        rows, data = page.rows(), page.answer(key)["data"][view]
        return rows if [row["figures"] for row in rows] == [project(one) for one in data] else None

    return page.until(same, f"the table of {view} never equals /api/{view}"), page.answer(key)["data"]


def test_sites_equal_the_api(page):
    columns = ("bytes", "blocks", "peakBytes", "allocations", "frees", "allocatedBytes")
    rows, data = matching(page, "sites", lambda site: [site[column] for column in columns])
    assert [row["key"] for row in rows] == [str(site["id"]) for site in data["sites"]]
    assert len(rows) == min(100, data["total"]) > 3


def test_types_equal_the_api(page):
    rows, data = matching(page, "types", lambda one: [
        one["bytes"], one["retainedBytes"], one["blocks"], one["bytes"] / one["blocks"] if one["blocks"] else 0])
    assert [row["key"] for row in rows] == [f"{one['kind']} {one['name']}" for one in data["types"]]
    assert all(one["name"] in row["text"] for row, one in zip(rows, data["types"], strict=True))


def test_threads_equal_the_api(page):
    page.record()
    page.go("threads")
    page.first("table tbody tr")
    columns = ("allocations", "frees", "allocatedBytes", "freedBytes")

    def same():
        envelope = page.answer("threads?sort=-allocatedBytes&limit=100")
        if not envelope:
            return None
        rows = page.rows()
        wanted = [(str(one["id"]), [one[column] for column in columns]) for one in envelope["data"]["threads"]]
        return [(row["key"], row["figures"][:4]) for row in rows] == wanted

    page.until(same, "the table of threads never equals /api/threads")


def test_scopes_equal_the_api(page):
    page.record()
    page.go("scopes")
    page.first("table tbody tr")

    def same():
        envelope = page.answer("scopes?sort=-escapedBytes&limit=100")
        if not envelope:
            return None
        columns = ("escapedBytes", "escapedBlocks", "liveBytes", "peakBytes", "allocatedBytes", "calls")
        wanted = [(str(one["id"]), [one[column] for column in columns]) for one in envelope["data"]["scopes"]]
        return [(row["key"], row["figures"][:6]) for row in page.rows()] == wanted

    page.until(same, "the table of scopes never equals /api/scopes")
    texts = [row["text"] for row in page.rows()]
    assert any("request" in text and "action = " in text for text in texts), texts
    assert "In no scope" in page.first(".list-note").text


def test_tasks_equal_the_api(page):
    page.record()
    page.go("tasks")
    page.first("table tbody tr")

    def same():
        envelope = page.answer("tasks?sort=-liveBytes&limit=100")
        if not envelope:
            return None
        columns = ("liveBytes", "liveBlocks", "totalBytes", "allocations")
        wanted = [(one["id"], [one[column] for column in columns]) for one in envelope["data"]["tasks"]]
        return [(row["key"], row["figures"][:4]) for row in page.rows()] == wanted

    page.until(same, "the table of tasks never equals /api/tasks")
    rows = page.rows()
    assert any("visitors" in row["text"] for row in rows), [row["text"] for row in rows][:5]
    assert "In no task" in page.first(".list-note").text


def test_a_task_opens_to_what_made_it(page):
    page.go("tasks")
    page.type(page.first(".view:not([hidden]) .search input, .search input"), "visitors")
    page.click("tr.is-expandable .opener")
    page.first("tr.detail .stack")
    text = page.first("tr.detail").text
    assert "Demo.main" in text and "suspended" in text or "running" in text, text


def test_a_scope_opens_to_what_escaped(page):
    page.go("scopes")
    page.click("tr.is-expandable .opener")
    page.first("tr.detail .escaped")
    text = page.first("tr.detail").text
    assert "Allocated by" in text and "Type" in text and "B" in text


def test_variables_equal_the_api(page):
    page.record()
    page.go("variables")
    page.first("table tbody tr")

    def same():
        envelope = page.answer("variables?sort=-bytes&limit=100")
        if not envelope:
            return None
        columns = ("bytes", "retainedBytes", "sharedBytes", "copies")
        wanted = [(str(one["id"]), [one[column] for column in columns]) for one in envelope["data"]["variables"]]
        return [(row["key"], row["figures"][:4]) for row in page.rows()] == wanted

    page.until(same, "the table of variables never equals /api/variables")
    texts = [row["text"] for row in page.rows()]
    assert any("sessions" in text and "SessionStore.swift" in text for text in texts), texts
    assert any("catalogue" in text for text in texts), texts


def test_a_variable_opens_to_its_blocks(page):
    page.go("variables")
    page.click("tr.is-expandable .opener")
    page.first("tr.detail dl.facts")
    text = page.first("tr.detail").text
    assert "Blocks that it refers to" in text or "Refers to" in text, text
    assert "Declared in" in text and "0x" in text, text


def test_a_site_opens_to_its_stack(page):
    data, key = show(page, "sites")
    page.click("tr.is-expandable .opener")
    page.first("tr.detail")
    opened, shown = page.script("""
        const functions = [...document.querySelectorAll('tr.detail .frame-function')].map((one) => one.textContent);
        return [document.querySelector('tr.is-open').dataset.key, functions];
    """)
    site = next(one for one in [*data["sites"], *page.answer(key)["data"]["sites"]] if str(one["id"]) == opened)
    assert shown == [frame["function"] for frame in site["stack"]]
    assert page.visible('tr.is-open .opener[aria-expanded="true"]')
    page.click("tr.is-open .opener")
    page.until(lambda: not page.visible("tr.detail"), "the row does not close")


def test_a_heading_sorts_and_the_address_remembers(page):
    show(page, "sites")
    page.first('.sort[data-sort="allocations"]').click()
    page.until(lambda: page.visible('th[aria-sort="descending"] [data-sort="allocations"]'), "not sorted")

    def ordered():
        counts = [row["figures"][3] for row in page.rows()]
        return len(counts) > 1 and counts == sorted(counts, reverse=True)

    page.until(ordered, "rows are not in order of allocations")
    assert page.driver.current_url.endswith("#/sites?sort=-allocations")
    page.driver.refresh()
    page.until(lambda: page.visible('th[aria-sort="descending"] [data-sort="allocations"]'), "forgotten by a reload")


def test_more_rows_are_appended(page):
    data, _ = show(page, "sites")
    assert data["total"] > 100, "the demo is expected to have more than one page of sites"
    page.first(".list-footer .button").click()
    page.until(lambda: len(page.rows()) > 100, "no further rows")
    keys = [row["key"] for row in page.rows()]
    assert len(keys) == len(set(keys))


def test_a_filter_leaves_matching_rows(page):
    show(page, "types")
    everything = page.rows()
    name = everything[0]["key"].split(" ", 1)[1]
    box = page.first(".search input")
    page.type(box, name.upper())
    page.until(lambda: 0 < len(page.rows()) < len(everything), "the filter leaves all rows")
    assert all(name.lower() in row["key"].lower() for row in page.rows())
    page.type(box, "no such type anywhere")
    assert "No loaded row matches" in page.first(".notice").text
