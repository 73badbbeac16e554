"""What families of operations remember of a repository, a workspace or a person.

People, workspaces and repositories themselves do not live here (that is store), nor how any of it
is shown (that is render).
"""
