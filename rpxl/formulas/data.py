"""Functions that compute and check the inputs: returns, covariances, correlations."""

from typing import Annotated, Literal

from rpxl.core import covariance
from rpxl.core.dates import Dates
from rpxl.core.estimators import ESTIMATORS, PAIRWISE, estimate_cov
from rpxl.core.missing import MISSING, count_incomplete
from rpxl.errors import InputError
from rpxl.formulas.arguments import Cov, MissingChoice, options_help
from rpxl.formulas.catalogue import Example, formula
from rpxl.formulas.cells import Array, Cells, is_omitted
from rpxl.formulas.date_column import require_oldest_first
from rpxl.formulas.grid import check_labels
from rpxl.formulas.readers import AssetTable, Choice, Number, Raw, Square, Vector

_STOCKS_BONDS = [[0.0225, -0.0015], [-0.0015, 0.0025]]  # vols 15 % and 5 %, correlation −0.2
_BY_HAND = "by hand"


@formula(
    "Data",
    example=Example(
        args=([[100.0, 50.0], [110.0, 50.0], [99.0, 60.0]],),
        answer=[[0.1, 0.0], [-0.1, 0.2]],
        source=_BY_HAND,
    ),
)
def RETURNS(
    prices: Annotated[
        Array,
        AssetTable(
            "Prices: one column per asset, one row per date, oldest first. Labels and dates may be included.",
            gaps=True,
            oldest_first=True,
        ),
    ],
    kind: Annotated[
        Literal["simple", "log"],
        Choice("simple (default): p(t)/p(t−1) − 1; log: ln p(t) − ln p(t−1).", ("simple", "log")),
    ] = "simple",
    missing: Annotated[
        str,
        MissingChoice(
            "error (default): a blank or #N/A price, or a skipped date, is an error; drop_rows: leave out that date "
            "for all assets, so that the next return spans the gap. MISSING_ROWS counts such rows.",
            MISSING,
        ),
    ] = "error",
    *,
    dates: Dates | None,
) -> Array:
    """Returns of each asset from one date to the next; one row fewer than the prices.

    Raises
    ------
    InputError
        A price is missing or a date is skipped, unless `missing` is drop_rows; a price is not positive; or there are
        fewer than two dates.

    Notes
    -----
    Simple p(t)/p(t−1) − 1, log ln p(t) − ln p(t−1), not annual.

    Examples
    --------
    >>> RETURNS([[100.0], [125.0]])
    [[0.25]]
    >>> RETURNS([[100.0, 8.0], [110.0, None], [125.0, 10.0]], missing="drop_rows")
    [[0.25, 0.25]]
    """
    return covariance.returns_from_prices(prices, kind, missing, dates)


@formula(
    "Data",
    example=Example(
        args=([[0.01, 0.02], [-0.01, 0.0], [0.03, -0.02]], "sample", 12.0),
        answer=[[0.0048, -0.0024], [-0.0024, 0.0048]],
        source=_BY_HAND + ": deviations 0, −2, 2 % and 2, 0, −2 %; sums of products 8, −4, 8 over T − 1 = 2, times 12",
    ),
)
def COV_MATRIX(
    returns: Annotated[
        Array,
        AssetTable("Returns: one column per asset, one row per date. Labels and dates may be included.", gaps=True),
    ],
    method: Annotated[
        str, Choice(options_help({name: one.help for name, one in ESTIMATORS.items()}), tuple(ESTIMATORS))
    ] = "sample",
    periods_per_year: Annotated[
        float | None,
        Number(
            "Number of returns per year, to make the covariance annual: 252 daily, 52 weekly, 12 monthly. Left out: "
            "found from the dates; 252 without dates. A number that contradicts the dates is an error."
        ),
    ] = None,
    halflife: Annotated[
        float | None,
        Number(
            "For ewma: number of periods after which a weight has halved, 1 or more. Default 63. The decay 0.94 of "
            "RiskMetrics is a half-life of 11.2."
        ),
    ] = None,
    missing: Annotated[
        str,
        MissingChoice(
            "error (default): a blank or #N/A return is an error; drop_rows: leave out its row for all assets; "
            "pairwise (method sample only): each pair of assets by the rows that both have; the matrix "
            "may need NEAREST_PSD.",
            (*MISSING, PAIRWISE),
        ),
    ] = "error",
    decay: Annotated[
        float | None,
        Number(
            "For ewma, instead of halflife: each row's weight as a fraction of the next row's, below 1 (RiskMetrics: "
            "0.94)."
        ),
    ] = None,
    threshold: Annotated[
        float | None, Number("For semi: the return per period below which there is a shortfall. Default 0.")
    ] = None,
    *,
    dates: Dates | None,
) -> Array:
    """Annual covariance matrix of returns.

    Raises
    ------
    InputError
        A return is missing or a date is skipped, unless `missing` says otherwise; there are fewer than two rows; the
        dates do not show how many periods a year has, or contradict `periods_per_year`; `halflife` is below 1, or
        `decay` is not below 1; or `halflife`, `decay` or `threshold` is given for a method that does not use it.

    Notes
    -----
    Each is multiplied by the periods per year: every day 365, trading days 252, weekly 52, monthly 12, quarterly 4,
    yearly 1.

    - sample: Σ(r − r̄)(r − r̄)' / (T − 1); pairwise, T and the means are those of the rows that both assets have;
    - ewma: Σ δᵏ r r' / Σ δᵏ with δ = ½^(1/halflife), k = 0 for the last row, means taken to be 0 (RiskMetrics 1996);
    - ledoit_wolf: (b²/d²) m I + (1 − b²/d²) S, the linear shrinkage of Ledoit & Wolf (2004), as in scikit-learn, with
      S = Σ(r − r̄)(r − r̄)' / T and m the mean of its variances;
    - constant_correlation: shrunk towards the mean correlation (Ledoit & Wolf 2004, "Honey, I shrunk …");
    - oas: as ledoit_wolf with the intensity for normal returns (Chen et al. 2010), as in scikit-learn;
    - nonlinear: each eigenvalue shrunk by the density of all (Ledoit & Wolf 2020, analytical);
    - denoised: eigenvalues that noise explains become their mean (Marchenko & Pastur 1967; Laloux et al. 2000);
    - semi: Σ min(r − B, 0) min(r − B, 0)' / T, with B the threshold (Estrada 2008).

    Examples
    --------
    >>> COV_MATRIX([[0.5], [-0.5]], "sample", 1.0)
    [[0.5]]
    >>> COV_MATRIX([[0.5], [-0.5]], "ewma", 1.0)
    [[0.25]]
    """
    if ESTIMATORS[method].ordered:
        require_oldest_first("returns", dates)
    given = {"halflife": halflife, "decay": decay, "threshold": threshold}
    return estimate_cov(returns, method, periods_per_year, missing, dates, **given)


@formula(
    "Data",
    example=Example(
        args=([[0.01, 0.02], [None, 0.01], [0.0, "#N/A"], [0.02, 0.01]],), answer=2.0, source="by hand: rows 2 and 3"
    ),
)
def MISSING_ROWS(
    data: Annotated[
        Array,
        AssetTable(
            "Prices or returns: one column per asset, one row per date. Labels and dates may be included.", gaps=True
        ),
    ],
) -> float:
    """Number of rows with a blank or #N/A cell: those that missing = drop_rows leaves out.

    Raises
    ------
    InputError
        A cell holds neither a number nor a gap, or the dates are wrong.

    Examples
    --------
    >>> MISSING_ROWS([["SPY", "IEF"], [0.01, 0.0], [0.02, None]])
    1.0
    """
    return float(count_incomplete(data))


@formula(
    "Data",
    example=Example(
        args=([[0.15], [0.05]], [[1.0, -0.2], [-0.2, 1.0]]),
        answer=_STOCKS_BONDS,
        source="textbook 60/40 example: 0.0225, −0.0015, 0.0025",
    ),
)
def COV_FROM_VOLS(
    vols: Annotated[Array, Vector("Annual volatility of each asset (0.15 is 15 %), a row or a column.")],
    corr: Annotated[Array, Square("Correlation matrix. Labels may be included; one half may be left blank.")],
) -> Array:
    """Covariance matrix from volatilities and correlations.

    Raises
    ------
    InputError
        A volatility is negative, or `corr` is not a correlation matrix.

    Notes
    -----
    Σᵢⱼ = σᵢ ρᵢⱼ σⱼ.

    Examples
    --------
    >>> COV_FROM_VOLS([[0.5, 0.25]], [[1.0, 0.5], ["", 1.0]])
    [[0.25, 0.0625], [0.0625, 0.0625]]
    """
    return covariance.cov_from_vols(vols, corr)


@formula(
    "Data",
    example=Example(
        args=(_STOCKS_BONDS,),
        answer=[[1.0, -0.2], [-0.2, 1.0]],
        source="textbook 60/40 example: correlation −0.2",
    ),
)
def CORR_MATRIX(cov: Cov) -> Array:
    """Correlation matrix of a covariance matrix.

    Raises
    ------
    InputError
        `cov` is not a covariance matrix, or an asset has no variance.

    Examples
    --------
    >>> CORR_MATRIX([[0.25, 0.0625], [0.0625, 0.0625]])
    [[1.0, 0.5], [0.5, 1.0]]
    """
    return covariance.split_cov(cov)[1]


@formula(
    "Data",
    example=Example(args=(_STOCKS_BONDS,), answer=[[0.15], [0.05]], source="textbook 60/40 example: vols 15 % and 5 %"),
)
def VOLS(cov: Cov) -> Array:
    """Volatility of each asset: the square root of its variance, on the diagonal of the covariance matrix.

    Raises
    ------
    InputError
        `cov` is not a covariance matrix.

    Examples
    --------
    >>> VOLS([[0.04, 0.0], [0.0, 0.25]])
    [[0.2], [0.5]]
    """
    return covariance.vols(cov)


@formula(
    "Data",
    example=Example(
        args=([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]],),
        answer=[[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]],
        source="Higham (2002), 'Computing the nearest correlation matrix', section 4",
        tolerance=5e-5,
    ),
)
def NEAREST_PSD(
    cov: Annotated[
        Array,
        Square(
            "A symmetric matrix that should be a covariance matrix. Labels may be included; one half may be left blank."
        ),
    ],
) -> Array:
    """Nearest valid covariance matrix: volatilities are kept, correlations are changed as little as possible.

    Raises
    ------
    InputError
        The matrix is not symmetric, or a variance is not positive.

    Notes
    -----
    The nearest correlation matrix in the Frobenius norm (Higham 2002), scaled back by the volatilities.

    Examples
    --------
    >>> NEAREST_PSD([[0.04, 0.01], [0.01, 0.04]])
    [[0.04, 0.01], [0.01, 0.04]]
    """
    return covariance.nearest_psd(cov)


@formula(
    "Data",
    example=Example(args=(_STOCKS_BONDS,), answer="OK", source="textbook 60/40 example, a valid covariance matrix"),
)
def RP_CHECK(
    cov: Annotated[Cells, Raw("The matrix to check, with or without labels; its cells may hold anything.")],
    weights: Annotated[Cells, Raw("Weights to check against the matrix, a row or a column.")] = None,
) -> str | list[list[float | str]]:
    """Check a covariance matrix, and weights if given: OK, or a table of what is wrong and where.

    Notes
    -----
    Looks at the cells, shape, symmetry, variances, correlations, definiteness and condition of the matrix, and at
    the length and the values of the weights. Warns of what is possible but unlikely: volatilities above 300 % or below
    0.05 %, and weights that sum to 100. Wrong inputs are no error here: the table names them.

    Examples
    --------
    >>> RP_CHECK([[0.04, 0.0], [0.0, 0.01]])
    'OK'
    >>> RP_CHECK([[0.04, "x"], [0.0, 0.01]])
    [['Check', 'Finding'], ['cells', "cov: row 1, column 2 holds the text 'x' where a number belongs."]]
    """
    try:
        matrix = Square("").read("cov", cov)
        given = None if is_omitted(weights) else Vector("").read("weights", weights)
        check_labels([matrix] if given is None else [matrix, given])
    except InputError as error:
        return [["Check", "Finding"], ["cells", str(error)]]
    findings = covariance.diagnose_cov(matrix.values, None if given is None else given.values)
    problems = [(finding.check, finding.problem) for finding in findings if finding.problem is not None]
    if not problems:
        return "OK"
    places = {"cov": matrix.place} if given is None else {"cov": matrix.place, "weights": given.place}
    told: list[list[float | str]] = [
        [check, str(problem.relocate(places[problem.argument]))] for check, problem in problems
    ]
    return [["Check", "Finding"], *told]
