"""What was measured, in tables; and what to declare because of it."""

from __future__ import annotations

import math
from typing import Any, Optional, Sequence

from benchmarks.activations.functions import ACTIVATIONS
from benchmarks.activations.inputs import FORMATS
from benchmarks.activations.profile import Profile

#: Numbers of ulp that are easy to read and to remember.
READABLE = (0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 16)
#: Up to so many ulp, no floor is taken where none is needed.
PURE = 10
#: Declared over measured: for what a scan has not seen, other processors and sampled dtypes.
MARGIN = 1.3
#: Differences from the activation that are no rounding; nothing is declared because of them.
DEVIATIONS = {
    ("tensorflow", "leaky_relu", "float64"): "the slope 0.2 is rounded to float32",
    ("tensorflow", "gelu", "float64"): "the root of 2, or its inverse, is rounded to float32",
}
COLUMNS = (
    ("activation", 19), ("dtype", 8), ("mode", 5), ("worst", 8), ("at x", 15), ("short", 8),
    ("k", 4), ("a", 6), ("tiny", 5), ("flushes", 7), ("notes", 0),
)  # fmt: skip


def profile_of(row: dict[str, Any]) -> Profile:
    """The profile in a row of JSON."""
    return Profile.from_json(FORMATS[row["dtype"]], row)


def needed(profile: Profile) -> tuple[float, float]:
    """The smallest k whose floor is negligible, or nearly the floor that 16 ulp leave; and it.

    A floor is negligible when it is a sixteenth of the unit roundoff, which is not felt beside
    values near 1. None is worth having where it would have to reach 1: then k is all. Beside a
    floor k is half an ulp at least, because no correctly rounded value must be ruled out.
    """
    worst, least = profile.worst()[0], profile.floor(READABLE[-1])
    if least >= 1 or (worst <= PURE and profile.floor(worst) == 0):
        return worst, profile.floor(worst)
    negligible = 2.0 ** -(profile.form.precision + 4)
    k = next(k for k in READABLE[1:] if profile.floor(k) <= max(2 * least, negligible))
    return k, profile.floor(k)


def declared(profile: Profile) -> tuple[float, float]:
    """Both with the margin, k rounded up to a readable number and a to a power of two."""
    k, a = needed(profile)
    return readable(MARGIN * k), power_above(MARGIN * a)


def readable(k: float) -> float:
    """The next readable number: of ``READABLE``, or of two digits."""
    for number in READABLE:
        if k <= number:
            return number
    step = 10.0 ** (math.floor(math.log10(k)) - 1)
    return math.ceil(k / step) * step


def power_above(a: float) -> float:
    """The next power of two; 0 for 0."""
    return 0.0 if a == 0 else 2.0 ** math.ceil(math.log2(a))


def power(a: float) -> str:
    """A power of two as it is written, 2^-126."""
    return "0" if a == 0 else f"2^{math.log2(a):.0f}"


def notes(row: dict[str, Any]) -> str:
    """What else is to be said of a row."""
    found = list(row.get("at the ends", []))
    if row["overflows_early"]:
        size, x, computed = map(float, row["overflows_early"])
        found.append(f"f({x:.9g}) = {computed:g}, is {size:.7g}")
    lengths = row.get("worst by length", {})
    found += [f"{float(worst):.3g} ulp in rows of {n}" for n, worst in lengths.items()]
    return "; ".join(found)


def cells(row: dict[str, Any]) -> list[str]:
    """The columns of a row."""
    profile = profile_of(row)
    worst, x, _ = profile.worst()
    k, a = needed(profile)
    short = row.get("worst in small arrays")
    return [
        row["activation"], row["dtype"], row["mode"], ulps(worst), f"{x:.9g}",
        "" if short is None else ulps(short[0]),
        f"{k:.3g}", power(power_above(a)), f"{profile.tiny[0]:.2g}",
        "no" if profile.flushed is None else "yes", notes(row),
    ]  # fmt: skip


def ulps(number: float) -> str:
    """A number of ulp as it is written."""
    return f"{number:.2f}" if number < 1000 else f"{number:.1e}"


def measured_line(row: Optional[dict[str, Any]] = None) -> str:
    """A row as a line of text; the headings without a row."""
    texts = [name for name, _ in COLUMNS] if row is None else cells(row)
    return "  ".join(text.ljust(width) for text, (_, width) in zip(texts, COLUMNS)).rstrip()


def measured_table(rows: Sequence[dict[str, Any]], markdown: bool = False) -> str:
    """A table for each library and version, with what was scanned."""
    parts = []
    for title in dict.fromkeys(map(title_of, rows)):
        own = [row for row in rows if title_of(row) == title]
        lines = [f"### {title}" if markdown else title, "", *scans(own, markdown), ""]
        if markdown:
            lines += as_markdown([name for name, _ in COLUMNS], map(cells, own))
        else:
            lines += [measured_line(), *map(measured_line, own)]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def title_of(row: dict[str, Any]) -> str:
    """Library and versions."""
    return ", ".join(f"{name} {version}" for name, version in row["versions"].items())


def scans(rows: Sequence[dict[str, Any]], markdown: bool) -> list[str]:
    """When, and what was scanned, by dtype; activations and modes are named where it differs."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["dtype"], row["scanned"]), []).append(row)
    bullet = "- " if markdown else "  "
    days = sorted({f"{row['date']}, {row['machine']}" for row in rows})
    lines = [f"{bullet}scanned on {'; '.join(days)}"]
    for (dtype, scanned), own in found.items():
        names = list(dict.fromkeys(row["activation"] for row in own))
        asked = dict.fromkeys(row["activation"] for row in rows if row["dtype"] == dtype)
        others = [name for name in asked if name not in names]
        modes = dict.fromkeys(row["mode"] for row in own)
        where = f" in {', '.join(modes)}" if set(modes) != {row["mode"] for row in rows} else ""
        if len(others) < len(names):
            these = f" (all but {', '.join(others)})" if others else ""
        else:
            these = f" ({', '.join(names)}{where})"
        lines.append(f"{bullet}{dtype}: {scanned}{these}")
    return lines


def as_markdown(headings: Sequence[str], lines: Any) -> list[str]:
    """A table in Markdown."""
    return [
        f"| {' | '.join(headings)} |",
        f"|{'---|' * len(headings)}",
        *(f"| {' | '.join(line)} |" for line in lines),
    ]


def deviation(row: dict[str, Any]) -> Optional[str]:
    """Why a row is no matter of rounding; None where it is."""
    return DEVIATIONS.get((row["library"], row["activation"], row["dtype"]))


def merged(rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], Profile]:
    """(activation, dtype) -> all that was found of it, known deviations left out."""
    found: dict[tuple[str, str], Profile] = {}
    for row in rows:
        if deviation(row) is None:
            key = (row["activation"], row["dtype"])
            found.setdefault(key, Profile(FORMATS[row["dtype"]])).merge(profile_of(row))
    return found


def declared_table(rows: Sequence[dict[str, Any]], markdown: bool = False) -> str:
    """The k and a that hold for every row, for each activation and dtype; and the deviations."""
    profiles = merged(rows)
    dtypes = [dtype for dtype in FORMATS if any(own == dtype for _, own in profiles)]
    lines = []
    for activation in (name for name in ACTIVATIONS if any(own == name for own, _ in profiles)):
        found = [profiles.get((activation, dtype)) for dtype in dtypes]
        lines.append([activation, *("" if each is None else pair(each) for each in found)])
    title = f"What to declare: k, a (measured times {MARGIN:g}, rounded up)"
    if markdown:
        table = [f"### {title}", "", *as_markdown(["activation", *dtypes], lines)]
    else:
        texts = [["activation", *dtypes], *lines]
        table = [title, *("".join(f"{text:20}" for text in line).rstrip() for line in texts)]
    return "\n".join([*table, "", *deviations(rows)]).rstrip()


def deviations(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each known deviation, with the k and a that would cover it."""
    found: dict[str, Profile] = {}
    for row in rows:
        why = deviation(row)
        if why is not None:
            where = f"{row['activation']} in {row['dtype']}, {title_of(row)}: {why}"
            found.setdefault(where, Profile(FORMATS[row["dtype"]])).merge(profile_of(row))
    return [f"- Left out: {where} (needs {pair(profile)})" for where, profile in found.items()]


def pair(profile: Profile) -> str:
    """What is declared because of a profile, as it is written."""
    k, a = declared(profile)
    return f"{k:g}, {power(a)}"


def literal(rows: Sequence[dict[str, Any]]) -> str:
    """The same as Python: dtype -> activation -> (k, a)."""
    profiles = merged(rows)
    lines = []
    for dtype in (dtype for dtype in FORMATS if any(own == dtype for _, own in profiles)):
        lines.append(f'    "{dtype}": {{')
        for activation in ACTIVATIONS:
            if (activation, dtype) in profiles:
                k, a = declared(profiles[activation, dtype])
                floor = "0" if a == 0 else f"2.0**{math.log2(a):.0f}"
                lines.append(f'        "{activation}": ({k:g}, {floor}),')
        lines.append("    },")
    return "\n".join(["{", *lines, "}"])
