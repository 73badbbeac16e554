"""Making what a test needs: workspaces, people, repositories, pull requests, each in a line.

What calls did does not live here (that is witness); nothing is made otherwise than by calls.
"""
