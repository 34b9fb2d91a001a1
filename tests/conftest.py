"""Settings of all tests."""

import os

from hypothesis import HealthCheck, settings

# No example is judged by the time it takes. With the variable CI set the examples are the same each time; without it
# they are new ones, and one that fails is kept and tried again. HYPOTHESIS_PROFILE chooses by name.
settings.register_profile("random", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("random"), derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "random"))
