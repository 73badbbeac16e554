"""What the fake remembers as the JSON objects Bitbucket sends, condensed and in full.

Choosing what to send, and to whom, does not live here.
"""
