"""Pictures of an evaluation: reliability and confusion. Needs the optional extra `plots` (matplotlib)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from classifier.errors import ClassifierError


class PlotsMissing(ClassifierError):
    """matplotlib is not installed."""


def save_plots(figures: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """Writes `reliability.png` and `confusion.png` and returns their paths. Raises PlotsMissing, OSError."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PlotsMissing("pictures need matplotlib: install the extra `plots`") from error
    folder.mkdir(parents=True, exist_ok=True)
    reliability = Figure(figsize=(5, 5), layout="constrained")
    axes = reliability.add_subplot()
    bins = figures["reliability"]
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, label="perfect")
    axes.plot([b["confidence"] for b in bins], [b["accuracy"] for b in bins], marker="o", label="measured")
    for b in bins:
        axes.annotate(str(b["n"]), (b["confidence"], b["accuracy"]), textcoords="offset points", xytext=(4, -12))
    axes.set_xlabel("confidence")
    axes.set_ylabel("share of answers that were right")
    axes.set_title(f"Reliability (calibration error {figures['ece']:.3f})")
    axes.legend()
    confusion = Figure(figsize=(5, 4.5), layout="constrained")
    axes = confusion.add_subplot()
    names = list(figures["all"]["confusion"])
    table = [[figures["all"]["confusion"][held][said] for said in names] for held in names]
    shares = [[n / max(1, sum(row)) for n in row] for row in table]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for r, row in enumerate(table):
        for c, n in enumerate(row):
            axes.text(c, r, str(n), ha="center", va="center", color="white" if shares[r][c] > 0.5 else "black")
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("answer")
    axes.set_ylabel("label")
    axes.set_title("Confusion")
    paths = (folder / "reliability.png", folder / "confusion.png")
    reliability.savefig(paths[0], dpi=120)
    confusion.savefig(paths[1], dpi=120)
    return paths
