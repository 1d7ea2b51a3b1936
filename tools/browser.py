"""A headless Chromium from the system's packages, for screenshots and for tests of the pages."""

from __future__ import annotations

import shutil
from typing import Any, Optional

#: Names under which distributions install it.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> Optional[str]:
    """Where it is, None where it is not installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def open_browser(width: int = 1280, height: int = 900) -> Any:
    """A Selenium driver of a browser that asks nothing of the network; ``quit()`` ends it."""
    from selenium import webdriver  # the extra "browser"

    options = webdriver.ChromeOptions()
    options.binary_location = chromium() or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",  # Chromium refuses to run as root, as in a container, with one
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        f"--window-size={width},{height}",
    ):
        options.add_argument(argument)
    driver = shutil.which("chromedriver")
    service = webdriver.ChromeService(executable_path=driver)
    browser = webdriver.Chrome(options=options, service=service)
    browser.set_page_load_timeout(60)
    return browser


def whole_page(browser: Any, least: int = 400) -> None:
    """Make the window as high as the page that it shows."""
    width = browser.get_window_size()["width"]
    browser.set_window_size(width, least)
    height = browser.execute_script("return document.documentElement.scrollHeight")
    # The window's own frame is not part of the page.
    frame = least - browser.execute_script("return window.innerHeight")
    browser.set_window_size(width, max(least, height + frame))
