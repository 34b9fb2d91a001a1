"""The mathematics: arrays in, arrays or frozen results out."""
