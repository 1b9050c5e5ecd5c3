"""What a simulation says when a promise is broken. Knows nothing else."""


class Violation(AssertionError):
    """Something happened that must not."""


def require(truth: object, sentence: str) -> None:
    """Raise unless this is so."""
    if not truth:
        raise Violation(sentence)
