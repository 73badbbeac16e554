"""Calling webhooks as the service does: what happened, told to whoever subscribed.

Which webhooks there are does not live here (that is store and routes), nor how to read a delivery.
"""
