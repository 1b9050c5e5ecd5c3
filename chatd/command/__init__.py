"""The program ``chatd``: what an operator does with a database, whether a server is using it or not."""
