"""From findings to calls that narrow rights: what each rule asks for, and the file of a plan.

What sends them does not live here (that is apply).
"""
