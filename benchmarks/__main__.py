"""Run every benchmark and write reports/benchmarks.md."""

from pathlib import Path

from benchmarks import comparison, diagnosis, porting, replay, several, startup, study

PAGE = Path(__file__).parent.parent / "reports" / "benchmarks.md"


def main() -> None:
    """Measure, print, write."""
    page = "\n".join(
        [
            "# Benchmarks",
            "",
            "Run in turn (A B A B …) on one machine, medians of the runs after one warm-up.",
            "Made by `make bench`; ratios travel between machines, seconds do not.",
            "",
            *startup.table(),
            "",
            *several.table(),
            "",
            *comparison.table(),
            "",
            *replay.table(),
            "",
            *diagnosis.table(),
            "",
            *porting.table(),
            "",
            *study.table(500),
        ]
    )
    PAGE.write_text(page + "\n", encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
