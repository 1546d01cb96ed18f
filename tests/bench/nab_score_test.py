"""The scoring of the Numenta Anomaly Benchmark by hand, and the rules that it is for."""

import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import nab_score  # noqa: E402

STANDARD = nab_score.Profile("standard", detected=1.0, missed=1.0, false=0.11)
LOW_FALSE = nab_score.Profile("reward_low_FP_rate", detected=1.0, missed=1.0, false=0.22)
LOW_MISSED = nab_score.Profile("reward_low_FN_rate", detected=1.0, missed=2.0, false=0.11)
WINDOW = (50, 59)


def series(rows=100, windows=(WINDOW,), **detections):
    """Of scores 0, but for `r50=1.0` and the like."""
    scores = [0.0] * rows
    for row, score in detections.items():
        scores[int(row[1:])] = score
    return nab_score.Series(scores, list(windows))


class Scores(unittest.TestCase):
    def assert_score(self, expected, *all_series, profile=STANDARD):
        self.assertAlmostEqual(nab_score.best(list(all_series), profile).score, expected, places=4)

    def test_first_row_of_the_window_is_perfect(self):
        for profile in (STANDARD, LOW_FALSE, LOW_MISSED):
            self.assert_score(100, series(r50=1.0), profile=profile)

    def test_never_detecting_is_zero(self):
        for profile in (STANDARD, LOW_FALSE, LOW_MISSED):
            outcome = nab_score.best([series()], profile)
            self.assertEqual((outcome.score, outcome.detected, outcome.threshold), (0, 0, math.inf))

    def test_late_detections_are_worth_less(self):
        # The fifth of ten rows is at -0.6: tanh(1.5) / tanh(2.5) = 0.917429; the last one at -0.1: 0.248241.
        self.assert_score(100 * (0.917429 + 1) / 2, series(r54=1.0))
        self.assert_score(100 * (0.248241 + 1) / 2, series(r59=1.0))

    def test_only_the_first_detection_of_a_window_counts(self):
        self.assert_score(100, series(r50=1.0, r54=1.0, r59=1.0))

    def test_false_detections_cost_by_the_profile(self):
        early = series(r20=1.0, r50=1.0)
        self.assert_score(100 * (1 - 0.11 + 1) / 2, early)
        self.assert_score(100 * (1 - 0.22 + 1) / 2, early, profile=LOW_FALSE)
        self.assert_score(100 * (1 - 0.11 + 2) / 3, early, profile=LOW_MISSED)

    def test_false_detections_cost_little_just_behind_a_window(self):
        # One row behind, of nine from its first to its last: tanh(2.5 / 9) = 0.270844.
        self.assert_score(100 * (1 - 0.11 * 0.270844 + 1) / 2, series(r50=1.0, r60=1.0))
        self.assert_score(100 * (1 - 0.11 + 1) / 2, series(r50=1.0, r87=1.0))

    def test_a_missed_window_costs(self):
        two = series(windows=(WINDOW, (80, 89)), r50=1.0)
        self.assert_score(50, two)
        self.assert_score(50, two, profile=LOW_MISSED)

    def test_threshold_leaves_out_what_scores_less(self):
        outcome = nab_score.best([series(r20=0.4, r50=0.5)], STANDARD)
        self.assertEqual((outcome.score, outcome.threshold, outcome.false), (100, 0.5, 0))

    def test_threshold_is_one_for_the_corpus(self):
        self.assert_score(100 * (1 - 0.11 + 1) / 2, series(r50=0.5), series(windows=(), r20=0.9))

    def test_rows_of_one_score_are_detected_together(self):
        self.assert_score(100 * (1 - 2 * 0.11 + 1) / 2, series(r20=0.5, r30=0.5, r50=0.5))

    def test_the_beginning_does_not_count(self):
        self.assert_score(100, series(r0=1.0, r14=1.0, r50=1.0))
        self.assert_score(100 * (1 - 0.11 + 1) / 2, series(r15=1.0, r50=1.0))
        long = {"rows": 10_000, "windows": ((5000, 5099),), "r5000": 1.0}
        self.assert_score(100, series(r749=1.0, **long))
        self.assert_score(100 * (1 - 0.11 + 1) / 2, series(r750=1.0, **long))

    def test_without_windows_there_is_no_score(self):
        with self.assertRaises(ValueError):
            nab_score.best([series(windows=())], STANDARD)


class Corpus(unittest.TestCase):
    def test_series_that_are_there_are_scored(self):
        with tempfile.TemporaryDirectory() as folder:
            corpus = pathlib.Path(folder)
            for name in ("config", "labels", "plant"):
                (corpus / name).mkdir()
            costs = {"tpWeight": 1.0, "fnWeight": 1.0, "fpWeight": 0.11, "tnWeight": 1.0}
            (corpus / "config/profiles.json").write_text(json.dumps({"standard": {"CostMatrix": costs}}))
            label = ["2026-01-01 00:50:00.000000", "2026-01-01 00:59:00.000000"]
            (corpus / "labels/combined_windows.json").write_text(
                json.dumps({"plant/here.csv": [label], "plant/away.csv": [label]}))
            # Ten minutes come twice, as when clocks are put back: the first 00:50 is meant.
            times = [f"2026-01-01 00:{minute:02}:00,1" for minute in [*range(60), *range(50, 60)]]
            (corpus / "plant/here.csv").write_text("\n".join(["timestamp,value", *times, ""]))
            self.assertEqual(list(nab_score.series_files(corpus)), ["plant/here.csv"])
            outcome = nab_score.score_corpus(corpus, {"plant/here.csv": [0.0] * 50 + [1.0] + [0.0] * 19})
            self.assertEqual({name: o.score for name, o in outcome.items()}, {"standard": 100})


class Rules(unittest.TestCase):
    def test_they_do_what_their_own_tests_say(self):
        done = subprocess.run([os.environ["PERIGEE"], "test", ROOT / "bench/nab"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
