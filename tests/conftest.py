"""Settings of all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No example is judged by the time it takes. With the variable CI set the examples are the same each time; without it
# they are new ones, and one that fails is kept and tried again. HYPOTHESIS_PROFILE chooses by name.
settings.register_profile("random", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("random"), derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "random"))

_WINDOWS = Path(__file__).parent / "windows"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out tests/windows, which builds a Windows of its own first, unless it is asked for by its path."""
    asked = [config.invocation_params.dir / arg.split("::")[0] for arg in config.args]
    if collection_path == _WINDOWS and not any(_WINDOWS in (path, *path.parents) for path in asked):
        return True
    return None
