"""A thinned curve is short and looks the same."""

from hypothesis import given
from hypothesis import strategies as st

from diffcheck.report.thinning import thin

losses = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=600)


def curve_of(values):
    return tuple((float(i), value) for i, value in enumerate(values))


@given(losses, st.integers(4, 60))
def test_both_ends_the_extremes_and_the_order_stay(values, most):
    curve = curve_of(values)
    kept = thin(curve, most)
    assert len(kept) <= max(most, 4)
    assert kept[0] == curve[0]
    assert kept[-1] == curve[-1]
    assert list(kept) == sorted(kept)
    assert set(kept) <= set(curve)
    assert min(y for _, y in kept) == min(values)
    assert max(y for _, y in kept) == max(values)


def test_a_spike_of_one_epoch_is_kept():
    values = [1.0] * 5000
    values[1234] = 100.0
    assert (1234.0, 100.0) in thin(curve_of(values))


def test_a_short_curve_is_kept_whole():
    assert thin(curve_of([3.0, 2.0]), 400) == ((0.0, 3.0), (1.0, 2.0))
