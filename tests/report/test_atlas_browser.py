"""The pages of an atlas in a real browser: no request, no error, no sideways scrolling, sorted, filtered, linked."""

import pytest
from report.atlas_sample import sample_atlas
from report.browsing import asked_for, click_heading, fresh, keys, narrow, opened

from diffcheck.report.atlas import write_atlas

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("atlas")
    write_atlas(sample_atlas(), folder)
    return {"overview": folder / "index.html", "operator": folder / "operators" / "tanh.html"}


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.mark.parametrize("name", ["overview", "operator"])
def test_a_page_asks_for_nothing_and_complains_of_nothing(chromium, pages, name):
    browser = fresh(chromium, pages[name].as_uri())
    assert asked_for(browser) == {pages[name].as_uri()}
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("name", ["overview", "operator"])
@pytest.mark.parametrize("width", [320, 400, 1200])
def test_a_page_never_scrolls_sideways(chromium, pages, name, width):
    browser = fresh(chromium, pages[name].as_uri())
    narrow(browser, width)
    browser.execute_script("for (const details of document.querySelectorAll('details')) details.open = true")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["overview", "operator"])
def test_nothing_needs_a_scrollbar_on_a_usual_screen(chromium, pages, name):
    browser = fresh(chromium, pages[name].as_uri())
    narrow(browser, 1400)
    boxes = "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth)"
    assert browser.execute_script(f"return {boxes}.map(box => box.getAttribute('aria-label'))") == []


def test_the_matrix_is_sorted_by_digits_and_filtered_by_verdict(chromium, pages):
    from selenium.webdriver.common.by import By

    browser = fresh(chromium, pages["overview"].as_uri())
    click_heading(browser, "#operators table", 2)
    assert click_heading(browser, "#operators table", 2) == "descending"
    lost = [float(key) for key in keys(browser, "#operators table", 2)]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > lost[-1]
    browser.find_element(By.CSS_SELECTOR, "#operators .filter input").send_keys("lossy")
    shown = [row.text for row in browser.find_elements(By.CSS_SELECTOR, "#operators tbody tr") if row.is_displayed()]
    assert len(shown) == 1
    assert shown[0].startswith("tanh")


def test_an_operator_is_a_click_away_and_so_is_the_way_back(chromium, pages):
    from selenium.webdriver.common.by import By

    browser = fresh(chromium, pages["overview"].as_uri())
    browser.find_element(By.CSS_SELECTOR, "#worst tbody a").click()
    assert browser.current_url == pages["operator"].as_uri()
    assert browser.title == "diffcheck: the derivative of tanh"
    browser.find_element(By.CSS_SELECTOR, "nav a").click()
    assert browser.current_url.startswith(pages["overview"].as_uri())


def test_a_chart_lies_open_where_there_is_something_to_see(chromium, pages):
    browser = fresh(chromium, pages["operator"].as_uri())
    assert browser.execute_script("return [...document.querySelectorAll('#errors details')].map(one => one.open)") == [
        True,
        True,
    ]
    sizes = browser.execute_script(
        "return [...document.querySelectorAll('svg.chart')].map(one => one.getBoundingClientRect().height)"
    )
    assert all(size > 200 for size in sizes)
