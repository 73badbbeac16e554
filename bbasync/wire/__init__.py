"""Bytes over HTTP: requests, answers, the pool, retries, redirects, and whom a credential goes to.

What the bytes mean does not live here: no resource, no page, no operation.
"""
