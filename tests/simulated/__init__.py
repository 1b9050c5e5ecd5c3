"""The whole server, run by chance: real protocols, sessions and client cores, over a disk and a network that fail.

All time is a clock that only the simulation moves, all chance comes from one seed: so a seed that fails fails every time,
and ``python -m tests.simulated SEED`` tells its story.
"""
