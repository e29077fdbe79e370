"""How the cells of a report run.

An `order` is fulfilled by a `shell` in a guarded `child`; `worker` and `pool` keep processes warm.
"""
