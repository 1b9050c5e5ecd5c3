"""What is done to a real server, and what must hold all the same: ``python -m tests.faults``, docs/reliability.rst."""
