"""The main window. Knows Tk and conversations; must not know threads or connections."""
