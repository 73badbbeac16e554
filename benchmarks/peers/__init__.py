"""Other clients of Bitbucket Cloud, each in a virtual environment and a process of its own.

A module that is named as a peer runs inside that peer's environment, where there is no bbasync;
`drive` is what these modules share, and `table` starts them.
"""
