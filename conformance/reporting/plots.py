"""The plots of a report, as SVG text for the page.

Every series has a colour, a marker and a line style of its own, so that it can be told from the
others without colour.
"""

from __future__ import annotations

import io
import itertools
from typing import Any, Iterable, Optional, Sequence

import matplotlib
from matplotlib.figure import Figure

from conformance.checking.results import Result

#: Colours of Okabe and Ito, which differ for everybody, with a marker and a line style.
STYLES = (
    ("#0072b2", "o", "-"),
    ("#d55e00", "s", "--"),
    ("#009e73", "^", "-."),
    ("#cc79a7", "D", ":"),
)
_SETTINGS = {
    "text.parse_math": False,  # a dollar sign in the name of a mode is one
    "svg.fonttype": "none",  # text that can be searched, in the fonts of the page
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
}
MEANING = {
    "N": "N samples",
    "T": "T time steps",
    "D": "D features",
    "M": "M hidden units",
    "K": "K outputs",
}


@matplotlib.rc_context(_SETTINGS)
def shares_by_dimension(results: Sequence[Result], letter: str) -> Optional[str]:
    """Worst and typical share of the bound against T or M, a pair of lines for each dtype.

    None where no result has shares. What is typical is the median, weighted by cases, of the
    medians of the tests.
    """
    dtypes = sorted({r.dtype for r in results if r.coverage.shares.get(letter)})
    if not dtypes:
        return None
    classes = sorted({int(n) for r in results for n in r.coverage.shares.get(letter, {})})
    figure, axes = _figure(4.0, 2.8)
    for dtype, (colour, marker, _) in zip(dtypes, itertools.cycle(STYLES)):
        of_dtype = [r for r in results if r.dtype == dtype]
        worst, typical, places = [], [], []
        for place, first in enumerate(classes):
            triples = [r.coverage.shares.get(letter, {}).get(str(first)) for r in of_dtype]
            seen = [t for t in triples if t is not None]
            if seen:
                places.append(place)
                worst.append(max(t[2] for t in seen))
                typical.append(_weighted_median((t[1], t[0]) for t in seen))
        axes.plot(places, worst, "-", color=colour, marker=marker, label=f"{dtype}, worst")
        axes.plot(places, typical, ":", color=colour, marker=marker, mfc="white",
                  label=f"{dtype}, typical")  # fmt: skip
    axes.set_xticks(range(len(classes)), [_class_name(n) for n in classes])
    axes.set_xlabel(MEANING[letter])
    _share_axis(axes)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    return _svg(figure, f"Share of the bound against {MEANING[letter]}")


@matplotlib.rc_context(_SETTINGS)
def shares_by_mode(results: Sequence[Result]) -> Optional[str]:
    """The worst share of each property in each mode and dtype, a mark for each; None without."""
    shown = [r for r in results if r.worst_share is not None]
    if not shown:
        return None
    modes = sorted({r.mode or "any" for r in shown}, key=lambda m: (m == "any", m))
    dtypes = sorted({r.dtype for r in shown})
    figure, axes = _figure(4.0, 2.8)
    for i, (dtype, (colour, marker, _)) in enumerate(zip(dtypes, itertools.cycle(STYLES))):
        of_dtype = [r for r in shown if r.dtype == dtype]
        offset = 0.24 * (i - (len(dtypes) - 1) / 2)
        places = [modes.index(r.mode or "any") + offset for r in of_dtype]
        axes.plot(places, [r.worst_share for r in of_dtype], marker, color=colour, alpha=0.7,
                  mfc="none", label=dtype)  # fmt: skip
    axes.set_xticks(range(len(modes)), [m.replace("predict_on", "predict\n_on") for m in modes])
    axes.set_xlim(-0.5, len(modes) - 0.5)
    _share_axis(axes)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, frameon=False)
    return _svg(figure, "Worst share of the bound of each property, by mode and dtype")


@matplotlib.rc_context(_SETTINGS)
def histogram(results: Sequence[Result], letter: str) -> Optional[str]:
    """How many cases there were of each N, T, D, M or K; None where there were none."""
    counts: dict[int, int] = {}
    for result in results:
        for n, cases in result.coverage.dimensions.get(letter, {}).items():
            counts[int(n)] = counts.get(int(n), 0) + cases
    if not counts:
        return None
    figure, axes = _figure(2.35, 1.8)
    axes.bar(list(counts), list(counts.values()), width=0.9, color=STYLES[0][0])
    axes.set_xlim(0, max(counts) + 1)
    axes.set_xlabel(f"{MEANING[letter]}, {min(counts)} to {max(counts)}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.get_major_locator().set_params(integer=True)
    return _svg(figure, f"Cases by {MEANING[letter]}")


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _share_axis(axes: Any) -> None:
    axes.set_ylim(0, 1.05)
    axes.axhline(1, color="#333333", linewidth=1)
    axes.set_ylabel("share of the bound")


def _weighted_median(values: Iterable[tuple[float, float]]) -> float:
    ordered = sorted(values)
    half = sum(weight for _, weight in ordered) / 2
    below = 0.0
    for value, weight in ordered:
        below += weight
        if below >= half:
            return value
    raise ValueError("no values")


def _class_name(first: int) -> str:
    return str(first) if first == 1 else f"{first}–{2 * first - 1}"


def _svg(figure: Figure, title: str) -> str:
    """The figure as an SVG element, with a title for screen readers."""
    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": title}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Title": title})
    svg = text.getvalue()
    return svg[svg.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
