"""The tests: each layer by itself, then conversations over real sockets, then the real programs."""
