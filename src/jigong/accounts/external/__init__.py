"""Signing in by way of others: the exchange with each, over HTTPS, with a time limit."""
