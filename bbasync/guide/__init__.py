"""The reference, made of docstrings and signatures: `python -m bbasync.guide OUTDIR` writes it.

What is said in it does not live here, but where it is declared.
"""
