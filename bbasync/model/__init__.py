"""What a resource is: lazy attrs classes, their one converter, their links, and reading answers.

No noun of Bitbucket's lives here (that is resources), and no address (that is api).
"""
