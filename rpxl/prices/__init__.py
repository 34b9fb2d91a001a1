"""Price files and other sources of prices: read, checked, with dates."""
