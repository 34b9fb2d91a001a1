"""What pytest must not import: these files run in the office's own Python only."""

collect_ignore = ["rpxl/calc/addin.py", "rpxl/calc/driver.py"]
