"""The login window. Knows Tk and what is asked for; must not know connections."""
