"""Every parser under bytes that nobody chose: ``python -m tests.fuzz`` searches for what breaks one, guided by coverage.

``target.py`` says what a target is, the modules beside it hold what each parser is held to, and ``table.py`` lists them all.
``corpus/`` keeps what was found to lead somewhere, for ``tests/test_fuzz.py``.
"""
