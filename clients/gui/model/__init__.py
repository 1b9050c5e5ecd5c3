"""What the window shows, without a window: conversations, what becomes of a typed line, what a thread tells another.

Knows events and requests. Must not know Tk.
"""
