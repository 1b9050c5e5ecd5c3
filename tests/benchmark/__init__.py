"""The benchmark: how much talk one server core carries, and whether all of it was heard. See docs/performance.rst."""
