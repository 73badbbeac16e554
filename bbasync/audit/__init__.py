"""Who may do what: facts gathered from the service, and what to say of them.

How it is shown on a screen does not live here (that is cli).
"""
