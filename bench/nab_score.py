"""The scoring rules of the Numenta Anomaly Benchmark (Lavin and Ahmad, 2015, "Evaluating Real-time Anomaly Detection
Algorithms"), for scores that a detector gave to the rows of a corpus.

    bench/nab_score.py CORPUS RESULTS     scores the published results of a detector, such as the benchmark's
                                          results/numenta, on those series of the corpus that are there

A row whose score reaches a threshold is a detection. The first one within a labelled window counts for it, by how early
it is: 1 at the window's first row, nearly 0 at its last; a window without one costs fnWeight. Each detection outside
costs up to fpWeight: little just behind a window, all of it where no window is before it or the last one is more than
three of its lengths away. Rows of the beginning, when a detector may still learn, do not count. One threshold holds for
the whole corpus, for each profile of config/profiles.json the best one. The sum is scaled: 0 for a detector that never
detects, 100 for one that detects each window at its first row.
"""
import csv
import datetime
import itertools
import json
import math
import pathlib
import sys
from typing import Iterator, NamedTuple

PROBATION_SHARE = 0.15
PROBATION_ROWS_MAX = 750  # 15 % of 5,000
STEEPNESS = 5
FAR = 3  # lengths behind a window, from where a detection has nothing to do with it any more


class Profile(NamedTuple):
    """What the kinds of decisions are worth to somebody."""
    name: str
    detected: float  # tpWeight
    missed: float    # fnWeight
    false: float     # fpWeight


class Series(NamedTuple):
    """The scores of a series' rows, and its labelled windows as (first row, last row), in order."""
    scores: list[float]
    windows: list[tuple[int, int]]


class Outcome(NamedTuple):
    score: float      # 0: the null detector; 100: the perfect one
    threshold: float  # the best; infinite where it is best never to detect
    detected: int     # windows
    windows: int
    false: int        # rows


class Detection(NamedTuple):
    """What a row would be worth as a detection."""
    score: float
    window: tuple[int, int] | None  # series and window
    worth: float


def position_worth(position: float) -> float:
    """From nearly 1 at -1, the first row of a window, over 0 at its end to -1 far behind it."""
    return -1.0 if position > FAR else 2 / (1 + math.exp(STEEPNESS * position)) - 1


def probation(rows: int) -> int:
    """How many rows of the beginning do not count."""
    return min(math.floor(PROBATION_SHARE * rows), PROBATION_ROWS_MAX)


def inside(row: int, window: tuple[int, int]) -> float:
    first, last = window
    return position_worth((row - last - 1) / (last - first + 1)) / position_worth(-1)


def behind(row: int, window: tuple[int, int] | None) -> float:
    """Of a row in no window, by the last window before it."""
    if window is None:
        return -1.0
    first, last = window
    return position_worth((row - last) / max(last - first, 1))


def detections(number: int, series: Series, profile: Profile) -> Iterator[Detection]:
    """Of the rows that count, in their order."""
    current = 0  # the first window that has not ended
    for row, score in enumerate(series.scores):
        while current < len(series.windows) and series.windows[current][1] < row:
            current += 1
        if row < probation(len(series.scores)):
            continue
        if current < len(series.windows) and series.windows[current][0] <= row:
            yield Detection(score, (number, current), profile.detected * inside(row, series.windows[current]))
        else:
            before = series.windows[current - 1] if current > 0 else None
            yield Detection(score, None, profile.false * behind(row, before))


def best(all_series: list[Series], profile: Profile) -> Outcome:
    """Lowers the threshold from where nothing is detected, score by score, and keeps the best sum on the way."""
    windows = sum(len(s.windows) for s in all_series)
    if windows == 0:
        raise ValueError("a corpus without labelled windows has no score")
    rows = [d for number, s in enumerate(all_series) for d in detections(number, s, profile)]
    rows.sort(key=lambda d: -d.score)
    null, perfect = -profile.missed * windows, profile.detected * windows
    total, false = null, 0
    of_window: dict[tuple[int, int], float] = {}
    top = (null, math.inf, 0, 0)
    for threshold, reached in itertools.groupby(rows, key=lambda d: d.score):
        for d in reached:
            if d.window is None:
                total, false = total + d.worth, false + 1
                continue
            until_now = of_window.get(d.window, -profile.missed)
            of_window[d.window] = max(until_now, d.worth)
            total += of_window[d.window] - until_now
        if total > top[0]:
            top = (total, threshold, len(of_window), false)
    return Outcome(100 * (top[0] - null) / (perfect - null), top[1], top[2], windows, top[3])


def profiles(corpus: pathlib.Path) -> list[Profile]:
    costs = {name: of["CostMatrix"] for name, of in json.loads((corpus / "config/profiles.json").read_text()).items()}
    return [Profile(name, c["tpWeight"], c["fnWeight"], c["fpWeight"]) for name, c in costs.items()]


def series_files(corpus: pathlib.Path) -> dict[str, pathlib.Path]:
    """The labelled series that are there; in the benchmark's own repository they are in the folder data."""
    labelled = json.loads((corpus / "labels/combined_windows.json").read_text())
    found = {name: path for name in labelled for path in (corpus / name, corpus / "data" / name) if path.exists()}
    return dict(sorted(found.items()))


def windows_of(corpus: pathlib.Path, name: str, file: pathlib.Path) -> list[tuple[int, int]]:
    with file.open(newline="") as lines:
        times = [datetime.datetime.fromisoformat(row["timestamp"]) for row in csv.DictReader(lines)]
    row_at = {at: row for row, at in reversed(list(enumerate(times)))}  # the first of that time
    labelled = json.loads((corpus / "labels/combined_windows.json").read_text())[name]
    return sorted((row_at[datetime.datetime.fromisoformat(first)], row_at[datetime.datetime.fromisoformat(last)])
                  for first, last in labelled)


def score_corpus(corpus: pathlib.Path, scores: dict[str, list[float]]) -> dict[str, Outcome]:
    """By profile; `scores` are those of the rows of each series."""
    files = series_files(corpus)
    all_series = [Series(of_rows, windows_of(corpus, name, files[name])) for name, of_rows in scores.items()]
    return {profile.name: best(all_series, profile) for profile in profiles(corpus)}


def published_scores(corpus: pathlib.Path, results: pathlib.Path) -> dict[str, list[float]]:
    """Of a detector's folder of results, whose files are called DETECTOR_SERIES.csv."""
    out = {}
    for name in series_files(corpus):
        file = results / pathlib.Path(name).parent / f"{results.name}_{pathlib.Path(name).name}"
        with file.open(newline="") as lines:
            out[name] = [float(row["anomaly_score"]) for row in csv.DictReader(lines)]
    return out


if __name__ == "__main__":
    corpus_folder, results_folder = map(pathlib.Path, sys.argv[1:])
    for of, outcome in score_corpus(corpus_folder, published_scores(corpus_folder, results_folder)).items():
        print(f"{of}: {outcome.score:.2f}, {outcome.detected} of {outcome.windows} windows, {outcome.false} false rows "
              f"from {outcome.threshold:g} on")
