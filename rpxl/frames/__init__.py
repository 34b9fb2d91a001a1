"""pandas in, pandas out: labels and dates around the functions of the core, which take arrays only.

Nothing here imports pandas before a caller passes a pandas object, or asks for one.
"""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from rpxl.core import backtest as core
from rpxl.frames.answers import Backtest, with_tables
from rpxl.frames.call import Call, is_pandas

P = ParamSpec("P")
R = TypeVar("R")


def accept_frames(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function of the core take pandas objects instead of arrays, and return pandas objects for them.

    Parameters
    ----------
    function : callable
        The meaning of its arguments is known from their names: ``cov``, ``weights``, ``prices`` …

    Returns
    -------
    callable
        Called with arrays, it gives the same as the function. With a Series or a DataFrame among the arguments:

        - Arguments with one entry per asset are matched by label, and the answer has the order of the first argument
          with labels. A label that is missing, unknown or there twice is an error. An array, or an index that only
          counts from 0, has no labels and is matched by position.
        - The index of prices or returns gives the dates, and the dates give the periods per year. An index that may
          hold dates in another form (texts, whole numbers from 1900 on) is an error that asks.
        - Missing values of any kind become NaN.
        - Errors name labels instead of positions.
        - One number per asset is returned as a Series, one per pair of assets or per date as a DataFrame. Factors are
          matched by their own labels.

    Examples
    --------
    >>> import pandas as pd
    >>> from rpxl import risk_contributions, risk_parity_weights
    >>> cov = pd.DataFrame([[0.0256, 0.0], [0.0, 0.0016]], ["Stocks", "Bonds"], ["Stocks", "Bonds"])
    >>> risk_parity_weights(cov).round(4)
    Stocks    0.2
    Bonds     0.8
    dtype: float64
    >>> risk_contributions(pd.Series({"Bonds": 0.8, "Stocks": 0.2}), cov).round(4)
    Bonds     0.5
    Stocks    0.5
    dtype: float64
    """

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if "pandas" in sys.modules and any(map(is_pandas, (*args, *kwargs.values()))):
            return cast(R, Call(function, args, kwargs).answer())
        result = function(*args, **kwargs)
        return cast(R, with_tables(result, None)) if isinstance(result, core.Backtest) else result

    return wrapper
