"""Completion as prompt_toolkit asks for it. Must not know what completes a word."""

from collections.abc import Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from clients.presentation.completion import Vocabulary, complete


class ChatCompleter(Completer):
    """Completes the word before the cursor."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        """The completions of the word before the cursor, the likeliest first."""
        word, candidates = complete(document.current_line_before_cursor, self._vocabulary)
        for candidate in candidates:
            yield Completion(candidate, start_position=-len(word))
