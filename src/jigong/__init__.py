"""Jigong (技工): from departments' files to decisions about skilled workers that anyone can check."""

__version__ = "0.1.0"
