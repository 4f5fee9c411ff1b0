"""The pages of an atlas in a real browser: no request, no error, no sideways scrolling, sorted, filtered, linked."""

import pytest
from report.atlas_sample import refused, row, sample_atlas
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


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """Return the overview of an atlas in all dtypes and both orders, with the longest name of an operator."""
    name, modes = "binary_cross_entropy_with_logits(target=0.3)", {1: "reverse", 2: "reverse over reverse"}
    dtypes = ("float64", "float32", "float16", "bfloat16")
    found = {"verdict": "wrong", "ulp": 1e300}
    asked = [(dtype, order, mode) for dtype in dtypes for order, mode in modes.items()]
    rows = [row(name, dtype, mode, order=order, **found) for dtype, order, mode in asked]
    rows += [refused("sin", dtype, mode, "no kernel") | {"order": order} for dtype, order, mode in asked]
    worst = [{"variant": name, "dtype": "float64", "mode": "reverse", "device": "cpu"}]
    folder = tmp_path_factory.mktemp("wide")
    write_atlas({**sample_atlas(), "rows": rows, "worst": worst}, folder)
    return (folder / "index.html").as_uri()


def test_the_matrix_of_all_dtypes_fits_a_small_screen(chromium, wide):
    browser = fresh(chromium, wide)
    narrow(browser, 1280)
    assert (
        browser.execute_script(
            "const box = document.querySelector('#operators .scroll'); return box.scrollWidth - box.clientWidth"
        )
        == 0
    )


def test_what_goes_on_beyond_the_edge_is_told_and_captions_are_not_cut(chromium, wide):
    browser = fresh(chromium, wide)
    narrow(browser, 600)
    right = "[...document.querySelectorAll('caption')].map(one => one.getBoundingClientRect().right)"
    assert max(browser.execute_script(f"return {right}")) <= 600
    fades = "return getComputedStyle(document.querySelector('#operators .scroll')).maskImage !== 'none'"
    assert browser.execute_script(f"await new Promise(requestAnimationFrame); {fades}")
    browser.execute_script("document.querySelector('#operators .scroll').scrollLeft = 10000")
    assert not browser.execute_script(f"await new Promise(done => setTimeout(done, 200)); {fades}")


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
