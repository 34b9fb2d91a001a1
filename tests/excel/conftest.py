"""What pytest leaves alone here."""

collect_ignore = ["office_basic.py"]  # runs in the office's own Python only
