"""One object, and the path to it from a root."""

import pytest

STEP = 16
FARTHEST = 4096


@pytest.fixture
def held(leaks):
    """An object that is reached through another: a neighbour in memory of a lost one."""
    page, data = leaks
    lost = [int(address, 16) for one in data["leaks"] for address in one["addresses"]]
    tried = set()
    for start in lost:
        for address in range(start, start + FARTHEST, STEP):
            found = page.look(f"objects/{address:#x}")
            if not found or found["address"] in tried:
                continue
            tried.add(found["address"])
            if found["reachable"] and len(found["rootPath"]) > 2:
                return page, found
    raise AssertionError("no reachable object near a lost one")


def show(page, address):
    page.script("location.hash = arguments[0]", f"#/object?address={address}")
    page.first(f'.object-name[data-address="{address}"]')


def facts(page):
    return page.script("""
        const [list] = [...document.querySelectorAll('.object-name + .facts')];
        return Object.fromEntries([...list.children].map((one) =>
          [one.querySelector('dt').textContent, one.querySelector('dd').textContent]));
    """)


def test_an_object_equals_the_api(held):
    page, data = held
    show(page, data["address"])
    assert page.first(".object-name .name").text == data["type"]
    shown = facts(page)
    assert shown["Address"] == data["address"]
    counts = data["counts"]
    for name in ("Strong", "Unowned", "Weak"):
        assert shown[name] == (str(counts[name.lower()]) if counts else "not counted")
    for title, key in (("Held by", "referrers"), ("Holds", "referents")):
        rows = page.script("""
            return [...document.querySelectorAll(`section[aria-label="${arguments[0]}"] tbody tr`)].map((row) =>
              [row.querySelector('a').dataset.address, row.cells[1].textContent,
               row.querySelector('[data-reference]').dataset.reference]);
        """, title)
        assert rows == [[one["address"], one["field"] or "unknown", one["kind"]] for one in data[key]]


def test_the_way_to_a_root_can_be_walked_up(held):
    page, data = held
    show(page, data["address"])
    steps = page.script("return [...document.querySelectorAll('.step')].map((one) => one.textContent)")
    assert len(steps) == len(data["rootPath"])
    assert steps[0].startswith("root")
    assert steps[-1] == f"{data['type']} (this object)"
    first = data["rootPath"][1]
    page.click(".step a")
    page.first(f'.object-name[data-address="{first["address"]}"]')
    assert page.first(".object-name .name").text == first["type"]
    page.until(lambda: len(page.visible(".step")) == 2, "the first after the root has a longer way")
    page.driver.back()
    page.first(f'.object-name[data-address="{data["address"]}"]')


def test_an_address_can_be_typed(held):
    page, data = held
    page.go("object")
    box = page.first(".address-form input")
    page.type(box, "nonsense")
    page.click(".address-form button")
    assert "hexadecimal" in page.first(".address-form .failure").text
    page.type(box, data["address"].upper().replace("0X", ""))
    page.click(".address-form button")
    page.first(f'.object-name[data-address="{data["address"]}"]')
