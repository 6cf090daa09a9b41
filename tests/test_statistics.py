"""Intervals, bounds, verdicts and tests agree with scipy, statsmodels and published tables."""

from __future__ import annotations

import json
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from ringfence.evaluation.budget import label_budget
from ringfence.evaluation.calibration import allowed_errors, least_accepted
from ringfence.evaluation.statistics import (
    Proportion,
    bootstrap_interval,
    bootstrap_ratio,
    exact_bound,
    further_needed,
    holm,
    labels_for_difference,
    mcnemar,
    right_needed,
    verdict_on,
    wilson,
)
from tests.conftest import ringfence

COUNTS = st.integers(1, 400).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@given(COUNTS, st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_that_of_statsmodels(counts: tuple[int, int], confidence: float) -> None:
    low, high = proportion_confint(*counts, alpha=1 - confidence, method="wilson")
    assert wilson(*counts, confidence) == pytest.approx((max(low, 0), min(high, 1)), abs=1e-9)


@given(COUNTS)
def test_exact_bounds_are_those_of_scipy(counts: tuple[int, int]) -> None:
    right, total = counts
    greater = binomtest(right, total, alternative="greater").proportion_ci(0.95, method="exact")
    less = binomtest(right, total, alternative="less").proportion_ci(0.95, method="exact")
    assert exact_bound(right, total, "lower") == pytest.approx(greater.low, abs=1e-9)
    assert exact_bound(right, total, "upper") == pytest.approx(less.high, abs=1e-9)


@pytest.mark.parametrize(("total", "right"), [(50, 49), (100, 96), (200, 188), (500, 462)])
def test_what_certifies_nine_tenths(total: int, right: int) -> None:
    assert right_needed(total, 0.9) == right
    assert exact_bound(right - 1, total, "lower") < 0.9 <= exact_bound(right, total, "lower")


def test_too_few_labels_certify_nothing() -> None:
    assert right_needed(28, 0.9) is None
    assert right_needed(29, 0.9) == 29


@pytest.mark.parametrize(("target", "least"), [(0.05, 59), (0.02, 149), (0.01, 299)])
def test_the_fewest_accepted_without_an_error(target: float, least: int) -> None:
    assert least_accepted(target) == least
    assert allowed_errors(least, target) == 0
    assert allowed_errors(least - 1, target) is None


def test_four_errors_in_two_hundred_are_within_five_percent() -> None:
    assert allowed_errors(200, 0.05) == 4


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    with patch("gc.collect"):  # statsmodels calls it every time: a second here
        assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]), abs=1e-9)


def test_a_budget_says_what_a_bar_takes(capsys: pytest.CaptureFixture[str]) -> None:
    budget = label_budget(0.9, (20, 100), difference=0.1, discordant=0.2)
    assert [(row.labels, row.right_needed) for row in budget.rows] == [(20, None), (100, 96)]
    assert (budget.least, budget.documents(4), budget.labels_for_difference) == (29, (8, 29), 155)
    assert ringfence("budget", "--bar", 0.9, "--n", 100, "--json") == 0
    assert json.loads(capsys.readouterr().out) == label_budget(0.9, (100,)).as_json()
    assert ringfence("budget", "--bar", 0.9, "--values-per-document", 4, "--difference", 0.2) == 0
    said = capsys.readouterr().err
    assert "Fewer than 29 labels cannot certify this bar" in said
    assert "between 8 documents" in said
    assert "cannot differ by 20%" in said


def test_mcnemar_is_the_exact_one() -> None:
    from statsmodels.stats.contingency_tables import mcnemar as reference

    assert mcnemar(3, 12) == pytest.approx(reference([[40, 3], [12, 45]], exact=True).pvalue)
    assert mcnemar(0, 0) == 1.0


def test_labels_for_a_difference_are_those_of_the_published_formula() -> None:
    # Connor (1987): (1.96 sqrt(0.2) + 0.8416 sqrt(0.2 - 0.01))^2 / 0.01
    assert labels_for_difference(0.1, 0.2) == 155
    assert labels_for_difference(0.3, 0.2) is None


def test_verdicts_at_the_bar() -> None:
    def verdict(right: int, total: int) -> str:
        return verdict_on(
            Proportion.of([True] * right + [False] * (total - right), [str(n) for n in range(total)]), 0.9
        ).word

    assert verdict(96, 100) == "PASS"
    assert verdict(95, 100) == "UNDECIDED"
    assert verdict(80, 100) == "FAIL"
    assert verdict(20, 20) == "UNDECIDED"


def test_further_labels_decide_at_the_share_seen_so_far() -> None:
    seen = Proportion.of([True] * 19 + [False], [str(n) for n in range(20)])
    more = further_needed(seen, 0.9)
    assert more is not None
    total = 20 + more
    assert exact_bound(0.95 * total, total, "lower") >= 0.9
    assert exact_bound(0.95 * (total - 2), total - 2, "lower") < 0.9
    even = Proportion.of([True] * 9 + [False], [str(n) for n in range(10)])
    assert further_needed(even, 0.9, most=10_000) is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 15)), min_size=1, max_size=120))
def test_families_never_make_a_bound_narrower(items: list[tuple[bool, int]]) -> None:
    right = [hit for hit, _ in items]
    clustered = Proportion.of(right, [str(family) for _, family in items])
    alone = Proportion.of(right, [str(n) for n in range(len(right))])
    assert 0 < clustered.effective <= alone.effective == len(items)
    assert clustered.bound("lower") <= alone.bound("lower") + 1e-12
    assert clustered.bound("upper") >= alone.bound("upper") - 1e-12


def test_values_of_one_document_that_fail_together_count_as_few() -> None:
    together = Proportion.of(
        [n < 18 for n in range(20) for _ in range(5)], [str(n) for n in range(20) for _ in range(5)]
    )
    assert together.total == 100
    assert together.effective < 25


def test_a_bootstrap_ratio_is_the_general_bootstrap() -> None:
    draw = np.random.default_rng(1)
    families = [str(n) for n in draw.integers(0, 30, 120)]
    above, below = draw.random(120), draw.random(120) + 0.5
    quick = bootstrap_ratio(list(above), list(below), families)
    slow = bootstrap_interval(lambda places: float(above[places].sum() / below[places].sum()), families)
    assert quick == pytest.approx(slow, abs=0.02)
