"""The page Safety, on a demo with memory errors that was not scanned yet."""


def test_the_worst_comes_first_and_leads_to_its_error(criminal):
    criminal.record()
    criminal.go("safety")
    key = "safety?sort=-severity&limit=100"
    criminal.until(lambda: criminal.answer(key), "no answer")
    criminal.first("table tbody tr")

    def shown():
        return criminal.script("""
            return {score: document.querySelector('.score').textContent,
              severities: [...document.querySelectorAll('.badge[data-severity]')].map((it) => it.dataset.severity)};
        """)

    def answered():
        data = criminal.answer(key)["data"]
        return {"score": f"{data['score']} of 100", "severities": [one["severity"] for one in data["findings"]]}

    # The demo goes on: an answer may come between the two.
    criminal.until(lambda: shown() == answered(), "the page does not show what it was answered")
    order = ["critical", "high", "medium", "low"]
    assert shown()["severities"] == sorted(shown()["severities"], key=order.index)
    criminal.click("tbody .opener")
    criminal.click("tr.detail .link")
    criminal.first('tbody .badge[data-error]')
    assert "#/errors?filter=" in criminal.driver.current_url


def test_what_did_not_run_is_not_shown_as_clean(criminal):
    criminal.go("safety")
    criminal.first(".detector")
    states = criminal.script("""
        return Object.fromEntries([...document.querySelectorAll('.detector')].map((it) =>
          [it.dataset.detector, it.querySelector('.badge').textContent]));
    """)
    assert states["leaks"] == states["cycles"] == "did not run"
    assert states["errors"] == "looked at a part"
