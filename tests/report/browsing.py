"""A headless Chromium for the tests of pages, and what they ask of it.

Skipped where Chromium or its driver is missing, unless DIFFCHECK_REQUIRE_BROWSER=1 says that this is a failure.
"""

import json
import os
import shutil
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1200,900"
).split()
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def refuse(reason):
    """Skip, or fail where a browser is required."""
    if os.environ.get("DIFFCHECK_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def opened(profile):
    """Yield a fresh headless Chromium that keeps its files in the folder *profile*."""
    binary, driver = next(filter(None, map(shutil.which, BROWSERS)), None), shutil.which("chromedriver")
    if find_spec("selenium") is None or binary is None or driver is None:
        refuse("needs selenium, and Chromium and chromedriver on the PATH")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield browser
    finally:
        browser.quit()


def fresh(chromium, address):
    """Return the browser with the page at *address* freshly opened and nothing emulated."""
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.get_log("performance")
    chromium.get_log("browser")
    chromium.get(address)
    return chromium


def asked_for(browser):
    """Return the addresses that the page just opened asked for."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return {url for url in asked if not url.startswith("data:")}


def narrow(browser, width):
    """Give the window another width, in pixels."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    )


TABLE = "const table = document.querySelector(arguments[0]); const heads = [...table.tHead.rows[0].cells];"
KEYS = "return [...table.tBodies[0].rows].map(row => row.cells[arguments[1]].dataset.sort ?? row.cells[arguments[1]].innerText)"


def keys(browser, table, i):
    """Return what a table's column is sorted by, row by row."""
    return browser.execute_script(f"{TABLE} {KEYS}", table, i)


def click_heading(browser, table, i):
    """Press a column's heading and return the order that it then claims."""
    script = f"{TABLE} heads[arguments[1]].querySelector('button').click(); return heads[arguments[1]].ariaSort"
    return browser.execute_script(script, table, i)
