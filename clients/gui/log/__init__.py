"""The log of a conversation as a widget. Knows Tk and paragraphs; must not know the chat."""
