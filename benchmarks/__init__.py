"""Measurements of bbasync, as ratios to plain aiohttp with orjson in the same run.

``python -m benchmarks`` runs them all and prints tables. Client and server are processes of
their own; absolute figures say more of the machine than of the library, and are not printed.
"""
