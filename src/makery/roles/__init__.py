"""The five roles of the software company, each a file of data."""
