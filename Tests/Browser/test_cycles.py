"""The demo's retain cycles are drawn as the API lists them, and their objects can be visited."""

import pytest


@pytest.fixture
def cycles(leaking):
    def tied():
        data = leaking.scan("cycles")
        return data if any(not one["reachable"] for one in data["cycles"]) else None

    data = leaking.until(tied, "the demo ties no cycle")
    leaking.until(lambda: len(leaking.visible(".cycle")) == len(data["cycles"]), "not as many drawings as cycles")
    return leaking, data["cycles"]


def drawn(page):
    return page.script("""
        const texts = (root, selector) => [...root.querySelectorAll(selector)].map((one) => one.textContent);
        return [...document.querySelectorAll('.cycle')].map((one) => ({
          section: one.closest('section').dataset.cycles, address: one.dataset.address,
          nodes: texts(one, '.ring-node title'), edges: texts(one, '.ring-edge title'),
          breaks: texts(one, '.is-break title'), figures: texts(one, '.facts dd'),
          basis: one.querySelector('.quality').dataset.quality,
        }));
    """)


def in_sections(cycles):
    return [one for held in (False, True) for one in cycles if one["reachable"] == held]


def test_cycles_equal_the_api(cycles):
    page, given = cycles
    shown = drawn(page)
    for one, cycle in zip(shown, in_sections(given), strict=True):
        assert one["address"] == cycle["address"]
        assert one["section"] == ("held" if cycle["reachable"] else "unreachable")
        assert one["basis"] == ("inferred" if cycle["inferred"] else "measured")
        assert one["figures"][:2] == [f"{cycle['count']:,}", f"{cycle['objects']:,}"]


def test_each_drawing_has_the_types_and_fields_of_its_path(cycles):
    page, given = cycles
    for one, cycle in zip(drawn(page), in_sections(given), strict=True):
        path = cycle["path"]
        if len(path) > 8:
            continue
        assert sorted(one["nodes"]) == sorted(step["type"] for step in path)
        assert sorted(one["edges"]) == sorted(step["field"] or "(unnamed field)" for step in path)
        edge = cycle["breakEdge"]
        assert one["breaks"] == ([edge["field"]] if edge else [])


def test_the_demos_cycle_names_its_fields(cycles):
    _, given = cycles
    lost = [one for one in given if not one["reachable"]]
    fields = {step["field"] for one in lost for step in one["path"]}
    assert "publisher" in fields
    assert {"subscribers[0]", "onChange"} & fields
    assert all(one["breakEdge"] and one["breakEdge"]["reason"] for one in lost)


def test_from_a_cycle_round_to_where_one_began(cycles):
    page, given = cycles
    cycle = next(one for one in given if not one["reachable"])
    page.click(f'.cycle[data-address="{cycle["address"]}"] .facts a')
    page.first(f'.object-name[data-address="{cycle["address"]}"]')
    assert page.first(".object-name .name").text in cycle["types"]
    seen = page.ask(f"objects/{cycle['address']}")["data"]
    onward = next(one for one in seen["referents"] if one["kind"] in ("strong", "conservative"))
    page.click(f'section[aria-label="Holds"] a[data-address="{onward["address"]}"]')
    page.first(f'.object-name[data-address="{onward["address"]}"]')
    page.click(f'section[aria-label="Held by"] a[data-address="{cycle["address"]}"]')
    page.first(f'.object-name[data-address="{cycle["address"]}"]')
