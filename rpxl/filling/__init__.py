"""Put inputs into the named ranges of workbooks and lay these out for their size, one by one or in batches."""
