"""Builders of the reference fixtures: tiny models and tokenizers with the answers of Python's libraries.

`catalogue` names every fixture; start reading there.
"""
