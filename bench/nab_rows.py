"""The rows of bench/run about how well rules find what is wrong: bench/nab on the Numenta Anomaly Benchmark."""
import os
import pathlib
import subprocess
from typing import Iterator

import nab_score
from harness import BUILD, ROOT, NotMeasured, Options, Result
from rows import row

CORPUS = pathlib.Path(os.environ.get("PERIGEE_NAB", ROOT.parent / "shared/data/nab"))
RULES = ROOT / "bench" / "nab"

# By PROFILES. Of the whole corpus: results/final_results.json of the benchmark's repository, v1.1 (its scoreboard has
# 69.7 to 70.5 for HTM). Of artificial*, realAWSCloudwatch and realKnownCause, 35 series: what bench/nab_score.py makes
# of the detectors' results there; of the whole corpus it makes what is published, to 0.1.
PUBLISHED = {
    58: {"Numenta HTM": (70.1, 63.1, 74.3), "relative entropy": (54.6, 47.6, 58.8),
         "windowed Gaussian": (39.6, 20.9, 47.4)},
    35: {"Numenta HTM": (66.6, 60.8, 71.1), "relative entropy": (50.0, 41.6, 54.6),
         "windowed Gaussian": (22.0, 4.9, 29.8)},
}
PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")


def scores_by_rules(series: pathlib.Path) -> list[float]:
    run = subprocess.run([BUILD / "bench" / "rule_scores", RULES, series], capture_output=True, text=True, timeout=600)
    if run.returncode != 0:
        raise NotMeasured(run.stderr.strip())
    return [float(line) for line in run.stdout.splitlines()]


def published(series: int, profile: str) -> str:
    scores = PUBLISHED.get(series, {})
    return ", ".join(f"{of[PROFILES.index(profile)]} {name}" for name, of in scores.items())


@row("nab")
def anomalies_of_real_series(_: Options) -> Iterator[Result]:
    """A score, not a speed: 0 is a detector that never detects, 100 one that detects each labelled window at once."""
    if not (CORPUS / "labels").exists():
        raise NotMeasured(f"the benchmark's data are not in {CORPUS}")
    if not (BUILD / "bench" / "rule_scores").exists():
        raise NotMeasured(f"{BUILD / 'bench' / 'rule_scores'} is not there")
    files = nab_score.series_files(CORPUS)
    outcomes = nab_score.score_corpus(CORPUS, {name: scores_by_rules(file) for name, file in files.items()})
    for profile in PROFILES:
        of = outcomes[profile]
        yield Result(f"NAB, {len(files)} of 58 series, {profile}: {of.detected} of {of.windows} windows, "
                     f"{of.false} false rows", f"{of.score:.1f}", published(len(files), profile), "", "")
