"""What every interface of a client shows and how it behaves, whatever it is drawn with.

Knows events and what is read about them: sentences, colours, what completes a word, what calls somebody. Must not know a
terminal, a window, or a connection.
"""
