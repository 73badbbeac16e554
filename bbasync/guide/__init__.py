"""The documentation as a site of plain files: `python -m bbasync.guide OUTDIR` writes it.

Pages for readers are in `pages`, in Markdown; a test runs the code in them. The reference beside
them is made of docstrings and signatures: what is said in it does not live here, but where it is
declared. Nothing is fetched, neither when it is built nor when it is read.
"""
