"""The text of the pages about the heap when there is no list, and their drawings, for given answers."""

import heap_answers as heap
import pytest

NEVER = ("GET types", 200, heap.types(None), 0)
KNOWN = ("GET types", 200, heap.types(4096), 0)
SCANNED = ("POST leakscan", 200, heap.envelope({"scan": heap.SCAN, "summary": heap.SUMMARY}), 1500)
LISTS = (("GET leaks", 200, heap.leaks(heap.LEAKS), 0), ("GET cycles", 200, heap.cycles(heap.CYCLES), 0),
         ("GET objects/0x7f", 200, heap.heap_object(), 0))
VIEWS = ("leaks", "cycles", "object?address=0x7f0000001000")
SCAN = '[data-action="scan"]'



@pytest.mark.parametrize("view", VIEWS)
def test_no_page_scans_before_somebody_asks(page, view):
    refused = ("GET " + view.split("?")[0], 500, {}, 0)
    with page.pretending(NEVER, refused, ("POST leakscan", 500, {}, 0)):
        page.open(f"#/{view}")
        assert page.first(".notice-title").text == "Not scanned yet"
        assert page.first(SCAN).get_attribute("aria-disabled") == "false"


def test_a_scan_shows_that_it_runs_and_then_what_it_found(page):
    with page.pretending(NEVER, SCANNED, *LISTS):
        page.open("#/leaks")
        page.first(".notice-title")
        page.click(SCAN)
        assert page.first(".scan-progress").text.startswith("Scanning")
        assert page.first(SCAN).get_attribute("aria-disabled") == "true"
        page.first("table tbody tr")
        assert not page.visible(".scan-progress")
        assert page.first(".scan-about").text.startswith("The program was paused for 2.10 ms")
        assert "leaks may be missing" in page.first(".scan-about").text
        assert page.first(".unlisted").text.startswith("2 more blocks are suspect")


@pytest.mark.parametrize("view", VIEWS)
def test_a_refusal_says_why_and_what_to_do(page, view):
    with page.pretending(NEVER, ("POST leakscan", 200, heap.unavailable(), 0)):
        page.open(f"#/{view}")
        page.first(".notice-title")
        page.click(SCAN)
        page.until(lambda: heap.REASON in page.first(".notice").text, "the reason is not shown")
        assert heap.ENABLE in page.first(".notice").text


def test_a_scan_that_fails_leaves_the_one_before(page):
    error = {"error": {"code": "internal", "message": "the copy was killed", "hint": "Is memory short?"}}
    with page.pretending(KNOWN, ("POST leakscan", 500, error, 0), *LISTS):
        page.open("#/leaks")
        page.first("table tbody tr")
        page.click(SCAN)
        assert page.first(".failure").text == ("The scan did not work, so this is the one before. "
                                               "the copy was killed Is memory short?")
        assert len(page.rows()) == len(heap.LEAKS)


@pytest.mark.parametrize("view", VIEWS)
def test_an_error_can_be_tried_again(page, view):
    error = {"error": {"code": "internal", "message": "no memory", "hint": "Try later."}}
    resource = {"leaks": "leaks", "cycles": "cycles"}.get(view, "objects")
    with page.pretending(KNOWN, (f"GET {resource}", 500, error, 0)):
        page.open(f"#/{view}")
        notice = page.first(".notice.is-error")
        assert "no memory Try later." in notice.text
        assert notice.find_element("tag name", "button").text == "Try again"


@pytest.mark.parametrize(("view", "title"), [("leaks", "No leaks found"), ("cycles", "No cycles found"),
                                             ("leaks?kind=cycle", "No leak of kind cycle"),
                                             ("object", "No object chosen")])
def test_nothing_found_is_said(page, view, title):
    empty = (("GET leaks", 200, heap.leaks([], heap.NO_SUMMARY), 0), ("GET cycles", 200, heap.cycles([]), 0))
    with page.pretending(KNOWN, *empty):
        page.open(f"#/{view}")
        page.until(lambda: page.visible(".notice-title"), "nothing is said")
        assert page.first(".notice-title").text == title


def test_an_address_without_a_block_is_no_failure_of_the_page(page):
    error = {"error": {"code": "not-found", "message": "no block contained 0x10", "hint": "Scan again."}}
    with page.pretending(KNOWN, ("GET objects", 404, error, 0)):
        page.open("#/object?address=0x10")
        assert page.first(".notice-title").text == "No block there"
        assert "no block contained 0x10 Scan again." in page.first(".notice-text").text


def test_suspects_are_shown_when_asked_for(page):
    reason = "held only by one word on the stack of thread 12: a variable of a running function"
    suspects = heap.leaks([heap.leak(kind="stack", reason=reason)])
    with page.pretending(KNOWN, ("GET leaks", 200, suspects, 0)):
        page.open("#/leaks?kind=stack")
        assert page.first("tbody .kind").text == "one stack word"
        assert page.first("tbody .name").get_attribute("title").endswith(reason)
        assert page.first('.choice[data-value="stack"]').get_attribute("aria-pressed") == "true"
        assert page.first("tbody .quality").text == "unknown"
        assert "1 of them hang on single words" in page.first(".unlisted").text
        overlap = "const [kind, name] = document.querySelectorAll('tbody .type > *');" \
            "return kind.getBoundingClientRect().right > name.getBoundingClientRect().left"
        assert not page.script(overlap)


def test_what_rests_on_a_conclusion_is_labelled(page):
    with page.pretending(KNOWN, *LISTS):
        page.open("#/leaks")
        page.first("table tbody tr")
        badges = page.script("return [...document.querySelectorAll('tbody .quality')].map((one) => one.textContent)")
        assert badges == ["measured", "measured", "measured", "inferred"]
        page.go("cycles")
        page.first(".cycle")
        labels = page.script("return [...document.querySelectorAll('.cycle .quality')].map((one) => one.textContent)")
        assert labels == ["measured", "inferred", "measured", "measured", "measured"]


def test_each_cycle_is_drawn_with_types_and_fields(page):
    with page.pretending(KNOWN, *LISTS):
        page.open("#/cycles")
        page.first(".cycle")
        drawn = page.script("""
            const texts = (root, selector) => [...root.querySelectorAll(selector)].map((one) => one.textContent);
            return [...document.querySelectorAll('.cycle')].map((one) => ({
              section: one.closest('section').dataset.cycles,
              nodes: texts(one, '.ring-node title'), edges: texts(one, '.ring-edge title'),
              breaks: texts(one, '.is-break title'), label: one.querySelector('svg').getAttribute('aria-label'),
            }));
        """)
    first, closure, loop, folded, held = drawn
    assert first["nodes"] == ["Shop.Account", "Shop.Person"] and first["edges"] == ["owner", "accounts[0]"]
    assert first["breaks"] == ["owner"]
    assert first["label"] == "Cycle: Shop.Account.owner → Shop.Person.accounts[0] → Shop.Account"
    assert closure["nodes"][1] == "closure context (Shop.Timer)" and closure["breaks"] == []
    assert loop["nodes"] == ["Shop.Node"]
    assert len(folded["nodes"]) == 8 and folded["nodes"][-1] == "5 more"
    assert folded["nodes"][:2] == ["Shop.Station2", "Shop.Station3"]
    assert [one["section"] for one in drawn] == ["unreachable"] * 4 + ["held"]
    assert len(held["edges"]) == 4


def test_the_keyboard_opens_a_leak_and_follows_it(page):
    with page.pretending(KNOWN, *LISTS):
        page.open("#/leaks")
        opener = page.first("tr.is-expandable .opener")
        page.script("arguments[0].focus()", opener)
        opener.send_keys("\ue007")
        link = page.first("tr.detail .address-list a")
        page.script("arguments[0].focus()", link)
        link.send_keys("\ue007")
        page.until(lambda: page.visible('.object-name[data-address="0x7f0000001000"]'), "the object is not shown")
        assert page.driver.current_url.endswith("#/object?address=0x7f0000001000")
        steps = page.script("return [...document.querySelectorAll('.step')].map((one) => one.innerText)")
        assert steps[0].endswith("global variable Shop.bank in demo")
        assert steps[1:] == ["Shop.Bank.people[4]", "Shop.Person.account", "Shop.Account (this object)"]
        page.driver.back()
        page.until(lambda: page.visible('.tab[data-view="leaks"][aria-current]'), "one cannot walk back")
