"""The line in which somebody types, as a widget. Knows Tk and letters; must not know what becomes of a line."""
