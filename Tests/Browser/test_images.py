"""The page Images: the mapped images, and the missing sources of names."""


def test_each_image_stands_with_what_it_lacks(page):
    page.record()
    page.go("images")
    page.until(lambda: page.answer("metadata"), "no answer")
    page.first("table tbody tr")
    images = page.answer("metadata")["data"]["images"]
    shown = page.script("""
        return [...document.querySelectorAll('tbody tr')].map((row) =>
          [row.querySelector('.place').textContent, row.querySelector('.remedy').textContent]);
    """)
    for image in images:
        assert image["names"] is not None or image["unloadedAt"] is not None
    mapped = [[image["path"], image["names"]["problem"] or "nothing"] for image in images if image["names"]]
    assert [row for row in shown if not row[0].endswith("unloaded")] == mapped
    assert any(path.endswith("memscope-demo") and lacking == "nothing" for path, lacking in shown)


def test_a_filter_leaves_its_own(page):
    page.go("images")
    page.first("table tbody tr")
    page.type(page.first(".search input"), "memscope-demo")
    names = "return [...document.querySelectorAll('tbody .name')].map((it) => it.textContent)"
    page.until(lambda: page.script(names) == ["memscope-demo"], "other images stay")
