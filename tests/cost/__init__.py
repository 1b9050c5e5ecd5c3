"""What a message costs: CPU of the server in one process, as a ratio to a program that does not change.

Time depends on the machine; how much more one program does than another, hardly. So a ceiling on the ratio holds anywhere.
"""
