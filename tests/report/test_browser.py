"""The page in a real browser: no request, no error, sorting, filtering, dark, narrow, printed and without JavaScript.

Skipped where Chromium or its driver is missing, unless DIFFCHECK_REQUIRE_BROWSER=1 says that this is a failure.
"""

import pytest
from report.browsing import asked_for, click_heading, fresh, keys, narrow, opened
from report.sample import sample_results

from diffcheck.report import write_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return write_report(sample_results(), tmp_path_factory.mktemp("site")).as_uri()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(chromium, address):
    """Return the browser with the page freshly opened and nothing emulated."""
    return fresh(chromium, address)


def test_nothing_but_the_file_is_asked_for(browser, address):
    assert asked_for(browser) == {address}


def test_the_console_stays_empty(browser):
    assert browser.execute_script("return document.title") == "diffcheck: are these gradients right?"
    assert browser.get_log("browser") == []


def test_a_heading_sorts_numbers_up_and_down(browser):
    table, median = "#timing table", 2
    before = [float(key) for key in keys(browser, table, median)]
    assert click_heading(browser, table, median) == "ascending"
    up = [float(key) for key in keys(browser, table, median)]
    assert click_heading(browser, table, median) == "descending"
    down = [float(key) for key in keys(browser, table, median)]
    assert before != up
    assert (up, down) == (sorted(before), sorted(before, reverse=True))


def test_a_heading_sorts_words(browser):
    click_heading(browser, "#faults table", 0)
    names = keys(browser, "#faults table", 0)
    assert names == sorted(names)
    assert len(names) == 3


def test_a_filter_hides_the_other_rows(browser):
    from selenium.webdriver.common.by import By

    table = browser.find_element(By.CSS_SELECTOR, "#timing .filterable")
    browser.find_element(By.CSS_SELECTOR, "#timing .filter input").send_keys("GENERATED")
    shown = [row for row in table.find_elements(By.CSS_SELECTOR, "tbody tr") if row.is_displayed()]
    assert len(shown) == 6
    assert all("generated" in row.text for row in shown)
    assert "6 of 30" in browser.find_element(By.CSS_SELECTOR, "#timing .filter").text


def test_a_copy_button_says_what_it_did(browser):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    button = browser.find_element(By.CSS_SELECTOR, "#machine .copy")
    button.click()
    WebDriverWait(browser, 5).until(lambda _: button.text in {"Copied", "Selected"})


def brightness(browser):
    colours = browser.execute_script(
        "const style = getComputedStyle(document.body);"
        " return [style.backgroundColor, style.color].map(text => text.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0))"
    )
    return tuple(colours)


def test_dark_readers_get_light_text_on_dark_paper(browser):
    paper, ink = brightness(browser)
    assert paper > 600
    assert ink < 300
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    paper, ink = brightness(browser)
    assert paper < 300
    assert ink > 600


def test_print_is_dark_ink_on_white_paper_even_for_dark_readers(browser):
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": dark})
    paper, ink = brightness(browser)
    assert paper == 3 * 255
    assert ink < 300


@pytest.mark.parametrize("width", [320, 360, 768, 1200])
def test_the_page_never_scrolls_sideways(browser, width):
    narrow(browser, width)
    browser.execute_script("for (const details of document.querySelectorAll('details')) details.open = true")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script("return document.body.scrollWidth") <= width


def test_nothing_needs_a_scrollbar_on_a_usual_screen(browser):
    narrow(browser, 1400)
    browser.execute_script("for (const details of document.querySelectorAll('details')) details.open = true")
    boxes = "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth)"
    assert browser.execute_script(f"return {boxes}.map(box => box.getAttribute('aria-label'))") == []


def test_formulas_are_laid_out_as_mathematics(browser):
    sizes = browser.execute_script(
        "return [...document.querySelectorAll('mfrac')].map(f => [...f.children].map(c => c.getBoundingClientRect().top))"
    )
    assert sizes
    assert all(above < below for above, below in sizes)


def test_chart_labels_cover_neither_one_another_nor_the_edge(browser):
    boxes = browser.execute_script(
        "return [...document.querySelectorAll('svg.chart')].map(svg => { const all = svg.getBoundingClientRect();"
        " return [all.left, all.right, [...svg.querySelectorAll('text')].map(t => { const r = t.getBoundingClientRect();"
        " return [r.left, r.right, r.top, r.bottom, t.textContent]; })]; })"
    )
    assert len(boxes) == 5
    for left, right, texts in boxes:
        assert all(left <= text[0] and text[1] <= right for text in texts)
        overlapping = [
            (a[4], b[4])
            for i, a in enumerate(texts)
            for b in texts[i + 1 :]
            if min(a[1], b[1]) - max(a[0], b[0]) > 1 and min(a[3], b[3]) - max(a[2], b[2]) > 3
        ]
        assert overlapping == []


def test_without_javascript_every_row_can_be_read(browser, address):
    rows = "document.querySelectorAll('tbody tr').length"
    expected = browser.execute_script(f"return {rows}")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(address)
    tree = browser.execute_cdp_cmd("DOMSnapshot.captureSnapshot", {"computedStyles": []})
    names = [tree["strings"][i] for i in tree["documents"][0]["nodes"]["nodeName"]]
    assert names.count("TR") > expected
    assert "BUTTON" not in names
    assert "INPUT" not in names
