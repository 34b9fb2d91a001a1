"""What a backtest in cells is compared with."""

import pytest

from rpxl.errors import InputError
from rpxl.formulas import RP_BACKTEST

PRICES = [
    [45293.0, 50.0, 100.0],
    [45294.0, 51.0, 99.0],
    [45295.0, 50.0, 100.0],
    [45296.0, 50.0, 100.0],
    [45299.0, 55.0, 100.0],
    [45300.0, 44.0, 120.0],
]
RUN = {"strategy": "equal_weight", "lookback": 2, "rebalance": "daily"}


@pytest.mark.parametrize(("number", "values"), [(1, [1.0, 1.1, 0.88]), (2, [1.0, 1.0, 1.2])])
def test_the_number_of_an_asset_stands_for_its_prices(number, values):
    rows = RP_BACKTEST(PRICES, **RUN, benchmark=number)
    assert [row[3] for row in rows[1:]] == pytest.approx(values)


@pytest.mark.parametrize("number", [-1, 0, 1.5, 3])
def test_a_number_that_no_asset_has_is_refused(number):
    with pytest.raises(InputError, match=f"benchmark: is {number}; give the number of an asset from 1 to 2"):
        RP_BACKTEST(PRICES, **RUN, benchmark=number)
