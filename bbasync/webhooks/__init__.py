"""What Bitbucket tells us: whether a delivery is really the service's own.

What is registered where does not live here (that is api).
"""

from .signature import sign, verify

__all__ = ["sign", "verify"]
