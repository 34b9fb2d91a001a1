"""Inputs put into workbooks: into named ranges, with the layout following the size, one by one or in batches."""
