"""Make the screenshots in docs/images from reports of runs, in a headless Chromium.

    pytest -n auto --report run.json                                # the installed TensorFlow
    pytest --implementation mymodule:forward --report failing.json  # a function that transposes Wh
    tox run -e tf27 -- --conformance-profile quick --report tf27.json
    pytest -n auto --conformance-profile quick --fault wrong_only_under_xla --report xla.json
    python tools/screenshots.py --run run.json --failing failing.json
    python tools/screenshots.py --compare tf27.json run.json xla.json

Needs the extras ``report`` and ``browser`` and, from the system's packages, Chromium with its
driver (Debian: apt-get install chromium chromium-driver).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any, Optional, Sequence

from browser import chromium, open_browser, whole_page

from conformance.reporting.compare import compare_reports
from conformance.reporting.html_report import write_comparison, write_html
from conformance.reporting.json_report import ReportError, read_json

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"


def shoot(browser: Any, page: Path, image: Path, height: Optional[int] = None) -> None:
    """Save what the page looks like, all of it or its first ``height`` pixels."""
    browser.get(page.as_uri())
    if height is None:
        whole_page(browser)
    else:
        browser.set_window_size(1280, height)
    image.parent.mkdir(parents=True, exist_ok=True)
    browser.save_screenshot(str(image))
    print(image)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Make those that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, metavar="FILE.json")
    parser.add_argument("--failing", type=Path, metavar="FILE.json")
    parser.add_argument("--compare", type=Path, nargs="+", metavar="FILE.json")
    parser.add_argument("--images", type=Path, default=IMAGES, metavar="FOLDER")
    options = parser.parse_args(arguments)
    if chromium() is None:
        print("Chromium is not installed (Debian: apt-get install chromium chromium-driver)")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        browser = open_browser()
        try:
            if options.run is not None:
                write_html(read_json(options.run), page)
                shoot(browser, page, options.images / "report.png")
            if options.failing is not None:
                write_html(read_json(options.failing), page)
                shoot(browser, page, options.images / "failure.png", height=1500)
            if options.compare is not None:
                pairs = [(path, read_json(path)) for path in options.compare]
                write_comparison(compare_reports(pairs), page)
                shoot(browser, page, options.images / "comparison.png")
        except ReportError as error:
            print(f"ERROR: {error}", file=sys.stderr)
            return 2
        finally:
            browser.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
