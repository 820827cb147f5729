"""Builders of the reference fixtures: tiny models and tokenizers with the answers of Python's libraries.

Start reading at `make.py`, which says what lies where.
"""
